// A gathered layer on a parallel machine, decided: what each lane's registers hold, how large the tiles are,
// and how the operands lie in the memory that a block shares. Everything that the text needs, and no text.
#pragma once

#include "core/match/Gather.h"
#include "core/native/LaneWords.h"
#include "core/native/ParallelMachine.h"
#include "core/native/ParallelTiles.h"

namespace tenon::native {

/// How a block brings an operand's tile into shared memory.
struct SharedTile {
  int64_t offset = 0;                        ///< of its first byte, before the swizzle
  std::array<int64_t, classCount> extents{}; ///< places along each class, 1 where it does not depend on it
  std::array<int64_t, classCount> strides{}; ///< bytes, before the swizzle; 0 where it does not depend on it
  llvm::SmallVector<unsigned, 4> order;      ///< classes that it depends on, the one copied fastest last
  int64_t vectorBytes = 1;                   ///< copied at once
};

struct ParallelFactor {
  const UseOperand *operand = nullptr;
  LaneWords words;
  TensorAddress address; ///< elements, in the tensor that is read
  /// A gathered array that is read where its tensor stands.
  std::optional<match::StridedRead> direct;
  bool isStaged = false;
  SharedTile tile;
  /// Words whose elements lie side by side in the tensor, at addresses that are multiples of a word.
  bool readsWords = false;
};

struct ParallelPlan {
  ParallelMachine machine;
  GatheredUse use;
  ParallelFactor left, right;
  LaneWords sums;
  TileProblem problem;
  TileChoice choice;
  int64_t sharedBytes = 0;

  int64_t threads() const { return choice.groupsOfBlock() * machine.lanes; }
  int64_t tile(unsigned which) const { return blockTile(problem, choice, which); }
  /// Whether blocks reach beyond the last place of the class.
  bool isRagged(unsigned which) const { return use.classes[which].extent % tile(which) != 0; }
};

/// Errors (ExitCode::TargetCannot): a row that is not of this form, or too large for the machine.
/// The plan points into itself: it is handed around by pointer.
llvm::Expected<std::unique_ptr<ParallelPlan>> parallelPlan(const isa::Description &description,
                                                           const match::Computation &computation,
                                                           const match::Match &match,
                                                           const std::string &name);

} // namespace tenon::native
