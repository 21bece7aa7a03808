// The value of an expression, in exact fractions; the integer form is the same walk with a division that
// rounds down.
#include "core/isa/Expression.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

namespace tenon::isa {

namespace {

using Kind = Expression::Kind;
// Products of two 64-bit numbers, and sums of two such products.
__extension__ using Wide = __int128;

std::string text(const Rational &value) {
  std::string numerator = std::to_string(value.numerator);
  return value.isInteger() ? numerator : numerator + "/" + std::to_string(value.denominator);
}

Wide greatestCommonDivisor(Wide a, Wide b) {
  while (b != 0)
    std::tie(a, b) = std::pair(b, a % b);
  return a < 0 ? -a : a;
}

class Evaluator {
public:
  Evaluator(Lookup lookup, bool fractions) : lookup(lookup), fractions(fractions) {}

  llvm::Expected<Rational> value(const Expression &part);

private:
  llvm::Error wrong(const Expression &part, const llvm::Twine &message, llvm::StringRef repair = "") const {
    Diagnostic diagnostic;
    diagnostic.message = message.str();
    if (part.place.line) {
      diagnostic.line = part.place.line;
      diagnostic.column = part.place.column;
    }
    diagnostic.repair = repair.str();
    return failure(ExitCode::WrongInput, std::move(diagnostic));
  }

  llvm::Expected<Rational> fraction(const Expression &part, Wide numerator, Wide denominator) const {
    assert(denominator != 0 && "callers refuse a division by zero");
    Wide common = greatestCommonDivisor(numerator, denominator);
    numerator /= denominator < 0 ? -common : common;
    denominator /= denominator < 0 ? -common : common;
    if (numerator > INT64_MAX || numerator < INT64_MIN || denominator > INT64_MAX)
      return wrong(part, "the value of " + part.str() + " does not fit 64 bits");
    return Rational{int64_t(numerator), int64_t(denominator)};
  }
  llvm::Expected<Rational> whole(const Expression &part, Wide number) const {
    return fraction(part, number, 1);
  }
  llvm::Expected<int64_t> integer(const Expression &part) {
    llvm::Expected<Rational> found = value(part);
    if (!found)
      return found.takeError();
    if (!found->isInteger())
      return wrong(part, part.str() + " is " + text(*found) + ", which is not an integer");
    return found->numerator;
  }

  llvm::Expected<Rational> real(const Expression &part) const;
  llvm::Expected<Rational> binary(const Expression &part);
  llvm::Expected<Rational> logic(const Expression &part);
  llvm::Expected<Rational> bitwise(const Expression &part);
  llvm::Expected<Rational> quotient(const Expression &part, Rational left, Rational right);
  llvm::Expected<Rational> call(const Expression &part);
  llvm::Expected<Rational> extreme(const Expression &part, bool largest);
  llvm::Expected<Rational> bits(const Expression &part);

  Lookup lookup;
  bool fractions;
};

bool less(const Rational &a, const Rational &b) {
  return Wide(a.numerator) * b.denominator < Wide(b.numerator) * a.denominator;
}

llvm::Expected<Rational> Evaluator::value(const Expression &part) {
  llvm::ArrayRef<Expression> arguments = part.arguments;
  switch (part.kind) {
  case Kind::Integer:
    return Rational{part.integer, 1};
  case Kind::Real:
    return real(part);
  case Kind::Name:
    if (std::optional<int64_t> found = lookup(part.text))
      return Rational{*found, 1};
    return wrong(part, part.text + " is not known here");
  case Kind::Index:
    return wrong(part, part.str() + " reads an element, which only semantics does");
  case Kind::Call:
    return call(part);
  case Kind::Unary: {
    llvm::Expected<Rational> operand = value(arguments[0]);
    if (!operand)
      return operand;
    if (part.text == "not")
      return Rational{operand->numerator == 0, 1};
    return fraction(part, -Wide(operand->numerator), operand->denominator);
  }
  case Kind::Binary:
    return binary(part);
  case Kind::Conditional: {
    llvm::Expected<Rational> condition = value(arguments[0]);
    if (!condition)
      return condition;
    return value(arguments[condition->numerator != 0 ? 1 : 2]);
  }
  }
  llvm_unreachable("a kind that is not listed");
}

/// A number with a point stands for its decimal fraction: 0.1 is 1/10.
llvm::Expected<Rational> Evaluator::real(const Expression &part) const {
  if (!fractions)
    return wrong(part, part.str() + " is not an integer");
  std::string decimal = numberText(part.real);
  llvm::StringRef mantissa = decimal, exponentText;
  std::tie(mantissa, exponentText) = llvm::StringRef(decimal).split('e');
  exponentText.consume_front("+");
  auto [before, after] = mantissa.split('.');
  int64_t digits = 0, exponent = 0;
  bool good = !llvm::StringRef((before + after).str()).getAsInteger(10, digits) &&
              (exponentText.empty() || !exponentText.getAsInteger(10, exponent));
  exponent -= int64_t(after.size());
  constexpr int64_t mostDigits = 18; // 10^18 fits 64 bits
  if (!good || exponent > mostDigits || exponent < -mostDigits)
    return wrong(part, part.str() + " is no fraction of 64-bit integers");
  Wide power = 1;
  for (int64_t i = 0; i < std::abs(exponent); ++i)
    power *= 10;
  return exponent < 0 ? fraction(part, digits, power) : whole(part, digits * power);
}

llvm::Expected<Rational> Evaluator::binary(const Expression &part) {
  llvm::StringRef op = part.text;
  if (op == "and" || op == "or")
    return logic(part);
  if (op == "|" || op == "^" || op == "&" || op == "<<" || op == ">>")
    return bitwise(part);
  llvm::Expected<Rational> left = value(part.arguments[0]);
  if (!left)
    return left;
  llvm::Expected<Rational> right = value(part.arguments[1]);
  if (!right)
    return right;
  Wide leftOver = Wide(left->numerator) * right->denominator;
  Wide rightOver = Wide(right->numerator) * left->denominator;
  Wide denominator = Wide(left->denominator) * right->denominator;
  if (op == "+")
    return fraction(part, leftOver + rightOver, denominator);
  if (op == "-")
    return fraction(part, leftOver - rightOver, denominator);
  if (op == "*")
    return fraction(part, Wide(left->numerator) * right->numerator, denominator);
  if (op == "/" || op == "%")
    return quotient(part, *left, *right);
  bool holds = llvm::StringSwitch<bool>(op)
                   .Case("==", leftOver == rightOver)
                   .Case("!=", leftOver != rightOver)
                   .Case("<", leftOver < rightOver)
                   .Case("<=", leftOver <= rightOver)
                   .Case(">", leftOver > rightOver)
                   .Default(leftOver >= rightOver);
  return Rational{holds, 1};
}

llvm::Expected<Rational> Evaluator::quotient(const Expression &part, Rational left, Rational right) {
  if (right.numerator == 0)
    return wrong(part, part.str() + " divides " + text(left) + " by zero");
  Wide numerator = Wide(left.numerator) * right.denominator;
  Wide denominator = Wide(left.denominator) * right.numerator;
  if (part.text == "/" && fractions)
    return fraction(part, numerator, denominator);
  if (denominator < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  Wide down = numerator / denominator - (numerator % denominator < 0 ? 1 : 0);
  if (part.text == "/")
    return whole(part, down);
  if (!left.isInteger() || !right.isInteger())
    return wrong(part, part.str() + " takes a remainder of fractions");
  return whole(part, Wide(left.numerator) - down * right.numerator);
}

llvm::Expected<Rational> Evaluator::logic(const Expression &part) {
  llvm::Expected<Rational> left = value(part.arguments[0]);
  if (!left)
    return left;
  llvm::Expected<Rational> right = value(part.arguments[1]);
  if (!right)
    return right;
  bool first = left->numerator != 0, second = right->numerator != 0;
  return Rational{part.text == "and" ? first && second : first || second, 1};
}

llvm::Expected<Rational> Evaluator::bitwise(const Expression &part) {
  llvm::Expected<int64_t> left = integer(part.arguments[0]);
  if (!left)
    return left.takeError();
  llvm::Expected<int64_t> right = integer(part.arguments[1]);
  if (!right)
    return right.takeError();
  if (part.text == "|")
    return Rational{*left | *right, 1};
  if (part.text == "^")
    return Rational{*left ^ *right, 1};
  if (part.text == "&")
    return Rational{*left & *right, 1};
  if (*right < 0 || *right > 63)
    return wrong(part, "the shift of " + part.str() + " is " + llvm::Twine(*right) + ", the range is 0..63");
  if (part.text == ">>")
    return Rational{*left >> *right, 1};
  return whole(part, Wide(*left) * (Wide(1) << *right));
}

llvm::Expected<Rational> Evaluator::call(const Expression &part) {
  llvm::StringRef name = part.text;
  size_t count = part.arguments.size();
  auto takes = [&](size_t least, size_t most) -> llvm::Error {
    if (count >= least && count <= most)
      return llvm::Error::success();
    return wrong(part, name + " has " + llvm::Twine(count) + (count == 1 ? " argument" : " arguments") +
                           ", it takes " + llvm::Twine(least) + (least == most ? "" : " or more"));
  };
  if (name == "min" || name == "max") {
    if (llvm::Error error = takes(2, SIZE_MAX))
      return error;
    return extreme(part, name == "max");
  }
  if (name == "bits") {
    if (llvm::Error error = takes(3, 3))
      return error;
    return bits(part);
  }
  if (name != "abs" && name != "ceil_div" && name != "log2")
    return wrong(part, "there is no function " + name, "use min, max, abs, ceil_div, log2 or bits");
  if (llvm::Error error = takes(name == "ceil_div" ? 2 : 1, name == "ceil_div" ? 2 : 1))
    return error;
  llvm::Expected<Rational> first = value(part.arguments[0]);
  if (!first)
    return first;
  if (name == "abs")
    return fraction(part, first->numerator < 0 ? -Wide(first->numerator) : Wide(first->numerator),
                    first->denominator);
  if (name == "log2") {
    if (!first->isInteger() || first->numerator < 1 || !llvm::isPowerOf2_64(uint64_t(first->numerator)))
      return wrong(part, "log2 of " + text(*first) + ", which is not a power of two");
    return Rational{llvm::Log2_64(uint64_t(first->numerator)), 1};
  }
  llvm::Expected<Rational> second = value(part.arguments[1]);
  if (!second)
    return second;
  if (second->numerator == 0)
    return wrong(part, part.str() + " divides " + text(*first) + " by zero");
  Wide numerator = Wide(first->numerator) * second->denominator;
  Wide denominator = Wide(first->denominator) * second->numerator;
  if (denominator < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  return whole(part, numerator / denominator + (numerator % denominator > 0 ? 1 : 0));
}

llvm::Expected<Rational> Evaluator::extreme(const Expression &part, bool largest) {
  std::optional<Rational> best;
  for (const Expression &argument : part.arguments) {
    llvm::Expected<Rational> found = value(argument);
    if (!found)
      return found;
    if (!best || (largest ? less(*best, *found) : less(*found, *best)))
      best = *found;
  }
  return *best;
}

/// bits(x, high, low): the bits of x in two's complement, as a number from 0.
llvm::Expected<Rational> Evaluator::bits(const Expression &part) {
  int64_t parts[3];
  for (auto [i, argument] : llvm::enumerate(part.arguments)) {
    llvm::Expected<int64_t> found = integer(argument);
    if (!found)
      return found.takeError();
    parts[i] = *found;
  }
  auto [number, high, low] = parts;
  if (low < 0 || high < low || high > 63)
    return wrong(part, "bits " + llvm::Twine(high) + " to " + llvm::Twine(low) + " of a number of 64 bits",
                 "write bits(x, high, low) with 63 >= high >= low >= 0");
  uint64_t shifted = uint64_t(number) >> low;
  return whole(part, Wide(shifted & llvm::maskTrailingOnes<uint64_t>(unsigned(high - low + 1))));
}

} // namespace

llvm::Expected<int64_t> evaluate(const Expression &expression, Lookup lookup) {
  llvm::Expected<Rational> found = Evaluator(lookup, /*fractions=*/false).value(expression);
  if (!found)
    return found.takeError();
  return found->numerator;
}

llvm::Expected<Rational> evaluateFraction(const Expression &expression, Lookup lookup) {
  return Evaluator(lookup, /*fractions=*/true).value(expression);
}

} // namespace tenon::isa
