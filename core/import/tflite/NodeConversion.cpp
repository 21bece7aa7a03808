// Checks and look-ups that every conversion shares.
#include "core/import/tflite/NodeConversion.h"

#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

#include <cstring>

namespace tenon::import::tflite {

std::string describe(const Tensor &tensor) {
  return "tensor " + std::to_string(tensor.index) + " (" + tensor.name + ")";
}

mlir::Type elementType(mlir::MLIRContext *context, schema::TensorType type) {
  using T = schema::TensorType;
  switch (type) {
  case T::INT8:
    return mlir::IntegerType::get(context, 8);
  case T::INT32:
    return mlir::IntegerType::get(context, 32);
  case T::INT64:
    return mlir::IntegerType::get(context, 64);
  case T::FLOAT32:
    return mlir::Float32Type::get(context);
  default:
    return nullptr;
  }
}

mlir::RankedTensorType tensorType(mlir::MLIRContext *context, const Tensor &tensor) {
  return mlir::RankedTensorType::get(tensor.shape, elementType(context, tensor.type));
}

ir::TensorAttr tensorAttribute(mlir::MLIRContext *context, const Tensor &tensor) {
  bool quantised = tensor.quantization.isPerTensor();
  auto scale = mlir::FloatAttr::get(mlir::Float64Type::get(context), quantised ? scaleOf(tensor) : 0.0);
  return ir::TensorAttr::get(context, tensor.index, tensor.name, scale, quantised ? zeroPointOf(tensor) : 0,
                             false);
}

mlir::DenseElementsAttr elementsOf(mlir::MLIRContext *context, const Tensor &tensor) {
  llvm::ArrayRef<char> bytes(reinterpret_cast<const char *>(tensor.data.data()), tensor.data.size());
  return mlir::DenseElementsAttr::getFromRawBuffer(tensorType(context, tensor), bytes);
}

mlir::Value NodeConversion::inputValue(unsigned i) {
  const Tensor &tensor = input(i);
  mlir::Value &value = values[tensor.index];
  if (value)
    return value;
  assert(tensor.isConstant && "the graph was checked: what no node makes is an input or a constant");
  value = constant(elementsOf(context(), tensor));
  return value;
}

mlir::RankedTensorType NodeConversion::outputType() { return tensorType(context(), output()); }

llvm::Error NodeConversion::setOutput(mlir::Value value) {
  if (value.getType() != outputType())
    return error("makes the shape " + shapeText(shapeOf(value)) + ", the file gives its output " +
                 describe(output()) + " the shape " + shapeText(output().shape));
  mlir::Operation *made = value.getDefiningOp();
  // The output may be the input's own value (a reshape to the same shape); a tensor has one name, so it is
  // copied.
  if (!made || made->hasAttr(ir::tensorAttributeName) || made->getLoc() != loc) {
    value = elementwise({value}, output().shape, elementTypeOf(value),
                        [](Scalars &, mlir::ValueRange in) { return in[0]; });
    made = value.getDefiningOp();
  }
  made->setAttr(ir::tensorAttributeName, tensorAttribute(context(), output()));
  values[output().index] = value;
  return llvm::Error::success();
}

llvm::Error NodeConversion::error(const llvm::Twine &message) const {
  Diagnostic diagnostic;
  diagnostic.message = message.str();
  diagnostic.node = node.text();
  return failure(ExitCode::WrongInput, std::move(diagnostic));
}

llvm::Error NodeConversion::requireInputs(unsigned least, unsigned most) const {
  if (node.inputs.size() < least || node.inputs.size() > most)
    return error("has " + llvm::Twine(node.inputs.size()) + " inputs, it takes " + llvm::Twine(least) +
                 (least == most ? llvm::Twine("") : " to " + llvm::Twine(most)));
  for (unsigned i = 0; i < least; ++i)
    if (!has(i))
      return error("lacks its input " + llvm::Twine(i));
  if (node.outputs.size() != 1)
    return error("has " + llvm::Twine(node.outputs.size()) + " outputs, it makes 1");
  return llvm::Error::success();
}

llvm::Error NodeConversion::requireUnary() const {
  if (llvm::Error wrong = requireInputs(1, 1))
    return wrong;
  return requireSameKind({&input(0), &output()});
}

llvm::Error NodeConversion::requireRank(const Tensor &tensor, unsigned rank) const {
  if (tensor.shape.size() == rank)
    return llvm::Error::success();
  return error("has " + describe(tensor) + " of shape " + shapeText(tensor.shape) + ", it takes rank " +
               llvm::Twine(rank));
}

llvm::Error NodeConversion::requireType(const Tensor &tensor,
                                        std::initializer_list<schema::TensorType> types) const {
  if (llvm::is_contained(types, tensor.type))
    return llvm::Error::success();
  return error("has " + describe(tensor) + " of type " + typeName(tensor.type) +
               ", supported here: " + llvm::join(llvm::map_range(types, typeName), ", "));
}

llvm::Error NodeConversion::requireSameKind(std::initializer_list<const Tensor *> tensors) const {
  const Tensor &first = **tensors.begin();
  for (const Tensor *tensor : tensors) {
    if (llvm::Error wrong = requireType(*tensor, {schema::TensorType::INT8, schema::TensorType::FLOAT32}))
      return wrong;
    if (tensor->type != first.type)
      return error("has " + describe(first) + " of type " + typeName(first.type) + " and " +
                   describe(*tensor) + " of type " + typeName(tensor->type) + ", they must agree");
    if (!isFloat(*tensor) && !tensor->quantization.isPerTensor())
      return error("has " + describe(*tensor) + " with " + llvm::Twine(tensor->quantization.scales.size()) +
                   " scales, it takes exactly 1");
  }
  return llvm::Error::success();
}

llvm::Expected<llvm::SmallVector<int64_t>> NodeConversion::constantIntegers(const Tensor &tensor) const {
  if (llvm::Error wrong = requireType(tensor, {schema::TensorType::INT32, schema::TensorType::INT64}))
    return std::move(wrong);
  if (!tensor.isConstant)
    return error("has " + describe(tensor) + " computed at run time, it must be a constant");
  llvm::SmallVector<int64_t> numbers;
  unsigned bytes = elementBytes(tensor.type);
  for (size_t i = 0; i + bytes <= tensor.data.size(); i += bytes) {
    int64_t wide = 0;
    int32_t narrow = 0;
    if (bytes == sizeof(wide))
      std::memcpy(&wide, &tensor.data[i], bytes);
    else
      std::memcpy(&narrow, &tensor.data[i], bytes);
    numbers.push_back(bytes == sizeof(wide) ? wide : narrow);
  }
  return numbers;
}

} // namespace tenon::import::tflite
