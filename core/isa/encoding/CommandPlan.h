// How one command is read back: its constant bits, and in which order its fields and needed cells give the
// unknowns. Made once for each command of a description; encoding uses the same plan to check itself.
#pragma once

#include "core/isa/encoding/LinearForm.h"
#include "core/isa/encoding/WordBits.h"
#include "core/support/Error.h"

namespace tenon::isa {

/// A place that holds the value of an expression when the command runs: a field of its word or a needed cell.
struct Equation {
  bool isCell = false;
  unsigned number = 0; ///< of the field in the word, or of the need
  const Expression *expression = nullptr;
  bool isSigned = false; ///< a field whose expression may be negative: two's complement
  std::string what;      ///< "field rows", "cell ld.stride"
};

/// What a field holds: two's complement where it is signed.
Wide fieldValue(const Field &field, bool isSigned, const WordBits &bits);

/// How the value of an equation's place is read: a field as it stands (two's complement where it is signed),
/// a cell of the slot.
using ReadPlace = llvm::function_ref<llvm::Expected<Wide>(const Equation &equation, int64_t slot)>;

class CommandPlan {
public:
  /// Mistakes are appended, each with place and repair; without any, bind() gives back what was encoded. The
  /// words must be in order (checkWords).
  CommandPlan(const Description &description, CommandReference reference, std::vector<Diagnostic> &mistakes);

  CommandReference reference() const { return command; }
  const Word &word() const { return description->words[command.command(*description).word]; }
  unsigned bytes() const { return word().bits / 8; }
  const std::vector<Equation> &equations() const { return places; }
  const Unknowns &unknowns() const { return names; }

  WordBits constantMask, constantBits; ///< constant fields, those given by a constant, those not given
  WordBits holes;                      ///< bits in no field; zero in every command

  /// The instruction that the places' values stand for. Errors: ExitCode::WrongInput, without an offset.
  /// Sizes and the rest are in their declared ranges; what `check` demands beyond them is the caller's.
  llvm::Expected<Instruction> bind(ReadPlace read) const;

  std::optional<int64_t> fixed(llvm::StringRef name) const { return fixedName(*description, command, name); }

private:
  struct Step {
    enum class Kind : uint8_t {
      Solve,  ///< an equation for its unbound unknowns
      Check,  ///< an equation of which all is bound
      Join,   ///< an unknown from its bits
      Choose, ///< an operand's memory from its address
      Infer,  ///< a wait from its count
    };
    Kind kind = Kind::Solve;
    unsigned equation = 0;
    LinearForm form;           ///< Solve: constant, known parts and terms already bound
    std::vector<Digit> digits; ///< Solve: the terms that it binds
    unsigned unknown = 0;      ///< Join, Choose, Infer: which it binds
    unsigned from = 0;         ///< Choose, Infer: from which
    bool usesInstruction =
        false; ///< it mentions what only the whole instruction tells (a.bytes, dense strides)
  };
  class Builder;
  class Binding;

  const Description *description;
  CommandReference command;
  Unknowns names;
  std::vector<Equation> places;
  std::vector<Step> steps;
};

} // namespace tenon::isa
