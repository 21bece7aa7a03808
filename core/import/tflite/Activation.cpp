// RELU, RELU6, RELU_N1_TO_1 and LEAKY_RELU as operators of their own, int8 (with rescaling) and float32.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/FixedPoint.h"

#include <cmath>

namespace tenon::import::tflite {

namespace {

/// input scale / output scale times a factor, in float as the reference takes it.
llvm::Expected<Multiplier> rescale(const NodeConversion &c, float factor) {
  float scaled = c.input(0).quantization.scales[0] * factor;
  double real = scaled / c.output().quantization.scales[0];
  std::optional<Multiplier> multiplier = quantizeMultiplier(std::abs(real));
  if (!multiplier)
    return multiplierError(c, real);
  return *multiplier;
}

llvm::Error setUnary(NodeConversion &c, ScalarBody body) {
  mlir::Type type = elementType(c.context(), c.output().type);
  return c.setOutput(c.elementwise({c.inputValue(0)}, c.input(0).shape, type, body));
}

llvm::Error convertLimit(NodeConversion &c, schema::ActivationFunctionType activation) {
  if (llvm::Error wrong = c.requireUnary())
    return wrong;
  llvm::Expected<ActivationRange> range = activationRange(c, activation);
  if (!range)
    return range.takeError();
  if (isFloat(c.output()))
    return setUnary(c, [&](Scalars &s, mlir::ValueRange in) { return clampFloat(s, in[0], *range); });
  llvm::Expected<Multiplier> multiplier = rescale(c, 1);
  if (!multiplier)
    return multiplier.takeError();
  return setUnary(c, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value scaled = multiplyRoundingTwice(s, centred(s, in[0], c.input(0)), *multiplier);
    return addZeroPointAndClamp(s, scaled, zeroPointOf(c.output()), range->lowest, range->highest);
  });
}

} // namespace

llvm::Error convertRelu(NodeConversion &c) { return convertLimit(c, schema::ActivationFunctionType::RELU); }
llvm::Error convertRelu6(NodeConversion &c) { return convertLimit(c, schema::ActivationFunctionType::RELU6); }
llvm::Error convertReluN1To1(NodeConversion &c) {
  return convertLimit(c, schema::ActivationFunctionType::RELU_N1_TO_1);
}

llvm::Error convertLeakyRelu(NodeConversion &c) {
  if (llvm::Error wrong = c.requireUnary())
    return wrong;
  auto options = c.options<schema::LeakyReluOptions>();
  if (!options)
    return options.takeError();
  float alpha = (*options)->alpha();
  if (!std::isfinite(alpha))
    return c.error("has an alpha of " + numberText(alpha) + ", it must be finite");
  if (isFloat(c.output()))
    return setUnary(c, [&](Scalars &s, mlir::ValueRange in) {
      mlir::Value zero = s.real(0, in[0].getType());
      return s.select(s.less(zero, in[0]), in[0], s.multiply(in[0], s.real(alpha, in[0].getType())));
    });
  llvm::Expected<Multiplier> above = rescale(c, 1), below = rescale(c, alpha);
  if (!above || !below)
    return llvm::joinErrors(above.takeError(), below.takeError());
  return setUnary(c, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value x = centred(s, in[0], c.input(0));
    mlir::Value negative = multiplyRoundingTwice(s, x, *below);
    if (alpha < 0)
      negative = s.subtract(s.integer(0), negative);
    mlir::Value scaled = s.select(s.less(x, s.integer(0)), negative, multiplyRoundingTwice(s, x, *above));
    return addZeroPointAndClamp(s, scaled, zeroPointOf(c.output()), -128, 127);
  });
}

} // namespace tenon::import::tflite
