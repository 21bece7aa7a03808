// LOGISTIC and TANH: int8 as a table of all 256 inputs, as the reference computes them; float32 as a formula.
#include "core/import/tflite/Conversions.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <algorithm>
#include <cmath>

namespace tenon::import::tflite {

namespace {

using RealFunction = float (*)(float);

float logistic(float x) { return 1.0F / (1.0F + std::exp(-x)); }
float hyperbolicTangent(float x) { return std::tanh(x); }

/// Entry i is the output of the input i - 128: dequantise, apply, quantise with halves away from zero, all in
/// float.
llvm::SmallVector<int8_t> tableOf(RealFunction function, const Tensor &input, const Tensor &output) {
  llvm::SmallVector<int8_t> table;
  float inputScale = input.quantization.scales[0], inverse = 1.0F / output.quantization.scales[0];
  for (int q = -128; q <= 127; ++q) {
    float y = function(inputScale * static_cast<float>(q - zeroPointOf(input)));
    // The reciprocal of a tiny scale is infinite, and 0 times that no number.
    float steps = (y == 0 ? 0 : std::round(y * inverse)) + static_cast<float>(zeroPointOf(output));
    table.push_back(static_cast<int8_t>(std::clamp(steps, -128.0F, 127.0F)));
  }
  return table;
}

llvm::Error convertTable(NodeConversion &c, RealFunction function) {
  auto type = mlir::RankedTensorType::get({256}, c.builder.getI8Type());
  mlir::Value table = c.constant(
      mlir::DenseElementsAttr::get(type, llvm::ArrayRef<int8_t>(tableOf(function, c.input(0), c.output()))));
  return c.setOutput(c.elementwise({c.inputValue(0)}, c.input(0).shape, c.builder.getI8Type(),
                                   [&](Scalars &s, mlir::ValueRange in) {
                                     return s.lookup(table, s.add(s.extend(in[0], 32), s.integer(128)));
                                   }));
}

} // namespace

llvm::Error convertLogistic(NodeConversion &c) {
  if (llvm::Error wrong = c.requireUnary())
    return wrong;
  if (!isFloat(c.output())) {
    constexpr double outputScale = 1.0 / 256;
    if (scaleOf(c.output()) != outputScale)
      return c.error("has an output with scale " + numberText(scaleOf(c.output())) + ", it must be 1/256");
    return convertTable(c, logistic);
  }
  // From these on float cannot tell the result from 1, or from the exponential alone; the reference's own
  // limits.
  constexpr float upper = 16.619047164916992188F, lower = -9.0F;
  mlir::Type type = c.builder.getF32Type();
  return c.setOutput(
      c.elementwise({c.inputValue(0)}, c.input(0).shape, type, [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value one = s.real(1, type);
        mlir::Value negated = s.builder.create<mlir::arith::NegFOp>(s.loc, in[0]);
        mlir::Value tail = s.builder.create<mlir::math::ExpOp>(s.loc, in[0]);
        mlir::Value middle = s.divide(one, s.add(one, s.builder.create<mlir::math::ExpOp>(s.loc, negated)));
        mlir::Value result = s.select(s.less(in[0], s.real(lower, type)), tail, middle);
        return s.select(s.less(s.real(upper, type), in[0]), one, result);
      }));
}

llvm::Error convertTanh(NodeConversion &c) {
  if (llvm::Error wrong = c.requireUnary())
    return wrong;
  if (!isFloat(c.output()))
    return convertTable(c, hyperbolicTangent);
  return c.setOutput(c.elementwise({c.inputValue(0)}, c.input(0).shape, c.builder.getF32Type(),
                                   [](Scalars &s, mlir::ValueRange in) {
                                     return s.builder.create<mlir::math::TanhOp>(s.loc, in[0]).getResult();
                                   }));
}

} // namespace tenon::import::tflite
