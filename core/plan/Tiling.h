// The box of loops that is worked on with everything it touches on the chip: the planner's one search.
//
// Problem: capacities of memories, and for every choice of extents the units that each operand takes in its
// memory. A solution's boxes tile the loops; its cost is what crosses the border of global memory.
#pragma once

#include "core/plan/Lowering.h"

namespace tenon::plan {

struct Tiling {
  llvm::SmallVector<int64_t> extents; ///< one for each loop; the last box along a loop may be smaller
};

struct TilingProblem {
  const isa::Description *description = nullptr;
  const Lowering *lowering = nullptr;
  std::vector<int64_t> capacities; ///< units of each memory that may be used
  /// Reads that need no buffer, since their tensor is on the chip already.
  std::vector<const match::OperandBinding *> resident;

  /// Whether the tiling is one of this problem: extents within the loops', of the pieces' sizes.
  llvm::Error check(const Tiling &tiling) const;
};

/// Units that the largest box takes in each memory.
llvm::Expected<std::vector<int64_t>> footprint(const TilingProblem &problem, const Tiling &tiling);

/// Whether the footprint fits; the error names the memory, both amounts and the largest tensor in it.
llvm::Error verify(const TilingProblem &problem, const Tiling &tiling);

/// The cheapest tiling among extents that halve; the smallest one's verify() error where none fits.
llvm::Expected<Tiling> solve(const TilingProblem &problem);

} // namespace tenon::plan
