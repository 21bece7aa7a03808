// Expressions that can be turned round: a sum of unknowns times constants. What a field or a cell holds then
// gives the unknowns back, one for each digit of a number whose digits have the unknowns' ranges.
#pragma once

#include "core/isa/encoding/Unknowns.h"

namespace tenon::isa {

/// An unknown, counted in its domain's steps above the lowest value, or some bits of it: bits(a.addr, 31,
/// 16).
struct Atom {
  unsigned unknown = 0;
  unsigned lowBit = 0;
  unsigned bits = 0; ///< 0: all of it

  bool isWhole() const { return bits == 0; }
  bool operator==(const Atom &) const = default;
};

struct LinearTerm {
  Atom atom;
  Wide factor = 1;
};

struct LinearForm {
  std::vector<LinearTerm> terms;
  Wide constant = 0;
  std::vector<std::pair<Wide, const Expression *>> known; ///< factor times what is computed from bound names
};

struct LinearContext {
  const Unknowns &unknowns;
  Lookup fixed; ///< parameters, family keys
  /// Whether a name's number is known by then: all unknowns in it are bound.
  llvm::function_ref<bool(llvm::StringRef name)> isBound;
};

/// The form of an expression; nothing where it is not linear. `x | y` and `x ^ y` are sums where no bit can
/// be set on both sides; x / c, x >> s are linear where nothing is lost for any value in the ranges.
std::optional<LinearForm> linearForm(const Expression &expression, const LinearContext &context);

/// The largest value of an atom, counted in steps; nothing without an end.
std::optional<Wide> mostSteps(const Atom &atom, const Unknowns &unknowns);

/// A form's terms in the order in which their atoms are divided out, largest factor first, and each one's
/// largest value.
struct Digit {
  LinearTerm term;
  std::optional<Wide> most; ///< only the first may be without an end
};
/// Nothing where one number may stand for two choices of the atoms.
std::optional<std::vector<Digit>> digitsOf(llvm::ArrayRef<LinearTerm> terms, const Unknowns &unknowns);

/// The atoms' values that add up to `value`; nothing where none do.
std::optional<llvm::SmallVector<Wide, 4>> splitIntoDigits(Wide value, llvm::ArrayRef<Digit> digits);

} // namespace tenon::isa
