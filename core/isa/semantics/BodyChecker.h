// Types one expression of a statement and lowers it to the statement's body.
//
// Numbers and values are open: they take the type of what they meet. Everything else has a type of its own,
// and an interval that its values lie in, with which casts to narrower types are proven.
#pragma once

#include "core/isa/semantics/Range.h"
#include "core/isa/semantics/Scope.h"

namespace tenon::isa::semantics {

/// A node of the body, and what is known of it.
struct Typed {
  unsigned node = 0;
  ElementType type;
  Range range; ///< integers
};

/// Nothing: the expression is wrong, and the scope has the mistake.
using MaybeTyped = std::optional<Typed>;

class BodyChecker {
public:
  /// The nodes go to `statement`; statements that must run before it (of sums) to `before`.
  BodyChecker(Scope &scope, SemanticStatement &statement, std::vector<SemanticStatement> &before)
      : scope(scope), statement(statement), before(before) {}

  /// An open expression becomes one of the expected type; without one it is a mistake. An expression with
  /// a type of its own keeps it, whatever is expected.
  MaybeTyped check(const Expression &part, std::optional<ElementType> expected);

private:
  using Types = std::optional<ElementType>;

  std::nullopt_t mistake(const Expression &part, const llvm::Twine &message, const llvm::Twine &repair = "");
  Typed add(nest::Opcode op, const ElementType &type, const Range &range, llvm::ArrayRef<Typed> arguments);
  Typed addConstant(const ElementType &type, int64_t value);

  MaybeTyped constant(const Expression &part, Types expected);
  MaybeTyped name(const Expression &part, Types expected);
  MaybeTyped value(const Expression &part, unsigned number, Types expected);
  MaybeTyped read(const Expression &part);
  MaybeTyped readLocal(const Expression &part, unsigned number, SemanticNode node);
  MaybeTyped lookUp(const Expression &part, unsigned operand);
  MaybeTyped unary(const Expression &part, Types expected);
  MaybeTyped binary(const Expression &part, Types expected);
  MaybeTyped integerArithmetic(const Expression &part, const Typed &left, const Typed &right);
  MaybeTyped bitwise(const Expression &part, const Typed &left, const Typed &right);
  MaybeTyped comparison(const Expression &part);
  MaybeTyped logic(const Expression &part);
  MaybeTyped condition(const Expression &part);
  MaybeTyped conditional(const Expression &part, Types expected);

  MaybeTyped call(const Expression &part, Types expected);
  MaybeTyped builtin(const Expression &part, llvm::ArrayRef<Typed> arguments);
  MaybeTyped floatFunction(const Expression &part, llvm::ArrayRef<Typed> arguments);
  MaybeTyped extreme(const Expression &part, const Typed &left, const Typed &right, bool largest);
  MaybeTyped magnitude(const Expression &part, const Typed &x);
  MaybeTyped roundingShift(const Expression &part, const Typed &x, const Typed &shift);
  MaybeTyped division(const Expression &part, const Typed &x, const Typed &y);
  MaybeTyped doublingHighMultiply(const Expression &part, const Typed &x, const Typed &y);
  MaybeTyped total(const Expression &part);

  MaybeTyped cast(const Expression &part, const ElementType &to);
  MaybeTyped castInteger(const Expression &part, const Typed &x, const ElementType &to);
  MaybeTyped castFloat(const Expression &part, const Typed &x, const ElementType &to);
  MaybeTyped wrap(const Expression &part, const ElementType &to);
  MaybeTyped saturate(const Expression &part, const ElementType &to);
  MaybeTyped argumentOfCast(const Expression &part, const ElementType &to);

  /// All parts as one type: open ones take the type of the others, or the expected one.
  std::optional<llvm::SmallVector<Typed, 3>> sameType(const Expression &whole,
                                                      llvm::ArrayRef<Expression> parts, Types expected);
  std::nullopt_t typesDiffer(const Expression &whole, const Expression &left, const Typed &leftTyped,
                             const Expression &right, const Typed &rightTyped);
  /// Refuses arithmetic that wraps at few bits, of which `left` is an argument.
  bool isWideEnough(const Expression &whole, const Expression &left, const Typed &typed);
  bool isShift(const Expression &whole, const Typed &amount, const ElementType &type, bool open);

  Scope &scope;
  SemanticStatement &statement;
  std::vector<SemanticStatement> &before;
};

/// The sizes that a statement uses, in the order listed; `extra` sizes too.
llvm::SmallVector<unsigned> usedSizes(const SemanticStatement &statement, size_t sizes,
                                      llvm::ArrayRef<unsigned> extra = {});

/// Why a type is too narrow to accumulate or compute in: "wraps at 8 bits"; empty if it is not.
std::string narrowness(const ElementType &type);

} // namespace tenon::isa::semantics
