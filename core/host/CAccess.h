// Indices and addresses of a statement's accesses as C.
#pragma once

#include "core/host/CTypes.h"
#include "core/ir/nest/AccessAnalysis.h"

namespace tenon::host {

/// The variable of a loop in emitted C.
std::string loopVariable(unsigned loop);
/// "for (int64_t i0 = 0; i0 < 7; ++i0)".
std::string loopHead(unsigned loop, int64_t extent);

/// An index that is compared before its element is touched.
struct GuardedIndex {
  std::string expression;
  int64_t extent = 1;
  bool mayBeLow = false, mayBeHigh = false; ///< below 0; not below the extent
  llvm::SmallVector<unsigned> loops;        ///< that it uses
};

struct CAccess {
  std::string offset; ///< of the element, in elements; meant only where no guard fails
  llvm::SmallVector<GuardedIndex> guards;
};

/// Loops of one iteration stand for 0.
CAccess emitAccess(const nest::Nest &nest, const nest::Access &access, CHelpers &helpers);

/// Of an index, or of all, the loops that really change it.
llvm::SmallVector<unsigned> loopsOf(const nest::Nest &nest, mlir::AffineExpr index);
llvm::SmallVector<unsigned> loopsOf(const nest::Nest &nest, mlir::AffineMap indices);

} // namespace tenon::host
