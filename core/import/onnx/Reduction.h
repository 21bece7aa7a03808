// Reducing some dimensions of a tensor.
#pragma once

#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

/// What remains when dimensions are reduced.
struct Remaining {
  Shape shape;                             ///< without the reduced dimensions
  Shape kept;                              ///< the same with 1 in their place
  int64_t count = 1;                       ///< elements of each reduction
  llvm::SmallVector<mlir::AffineExpr> map; ///< the loops of what remains
};
Remaining remainingOf(NodeConversion &c, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> axes);

/// The body gets an element of each source (all of one shape, or of the remaining shape) and the result so
/// far.
mlir::Value reduce(NodeConversion &c, mlir::ValueRange sources, const Remaining &remaining, mlir::Value start,
                   ScalarBody body);
/// Sum of the elements.
mlir::Value reduceSum(NodeConversion &c, mlir::Value source, const Remaining &remaining);
/// Largest element.
mlir::Value reduceMax(NodeConversion &c, mlir::Value source, const Remaining &remaining, int type);
/// Largest or smallest element; NaN if there is one.
mlir::Value reduceExtreme(NodeConversion &c, mlir::Value source, const Remaining &remaining, int type,
                          bool isLargest);

} // namespace tenon::import::onnx
