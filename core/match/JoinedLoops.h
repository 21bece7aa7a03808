// The loops of a sum of products, joined by what depends on them.
#pragma once

#include "core/match/Unify.h"

namespace tenon::match {

struct JoinedLoops {
  enum Class : unsigned { Group, First, Second, Reduction }; ///< g, m, n, k
  static constexpr unsigned classCount = 4;

  llvm::SmallVector<unsigned> loops[classCount]; ///< of the original, outermost first
  int64_t extents[classCount] = {1, 1, 1, 1};    ///< products of the loops'
  int64_t filled = 1;                            ///< what k is filled up to
  int numbers[classCount] = {-1, -1, -1, -1};    ///< of the joined loops; -1: left out, its extent is 1
  llvm::SmallVector<std::pair<unsigned, unsigned>> places; ///< of each original loop: class, place in it
  llvm::SmallVector<int64_t> loopExtents;                  ///< of the original loops
  unsigned count = 0;                                      ///< joined loops

  /// `factors`: the loops that each factor depends on. `result`: the loops of the result's dimensions, in
  /// order; they are joined in that order, so that what is innermost there is innermost in its class.
  JoinedLoops(const nest::Nest &nest, llvm::ArrayRef<llvm::SmallBitVector> factors,
              llvm::ArrayRef<unsigned> result, int64_t multiple);

  /// The nest's loops: g, m, n, k.
  std::vector<nest::Loop> made() const;
  /// The loops of the array of a factor (0, 1) in order, class by class, those that are left out included.
  static llvm::ArrayRef<unsigned> classesOf(unsigned factor);

  /// The value of a run of a class's loops, joined, over the joined loops.
  mlir::AffineExpr valueOf(unsigned ofClass, unsigned begin, unsigned end, mlir::MLIRContext *context) const;
  mlir::AffineExpr valueOf(unsigned loop, mlir::MLIRContext *context) const;
  /// Extents of the loops of a class from a place on, multiplied.
  int64_t extentFrom(unsigned ofClass, unsigned begin) const;
  int64_t extentOf(unsigned loop) const { return loopExtents[loop]; }
};

} // namespace tenon::match
