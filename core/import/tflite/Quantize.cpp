// QUANTIZE (float32 to int8, and int8 to int8 of another scale) and DEQUANTIZE.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/FixedPoint.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::tflite {

namespace {

llvm::Error checkQuantised(const NodeConversion &c, const Tensor &tensor) {
  if (llvm::Error wrong = c.requireType(tensor, {schema::TensorType::INT8}))
    return wrong;
  return c.requireSameKind({&tensor}); // one scale
}

/// round(x / scale), halves away from zero, plus the zero point, limited to int8. Limited before it becomes
/// an integer: what is beyond int32 saturates here, the reference leaves it undefined. NaN becomes the lowest
/// value.
mlir::Value quantise(Scalars &s, mlir::Value x, const Tensor &output) {
  constexpr double lowest = -128, highest = 127;
  mlir::Type type = x.getType();
  mlir::Value steps = s.divide(x, s.real(output.quantization.scales[0], type));
  steps = s.builder.create<mlir::math::RoundOp>(s.loc, steps);
  auto zeroPoint = static_cast<double>(zeroPointOf(output));
  steps = s.builder.create<mlir::arith::MaxNumFOp>(s.loc, steps, s.real(lowest - zeroPoint, type));
  steps = s.builder.create<mlir::arith::MinNumFOp>(s.loc, steps, s.real(highest - zeroPoint, type));
  mlir::Value integer = s.builder.create<mlir::arith::FPToSIOp>(s.loc, s.builder.getI32Type(), steps);
  return addZeroPointAndClamp(s, integer, zeroPointOf(output), -128, 127);
}

} // namespace

llvm::Error convertQuantize(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  const Tensor &input = c.input(0), &output = c.output();
  if (llvm::Error wrong = checkQuantised(c, output))
    return wrong;
  if (isFloat(input))
    return c.setOutput(
        c.elementwise({c.inputValue(0)}, input.shape, c.builder.getI8Type(),
                      [&](Scalars &s, mlir::ValueRange in) { return quantise(s, in[0], output); }));
  if (llvm::Error wrong = checkQuantised(c, input))
    return wrong;
  double ratio = scaleOf(input) / scaleOf(output);
  std::optional<Multiplier> multiplier = quantizeMultiplier(ratio);
  if (!multiplier)
    return multiplierError(c, ratio);
  return c.setOutput(c.elementwise({c.inputValue(0)}, input.shape, c.builder.getI8Type(),
                                   [&](Scalars &s, mlir::ValueRange in) {
                                     mlir::Value x = centred(s, in[0], input);
                                     return addZeroPointAndClamp(s, multiplyRoundingTwice(s, x, *multiplier),
                                                                 zeroPointOf(output), -128, 127);
                                   }));
}

llvm::Error convertDequantize(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  const Tensor &input = c.input(0);
  if (llvm::Error wrong = checkQuantised(c, input))
    return wrong;
  if (llvm::Error wrong = c.requireType(c.output(), {schema::TensorType::FLOAT32}))
    return wrong;
  mlir::Type type = c.builder.getF32Type();
  return c.setOutput(
      c.elementwise({c.inputValue(0)}, input.shape, type, [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value x = centred(s, in[0], input);
        mlir::Value real = s.builder.create<mlir::arith::SIToFPOp>(s.loc, type, x);
        return s.multiply(real, s.real(input.quantization.scales[0], type));
      }));
}

} // namespace tenon::import::tflite
