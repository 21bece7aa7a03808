// Packing: an operand's tensor in the order in which blocks of registers read it, filled up to whole blocks.
//
//   [group use][block][depth use][use within the block][element of the use, in C order of its axes]
//
// A block is as many uses along the operand's own side (rows for the left one, columns for the right one) as
// are held in registers at once. Constants are packed when compiling; anything else by a nest of its own,
// which lays the uses of a block one after the other, each with its whole depth: that is less to compute.
#pragma once

#include "core/native/Arrange.h"
#include "core/native/GatheredUse.h"

namespace tenon::native {

struct Panels {
  LoopClass side = LoopClass::Row;
  bool interleaved = true; ///< the uses of a block lie together at each step of the depth
  int64_t gap = 0;         ///< uses that are left free after each whole depth, where they are not interleaved
  int64_t groups = 1, blocks = 1, depth = 1, within = 1, elements = 1, elementBytes = 1;

  int64_t useBytes() const { return elements * elementBytes; }
  int64_t withinBytes() const { return interleaved ? useBytes() : (depth + gap) * useBytes(); }
  int64_t depthBytes() const { return interleaved ? within * useBytes() : useBytes(); }
  int64_t blockBytes() const { return interleaved ? depth * depthBytes() : within * withinBytes(); }
  int64_t groupBytes() const { return blocks * blockBytes(); }
  int64_t bytes() const { return groups * groupBytes(); }
};

Panels panelsOf(const GatheredUse &use, const UseOperand &operand, LoopClass side, int64_t within);

/// The packed bytes of a constant. Its access must be linear.
llvm::Expected<match::ConstantTensor> packConstant(const GatheredUse &use, const UseOperand &operand,
                                                   const Panels &panels, const match::ConstantTensor &tensor);

/// The packed order for a nest; `loops`: how many the computation has.
Arrangement packedOrder(const GatheredUse &use, const UseOperand &operand, const Panels &panels,
                        size_t loops);

} // namespace tenon::native
