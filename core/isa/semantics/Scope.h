// The names that a statement may use, the locals that statements have made so far, and the list of mistakes.
#pragma once

#include "core/isa/Description.h"
#include "core/support/Error.h"

namespace tenon::isa::semantics {

struct Symbol {
  enum class Kind : uint8_t { Operand, Local, Size, Value, Number };
  Kind kind = Kind::Number;
  unsigned index = 0;  ///< number of the operand, local, size or value
  int64_t integer = 0; ///< Number: a parameter or the code of a family's key
};

/// A local, and what is not decided yet about it.
struct LocalState {
  SemanticLocal local;
  Place place;
  /// A local whose first statement is wrong: uses of it are not mistakes of their own.
  bool broken = false;
  bool isRead = false;
  /// Statements that assign plain numbers to it before its type is known, and the numbers.
  bool typeKnown = false;
  std::vector<std::pair<size_t, Expression>> waiting;
};

class Scope {
public:
  Scope(const Intrinsic &intrinsic, const Description &description, std::vector<Diagnostic> &mistakes)
      : intrinsic(intrinsic), description(description), mistakes(mistakes) {}

  const Intrinsic &intrinsic;
  const Description &description;
  std::vector<LocalState> locals;
  std::vector<std::string> targets; ///< what any of the statements writes

  std::optional<Symbol> find(llvm::StringRef name) const;
  /// The value of a name that is a number; for constant expressions.
  std::optional<int64_t> number(llvm::StringRef name) const;
  /// Reports a name that stands for nothing, with the closest one that does.
  void unknown(llvm::StringRef name, Place place);
  void mistake(Place place, const llvm::Twine &message, const llvm::Twine &repair = "");
  void mistake(llvm::Error error);

  /// Whether only numbers, parameters and family keys occur, in operations that `evaluate` knows.
  bool isConstant(const Expression &expression) const;
  /// Whether the expression takes the type of what it meets: numbers, values, and arithmetic on them.
  bool isOpen(const Expression &expression) const;

  bool isTable(unsigned operand) const;

private:
  std::vector<Diagnostic> &mistakes;
};

/// "1 index", "2 indices".
std::string counted(size_t count, llvm::StringRef one, llvm::StringRef many);

/// The type of "i8(x)", "wrap_i8(x)", "sat_i8(x)".
struct Cast {
  enum class Kind : uint8_t { Exact, Wrap, Saturate };
  Kind kind = Kind::Exact;
  ElementType type;
};
std::optional<Cast> parseCast(llvm::StringRef function);

} // namespace tenon::isa::semantics
