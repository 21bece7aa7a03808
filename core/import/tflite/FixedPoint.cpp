// The scalar operations that apply multipliers.
#include "core/import/tflite/FixedPoint.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenon::import::tflite {

mlir::Value centred(Scalars &s, mlir::Value q, const Tensor &tensor) {
  mlir::Value x = s.extend(q, 32);
  return zeroPointOf(tensor) != 0 ? s.subtract(x, s.integer(zeroPointOf(tensor))) : x;
}

mlir::Value multiplyRoundingTwice(Scalars &s, mlir::Value x, const Multiplier &m) {
  if (m.left())
    x = s.shiftLeft(x, s.integer(m.left()));
  x = s.doublingHighMultiply(x, s.integer(m.multiplier));
  if (m.right())
    x = s.roundingShiftRight(ir::Rounding::HalfAwayFromZero, x, s.integer(m.right()));
  return x;
}

mlir::Value multiplyRoundingOnce(Scalars &s, ir::Rounding rounding, mlir::Value x, const Multiplier &m) {
  mlir::Value product = s.multiply(s.extend(x, 64), s.integer(m.multiplier, 64));
  return s.roundingShiftRight(rounding, product, s.integer(31 - m.shift, 64));
}

mlir::Value addZeroPointAndClamp(Scalars &s, mlir::Value x, int64_t zeroPoint, int64_t lowest,
                                 int64_t highest) {
  if (zeroPoint != 0)
    x = s.add(x, s.integer(zeroPoint, x.getType().getIntOrFloatBitWidth()));
  return s.truncate(s.clamp(x, lowest, highest), 8);
}

llvm::Expected<ActivationRange> activationRange(const NodeConversion &c,
                                                schema::ActivationFunctionType activation) {
  using A = schema::ActivationFunctionType;
  constexpr double largestRelu6 = 6;
  ActivationRange range;
  switch (activation) {
  case A::NONE:
    break;
  case A::RELU:
    range.least = 0;
    break;
  case A::RELU6:
    range.least = 0;
    range.most = largestRelu6;
    break;
  case A::RELU_N1_TO_1:
    range.least = -1;
    range.most = 1;
    break;
  default:
    return c.error("has the fused activation " + llvm::StringRef(EnumNameActivationFunctionType(activation)) +
                   " (" + llvm::Twine(static_cast<int>(activation)) +
                   "), supported: NONE, RELU, RELU6, RELU_N1_TO_1");
  }
  const Tensor &output = c.output();
  if (isFloat(output))
    return range;
  bool isByte = output.type == schema::TensorType::INT8;
  range.lowest = isByte ? -128 : std::numeric_limits<int32_t>::min();
  range.highest = isByte ? 127 : std::numeric_limits<int32_t>::max();
  // The reference divides and rounds in float.
  auto quantised = [&](double real) -> int64_t {
    if (!output.quantization.isPerTensor())
      return static_cast<int64_t>(real);
    constexpr float beyondAnyType = 1e12F; // a tiny scale makes the quotient larger than an integer can be
    float steps = std::round(static_cast<float>(real) / static_cast<float>(scaleOf(output)));
    return zeroPointOf(output) + static_cast<int64_t>(std::clamp(steps, -beyondAnyType, beyondAnyType));
  };
  if (range.least)
    range.lowest = std::max(range.lowest, quantised(*range.least));
  if (range.most)
    range.highest = std::min(range.highest, quantised(*range.most));
  return range;
}

mlir::Value clampFloat(Scalars &s, mlir::Value x, const ActivationRange &range) {
  if (range.least)
    x = s.maximum(x, s.real(*range.least, x.getType()));
  if (range.most)
    x = s.minimum(x, s.real(*range.most, x.getType()));
  return x;
}

llvm::Error multiplierError(const NodeConversion &c, double real) {
  return c.error("has scales whose ratio is " + numberText(real) + ", it must be below 2^31");
}

} // namespace tenon::import::tflite
