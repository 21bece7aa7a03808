// Placing a sliding window.
#include "core/import/tflite/Window.h"

namespace tenon::import::tflite {

namespace {

llvm::Error placeAxis(const NodeConversion &c, schema::Padding padding, const char *name, WindowAxis &axis) {
  constexpr int64_t largest = 1 << 24; // keeps every product below 2^63
  auto wrong = [&](const char *what, int64_t value) {
    return c.error(llvm::Twine("has a ") + what + " of " + llvm::Twine(value) + " along " + name +
                   ", it must be 1 to " + llvm::Twine(largest));
  };
  if (axis.kernel < 1 || axis.kernel > largest)
    return wrong("kernel", axis.kernel);
  if (axis.stride < 1 || axis.stride > largest)
    return wrong("stride", axis.stride);
  if (axis.dilation < 1 || axis.dilation > largest)
    return wrong("dilation", axis.dilation);
  if (padding == schema::Padding::SAME) {
    axis.output = (axis.input + axis.stride - 1) / axis.stride;
    int64_t total = std::max<int64_t>((axis.output - 1) * axis.stride + axis.extent() - axis.input, 0);
    axis.padLow = total / 2;
    axis.padHigh = total - axis.padLow;
    return llvm::Error::success();
  }
  if (axis.extent() > axis.input)
    return c.error(llvm::Twine("has a window of ") + llvm::Twine(axis.extent()) + " along " + name +
                   " without padding, the input has " + llvm::Twine(axis.input));
  axis.output = (axis.input - axis.extent()) / axis.stride + 1;
  return llvm::Error::success();
}

} // namespace

llvm::Error placeWindow(const NodeConversion &c, schema::Padding padding, Window &window) {
  if (padding != schema::Padding::SAME && padding != schema::Padding::VALID)
    return c.error("has padding " + llvm::Twine(static_cast<int>(padding)) + ", supported: SAME, VALID");
  if (llvm::Error wrong = placeAxis(c, padding, "y", window.y))
    return wrong;
  return placeAxis(c, padding, "x", window.x);
}

mlir::Value padImage(NodeConversion &c, mlir::Value image, const Window &window, mlir::TypedAttr value) {
  llvm::SmallVector<int64_t> low(shapeOf(image).size(), 0), high(low);
  low[1] = window.y.padLow;
  low[2] = window.x.padLow;
  high[1] = window.y.padHigh;
  high[2] = window.x.padHigh;
  return c.pad(image, low, high, value);
}

} // namespace tenon::import::tflite
