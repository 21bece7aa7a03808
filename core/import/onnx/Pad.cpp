// Pad: by a value, or by elements from within.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Selection.h"
#include "core/import/onnx/Window.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::import::onnx {

namespace {

constexpr int inputsSince = 11;
constexpr int64_t largestAmount = int64_t(1) << 31;

struct Amounts {
  Shape low, high; ///< below 0: so many are cut
};

llvm::Expected<Amounts> amountsOf(NodeConversion &c) {
  Shape numbers, axes;
  int64_t rank = c.rank(0);
  if (c.operatorSet() < inputsSince) {
    numbers = c.integers("pads").value_or(Shape());
  } else {
    llvm::Expected<Shape> read = c.integersOf(1);
    if (!read)
      return read.takeError();
    numbers = *read;
  }
  if (c.has(3)) {
    llvm::Expected<Shape> read = c.integersOf(3);
    if (!read)
      return read.takeError();
    if (auto checked = c.axesOf(*read, rank); !checked)
      return checked.takeError();
    for (int64_t axis : *read)
      axes.push_back(axis < 0 ? axis + rank : axis);
  } else {
    for (int64_t i = 0; i < rank; ++i)
      axes.push_back(i);
  }
  if (numbers.size() != 2 * axes.size())
    return c.error("has " + llvm::Twine(numbers.size()) + " pads, " + llvm::Twine(axes.size()) +
                   " axes need " + llvm::Twine(2 * axes.size()));
  Amounts amounts = {Shape(rank, 0), Shape(rank, 0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    amounts.low[axes[i]] = numbers[i];
    amounts.high[axes[i]] = numbers[axes.size() + i];
    int64_t extent = c.shape(0)[axes[i]];
    for (int64_t amount : {numbers[i], numbers[axes.size() + i]})
      if (amount < -extent || amount > largestAmount)
        return c.error("pads axis " + llvm::Twine(axes[i]) + " of " + llvm::Twine(extent) + " elements by " +
                       llvm::Twine(amount));
  }
  return amounts;
}

llvm::Expected<mlir::TypedAttr> valueOf(NodeConversion &c) {
  mlir::Type type = c.elementOf(c.type(0));
  if (c.operatorSet() < inputsSince)
    return numberAttribute(type, c.real("value", 0));
  if (!c.has(2))
    return numberAttribute(type, 0);
  llvm::Expected<mlir::DenseElementsAttr> found = c.constantInput(2);
  if (!found)
    return found.takeError();
  if (found->getNumElements() != 1 || c.type(2) != c.type(0))
    return c.error("has a value of type " + typeName(c.type(2)) + " and shape " + shapeText(c.shape(2)) +
                   ", it must be one of type " + typeName(c.type(0)));
  return mlir::cast<mlir::TypedAttr>(*found->value_begin<mlir::Attribute>());
}

llvm::Error padByValue(NodeConversion &c, const Amounts &amounts) {
  llvm::Expected<mlir::TypedAttr> value = valueOf(c);
  if (!value)
    return value.takeError();
  Shape from(c.shape(0)), low, high;
  llvm::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
  bool cuts = false;
  for (size_t i = 0; i < from.size(); ++i) {
    int64_t cutLow = std::max<int64_t>(0, -amounts.low[i]), cutHigh = std::max<int64_t>(0, -amounts.high[i]);
    cuts |= cutLow > 0 || cutHigh > 0;
    if (cutLow + cutHigh >= from[i])
      return c.error("cuts all of axis " + llvm::Twine(i) + " of " + shapeText(from));
    offsets.push_back(c.builder.getIndexAttr(cutLow));
    sizes.push_back(c.builder.getIndexAttr(from[i] - cutLow - cutHigh));
    strides.push_back(c.builder.getIndexAttr(1));
    low.push_back(std::max<int64_t>(0, amounts.low[i]));
    high.push_back(std::max<int64_t>(0, amounts.high[i]));
  }
  mlir::Value source = c.value(0);
  if (cuts)
    source = c.builder.create<mlir::tensor::ExtractSliceOp>(c.loc, source, offsets, sizes, strides);
  return c.setOutput(c.pad(source, low, high, *value), c.type(0));
}

} // namespace

llvm::Error convertPad(NodeConversion &c) {
  if (llvm::Error wrong =
          c.requireInputs(c.operatorSet() < inputsSince ? 1 : 2, c.operatorSet() < inputsSince ? 1 : 4))
    return wrong;
  std::string mode = c.text("mode", "constant");
  llvm::Expected<Amounts> amounts = amountsOf(c);
  if (!amounts)
    return amounts.takeError();
  Shape shape(c.shape(0));
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] += amounts->low[i] + amounts->high[i];
  if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
    return wrong;
  if (mode == "constant")
    return padByValue(c, *amounts);
  if (c.operatorSet() < inputsSince)
    (void)c.real("value", 0); // of the other mode
  if (mode != "reflect" && mode != "edge" && mode != "wrap")
    return c.error("has the mode " + printable(mode) + ", known: constant, reflect, edge, wrap");
  if (llvm::Error wrong = c.checkListed(shape))
    return wrong;
  std::vector<std::vector<int64_t>> positions(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t extent = c.shape(0)[i], period = std::max<int64_t>(1, 2 * (extent - 1));
    for (int64_t at = 0; at < shape[i]; ++at) {
      int64_t place = at - amounts->low[i];
      if (mode == "edge")
        place = std::clamp<int64_t>(place, 0, extent - 1);
      else if (mode == "wrap")
        place = (place % extent + extent) % extent;
      else {
        place = (place % period + period) % period;
        place = place < extent ? place : period - place;
      }
      positions[i].push_back(place);
    }
  }
  return c.setOutput(select(c, c.value(0), positions), c.type(0));
}

} // namespace tenon::import::onnx
