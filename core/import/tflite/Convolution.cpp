// CONV_2D (strided, dilated, grouped) and DEPTHWISE_CONV_2D (with a depth multiplier), int8 and float32.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/Epilogue.h"
#include "core/import/tflite/Window.h"

namespace tenon::import::tflite {

namespace {

struct Checked {
  Window window;
  Epilogue epilogue;
};

/// Weights are int8 with zero point 0 and one scale, or one for each output channel.
llvm::Error checkWeights(const NodeConversion &c, const Tensor &weights, unsigned channelDimension) {
  if (weights.type != c.input(0).type)
    return c.error("has weights of type " + typeName(weights.type) + " and an input of type " +
                   typeName(c.input(0).type) + ", they must agree");
  if (isFloat(weights))
    return llvm::Error::success();
  const Quantization &quantization = weights.quantization;
  if (quantization.scales.empty())
    return c.error("has weights without a scale");
  if (quantization.scales.size() > 1 && quantization.dimension != channelDimension)
    return c.error("has weights with scales along dimension " + llvm::Twine(quantization.dimension) +
                   ", the output channels are dimension " + llvm::Twine(channelDimension));
  for (int64_t zeroPoint : quantization.zeroPoints)
    if (zeroPoint != 0)
      return c.error("has weights with a zero point of " + llvm::Twine(zeroPoint) + ", it must be 0");
  return llvm::Error::success();
}

/// What both kinds share: types, ranks, window, bias and epilogue. Kernel sizes are dimensions 1 and 2 of the
/// weights.
template <typename Options>
llvm::Expected<Checked> check(NodeConversion &c, const Options &options, unsigned channelDimension) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return std::move(wrong);
  const Tensor &input = c.input(0), &weights = c.input(1);
  if (llvm::Error wrong = c.requireSameKind({&input, &c.output()}))
    return std::move(wrong);
  for (const Tensor *tensor : {&input, &weights, &c.output()})
    if (llvm::Error wrong = c.requireRank(*tensor, 4))
      return std::move(wrong);
  if (llvm::Error wrong = checkWeights(c, weights, channelDimension))
    return std::move(wrong);
  Checked result;
  result.window.y = {input.shape[1], weights.shape[1], options.stride_h(), options.dilation_h_factor()};
  result.window.x = {input.shape[2], weights.shape[2], options.stride_w(), options.dilation_w_factor()};
  if (llvm::Error wrong = placeWindow(c, options.padding(), result.window))
    return std::move(wrong);
  if (llvm::Error wrong = checkBias(c, 2, weights.shape[channelDimension]))
    return std::move(wrong);
  llvm::Expected<ActivationRange> range = activationRange(c, options.fused_activation_function());
  if (!range)
    return range.takeError();
  result.epilogue.range = *range;
  if (isFloat(input))
    return result;
  if (llvm::Error wrong = setMultipliers(c, input, weights, result.epilogue))
    return std::move(wrong);
  return result;
}

mlir::Value zero(NodeConversion &c, bool isFloating) {
  Scalars s(c.builder, c.loc);
  return isFloating ? s.real(0, c.builder.getF32Type()) : s.integer(0);
}

/// The input, of any shape [batch, y, x, ...], with its padding: what is outside is the real number 0, which
/// is the zero point.
mlir::Value padded(NodeConversion &c, mlir::Value image, const Window &window) {
  mlir::TypedAttr outside =
      isFloat(c.input(0))
          ? mlir::TypedAttr(c.builder.getF32FloatAttr(0))
          : mlir::TypedAttr(c.builder.getI8IntegerAttr(static_cast<int8_t>(zeroPointOf(c.input(0)))));
  return padImage(c, image, window, outside);
}

/// sum + (x - zero point) * w.
mlir::Value accumulate(Scalars &s, mlir::Value x, mlir::Value w, mlir::Value sum, const Tensor &input) {
  if (isFloat(input))
    return s.add(sum, s.multiply(x, w));
  return s.add(sum, s.multiply(centred(s, x, input), s.extend(w, 32)));
}

/// Where a window's element lies in the padded input, along one axis.
mlir::AffineExpr position(const WindowAxis &axis, mlir::AffineExpr output, mlir::AffineExpr kernel) {
  return output * axis.stride + kernel * axis.dilation;
}

/// Sums of one group: loops batch, y, x, output channel, ky, kx, input channel.
mlir::Value sumsOfOneGroup(NodeConversion &c, mlir::Value image, mlir::Value weights, const Window &window) {
  auto d = [&](unsigned n) { return c.loop(n); };
  mlir::AffineExpr y = position(window.y, d(1), d(4)), x = position(window.x, d(2), d(5));
  mlir::AffineMap maps[] = {c.map(7, {d(0), y, x, d(6)}), c.map(7, {d(3), d(4), d(5), d(6)}),
                            c.map(7, {d(0), d(1), d(2), d(3)})};
  llvm::SmallVector<int64_t> shape = {shapeOf(image)[0], window.y.output, window.x.output,
                                      shapeOf(weights)[0]};
  const Tensor &input = c.input(0);
  mlir::Value initial = c.filled(shape, zero(c, isFloat(input)));
  return c.generic({image, weights}, maps, initial, [&](Scalars &s, mlir::ValueRange in) {
    return accumulate(s, in[0], in[1], in[2], input);
  });
}

/// The same with groups: channels are [group, channel of the group], an extra loop after x. Padding comes
/// after the channels are told apart, and the results are put together after the epilogue, so that nothing
/// stands between the steps of one node.
mlir::Value sumsOfGroups(NodeConversion &c, mlir::Value image, mlir::Value weights, const Window &window,
                         int64_t groups) {
  llvm::SmallVector<int64_t> from(shapeOf(image)), kernel(shapeOf(weights));
  image = padded(c, c.reshape(image, {from[0], from[1], from[2], groups, kernel[3]}), window);
  int64_t perGroup = kernel[0] / groups;
  llvm::SmallVector<int64_t> grouped = {groups, perGroup, kernel[1], kernel[2], kernel[3]};
  weights = c.reshape(weights, grouped);
  auto d = [&](unsigned n) { return c.loop(n); };
  mlir::AffineExpr y = position(window.y, d(1), d(5)), x = position(window.x, d(2), d(6));
  mlir::AffineMap maps[] = {c.map(8, {d(0), y, x, d(3), d(7)}), c.map(8, {d(3), d(4), d(5), d(6), d(7)}),
                            c.map(8, {d(0), d(1), d(2), d(3), d(4)})};
  llvm::SmallVector<int64_t> shape = {shapeOf(image)[0], window.y.output, window.x.output, groups, perGroup};
  const Tensor &input = c.input(0);
  mlir::Value initial = c.filled(shape, zero(c, isFloat(input)));
  return c.generic({image, weights}, maps, initial, [&](Scalars &s, mlir::ValueRange in) {
    return accumulate(s, in[0], in[1], in[2], input);
  });
}

/// Depthwise sums [batch, y, x, channel, multiple], with loops ky, kx behind; the output channel is channel *
/// multiplier + multiple.
mlir::Value sumsOfChannels(NodeConversion &c, mlir::Value image, mlir::Value weights, const Window &window,
                           int64_t multiplier) {
  llvm::SmallVector<int64_t> from(shapeOf(image)), kernel(shapeOf(weights));
  weights = c.reshape(weights, {kernel[1], kernel[2], from[3], multiplier});
  auto d = [&](unsigned n) { return c.loop(n); };
  mlir::AffineExpr y = position(window.y, d(1), d(5)), x = position(window.x, d(2), d(6));
  mlir::AffineMap maps[] = {c.map(7, {d(0), y, x, d(3)}), c.map(7, {d(5), d(6), d(3), d(4)}),
                            c.map(7, {d(0), d(1), d(2), d(3), d(4)})};
  llvm::SmallVector<int64_t> shape = {from[0], window.y.output, window.x.output, from[3], multiplier};
  const Tensor &input = c.input(0);
  mlir::Value initial = c.filled(shape, zero(c, isFloat(input)));
  return c.generic({image, weights}, maps, initial, [&](Scalars &s, mlir::ValueRange in) {
    return accumulate(s, in[0], in[1], in[2], input);
  });
}

/// Sums [batch, y, x, channel] or with channels in two parts, which are put together at the end.
llvm::Error finish(NodeConversion &c, mlir::Value sums, Checked &checked) {
  if (c.has(2))
    checked.epilogue.bias = c.reshape(c.inputValue(2), {c.input(2).elements()});
  llvm::SmallVector<int64_t> shape(shapeOf(sums));
  checked.epilogue.channelDimensions = unsigned(shape.size()) - 3;
  while (shape.size() > 4) {
    int64_t parts = shape.pop_back_val();
    shape.back() *= parts;
  }
  return c.setOutput(c.reshape(applyEpilogue(c, sums, checked.epilogue), shape));
}

} // namespace

llvm::Error convertConv2D(NodeConversion &c) {
  auto options = c.options<schema::Conv2DOptions>();
  if (!options)
    return options.takeError();
  llvm::Expected<Checked> checked = check(c, **options, 0);
  if (!checked)
    return checked.takeError();
  int64_t channels = c.input(0).shape[3], perGroup = c.input(1).shape[3], outputs = c.input(1).shape[0];
  if (channels % perGroup != 0 || outputs % (channels / perGroup) != 0)
    return c.error("has " + llvm::Twine(channels) + " input channels, weights for " + llvm::Twine(perGroup) +
                   " and " + llvm::Twine(outputs) + " output channels, which are no whole groups");
  int64_t groups = channels / perGroup;
  mlir::Value image = c.inputValue(0), weights = c.inputValue(1);
  mlir::Value sums = groups == 1
                         ? sumsOfOneGroup(c, padded(c, image, checked->window), weights, checked->window)
                         : sumsOfGroups(c, image, weights, checked->window, groups);
  return finish(c, sums, *checked);
}

llvm::Error convertDepthwiseConv2D(NodeConversion &c) {
  auto options = c.options<schema::DepthwiseConv2DOptions>();
  if (!options)
    return options.takeError();
  llvm::Expected<Checked> checked = check(c, **options, 3);
  if (!checked)
    return checked.takeError();
  int64_t channels = c.input(0).shape[3], outputs = c.input(1).shape[3];
  // The options' depth multiplier says nothing that the shapes do not; the reference ignores it too.
  if (c.input(1).shape[0] != 1 || outputs % channels != 0)
    return c.error("has weights of shape " + shapeText(c.input(1).shape) + " for " + llvm::Twine(channels) +
                   " input channels, they must be [1, y, x, a multiple of the channels]");
  mlir::Value image = padded(c, c.inputValue(0), checked->window);
  return finish(c, sumsOfChannels(c, image, c.inputValue(1), checked->window, outputs / channels), *checked);
}

} // namespace tenon::import::tflite
