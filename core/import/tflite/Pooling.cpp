// AVERAGE_POOL_2D and MAX_POOL_2D, int8 and float32. What is outside the image neither counts nor wins.
// Quantised numbers are pooled as they are, whatever the scales of input and output: so does the reference.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/FixedPoint.h"
#include "core/import/tflite/Window.h"

#include <limits>

namespace tenon::import::tflite {

namespace {

struct Pool {
  Window window;
  ActivationRange range;
};

llvm::Expected<Pool> checkPool(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return std::move(wrong);
  auto options = c.options<schema::Pool2DOptions>();
  if (!options)
    return options.takeError();
  const Tensor &input = c.input(0);
  if (llvm::Error wrong = c.requireSameKind({&input, &c.output()}))
    return std::move(wrong);
  if (llvm::Error wrong = c.requireRank(input, 4))
    return std::move(wrong);
  Pool pool;
  pool.window.y = {input.shape[1], (*options)->filter_height(), (*options)->stride_h()};
  pool.window.x = {input.shape[2], (*options)->filter_width(), (*options)->stride_w()};
  if (llvm::Error wrong = placeWindow(c, (*options)->padding(), pool.window))
    return std::move(wrong);
  llvm::Expected<ActivationRange> range = activationRange(c, (*options)->fused_activation_function());
  if (!range)
    return range.takeError();
  pool.range = *range;
  return pool;
}

/// Reduces each window: loops batch, y, x, channel, ky, kx. The window's size comes from an operand that
/// nothing reads.
mlir::Value reduceWindows(NodeConversion &c, const Window &window, mlir::TypedAttr outside, mlir::Value start,
                          ScalarBody body) {
  mlir::Value image = padImage(c, c.inputValue(0), window, outside);
  auto d = [&](unsigned n) { return c.loop(n); };
  mlir::AffineMap maps[] = {
      c.map(6, {d(0), d(1) * window.y.stride + d(4), d(2) * window.x.stride + d(5), d(3)}),
      c.map(6, {d(4), d(5)}), c.map(6, {d(0), d(1), d(2), d(3)})};
  llvm::ArrayRef<int64_t> from = shapeOf(image);
  mlir::Value size = c.empty({window.y.kernel, window.x.kernel}, start.getType());
  mlir::Value initial = c.filled({from[0], window.y.output, window.x.output, from[3]}, start);
  return c.generic({image, size}, maps, initial, body);
}

/// How many of a window's elements along one axis lie inside: min(first + kernel, input) - max(first, 0).
mlir::Value countInside(Scalars &s, const WindowAxis &axis, unsigned loop) {
  if (!axis.padLow && !axis.padHigh)
    return s.integer(axis.kernel);
  mlir::Value first =
      s.subtract(s.multiply(s.loopIndex(loop), s.integer(axis.stride)), s.integer(axis.padLow));
  mlir::Value end = s.minimum(s.add(first, s.integer(axis.kernel)), s.integer(axis.input));
  return s.subtract(end, s.maximum(first, s.integer(0)));
}

/// sum / count to the nearest, halves away from zero.
mlir::Value divideRounding(Scalars &s, mlir::Value sum, mlir::Value count) {
  mlir::Value half = s.divide(count, s.integer(2));
  mlir::Value negative = s.less(sum, s.integer(0));
  return s.divide(s.select(negative, s.subtract(sum, half), s.add(sum, half)), count);
}

} // namespace

llvm::Error convertAveragePool2D(NodeConversion &c) {
  llvm::Expected<Pool> pool = checkPool(c);
  if (!pool)
    return pool.takeError();
  Scalars scalars(c.builder, c.loc);
  mlir::Type type = elementType(c.context(), c.output().type);
  bool isFloating = isFloat(c.output());
  mlir::TypedAttr outside = isFloating ? mlir::TypedAttr(c.builder.getF32FloatAttr(0))
                                       : mlir::TypedAttr(c.builder.getI8IntegerAttr(0));
  mlir::Value start = isFloating ? scalars.real(0, type) : scalars.integer(0);
  mlir::Value sums = reduceWindows(c, pool->window, outside, start, [&](Scalars &s, mlir::ValueRange in) {
    return s.add(in[2], isFloating ? in[0] : s.extend(in[0], 32));
  });
  return c.setOutput(c.elementwise({sums}, shapeOf(sums), type, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value count = s.multiply(countInside(s, pool->window.y, 1), countInside(s, pool->window.x, 2));
    if (!isFloating)
      return s.truncate(s.clamp(divideRounding(s, in[0], count), pool->range.lowest, pool->range.highest), 8);
    mlir::Value real = s.builder.create<mlir::arith::SIToFPOp>(s.loc, type, count);
    return clampFloat(s, s.divide(in[0], real), pool->range);
  }));
}

llvm::Error convertMaxPool2D(NodeConversion &c) {
  llvm::Expected<Pool> pool = checkPool(c);
  if (!pool)
    return pool.takeError();
  Scalars scalars(c.builder, c.loc);
  mlir::Type type = elementType(c.context(), c.output().type);
  bool isFloating = isFloat(c.output());
  constexpr double lowestFloat = std::numeric_limits<float>::lowest();
  constexpr int lowestByte = std::numeric_limits<int8_t>::min();
  mlir::TypedAttr outside = isFloating ? mlir::TypedAttr(c.builder.getF32FloatAttr(lowestFloat))
                                       : mlir::TypedAttr(c.builder.getI8IntegerAttr(lowestByte));
  mlir::Value start = isFloating ? scalars.real(lowestFloat, type) : scalars.integer(lowestByte, 8);
  mlir::Value largest = reduceWindows(c, pool->window, outside, start, [&](Scalars &s, mlir::ValueRange in) {
    return isFloating ? s.builder.create<mlir::arith::MaximumFOp>(s.loc, in[2], in[0]).getResult()
                      : s.maximum(in[2], in[0]);
  });
  bool limited = isFloating ? pool->range.least || pool->range.most
                            : pool->range.lowest != lowestByte || pool->range.highest != 127;
  if (!limited)
    return c.setOutput(largest);
  return c.setOutput(c.elementwise({largest}, shapeOf(largest), type, [&](Scalars &s, mlir::ValueRange in) {
    return isFloating ? clampFloat(s, in[0], pool->range)
                      : s.clamp(in[0], pool->range.lowest, pool->range.highest);
  }));
}

} // namespace tenon::import::tflite
