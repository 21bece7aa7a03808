// Interval arithmetic over a description's expressions, an operator at a time.
#include "core/isa/encoding/Interval.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

namespace tenon::isa {

namespace {

using Range = std::optional<Interval>;

constexpr int64_t mostShift = 62;

/// Bounds beyond 64 bits are given up: evaluating would overflow there, and products here.
Range within(Interval range) {
  const Wide limit = Wide(1) << 63;
  if (range.low < -limit || range.high > limit)
    return std::nullopt;
  return range;
}

Wide floorDivide(Wide left, Wide right) {
  Wide quotient = left / right;
  return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
}

Range product(Interval left, Interval right) {
  Wide corners[] = {left.low * right.low, left.low * right.high, left.high * right.low,
                    left.high * right.high};
  return within({*llvm::min_element(corners), *llvm::max_element(corners)});
}

Range quotient(Interval left, Interval right) {
  if (right.low <= 0)
    return std::nullopt;
  Wide corners[] = {floorDivide(left.low, right.low), floorDivide(left.low, right.high),
                    floorDivide(left.high, right.low), floorDivide(left.high, right.high)};
  return within({*llvm::min_element(corners), *llvm::max_element(corners)});
}

Range remainder(Interval left, Interval right) {
  if (right.low <= 0)
    return std::nullopt;
  if (left.low >= 0 && left.high < right.low)
    return left;
  return Interval{0, right.high - 1};
}

Range shiftLeft(Interval left, Interval right) {
  if (right.low < 0 || right.high > mostShift)
    return std::nullopt;
  return product(left, {Wide(1) << int(right.low), Wide(1) << int(right.high)});
}

Range shiftRight(Interval left, Interval right) {
  if (right.low < 0 || right.high > mostShift)
    return std::nullopt;
  return quotient(left, {Wide(1) << int(right.low), Wide(1) << int(right.high)});
}

/// `|` and `^` of numbers that are not negative stay below the next power of two.
Range bitwiseUnion(Interval left, Interval right, bool isOr) {
  if (left.low < 0 || right.low < 0)
    return std::nullopt;
  if (left.low == left.high && right.low == right.high) {
    Wide value = isOr ? left.low | right.low : left.low ^ right.low;
    return Interval{value, value};
  }
  Wide most = 1;
  while (most <= std::max(left.high, right.high))
    most <<= 1;
  return within({isOr ? std::max(left.low, right.low) : Wide(0), std::min(most - 1, left.high + right.high)});
}

Range bitwiseAnd(Interval left, Interval right) {
  if (left.low < 0 && right.low < 0)
    return std::nullopt;
  if (left.low < 0 || right.low < 0)
    return Interval{0, left.low < 0 ? right.high : left.high};
  return Interval{0, std::min(left.high, right.high)};
}

Range binary(llvm::StringRef op, Interval left, Interval right) {
  if (op == "+")
    return within({left.low + right.low, left.high + right.high});
  if (op == "-")
    return within({left.low - right.high, left.high - right.low});
  if (op == "*")
    return product(left, right);
  if (op == "/")
    return quotient(left, right);
  if (op == "%")
    return remainder(left, right);
  if (op == "<<")
    return shiftLeft(left, right);
  if (op == ">>")
    return shiftRight(left, right);
  if (op == "|" || op == "^")
    return bitwiseUnion(left, right, op == "|");
  if (op == "&")
    return bitwiseAnd(left, right);
  return Interval{0, 1}; // comparisons, and, or
}

Range call(llvm::StringRef function, llvm::ArrayRef<Interval> arguments) {
  if ((function == "min" || function == "max") && arguments.size() >= 2) {
    Interval range = arguments[0];
    for (const Interval &argument : arguments.drop_front())
      range = function == "min"
                  ? Interval{std::min(range.low, argument.low), std::min(range.high, argument.high)}
                  : Interval{std::max(range.low, argument.low), std::max(range.high, argument.high)};
    return range;
  }
  if (function == "abs" && arguments.size() == 1) {
    Interval of = arguments[0];
    Wide most = std::max(of.low < 0 ? -of.low : of.low, of.high < 0 ? -of.high : of.high);
    Wide least = of.low <= 0 && of.high >= 0
                     ? Wide(0)
                     : std::min(of.low < 0 ? -of.low : of.low, of.high < 0 ? -of.high : of.high);
    return Interval{least, most};
  }
  if (function == "ceil_div" && arguments.size() == 2 && arguments[1].low > 0)
    return quotient({arguments[0].low + arguments[1].low - 1, arguments[0].high + arguments[1].high - 1},
                    arguments[1]);
  if (function == "log2" && arguments.size() == 1)
    return Interval{0, mostShift};
  if (function == "bits" && arguments.size() == 3 && arguments[1].high - arguments[2].low >= 0 &&
      arguments[1].high - arguments[2].low < mostShift)
    return Interval{0, (Wide(1) << int(arguments[1].high - arguments[2].low + 1)) - 1};
  return std::nullopt;
}

} // namespace

std::string str(Wide value) {
  bool negative = value < 0;
  std::string text;
  do {
    int digit = int(value % 10);
    text.insert(text.begin(), char('0' + (digit < 0 ? -digit : digit)));
    value /= 10;
  } while (value != 0);
  return negative ? "-" + text : text;
}

std::optional<Interval> intervalOf(const Expression &expression, IntervalLookup lookup) {
  if (expression.kind == Expression::Kind::Integer)
    return Interval{expression.integer, expression.integer};
  if (expression.kind == Expression::Kind::Name)
    return lookup(expression.text);
  if (expression.kind == Expression::Kind::Real || expression.kind == Expression::Kind::Index)
    return std::nullopt;
  llvm::SmallVector<Interval, 4> arguments;
  for (const Expression &argument : expression.arguments) {
    Range range = intervalOf(argument, lookup);
    if (!range)
      return std::nullopt;
    arguments.push_back(*range);
  }
  switch (expression.kind) {
  case Expression::Kind::Unary:
    return expression.text == "-" ? Interval{-arguments[0].high, -arguments[0].low} : Interval{0, 1};
  case Expression::Kind::Binary:
    return binary(expression.text, arguments[0], arguments[1]);
  case Expression::Kind::Conditional:
    if (arguments[0].low > 0 || arguments[0].high < 0)
      return arguments[1];
    if (arguments[0].low == 0 && arguments[0].high == 0)
      return arguments[2];
    return Interval{std::min(arguments[1].low, arguments[2].low),
                    std::max(arguments[1].high, arguments[2].high)};
  case Expression::Kind::Call:
    return call(expression.text, arguments);
  default:
    return std::nullopt;
  }
}

} // namespace tenon::isa
