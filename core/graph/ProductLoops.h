// The loops of a product of an activation with weights, by what they index: nothing is known of the operator
// but its maps.
#pragma once

#include "core/graph/DimensionOrder.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace tenon::graph {

/// A loop is a position of the activation unless it indexes the weights by itself; of those it is
///   summed: the activation has it too, the result does not (a convolution's input channels),
///   a group: all three have it (a depthwise convolution's channels),
///   an output: the result has it, the activation does not (its output channels),
///   of the window: it comes together with a position alone (a kernel's rows and columns).
struct ProductLoops {
  unsigned image = 0, weights = 0; ///< operands
  llvm::SmallVector<unsigned> positions, groups, outputs, window, summed;
  llvm::SmallVector<int64_t> extents;
  mlir::AffineMap imageMap, resultMap;

  /// Outermost first: channels innermost in every tensor; as the loops are where they are that already.
  DimensionOrder likedOrder() const;
  /// Of the weights: what is summed innermost; the groups, where there are some and nothing is.
  DimensionOrder weightsOrder(mlir::AffineMap weightsMap) const;

private:
  bool isLong(unsigned loop) const { return extents[loop] != 1; }
};

/// Nothing where the operation is no product of two tensors of which one is known to be the weights: it is a
/// constant, or only the other is read through a window.
std::optional<ProductLoops> productLoops(mlir::linalg::LinalgOp operation);

/// The dimensions of a tensor in the order of the loops that index them.
DimensionOrder dimensionsByLoops(mlir::AffineMap map, llvm::ArrayRef<unsigned> loops);

/// Whether constants can follow an operand whose dimensions are shuffled, and what is then shuffled of the
/// result.
bool shuffledResult(mlir::linalg::GenericOp operation, mlir::OpOperand &operand,
                    const ShuffledDimensions &shuffled, ShuffledDimensions &ofResult);

} // namespace tenon::graph
