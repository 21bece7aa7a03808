// How much of a product one block of a parallel machine computes: the problem, its limits, a search over tile
// sizes and a check of what the search found. It knows extents, registers and bytes, and no text.
//
// The product has parallel dimensions and at most one reduction. A use of the row covers `step` places of
// each; a group (the lanes in lockstep) keeps the sums of `uses` of them along each dimension in registers;
// `groups` of them lie side by side in a block; the block walks the reduction in pieces of `uses` steps.
#pragma once

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace tenon::native {

struct TileDimension {
  std::string name;
  int64_t extent = 1;
  int64_t step = 1; ///< places that one use of the row covers
  bool reduction = false;
};

/// An operand of the row: which dimensions it depends on and what one use of it takes.
struct TileOperand {
  llvm::SmallVector<bool, 4> depends; ///< one for each dimension
  int64_t registers = 1;              ///< of one use, each a part of every lane
  int64_t elementBytes = 1;
  bool accumulator = false;
};

struct TileProblem {
  std::string name;
  llvm::SmallVector<TileDimension, 4> dimensions;
  llvm::SmallVector<TileOperand, 3> operands;
  double rowCycles = 1;    ///< of one use
  int64_t lanes = 1;       ///< of a group
  int64_t mostGroups = 1;  ///< of a block
  int64_t mostBlocks = 1;  ///< of the grid
  int64_t registers = 1;   ///< that a lane has
  int64_t sharedBytes = 0; ///< that a block has
  int64_t sharedRound = 1; ///< bytes that what a block stages is rounded up to
};

struct TileChoice {
  llvm::SmallVector<int64_t, 4> uses;   ///< of a group, one for each dimension
  llvm::SmallVector<int64_t, 4> groups; ///< of a block, one for each dimension; 1 for the reduction
  double cycles = 0;                    ///< estimated

  int64_t groupsOfBlock() const;
};

/// Extent of the block's tile along a dimension.
int64_t blockTile(const TileProblem &problem, const TileChoice &choice, unsigned dimension);
/// Blocks of the grid along a dimension, and in all.
int64_t blocksAlong(const TileProblem &problem, const TileChoice &choice, unsigned dimension);
int64_t blocksOf(const TileProblem &problem, const TileChoice &choice);
/// Whether the block brings the operand into shared memory: where several of its groups or uses read the
/// same.
bool staged(const TileProblem &problem, const TileChoice &choice, unsigned operand);
/// Bytes of the operand's tile, before rounding.
int64_t tileBytes(const TileProblem &problem, const TileChoice &choice, unsigned operand);
int64_t stagedBytes(const TileProblem &problem, const TileChoice &choice);
/// Registers that a lane needs for sums and factors.
int64_t registersOf(const TileProblem &problem, const TileChoice &choice);

/// Registers that are left for addresses and for what follows the sum.
inline constexpr int64_t registersForTheRest = 96;
/// Sums that a lane holds at most: what follows the sum is written out for each of them.
inline constexpr int64_t mostSumsOfALane = 32;

/// Refuses a problem that has no meaning: an empty dimension, two reductions, no accumulator.
llvm::Error check(const TileProblem &problem);
/// The legal choice with the fewest estimated cycles; an error where even the smallest does not fit.
llvm::Expected<TileChoice> solve(const TileProblem &problem);
/// Whether a choice keeps every limit of the problem; the message has both sides.
llvm::Error verify(const TileProblem &problem, const TileChoice &choice);

} // namespace tenon::native
