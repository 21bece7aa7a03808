// What the kinds of convolutions share.
#pragma once

#include "core/import/onnx/Window.h"

namespace tenon::import::onnx {

struct ConvolutionShape {
  int64_t groups = 1;
  int64_t channelsOfGroup = 1; ///< output channels
};

struct PreparedConvolution {
  ConvolutionShape sizes;
  Window window;
  mlir::Value image;   ///< padded: [batch, (group,) input channel of the group, axes]
  mlir::Value weights; ///< [(group,) channel of the group, input channel of the group, kernel axes]
};

/// Ranks, kernel_shape and group of the node.
llvm::Expected<ConvolutionShape> convolutionShape(NodeConversion &c, unsigned imageInput,
                                                  unsigned weightInput);

/// A convolution's operands by its attributes; `outside` is what it is padded with.
llvm::Expected<PreparedConvolution> prepareConvolution(NodeConversion &c, unsigned imageInput,
                                                       unsigned weightInput, mlir::TypedAttr outside);

/// Sums over windows, [batch, channel, axes]. The body gets an element of the image, of the weights, and the
/// sum so far.
mlir::Value sumsOfWindows(NodeConversion &c, mlir::Value image, mlir::Value weights, const Window &window,
                          const ConvolutionShape &sizes, mlir::Type sumType, ScalarBody body);

/// One number for each channel, which is dimension 1.
mlir::Value addBias(NodeConversion &c, mlir::Value sums, mlir::Value bias);

} // namespace tenon::import::onnx
