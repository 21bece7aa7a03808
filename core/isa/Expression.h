// The expressions of a description: one grammar for bounds, clauses, fields, timing and semantics, one tree.
//
// Grammar, loosest first; operators of one line associate to the left:
//   if c then x else y
//   or, and, not
//   == != < <= > >=            (no chains)
//   |   ^   &   << >>   + -   * / %   unary -
//   name, a.stride.m, number (decimal, 0x, a decimal point), f(x, y), a[i, j], sum[k](x), (x)
// Numbers are decimal or 0x; a leading 0 is refused, since YAML readers disagree about it. A minus directly
// before a number belongs to the number.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::isa {

/// Where something stands in the description's file; both count from 1, 0 is unknown.
struct Place {
  unsigned line = 0;
  unsigned column = 0;
};

struct Expression {
  enum class Kind : uint8_t {
    Integer,     ///< integer
    Real,        ///< real
    Name,        ///< text: "m", or a path with dots: "a.stride.m"
    Index,       ///< text[arguments]
    Call,        ///< text(arguments); sum[k](x) is a call of "sum" with the names in `names`
    Unary,       ///< text is "-" or "not"
    Binary,      ///< text is the operator
    Conditional, ///< arguments: condition, then, else
  };
  Kind kind = Kind::Integer;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<std::string> names; ///< sum's indices
  std::vector<Expression> arguments;
  Place place;

  std::string str() const; ///< reads back as the same tree
  /// Every Name and Index text in the tree, in order, repeated as often as they occur.
  void collectNames(std::vector<std::string> &into) const;
};

/// Limits against hostile input: longest text, deepest nesting of brackets and prefixes, tallest tree (a
/// chain such as a + b + c is a tree as tall as it has operators).
inline constexpr size_t expressionLengthLimit = 4096;
inline constexpr unsigned expressionDepthLimit = 64;
inline constexpr unsigned expressionHeightLimit = 256;

/// The place of the character number `offset` of a text that stands at `start`.
Place placeWithin(llvm::StringRef text, size_t offset, Place start);

/// Parses all of `text`, which stands at `place`. Columns advance with the text; every line of a text of
/// several begins in the column of the first. Errors carry line and column.
llvm::Expected<Expression> parseExpression(llvm::StringRef text, Place place);

/// A rational number; denominators are positive and the fraction is reduced.
struct Rational {
  int64_t numerator = 0;
  int64_t denominator = 1;

  bool isInteger() const { return denominator == 1; }
  double approximate() const { return double(numerator) / double(denominator); }
  bool operator==(const Rational &) const = default;
};

/// Gives a name's number; nothing if it is not known.
using Lookup = llvm::function_ref<std::optional<int64_t>(llvm::StringRef name)>;

/// The value of an expression. Integers are 64 bits and an overflow is an error. `/` and `%` round down; a
/// division by zero is an error; comparisons, `and`, `or`, `not` give 0 or 1; both sides of and, or and only
/// the taken side of a conditional are evaluated. Functions: min, max (2 or more), abs, ceil_div(x, y),
/// log2(x) (x a power of two), bits(x, high, low).
/// Errors name the part and its place ("m is not known here").
llvm::Expected<int64_t> evaluate(const Expression &expression, Lookup lookup);

/// As evaluate, with exact fractions: `/` divides exactly. For timing.
llvm::Expected<Rational> evaluateFraction(const Expression &expression, Lookup lookup);

} // namespace tenon::isa
