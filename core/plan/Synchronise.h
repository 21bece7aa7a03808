// Order between queues: waits and signals from what commands read and write.
#pragma once

#include "core/isa/Instruction.h"

namespace tenon::plan {

/// Bytes of a memory that a command touches. At least what it does: strided operands are taken from their
/// first byte to their last.
struct Touch {
  unsigned memory = 0;
  int64_t begin = 0, end = 0;
  bool writes = false;
};
std::vector<Touch> touches(const isa::Description &description, const isa::Instruction &instruction);

/// Gives every command the waits and signals that order it behind the commands of other queues that it
/// depends on (reads of what they write, writes of what they read or write), with the sync that the
/// description declares between the two queues: fields of the commands, or sync commands where a command has
/// no field left. Waits that others imply are left out. Errors: ExitCode::TargetCannot where nothing declared
/// orders two queues.
llvm::Expected<std::vector<isa::Instruction>> synchronise(const isa::Description &description,
                                                          std::vector<isa::Instruction> instructions);

} // namespace tenon::plan
