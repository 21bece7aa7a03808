// Copies of a tensor in another order, as nests: the order in which blocks of registers read an operand, or
// the axes that a library's function wants. A gathered operand is made in that order at once.
#pragma once

#include "core/match/Gather.h"

#include <functional>

namespace tenon::native {

struct Arrangement {
  llvm::SmallVector<int64_t> shape; ///< of the copy
  /// By loop of the computation: over how many of its points a tensor that does not depend on it is repeated.
  llvm::SmallVector<int64_t> repeats;
  /// By loop of the computation: blocks of so many points stand together in the copy; 0 or 1: none do. Where
  /// the loop is made of whole blocks the nest has a loop of its own for their points, which then runs
  /// through the copy without divisions.
  llvm::SmallVector<int64_t> blocks;
  /// The copy's indices for a point of the computation's loops.
  std::function<llvm::SmallVector<mlir::AffineExpr>(llvm::ArrayRef<mlir::AffineExpr> points)> indices;
};

/// A nest whose last operand is the copy and whose others are what it is made of. `zeroed`: elements that the
/// nest does not write are read, and have to be 0 before.
struct ArrangingNest {
  nest::Nest nest;
  bool zeroed = false;
};
ArrangingNest arrangeTensor(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                            const nest::Operand &tensor, const Arrangement &arrangement);
/// Errors: a gather that is no single statement, or an array that is not indexed by one loop an axis.
llvm::Expected<ArrangingNest> arrangeGather(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                                            const match::Gather &gather, const Arrangement &arrangement);

} // namespace tenon::native
