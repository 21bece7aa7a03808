// The text of one kernel of a parallel machine, piece by piece: where a block, a group and a lane stand;
// tiles copied into shared memory; words loaded; and what the sums become. ParallelKernel.cpp puts them in
// order.
#pragma once

#include "core/native/IndexText.h"
#include "core/native/ParallelPlan.h"
#include "core/native/ir/Body.h"
#include "core/native/ir/RowText.h"

namespace tenon::native {

class ParallelText {
public:
  /// `pointers` by operand of the computation's nest, as emitBody takes them.
  ParallelText(IrFunction &into, const isa::Description &ofMachine, const match::Computation &layer,
               const ParallelPlan &decided, std::vector<std::string> atPointers, std::string sharedName);

  /// Which block, group and lane this is.
  void begin();
  /// Copies the factor's tile that begins at `depth` (i32) of the reduction; the block waits before and
  /// after.
  void stage(const ParallelFactor &factor, const std::string &depth);
  void barrier();
  /// The value of one register of the factor. `position`: the use's number along each class within the group.
  std::string load(const ParallelFactor &factor, std::array<int64_t, classCount> position, size_t number,
                   const std::string &depth);
  /// What a sum starts from.
  std::string start(std::array<int64_t, classCount> position, size_t number);
  /// What follows the sum, stored where the lane has one.
  void finish(std::array<int64_t, classCount> position, size_t number, const std::string &sum);

private:
  using Position = std::array<int64_t, classCount>;
  struct SumPlace {
    LoopValues loops;
    std::string there = "true"; ///< i1
  };

  std::string inBlock(unsigned which, int64_t position, const LanePlace &place);
  /// Byte `place` of shared memory as a pointer, after the swizzle.
  std::string sharedPointer(const std::string &place);
  /// Bytes from the tensor's start, and whether all places are inside of it.
  struct Address {
    std::string offset = "0"; ///< i64
    std::string inside = "true";
  };
  Address tensorAddress(const ParallelFactor &factor, llvm::ArrayRef<std::string> places);
  std::string loadGuarded(const ParallelFactor &factor, const Address &address, const std::string &type,
                          int64_t align);
  std::string loadParts(const ParallelFactor &factor, std::array<std::string, classCount> places,
                        const std::string &filled);
  void copyPiece(const ParallelFactor &factor, const std::string &piece, const std::string &depth);
  SumPlace placeOfSum(const Position &position, size_t number);
  std::string wordType(const ParallelFactor &factor) const;
  /// Whether no lane's word of the register is an element of the layer.
  static bool isFilling(const LaneWord &word);

  IrFunction &function;
  IndexText index;
  const isa::Description &description;
  const match::Computation &computation;
  const ParallelPlan &plan;
  std::vector<std::string> pointers;
  std::string sharedName, lane, thread;
  OperandFacts facts; ///< of the machine and of constants
  std::array<std::string, classCount> blockBase, groupBase;
};

} // namespace tenon::native
