// Settings of registers: what commands need in them becomes commands that put it there.
#pragma once

#include "core/isa/Instruction.h"

namespace tenon::plan {

/// Inserts, before each command that needs a register to hold something, the command that sets it, unless the
/// register holds it already. Nothing is assumed of registers at the start. Errors: ExitCode::TargetCannot
/// for a register that no command of the queue sets.
llvm::Expected<std::vector<isa::Instruction>> insertSettings(const isa::Description &description,
                                                             std::vector<isa::Instruction> instructions);

} // namespace tenon::plan
