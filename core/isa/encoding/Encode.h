// From instructions to command words.
//
// A word's bytes are stored little end first; a negative number is two's complement in its field. Registers
// are written and read in stream order: a command and the commands that set what it needs go down the same
// queue (checkEncoding demands it), so the words and the settings before them say everything.
#pragma once

#include "core/isa/encoding/CommandTree.h"

namespace tenon::isa {

/// The commands of a description, prepared once: for encoding, decoding and the text form. Refers to the
/// description, which must live as long.
class CommandSet {
public:
  /// Errors: every mistake of checkEncoding that concerns words and commands.
  static llvm::Expected<CommandSet> create(const Description &description);

  const Description &description() const { return *target; }
  llvm::ArrayRef<CommandPlan> plans() const { return list; }
  /// Nothing where the instruction's intrinsic has no word.
  const CommandPlan *planOf(const Instruction &instruction) const;
  const CommandTree &tree() const { return commands; }

private:
  CommandSet() = default;

  const Description *target = nullptr;
  std::vector<CommandPlan> list;
  std::vector<int> ofIntrinsic, ofSyncCommand; ///< numbers in `list`; -1: none
  CommandTree commands;
};

/// The command's bytes, appended to `bytes`. First isa::check; then every field's number must fit, and what
/// the words and needed cells say must be the whole instruction (waits first, then signals, each in the order
/// of the description): a stride too long for its field, a wait that the command has no field for. Errors:
/// ExitCode::TargetCannot, with both sides.
llvm::Error encode(const CommandSet &commands, const Instruction &instruction, std::vector<uint8_t> &bytes);

llvm::Expected<std::vector<uint8_t>> encode(const Description &description, const Instruction &instruction);

/// One after the other. Errors name the instruction's number.
llvm::Expected<std::vector<uint8_t>> encodeAll(const Description &description,
                                               llvm::ArrayRef<Instruction> instructions);

} // namespace tenon::isa
