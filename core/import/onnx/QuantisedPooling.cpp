// MaxPool, AveragePool and GlobalAveragePool in integers. An average is a sum whose multiplier has the count
// in it.
#include "core/import/onnx/Pooling.h"
#include "core/import/onnx/QuantisedOperator.h"

namespace tenon::import::onnx {

namespace {

/// Sums of windows as averages. Where windows hang over the border and padding does not count, the multiplier
/// is that of the window's place.
llvm::Expected<mlir::Value> averaged(NodeConversion &c, mlir::Value sums, const Window &window,
                                     bool withPadding, const QuantisedGroup &group) {
  double ratio = group.inputs[0]->scale() / group.output.scale();
  std::vector<int64_t> counts = {1}; // row-major over the axes of the window
  Shape shape;
  for (const WindowAxis &axis : window) {
    std::vector<int64_t> products;
    for (int64_t count : counts)
      for (int64_t own : countsOf(axis, withPadding))
        products.push_back(count * own);
    counts = std::move(products);
    shape.push_back(axis.output);
  }
  if (llvm::all_equal(counts))
    return requantise(c, sums, ratio / static_cast<double>(counts.front()), 1, nullptr, group);
  std::vector<int32_t> multipliers, shifts;
  for (int64_t count : counts) {
    llvm::Expected<Multiplier> multiplier = multiplierOf(c, ratio / static_cast<double>(count));
    if (!multiplier)
      return multiplier.takeError();
    multipliers.push_back(multiplier->multiplier);
    shifts.push_back(31 - multiplier->shift);
  }
  return c.elementwise({sums, c.reshape(c.vector(multipliers), shape), c.reshape(c.vector(shifts), shape)},
                       Shape(shapeOf(sums)), c.builder.getI8Type(), [&](Scalars &s, mlir::ValueRange in) {
                         mlir::Value product = s.multiply(s.extend(in[0], 64), s.extend(in[1], 64));
                         return finish(s, roundOnce(s, product, s.extend(in[2], 64)), group);
                       });
}

llvm::Error convertAverage(NodeConversion &c, const Window &window, bool withPadding,
                           const QuantisedGroup &group) {
  const Quantisation &input = *group.inputs[0];
  mlir::TypedAttr outside = c.builder.getI8IntegerAttr(static_cast<int8_t>(input.zeroPoint()));
  mlir::Value sums =
      reduceWindows(c, window, outside, c.builder.getI32IntegerAttr(0),
                    [&](Scalars &s, mlir::ValueRange in) { return s.add(in[2], centred(s, in[0], input)); });
  llvm::Expected<mlir::Value> result = averaged(c, sums, window, withPadding, group);
  return result ? c.setOutput(*result, Type::INT8) : result.takeError();
}

} // namespace

llvm::Error convertQuantisedMaxPool(NodeConversion &c, const QuantisedGroup &group) {
  llvm::Expected<mlir::Value> largest = largestOfWindows(c);
  if (!largest)
    return largest.takeError();
  llvm::Expected<mlir::Value> result = rescale(c, *largest, *group.inputs[0], group);
  return result ? c.setOutput(*result, Type::INT8) : result.takeError();
}

llvm::Error convertQuantisedAveragePool(NodeConversion &c, const QuantisedGroup &group) {
  llvm::Expected<AverageWindow> average = averageWindow(c);
  if (!average)
    return average.takeError();
  return convertAverage(c, average->window, average->withPadding, group);
}

llvm::Error convertQuantisedGlobalAveragePool(NodeConversion &c, const QuantisedGroup &group) {
  llvm::Expected<Window> window = globalWindow(c);
  return window ? convertAverage(c, *window, false, group) : window.takeError();
}

} // namespace tenon::import::onnx
