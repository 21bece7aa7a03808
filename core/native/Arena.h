// Where every block of a model's working memory lies: one arena, in which blocks that are never needed at the
// same time share their bytes. Problem, check, a solver as a free function, verify.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::native {

/// A block is needed from launch `first` to launch `last`, both inclusive. Whatever lies there before the
/// first launch begins at -1; whatever is read after the last one ends at the number of launches.
struct ArenaBlock {
  std::string name; ///< for messages
  uint64_t bytes = 0;
  int first = 0, last = 0;

  bool meets(const ArenaBlock &other) const { return first <= other.last && other.first <= last; }
};

struct ArenaProblem {
  std::vector<ArenaBlock> blocks;
  uint64_t reserved = 64; ///< bytes at the arena's begin that belong to no block
  uint64_t align = 64;    ///< of every block; a power of two
};

struct ArenaPlacement {
  std::vector<uint64_t> offsets; ///< one for each block
  uint64_t bytes = 0;            ///< of the whole arena
};

/// What a problem must be: lifetimes that do not end before they begin, an alignment that is a power of two.
llvm::Error check(const ArenaProblem &problem);

/// The largest blocks first, each into the lowest gap that holds it.
llvm::Expected<ArenaPlacement> placeBlocks(const ArenaProblem &problem);

/// What a placement must hold: aligned, inside the arena, and no two blocks on one byte at one time.
llvm::Error verify(const ArenaProblem &problem, const ArenaPlacement &placement);

/// Bytes that are needed at once at the busiest launch: no arena can be smaller.
uint64_t leastBytes(const ArenaProblem &problem);

} // namespace tenon::native
