// The fixed-point arithmetic of TFLite's reference kernels: multipliers made from scales, and the scalar
// operations that apply them. Formulas: LiteRT's reference kernels and gemmlowp's fixedpoint.h, checked
// against the kernels by the operator models under tests/models/operators.
#pragma once

#include "core/import/Multiplier.h"
#include "core/import/tflite/NodeConversion.h"

namespace tenon::import::tflite {

using import::Multiplier;
using import::Multipliers;
using import::quantizeMultiplier;

/// The quantised number q without its tensor's zero point, i32.
mlir::Value centred(Scalars &s, mlir::Value q, const Tensor &tensor);

/// x * m rounded twice, as convolutions do: (x << left) times the multiplier as a doubling high multiply
/// (halves up), then a shift right with halves away from zero. x: i32.
mlir::Value multiplyRoundingTwice(Scalars &s, mlir::Value x, const Multiplier &m);

/// x * m rounded once. x: i32; result i64.
mlir::Value multiplyRoundingOnce(Scalars &s, ir::Rounding rounding, mlir::Value x, const Multiplier &m);

/// Adds the output's zero point and clamps to the range of the fused activation; i8. x: i32 or i64.
mlir::Value addZeroPointAndClamp(Scalars &s, mlir::Value x, int64_t zeroPoint, int64_t lowest,
                                 int64_t highest);

struct ActivationRange {
  int64_t lowest = 0, highest = 0;   ///< integers
  std::optional<double> least, most; ///< floats; absent where there is no bound
};

/// The range that a fused activation leaves of the output's type, in quantised numbers where it is quantised.
llvm::Expected<ActivationRange> activationRange(const NodeConversion &c,
                                                schema::ActivationFunctionType activation);

/// A float limited to the range.
mlir::Value clampFloat(Scalars &s, mlir::Value x, const ActivationRange &range);

/// The error of a scale ratio that has no multiplier.
llvm::Error multiplierError(const NodeConversion &c, double real);

} // namespace tenon::import::tflite
