// Copies between memories as uses of the moves that a description declares.
#pragma once

#include "core/plan/Placement.h"

namespace tenon::plan {

/// One loop of a copy; strides in each memory's units, in elements along a row.
struct CopyLoop {
  int64_t extent = 1;
  int64_t fromStride = 0, toStride = 0;
  bool fromLane = false, toLane = false; ///< it runs along a row there
};

/// A box of elements from one memory to another.
struct Copy {
  unsigned from = 0, to = 0; ///< memories
  nest::ScalarType element;
  int64_t fromAddress = 0, toAddress = 0;
  std::vector<CopyLoop> loops; ///< at most one lane on each side
};

/// The moves that go from one memory to another, each one hop. Empty: there is no way.
std::vector<std::vector<unsigned>> paths(const isa::Description &description, unsigned from, unsigned to);

/// Appends the fewest uses of a declared move that make the copy. Errors: ExitCode::TargetCannot, with what
/// each move between the two memories lacks.
llvm::Error expandCopy(const isa::Description &description, const Copy &copy, unsigned origin,
                       std::vector<isa::Instruction> &into);

} // namespace tenon::plan
