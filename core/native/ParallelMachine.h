// What a description says of a parallel machine, gathered for those who write kernels for it: levels, the
// memory that a block shares, and how much of a row of it the swizzle leaves together.
#pragma once

#include "core/isa/Description.h"

namespace tenon::native {

struct ParallelMachine {
  const isa::Level *grid = nullptr, *group = nullptr, *lane = nullptr;
  const isa::Memory *shared = nullptr; ///< null: a block shares none
  std::string barrier;                 ///< LLVM text
  int64_t lanes = 1, mostGroups = 1, mostBlocks = 1;
  /// The swizzle moves runs of so many bytes as they are (a power of two).
  int64_t granule = 1;
  /// It permutes within aligned pieces of so many bytes (a power of two).
  int64_t period = 1;

  unsigned sharedSpace() const { return shared ? shared->space : 0; }
};

/// Errors: levels that are missing, or a swizzle that is no permutation (ExitCode::WrongInput).
llvm::Expected<ParallelMachine> parallelMachine(const isa::Description &description);

} // namespace tenon::native
