// The sliding window that convolutions and pools share: output sizes and padding by TFLite's rules.
#pragma once

#include "core/import/tflite/NodeConversion.h"

namespace tenon::import::tflite {

/// One axis of a window.
struct WindowAxis {
  int64_t input = 1, kernel = 1, stride = 1, dilation = 1;
  int64_t output = 1, padLow = 0, padHigh = 0; ///< computed

  int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

struct Window {
  WindowAxis y, x;
};

/// Fills in output sizes and padding: SAME gives ceil(input / stride) outputs, and the padding that they need
/// is halved, the odd element last; VALID pads nothing. Refuses sizes, strides and dilations below 1 and
/// windows that fit nowhere.
llvm::Error placeWindow(const NodeConversion &c, schema::Padding padding, Window &window);

/// Pads the two middle dimensions of [batch, y, x, channel].
mlir::Value padImage(NodeConversion &c, mlir::Value image, const Window &window, mlir::TypedAttr value);

} // namespace tenon::import::tflite
