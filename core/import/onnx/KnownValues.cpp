// What is known when the model is read: ConstantOfShape, Range, Size, EyeLike.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Window.h"

#include <cmath>

namespace tenon::import::onnx {

namespace {

/// The one number of an input that is a constant.
llvm::Expected<double> numberOf(NodeConversion &c, unsigned i) {
  llvm::Expected<mlir::DenseElementsAttr> found = c.constantInput(i);
  if (!found)
    return found.takeError();
  if (found->getNumElements() != 1)
    return c.error("has " + describe(c.input(i)) + " of shape " + shapeText(c.shape(i)) +
                   ", it must be a scalar");
  mlir::Attribute element = *found->value_begin<mlir::Attribute>();
  if (auto real = mlir::dyn_cast<mlir::FloatAttr>(element))
    return real.getValueAsDouble();
  return static_cast<double>(mlir::cast<mlir::IntegerAttr>(element).getInt());
}

} // namespace

llvm::Error convertConstantOfShape(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  llvm::Expected<Shape> shape = c.integersOf(0);
  if (!shape)
    return shape.takeError();
  int type = Type::FLOAT;
  mlir::Attribute value = c.builder.getF32FloatAttr(0);
  if (const schema::TensorProto *given = c.tensor("value")) {
    llvm::Expected<mlir::DenseElementsAttr> element = c.elements(*given);
    if (!element)
      return element.takeError();
    if (element->getNumElements() != 1)
      return c.error("has a value of " + llvm::Twine(element->getNumElements()) + " elements, it takes 1");
    type = given->data_type();
    value = *element->value_begin<mlir::Attribute>();
  }
  mlir::Type element = c.elementOf(type);
  if (llvm::Error wrong = c.checkShape(*shape, element))
    return wrong;
  return c.setOutput(
      c.constant(mlir::DenseElementsAttr::get(mlir::RankedTensorType::get(*shape, element), value)), type);
}

llvm::Error convertRange(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(3, 3))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (llvm::Error wrong =
          c.requireType(0, {Type::FLOAT, Type::DOUBLE, Type::INT16, Type::INT32, Type::INT64}))
    return wrong;
  double numbers[3];
  for (unsigned i : {0U, 1U, 2U}) {
    llvm::Expected<double> number = numberOf(c, i);
    if (!number)
      return number.takeError();
    numbers[i] = *number;
  }
  auto [start, limit, step] = numbers;
  double count = std::ceil((limit - start) / step);
  constexpr double most = 1 << 20; // the list is made when the model is read
  if (!(count >= 1 && count <= most))
    return c.error("counts from " + numberText(start) + " to " + numberText(limit) + " by " +
                   numberText(step) + ", which must be 1 to " + numberText(most) + " numbers");
  constexpr double largest = 0x1p52; // in double, every integer up to there is exact
  if (!isFloatType(c.type(0)) && (std::abs(start) > largest || std::abs(step) > largest))
    return c.error("counts from " + numberText(start) + " by " + numberText(step) +
                   ", integers up to 2^52 are supported");
  mlir::Type type = c.elementOf(c.type(0));
  std::vector<double> list;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    list.push_back(start + static_cast<double>(i) * step);
  return c.setOutput(c.constant(numberList(type, list)), c.type(0));
}

llvm::Error convertSize(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  int64_t count = 1;
  for (int64_t extent : c.shape(0))
    count *= extent;
  auto type = mlir::RankedTensorType::get({}, c.builder.getI64Type());
  return c.setOutput(c.constant(mlir::DenseElementsAttr::get(type, count)), Type::INT64);
}

} // namespace tenon::import::onnx
