// The values of expressions: against a small evaluator of random trees, and each function and mistake.
#include "core/isa/Expression.h"
#include "core/support/Error.h"
#include "tests/isa/semantics/RandomExpressions.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

namespace tenon::isa {
namespace {

using Kind = Expression::Kind;
__extension__ using Wide = __int128;

const int64_t m = 7, n = -3;

Wide floorDivide(Wide a, Wide b) {
  Wide quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// The value in 128 bits, or nothing where a part leaves 64 bits or has no value. Written apart from the
/// library.
std::optional<Wide> truth(const Expression &part) {
  auto in64 = [](Wide value) -> std::optional<Wide> {
    return value == Wide(int64_t(value)) ? std::optional(value) : std::nullopt;
  };
  if (part.kind == Kind::Integer)
    return part.integer;
  if (part.kind == Kind::Name)
    return part.text == "m" ? m : n;
  std::optional<Wide> a = truth(part.arguments[0]);
  if (!a)
    return std::nullopt;
  if (part.kind == Kind::Conditional)
    return truth(part.arguments[*a != 0 ? 1 : 2]);
  if (part.kind == Kind::Unary)
    return part.text == "-" ? in64(-*a) : Wide(*a == 0);
  if (part.text == "abs")
    return in64(*a < 0 ? -*a : *a);
  std::optional<Wide> b = truth(part.arguments[1]);
  if (!b)
    return std::nullopt;
  if (part.text == "min" || part.text == "max") {
    Wide best = part.text == "min" ? std::min(*a, *b) : std::max(*a, *b);
    if (part.arguments.size() == 2)
      return best;
    std::optional<Wide> c = truth(part.arguments[2]);
    if (!c)
      return std::nullopt;
    return part.text == "min" ? std::min(best, *c) : std::max(best, *c);
  }
  const std::string &op = part.text;
  Wide x = *a, y = *b;
  bool divides = op == "/" || op == "%" || op == "ceil_div", shifts = op == "<<" || op == ">>";
  if ((divides && y == 0) || (shifts && (y < 0 || y > 63)))
    return std::nullopt;
  std::map<std::string, std::function<Wide()>> table = {
      {"or", [&] { return Wide(x != 0 || y != 0); }},
      {"and", [&] { return Wide(x != 0 && y != 0); }},
      {"==", [&] { return Wide(x == y); }},
      {"!=", [&] { return Wide(x != y); }},
      {"<", [&] { return Wide(x < y); }},
      {"<=", [&] { return Wide(x <= y); }},
      {">", [&] { return Wide(x > y); }},
      {">=", [&] { return Wide(x >= y); }},
      {"|", [&] { return x | y; }},
      {"^", [&] { return x ^ y; }},
      {"&", [&] { return x & y; }},
      {"<<", [&] { return x * (Wide(1) << int(y)); }},
      {">>", [&] { return floorDivide(x, Wide(1) << int(y)); }},
      {"+", [&] { return x + y; }},
      {"-", [&] { return x - y; }},
      {"*", [&] { return x * y; }},
      {"/", [&] { return floorDivide(x, y); }},
      {"%", [&] { return x - floorDivide(x, y) * y; }},
      {"ceil_div", [&] { return -floorDivide(-x, y); }},
  };
  return in64(table.at(op)());
}

std::optional<int64_t> lookup(llvm::StringRef name) {
  if (name == "m")
    return m;
  return name == "n" ? std::optional(n) : std::nullopt;
}

TEST(Property, EvaluationIsTheSimpleOne) {
  test::RandomExpressions trees(2);
  unsigned values = 0, errors = 0;
  for (int i = 0; i < 20000; ++i) {
    Expression tree = trees.integers(unsigned(i) % 5);
    std::optional<Wide> wanted = truth(tree);
    llvm::Expected<int64_t> found = evaluate(tree, lookup);
    ASSERT_EQ(bool(found), wanted.has_value()) << tree.str();
    if (!found) {
      EXPECT_EQ(report(found.takeError()).code, ExitCode::WrongInput);
      ++errors;
      continue;
    }
    ASSERT_EQ(*found, int64_t(*wanted)) << tree.str();
    ++values;
  }
  EXPECT_GT(values, 5000U);
  EXPECT_GT(errors, 500U);
}

std::string value(const std::string &text, bool fractions = false) {
  Expression tree = llvm::cantFail(parseExpression(text, {2, 3}));
  if (!fractions) {
    llvm::Expected<int64_t> found = evaluate(tree, lookup);
    return found ? std::to_string(*found) : llvm::toString(found.takeError());
  }
  llvm::Expected<Rational> found = evaluateFraction(tree, lookup);
  return found ? std::to_string(found->numerator) + "/" + std::to_string(found->denominator)
               : llvm::toString(found.takeError());
}

TEST(Evaluate, RoundsDown) {
  EXPECT_EQ(value("-7 / 2"), "-4");
  EXPECT_EQ(value("7 / -2"), "-4");
  EXPECT_EQ(value("-7 % 2"), "1");
  EXPECT_EQ(value("7 % -2"), "-1");
  EXPECT_EQ(value("ceil_div(-7, 2)"), "-3");
  EXPECT_EQ(value("-7 >> 1"), "-4");
}

TEST(Evaluate, Functions) {
  EXPECT_EQ(value("log2(1)"), "0");
  EXPECT_EQ(value("log2(4096)"), "12");
  EXPECT_EQ(value("bits(0xABCD, 11, 4)"), "188");
  EXPECT_EQ(value("bits(-1, 63, 1)"), "9223372036854775807");
  EXPECT_EQ(value("bits(-1, 3, 0)"), "15");
  EXPECT_EQ(value("min(3, m, n)"), "-3");
}

TEST(Evaluate, OnlyTheTakenSide) {
  EXPECT_EQ(value("if m > 0 then m else 1 / 0"), "7");
  EXPECT_EQ(value("m > 0 or 1 / 0"), "1 / 0 divides 1 by zero");
}

TEST(Evaluate, Mistakes) {
  EXPECT_EQ(value("m + q"), "q is not known here");
  EXPECT_EQ(value("a[m]"), "a[m] reads an element, which only semantics does");
  EXPECT_EQ(value("9223372036854775807 + 1"), "the value of 9223372036854775807 + 1 does not fit 64 bits");
  EXPECT_EQ(value("-9223372036854775808 / -1"),
            "the value of -9223372036854775808 / -1 does not fit 64 bits");
  EXPECT_EQ(value("-(-9223372036854775808)"), "the value of -(-9223372036854775808) does not fit 64 bits");
  EXPECT_EQ(value("1 << 63"), "the value of 1 << 63 does not fit 64 bits");
  EXPECT_EQ(value("1 << 64"), "the shift of 1 << 64 is 64, the range is 0..63");
  EXPECT_EQ(value("bits(-1, 63, 0)"), "the value of bits(-1, 63, 0) does not fit 64 bits");
  EXPECT_EQ(value("log2(12)"), "log2 of 12, which is not a power of two");
  EXPECT_EQ(value("round(1)"), "there is no function round; use min, max, abs, ceil_div, log2 or bits");
  EXPECT_EQ(value("min(1)"), "min has 1 argument, it takes 2 or more");
  EXPECT_EQ(value("log2(1, 2)"), "log2 has 2 arguments, it takes 1");
  EXPECT_EQ(value("1.5"), "1.5 is not an integer");
  llvm::Expected<int64_t> found = evaluate(llvm::cantFail(parseExpression("m + q", {2, 3})), lookup);
  Diagnostic diagnostic = report(found.takeError()).diagnostics.front();
  EXPECT_EQ(diagnostic.line, 2U);
  EXPECT_EQ(diagnostic.column, 7U);
}

TEST(EvaluateFraction, IsExact) {
  EXPECT_EQ(value("m * 3 / 16", true), "21/16");
  EXPECT_EQ(value("0.1 + 0.2", true), "3/10");
  EXPECT_EQ(value("1.25e2", true), "125/1");
  EXPECT_EQ(value("1 / 3 == 2 / 6", true), "1/1");
  EXPECT_EQ(value("max(1 / 3, 1 / 2)", true), "1/2");
  EXPECT_EQ(value("ceil_div(m, 2.5)", true), "3/1");
  EXPECT_EQ(value("4 / -6", true), "-2/3");
  EXPECT_EQ(value("-7 % 4", true), "1/1");
  EXPECT_EQ(value("1 / 2 % 3", true), "1 / 2 % 3 takes a remainder of fractions");
  EXPECT_EQ(value("1 / 2 << 1", true), "1 / 2 is 1/2, which is not an integer");
  EXPECT_EQ(value("1 / 9223372036854775807 / 2", true),
            "the value of 1 / 9223372036854775807 / 2 does not fit 64 bits");
  EXPECT_EQ(value("1e-300", true), "1e-300 is no fraction of 64-bit integers");
  EXPECT_DOUBLE_EQ((Rational{1, 3}.approximate()), 1.0 / 3);
}

} // namespace
} // namespace tenon::isa
