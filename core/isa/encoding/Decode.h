// From a stream of command words back to instructions.
//
// A command's meaning may lie in registers that commands before it set. They are followed in stream order: a
// command and the commands that set what it needs go down the same queue (checkEncoding demands it).
#pragma once

#include "core/isa/encoding/Encode.h"

#include "llvm/ADT/DenseMap.h"

namespace tenon::isa {

/// The cells of every register as the commands so far left them. Refers to the description.
class RegisterState {
public:
  explicit RegisterState(const Description &of) : description(&of) {}

  /// Nothing before a command has set it, where it has no value after reset.
  std::optional<int64_t> get(unsigned reg, int64_t slot, unsigned cell) const;
  void set(unsigned reg, int64_t slot, unsigned cell, int64_t value);
  /// What the instruction leaves: the cells of a register that it sets.
  void apply(const Instruction &instruction);

private:
  using Cells = llvm::SmallVector<std::optional<int64_t>, 4>;

  const Description *description;
  llvm::DenseMap<std::pair<unsigned, int64_t>, Cells> slots; ///< only those that were set
};

struct Decoded {
  Instruction instruction;
  unsigned bytes = 0;
};

/// The command that stands at `offset` of the stream. Everything is checked: holes are zero, fields that
/// follow from others agree, isa::check holds. Errors: ExitCode::WrongInput, with the offset and, where there
/// is one, the command's name. The caller applies the instruction to the registers.
llvm::Expected<Decoded> decode(const CommandSet &commands, llvm::ArrayRef<uint8_t> stream, uint64_t offset,
                               const RegisterState &registers);

llvm::Expected<Decoded> decode(const Description &description, llvm::ArrayRef<uint8_t> stream,
                               uint64_t offset, const RegisterState &registers);

/// A whole stream, from the registers' state after reset.
llvm::Expected<std::vector<Instruction>> decodeAll(const CommandSet &commands,
                                                   llvm::ArrayRef<uint8_t> stream);

} // namespace tenon::isa
