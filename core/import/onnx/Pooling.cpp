// MaxPool, AveragePool, GlobalAveragePool. What is outside the image never wins; whether it counts in an
// average, the node says.
#include "core/import/onnx/Pooling.h"

#include "core/import/onnx/Conversions.h"

#include <limits>

namespace tenon::import::onnx {

namespace {

llvm::Expected<Window> poolWindow(NodeConversion &c) {
  if (c.rank(0) < 3)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + ", it takes rank 3 or more");
  std::optional<Shape> kernel = c.integers("kernel_shape");
  if (!kernel)
    return c.error("lacks its kernel_shape");
  llvm::ArrayRef<int64_t> image = c.shape(0);
  llvm::Expected<Window> window =
      placedWindow(c, image.drop_front(2), *kernel, c.integer("ceil_mode", 0) != 0);
  if (!window)
    return window;
  mlir::Type type = c.elementOf(c.type(0));
  if (llvm::Error wrong = checkWindowSizes(c, image[0], image[1], image[1], *window, type))
    return std::move(wrong);
  return window;
}

/// The loops of an operator on windows: batch, channel, the places of the result, the places of a window.
struct WindowLoops {
  mlir::AffineMap from, to, size; ///< of the image, the result, a tensor of the window's size
  Shape shape, sizes;             ///< of the result, of the window
};

WindowLoops loopsOf(NodeConversion &c, mlir::Value image, const Window &window) {
  unsigned axes = window.size(), count = 2 + 2 * axes;
  llvm::SmallVector<mlir::AffineExpr> from = {c.loop(0), c.loop(1)}, to = from, size;
  WindowLoops loops;
  loops.shape = {shapeOf(image)[0], shapeOf(image)[1]};
  for (auto [i, axis] : llvm::enumerate(window)) {
    mlir::AffineExpr output = c.loop(2 + i), kernel = c.loop(2 + axes + i);
    from.push_back(axis.position(output, kernel));
    to.push_back(output);
    size.push_back(kernel);
    loops.shape.push_back(axis.output);
    loops.sizes.push_back(axis.kernel);
  }
  loops.from = c.map(count, from);
  loops.to = c.map(count, to);
  loops.size = c.map(count, size);
  return loops;
}

/// sums / the number of elements, which differs near the border only.
mlir::Value divideByCounts(NodeConversion &c, mlir::Value sums, const Window &window, bool withPadding) {
  mlir::Type type = elementTypeOf(sums);
  unsigned rank = shapeOf(sums).size();
  llvm::SmallVector<mlir::Value> inputs = {sums};
  llvm::SmallVector<mlir::AffineMap> maps = {mlir::AffineMap::getMultiDimIdentityMap(rank, c.context())};
  double everywhere = 1;
  for (auto [i, axis] : llvm::enumerate(window)) {
    std::vector<int64_t> counts = countsOf(axis, withPadding);
    if (llvm::all_equal(counts)) {
      everywhere *= static_cast<double>(counts.front());
      continue;
    }
    std::vector<double> numbers(counts.begin(), counts.end());
    inputs.push_back(c.constant(numberList(type, numbers)));
    maps.push_back(c.map(rank, {c.loop(2 + i)}));
  }
  maps.push_back(maps.front());
  return c.generic(inputs, maps, c.empty(shapeOf(sums), type), [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value count = s.real(everywhere, type);
    for (unsigned i = 1; i < inputs.size(); ++i)
      count = s.multiply(count, in[i]);
    return s.divide(in[0], count);
  });
}

} // namespace

mlir::Value reduceWindows(NodeConversion &c, const Window &window, mlir::TypedAttr outside,
                          mlir::TypedAttr start, ScalarBody body) {
  mlir::Value image = padImage(c, c.value(0), window, outside);
  WindowLoops loops = loopsOf(c, image, window);
  mlir::AffineMap maps[] = {loops.from, loops.size, loops.to};
  mlir::Value initial = c.filled(loops.shape, c.builder.create<mlir::arith::ConstantOp>(c.loc, start));
  mlir::Value unread = c.empty(loops.sizes, elementTypeOf(image));
  return c.generic({image, unread}, maps, initial, body);
}

std::vector<int64_t> countsOf(const WindowAxis &axis, bool withPadding) {
  int64_t low = withPadding ? -axis.padLow : 0, end = axis.input + (withPadding ? axis.padHigh : 0);
  std::vector<int64_t> counts(axis.output, 0);
  for (int64_t i = 0; i < axis.output; ++i) {
    int64_t place = i * axis.stride - axis.padLow; // of the window's first element
    int64_t first = place >= low ? 0 : (low - place + axis.dilation - 1) / axis.dilation;
    int64_t behind = place >= end ? 0 : (end - place + axis.dilation - 1) / axis.dilation;
    counts[i] = std::max<int64_t>(0, std::min(axis.kernel, behind) - first);
  }
  return counts;
}

llvm::Expected<AverageWindow> averageWindow(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return std::move(wrong);
  llvm::Expected<Window> window = poolWindow(c);
  if (!window)
    return window.takeError();
  int64_t windows = 1; // each has its count
  for (const WindowAxis &axis : *window)
    windows *= axis.output;
  if (llvm::Error wrong = c.checkListed({windows}))
    return std::move(wrong);
  AverageWindow average = {*window, c.integer("count_include_pad", 0) != 0};
  for (auto [i, axis] : llvm::enumerate(*window))
    if (llvm::is_contained(countsOf(axis, average.withPadding), 0))
      return c.error("has a window along axis " + llvm::Twine(i) +
                     " that lies in the padding alone, its average is not defined");
  return average;
}

llvm::Expected<Window> globalWindow(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return std::move(wrong);
  if (c.rank(0) < 3)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + ", it takes rank 3 or more");
  Window window;
  for (int64_t extent : c.shape(0).drop_front(2)) {
    WindowAxis axis;
    axis.input = axis.kernel = extent;
    window.push_back(axis);
  }
  return window;
}

namespace {

/// What never wins, of the input's type.
mlir::TypedAttr lowestOf(NodeConversion &c) {
  bool isFloating = isFloatType(c.type(0)), isUnsigned = isUnsignedType(c.type(0));
  double lowest = isFloating ? -std::numeric_limits<double>::infinity() : isUnsigned ? 0 : INT8_MIN;
  return numberAttribute(c.elementOf(c.type(0)), lowest);
}

mlir::Value largestOf(NodeConversion &c, const Window &window) {
  bool isFloating = isFloatType(c.type(0)), isUnsigned = isUnsignedType(c.type(0));
  mlir::TypedAttr outside = lowestOf(c);
  return reduceWindows(c, window, outside, outside, [&](Scalars &s, mlir::ValueRange in) -> mlir::Value {
    if (isFloating)
      return s.builder.create<mlir::arith::MaximumFOp>(s.loc, in[2], in[0]);
    if (isUnsigned)
      return s.builder.create<mlir::arith::MaxUIOp>(s.loc, in[2], in[0]);
    return s.maximum(in[2], in[0]);
  });
}

} // namespace

llvm::Expected<mlir::Value> largestOfWindows(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1, 2))
    return std::move(wrong);
  if (llvm::Error wrong = c.requireType(
          0, {Type::FLOAT, Type::DOUBLE, Type::FLOAT16, Type::BFLOAT16, Type::INT8, Type::UINT8}))
    return std::move(wrong);
  llvm::Expected<Window> window = poolWindow(c);
  if (!window)
    return window.takeError();
  (void)c.integer("storage_order", 0); // of the second output
  return largestOf(c, *window);
}

namespace {

/// The second output of a MaxPool: where in the whole input, as row-major numbers, each window has its first
/// largest element.
mlir::Value placesOfLargest(NodeConversion &c, mlir::Value largest, const Window &window, bool columnsFirst) {
  unsigned axes = window.size();
  mlir::TypedAttr lowest = lowestOf(c);
  mlir::Value image = padImage(c, c.value(0), window, lowest);
  WindowLoops loops = loopsOf(c, image, window);
  Shape strides(axes, 1);
  int64_t area = 1;
  for (unsigned k = 0; k < axes; ++k) {
    unsigned i = columnsFirst ? k : axes - 1 - k;
    strides[i] = area;
    area *= window[i].input;
  }
  mlir::AffineMap maps[] = {loops.from, loops.to, loops.size, loops.to};
  constexpr unsigned bits = 64;
  Scalars scalars(c.builder, c.loc);
  mlir::Value initial = c.filled(loops.shape, scalars.integer(INT64_MAX, bits));
  mlir::Value unread = c.empty(loops.sizes, elementTypeOf(image));
  return c.generic({image, largest, unread}, maps, initial, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value channel =
        s.add(s.multiply(s.loopIndex(0, bits), s.integer(loops.shape[1], bits)), s.loopIndex(1, bits));
    mlir::Value place = s.multiply(channel, s.integer(area, bits)), isInside = s.integer(1, 1);
    for (auto [i, axis] : llvm::enumerate(window)) {
      mlir::Value at = s.add(s.multiply(s.loopIndex(2 + i, bits), s.integer(axis.stride, bits)),
                             s.multiply(s.loopIndex(2 + axes + i, bits), s.integer(axis.dilation, bits)));
      at = s.subtract(at, s.integer(axis.padLow, bits));
      mlir::Value isBelow = s.less(at, s.integer(axis.input, bits));
      mlir::Value isAbove = s.less(s.integer(-1, bits), at);
      isInside = s.builder.create<mlir::arith::AndIOp>(s.loc, isInside, isBelow);
      isInside = s.builder.create<mlir::arith::AndIOp>(s.loc, isInside, isAbove);
      place = s.add(place, s.multiply(at, s.integer(strides[i], bits)));
    }
    mlir::Value isLargest =
        isFloatType(c.type(0))
            ? s.builder.create<mlir::arith::CmpFOp>(s.loc, mlir::arith::CmpFPredicate::UEQ, in[0], in[1])
                  .getResult()
            : s.builder.create<mlir::arith::CmpIOp>(s.loc, mlir::arith::CmpIPredicate::eq, in[0], in[1])
                  .getResult();
    isLargest = s.builder.create<mlir::arith::AndIOp>(s.loc, isLargest, isInside);
    return s.minimum(in[3], s.select(isLargest, place, s.integer(INT64_MAX, bits)));
  });
}

} // namespace

llvm::Error convertMaxPool(NodeConversion &c) {
  bool columnsFirst = c.integer("storage_order", 0) != 0;
  llvm::Expected<mlir::Value> largest = largestOfWindows(c);
  if (!largest)
    return largest.takeError();
  if (c.wantsOutput(1)) {
    llvm::Expected<Window> window = poolWindow(c);
    if (!window)
      return window.takeError();
    if (llvm::Error wrong = c.setOutput(placesOfLargest(c, *largest, *window, columnsFirst), Type::INT64, 1))
      return wrong;
  }
  return c.setOutput(*largest, c.type(0));
}

namespace {

llvm::Error convertAverage(NodeConversion &c, const Window &window, bool withPadding) {
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  mlir::TypedAttr zero = numberAttribute(c.elementOf(c.type(0)), 0);
  mlir::Value sums = reduceWindows(c, window, zero, zero,
                                   [](Scalars &s, mlir::ValueRange in) { return s.add(in[2], in[0]); });
  return c.setOutput(divideByCounts(c, sums, window, withPadding), c.type(0));
}

} // namespace

llvm::Error convertAveragePool(NodeConversion &c) {
  llvm::Expected<AverageWindow> average = averageWindow(c);
  return average ? convertAverage(c, average->window, average->withPadding) : average.takeError();
}

llvm::Error convertGlobalAveragePool(NodeConversion &c) {
  llvm::Expected<Window> window = globalWindow(c);
  return window ? convertAverage(c, *window, false) : window.takeError();
}

llvm::Error convertGlobalMaxPool(NodeConversion &c) {
  llvm::Expected<Window> window = globalWindow(c);
  if (!window)
    return window.takeError();
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  return c.setOutput(largestOf(c, *window), c.type(0));
}

} // namespace tenon::import::onnx
