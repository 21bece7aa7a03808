// Strides and addresses of a command's operands: dense, padded, interleaved and repeated ones; at the ends of
// memories, at the borders of banks and pages, side by side, anywhere.
#pragma once

#include "core/check/Room.h"

namespace tenon::check {

/// Where an earlier command of the case had an operand.
struct Used {
  unsigned memory = 0;
  int64_t address = 0; ///< as the command has it
  Reach reach;
  bool isWritten = false;
};

class Placing {
public:
  Placing(const isa::Description &description, llvm::ArrayRef<Window> windows)
      : description(description), windows(windows) {}

  /// Bytes of the largest window of each memory.
  std::vector<uint64_t> room() const;

  /// Places the operands of a command that has its sizes, values, memories and dense strides. No operand
  /// shares bytes with one that is written. With `earlier`, addresses of these are taken up often. False
  /// where no place was found.
  bool place(isa::Instruction &instruction, llvm::ArrayRef<Used> earlier, Random &random) const;

private:
  void drawStrides(isa::Instruction &instruction, unsigned operand, uint64_t room, Random &random) const;
  bool drawAddress(isa::Instruction &instruction, unsigned operand, llvm::ArrayRef<Used> taken,
                   llvm::ArrayRef<Used> earlier, Random &random) const;
  int64_t candidate(const isa::Memory &memory, int64_t low, int64_t high, int64_t used,
                    llvm::ArrayRef<Used> beside, Random &random) const;

  const isa::Description &description;
  llvm::ArrayRef<Window> windows;
};

} // namespace tenon::check
