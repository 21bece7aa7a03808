// The most that a description's timing lets a chip do in a cycle: the two roofs of a roofline, and what a
// layer's commands move.
#pragma once

#include "core/isa/Instruction.h"
#include "core/isa/Semantics.h"

namespace tenon::driver {

/// A rate, and the intrinsic that reaches it.
struct Roof {
  std::string intrinsic, unit;
  double perCycle = 0;
};

struct Roofs {
  std::optional<Roof> macs; ///< multiply-accumulates of the fastest intrinsic at its largest sizes
  std::vector<Roof> each;   ///< the same of every family of intrinsics that multiplies, by its fastest member
  /// Bytes between global memory and the chip, of each unit that moves them the fastest one: units work at
  /// the same time, so the roof is their sum.
  std::vector<Roof> bytes;
  std::vector<std::string> notRated; ///< intrinsics whose timing has no value at their largest sizes

  double bytesPerCycle() const;
};

Roofs roofsOf(const isa::Description &description, mlir::MLIRContext &context);

/// Bytes of global memory that a command reads and writes.
struct Traffic {
  uint64_t readBytes = 0, writtenBytes = 0;
};
Traffic trafficOf(const isa::Description &description, const isa::Instruction &instruction);

} // namespace tenon::driver
