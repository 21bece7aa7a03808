// Checks and look-ups that every conversion shares.
#include "core/import/onnx/NodeConversion.h"

#include "core/import/onnx/Recentring.h"
#include "core/ir/ModelNodes.h"
#include "core/reference/Evaluate.h"
#include "core/support/Error.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::import::onnx {

ir::TensorAttr tensorAttribute(mlir::MLIRContext *context, const Tensor &tensor) {
  auto scale = mlir::FloatAttr::get(mlir::Float64Type::get(context), tensor.scale);
  bool isUnsigned = isUnsignedType(tensor.type) && tensor.type != Type::BOOL;
  int64_t zeroPoint = tensor.zeroPoint + (tensor.type == Type::UINT8 && tensor.scale != 0 ? recentring : 0);
  return ir::TensorAttr::get(context, tensor.index, tensor.name, scale, zeroPoint, isUnsigned);
}

llvm::Error NodeConversion::error(const llvm::Twine &message) const {
  Diagnostic diagnostic;
  diagnostic.message = message.str();
  diagnostic.node = node.text();
  return failure(ExitCode::WrongInput, std::move(diagnostic));
}

/// What is computed once is a constant from then on.
llvm::Expected<mlir::DenseElementsAttr> NodeConversion::constantInput(unsigned i) {
  reference::EvaluationLimits bounds;
  bounds.points = std::min(bounds.points, data.limits->foldedPoints - model.foldedPoints);
  llvm::Expected<mlir::DenseElementsAttr> found = reference::evaluate(value(i), bounds, &model.foldedPoints);
  if (!found)
    return withPlace(found.takeError(), "", node.text());
  if (!*found)
    return error("has " + describe(input(i)) + " computed from the graph's inputs, it must be a constant");
  if (!value(i).getDefiningOp<mlir::arith::ConstantOp>())
    tensorOfInput(i).value = constant(*found);
  return found;
}

llvm::Expected<Shape> NodeConversion::integersOf(unsigned i) {
  if (llvm::Error wrong = requireType(i, {Type::INT32, Type::INT64}))
    return std::move(wrong);
  llvm::Expected<mlir::DenseElementsAttr> found = constantInput(i);
  if (!found)
    return found.takeError();
  Shape numbers;
  for (const llvm::APInt &number : found->getValues<llvm::APInt>())
    numbers.push_back(number.getSExtValue());
  return numbers;
}

llvm::Expected<std::vector<double>> NodeConversion::realsOf(unsigned i) {
  if (llvm::Error wrong = requireFloat(i))
    return std::move(wrong);
  llvm::Expected<mlir::DenseElementsAttr> found = constantInput(i);
  if (!found)
    return found.takeError();
  std::vector<double> numbers;
  for (mlir::Attribute number : found->getValues<mlir::Attribute>())
    numbers.push_back(mlir::cast<mlir::FloatAttr>(number).getValueAsDouble());
  return numbers;
}

llvm::Expected<mlir::DenseElementsAttr> NodeConversion::elements(const schema::TensorProto &source) {
  llvm::Expected<mlir::DenseElementsAttr> found = elementsOf(builder.getContext(), source, data);
  if (!found)
    return withPlace(found.takeError(), "", node.text());
  return found;
}

llvm::Error NodeConversion::checkShape(llvm::ArrayRef<int64_t> shape, mlir::Type element) const {
  if (shape.size() > data.limits->rank)
    return error("makes the shape " + shapeText(shape) + " of rank " + llvm::Twine(shape.size()) +
                 ", at most " + llvm::Twine(data.limits->rank) + " is supported");
  constexpr unsigned bitsOfByte = 8;
  uint64_t bytes = std::max(1U, element.getIntOrFloatBitWidth() / bitsOfByte);
  for (int64_t extent : shape) {
    if (extent < 1)
      return error("makes the shape " + shapeText(shape) + ", every dimension must be at least 1");
    if (bytes > data.limits->tensorBytes / static_cast<uint64_t>(extent))
      return error("makes the shape " + shapeText(shape) + ", at most " +
                   llvm::Twine(data.limits->tensorBytes) + " bytes a tensor are supported");
    bytes *= static_cast<uint64_t>(extent);
  }
  return llvm::Error::success();
}

llvm::Error NodeConversion::checkListed(llvm::ArrayRef<int64_t> extents) const {
  for (int64_t extent : extents)
    if (extent > data.limits->listed)
      return error("chooses among " + llvm::Twine(extent) + " places along an axis of " + shapeText(extents) +
                   ", at most " + llvm::Twine(data.limits->listed) + " are supported");
  return llvm::Error::success();
}

llvm::Error NodeConversion::setOutput(mlir::Value value, int type, unsigned number) {
  if (!wantsOutput(number))
    return llvm::Error::success();
  Tensor &tensor = model.tensors[node.outputs[number]];
  bool isList = shapeOf(value).size() == 1 && value.getDefiningOp<mlir::arith::ConstantOp>();
  if (!isList) // a constant list may be empty: the shape of a scalar
    if (llvm::Error wrong = checkShape(shapeOf(value), elementTypeOf(value)))
      return wrong;
  mlir::Operation *made = value.getDefiningOp();
  bool isConstant = made && mlir::isa<mlir::arith::ConstantOp>(made);
  // The output may be the input's own value (a reshape to the same shape); a tensor has one name, so it is
  // copied.
  if (!isConstant && (!made || made->hasAttr(ir::tensorAttributeName) || made->getLoc() != loc)) {
    value = elementwise({value}, Shape(shapeOf(value)), elementTypeOf(value),
                        [](Scalars &, mlir::ValueRange in) { return in[0]; });
    made = value.getDefiningOp();
  }
  tensor.value = value;
  tensor.type = type;
  if (!isConstant)
    made->setAttr(ir::tensorAttributeName, tensorAttribute(context(), tensor));
  return llvm::Error::success();
}

llvm::Error NodeConversion::requireInputs(unsigned least, unsigned most, unsigned mostOutputs) const {
  if (node.inputs.size() < least || node.inputs.size() > most)
    return error("has " + llvm::Twine(node.inputs.size()) + " inputs, it takes " + llvm::Twine(least) +
                 (least == most ? llvm::Twine("") : " to " + llvm::Twine(most)));
  for (unsigned i = 0; i < least; ++i)
    if (!has(i))
      return error("lacks its input " + llvm::Twine(i));
  if (node.outputs.empty() || node.outputs.size() > mostOutputs)
    return error("has " + llvm::Twine(node.outputs.size()) + " outputs, supported: " +
                 (mostOutputs == 1 ? llvm::Twine("1") : "1 to " + llvm::Twine(mostOutputs)));
  return llvm::Error::success();
}

llvm::Error NodeConversion::requireType(unsigned i, std::initializer_list<int> types) const {
  if (llvm::is_contained(types, type(i)))
    return llvm::Error::success();
  return error("has " + describe(input(i)) + " of type " + typeName(type(i)) +
               ", supported here: " + llvm::join(llvm::map_range(types, typeName), ", "));
}

llvm::Error NodeConversion::requireFloat(unsigned i) const {
  return requireType(i, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16});
}

llvm::Error NodeConversion::requireSameTypes() const {
  for (unsigned i = 1; i < node.inputs.size(); ++i)
    if (has(0) && has(i) && type(i) != type(0))
      return error("has " + describe(input(0)) + " of type " + typeName(type(0)) + " and " +
                   describe(input(i)) + " of type " + typeName(type(i)) + ", they must agree");
  return llvm::Error::success();
}

llvm::Expected<int64_t> NodeConversion::axisOf(int64_t axis, int64_t ofRank) const {
  if (axis < -ofRank || axis >= ofRank)
    return error("has the axis " + llvm::Twine(axis) + ", the rank is " + llvm::Twine(ofRank));
  return axis < 0 ? axis + ofRank : axis;
}

llvm::Expected<Shape> NodeConversion::axesOf(llvm::ArrayRef<int64_t> axes, int64_t ofRank) const {
  Shape result;
  for (int64_t axis : axes) {
    llvm::Expected<int64_t> counted = axisOf(axis, ofRank);
    if (!counted)
      return counted.takeError();
    if (llvm::is_contained(result, *counted))
      return error("has the axes " + shapeText(axes) + ", each may be there once");
    result.push_back(*counted);
  }
  llvm::sort(result);
  return result;
}

llvm::Expected<Shape> NodeConversion::broadcastShape(llvm::ArrayRef<mlir::Value> operands) const {
  Shape shape;
  for (mlir::Value operand : operands)
    if (shapeOf(operand).size() > shape.size())
      shape.assign(shapeOf(operand).size(), 1);
  for (mlir::Value operand : operands) {
    llvm::ArrayRef<int64_t> from = shapeOf(operand);
    for (unsigned i = 0; i < from.size(); ++i) {
      int64_t &extent = shape[shape.size() - from.size() + i];
      if (from[i] != 1 && extent != 1 && from[i] != extent) {
        std::string shapes;
        for (mlir::Value each : operands)
          shapes += (shapes.empty() ? "" : ", ") + shapeText(shapeOf(each));
        return error("has inputs of shapes " + shapes + ", which do not broadcast");
      }
      extent = std::max(extent, from[i]);
    }
  }
  return shape;
}

llvm::Expected<mlir::Value> NodeConversion::pointwise(llvm::ArrayRef<mlir::Value> operands,
                                                      mlir::Type element, ScalarBody body) {
  llvm::Expected<Shape> shape = broadcastShape(operands);
  if (!shape)
    return shape.takeError();
  if (llvm::Error wrong = checkShape(*shape, element))
    return std::move(wrong);
  llvm::SmallVector<mlir::Value> read;
  llvm::SmallVector<mlir::TypedAttr> constants;
  for (mlir::Value operand : operands) {
    mlir::DenseElementsAttr found;
    bool isOne = mlir::matchPattern(operand, mlir::m_Constant(&found)) && found.getNumElements() == 1;
    constants.push_back(isOne ? mlir::cast<mlir::TypedAttr>(*found.value_begin<mlir::Attribute>()) : nullptr);
    if (!isOne)
      read.push_back(operand);
  }
  return elementwise(read, *shape, element, [&](Scalars &s, mlir::ValueRange in) {
    llvm::SmallVector<mlir::Value> scalars;
    unsigned next = 0;
    for (mlir::TypedAttr constant : constants)
      scalars.push_back(constant ? s.builder.create<mlir::arith::ConstantOp>(s.loc, constant).getResult()
                                 : in[next++]);
    return body(s, scalars);
  });
}

llvm::Error NodeConversion::setFloats(llvm::function_ref<mlir::Value(Scalars &, mlir::Value)> body) {
  if (llvm::Error wrong = requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = requireFloat(0))
    return wrong;
  return setOutput(elementwise({value(0)}, shape(0), elementOf(type(0)),
                               [&](Scalars &s, mlir::ValueRange in) { return body(s, in[0]); }),
                   type(0));
}

} // namespace tenon::import::onnx
