// The sliding window that convolutions and pools share, of any number of axes: output sizes and padding by
// ONNX's rules.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

/// One axis of a window.
struct WindowAxis {
  int64_t input = 1, kernel = 1, stride = 1, dilation = 1;
  int64_t padLow = 0, padHigh = 0; ///< as declared, or as SAME needs them
  int64_t output = 1;

  int64_t extent() const { return (kernel - 1) * dilation + 1; }
  /// Padding behind the input that the last window reaches.
  int64_t reachedHigh() const {
    return std::max<int64_t>(0, (output - 1) * stride + extent() - input - padLow);
  }
  /// Where a window's element lies in the padded input.
  mlir::AffineExpr position(mlir::AffineExpr outputLoop, mlir::AffineExpr kernelLoop) const {
    return outputLoop * stride + kernelLoop * dilation;
  }
};

using Window = llvm::SmallVector<WindowAxis>;

enum class AutoPad { None, Valid, SameUpper, SameLower };
llvm::Expected<AutoPad> autoPadOf(NodeConversion &c);

/// The axes with strides, dilations and pads of the node's attributes, without output sizes.
llvm::Expected<Window> windowOf(NodeConversion &c, llvm::ArrayRef<int64_t> input,
                                llvm::ArrayRef<int64_t> kernel);

/// The same, placed: auto_pad, pads, ceil_mode.
llvm::Expected<Window> placedWindow(NodeConversion &c, llvm::ArrayRef<int64_t> input,
                                    llvm::ArrayRef<int64_t> kernel, bool ceilMode = false);

/// The padded image and what windows make, [batch, channels, axes], are within the limits.
llvm::Error checkWindowSizes(const NodeConversion &c, int64_t batch, int64_t inputChannels,
                             int64_t outputChannels, const Window &window, mlir::Type element);

/// Pads the last dimensions, one for each axis, as far as windows reach.
mlir::Value padImage(NodeConversion &c, mlir::Value image, const Window &window, mlir::TypedAttr value);

/// A number as an attribute of a float or integer type.
mlir::TypedAttr numberAttribute(mlir::Type type, double value);
/// A list of them. They are not kept one by one, as attributes are.
mlir::DenseElementsAttr numberList(mlir::Type type, llvm::ArrayRef<double> values);

} // namespace tenon::import::onnx
