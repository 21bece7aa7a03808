// What an elementwise operation that quantises or dequantises carries of its model: scales and zero points,
// so that a pass may replace a pattern of them by integer arithmetic. The operation computes the same without
// it.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

#include <optional>

namespace tenon::ir {

struct QuantizationMarker {
  bool isQuantize = false;            ///< floats to integers; else back
  bool isUnsigned = false;            ///< the integers' range begins at 0; they are signless in the IR
  mlir::DenseElementsAttr scales;     ///< floats: one, or one for each index along `axis`
  mlir::DenseElementsAttr zeroPoints; ///< integers of the quantised type, as many
  int64_t axis = -1;                  ///< -1: one scale for the whole tensor
};

/// The discardable attribute's name.
inline constexpr llvm::StringLiteral quantizationAttributeName = "tenon.quantization";

void markQuantization(mlir::Operation *operation, const QuantizationMarker &marker);

/// Nothing for an operation without a marker, or with one that is malformed.
std::optional<QuantizationMarker> quantizationOf(mlir::Operation *operation);

} // namespace tenon::ir
