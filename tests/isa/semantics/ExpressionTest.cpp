// Expressions: the tree of each form, text that reads back, limits, and evaluation against a small evaluator
// of random trees.
#include "core/isa/Expression.h"
#include "core/support/Error.h"
#include "tests/isa/semantics/RandomExpressions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tenon::isa {
namespace {

using testing::HasSubstr;
using Kind = Expression::Kind;

std::string roundTrip(const std::string &text) {
  llvm::Expected<Expression> found = parseExpression(text, {});
  return found ? found->str() : llvm::toString(found.takeError());
}

/// Every operator in parentheses, so that the tree is seen.
std::string explicitText(const Expression &part) {
  if (part.kind == Kind::Unary)
    return "(" + part.text + " " + explicitText(part.arguments[0]) + ")";
  if (part.kind == Kind::Binary)
    return "(" + explicitText(part.arguments[0]) + " " + part.text + " " + explicitText(part.arguments[1]) +
           ")";
  if (part.kind == Kind::Conditional)
    return "(" + explicitText(part.arguments[0]) + " ? " + explicitText(part.arguments[1]) + " : " +
           explicitText(part.arguments[2]) + ")";
  return part.str();
}

std::string tree(const std::string &text) {
  llvm::Expected<Expression> found = parseExpression(text, {});
  return found ? explicitText(*found) : llvm::toString(found.takeError());
}

std::string mistake(const std::string &text) {
  llvm::Expected<Expression> found = parseExpression(text, {3, 7});
  if (found)
    return "parsed: " + found->str();
  FailureReport failed = report(found.takeError());
  EXPECT_EQ(failed.code, ExitCode::WrongInput);
  Diagnostic diagnostic = failed.diagnostics.front();
  diagnostic.file = "f";
  return toString(diagnostic);
}

TEST(Parse, Precedence) {
  EXPECT_EQ(tree("a + b * c"), "(a + (b * c))");
  EXPECT_EQ(tree("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(tree("a << b + c"), "(a << (b + c))");
  EXPECT_EQ(tree("s << 3 | scale << 32"), "((s << 3) | (scale << 32))");
  EXPECT_EQ(tree("a | b ^ c & d << e"), "(a | (b ^ (c & (d << e))))");
  EXPECT_EQ(tree("a & 1 == b"), "((a & 1) == b)");
  EXPECT_EQ(tree("n % 16 == 0 or n <= 32 and not n == 8"),
            "(((n % 16) == 0) or ((n <= 32) and (not (n == 8))))");
  EXPECT_EQ(tree("not not a and b"), "((not (not a)) and b)");
  EXPECT_EQ(tree("-a * b"), "((- a) * b)");
  EXPECT_EQ(tree("- -a"), "(- (- a))");
  EXPECT_EQ(tree("if a then b else if c then d else e + 1"), "(a ? b : (c ? d : (e + 1)))");
  EXPECT_EQ(tree("(if a then b else c) + 1"), "((a ? b : c) + 1)");
  EXPECT_EQ(tree("(a + b) * c"), "((a + b) * c)");
}

TEST(Parse, Leaves) {
  EXPECT_EQ(tree("a.stride.m"), "a.stride.m");
  EXPECT_EQ(tree("max(m, DIM)"), "max(m, DIM)");
  EXPECT_EQ(tree("c[m, n + 1]"), "c[m, n + 1]");
  EXPECT_EQ(tree("sum[k, l](a[m, k])"), "sum[k, l](a[m, k])");
  EXPECT_EQ(tree("0xFF + 0Xa0"), "(255 + 160)");
  EXPECT_EQ(tree("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(tree("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(tree("-0x8000000000000000"), "-9223372036854775808");
  EXPECT_EQ(tree("1.5 - 2.5e-3"), "(1.5 - 0.0025)");
  EXPECT_EQ(tree("1e300"), "1e+300");
  EXPECT_EQ(tree("-5"), "-5");
  EXPECT_EQ(tree("-(5)"), "(- 5)");
  EXPECT_EQ(tree("\t a\n+\r\n b "), "(a + b)");
}

TEST(Parse, TextHasNoNeedlessParentheses) {
  for (const char *text :
       {"a - (b - c)", "a - b - c", "(a + b) * c", "-(5)", "-(-5)", "not (a and b)", "not a and b",
        "(a < b) == (c < d)", "(if a then b else c) + 1", "if a then b else c", "-(a + b)", "a - -5", "2.0",
        "1e+300", "-a.addr", "a * (b * c)", "sum[k](x[k])", "f(x)[0]"})
    EXPECT_EQ(roundTrip(text),
              std::string(text) == "f(x)[0]" ? "'[' stands where the end is expected" : text);
}

TEST(Parse, PlacesAdvance) {
  Expression found = llvm::cantFail(parseExpression("a +\n  b * cc", {3, 7}));
  EXPECT_EQ(found.place.line, 3U);
  EXPECT_EQ(found.place.column, 9U);
  const Expression &last = found.arguments[1].arguments[1];
  EXPECT_EQ(last.text, "cc");
  EXPECT_EQ(last.place.line, 4U);
  EXPECT_EQ(last.place.column, 13U);
}

TEST(Parse, NamesInOrder) {
  std::vector<std::string> names;
  llvm::cantFail(parseExpression("a + f(b.addr, c[a])", {})).collectNames(names);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b.addr", "c", "a"}));
}

TEST(Parse, Mistakes) {
  EXPECT_EQ(mistake("a + "), "f:3:11: the expression ends where a name or a number is expected; quote this "
                             "expression if it has commas or brackets inside braces");
  EXPECT_EQ(mistake("a b"), "f:3:9: 'b' stands where the end is expected");
  EXPECT_EQ(mistake("a < b < c"), "f:3:13: comparisons do not chain; write a < b and b < c");
  EXPECT_EQ(mistake("a = b"), "f:3:9: '=' is not an operator of expressions; write ==");
  EXPECT_EQ(mistake("a ? b : c"), "f:3:9: '?' is not an operator of expressions; write if c then x else y");
  EXPECT_EQ(mistake("!a"), "f:3:7: '!' is not an operator of expressions; write not");
  EXPECT_EQ(mistake("010"),
            "f:3:7: the number 010 begins with 0, which some read as octal; leave the 0 out, or "
            "write 0x");
  EXPECT_EQ(mistake("9223372036854775808"), "f:3:7: the number 9223372036854775808 does not fit 64 bits");
  EXPECT_EQ(mistake("0x10000000000000000"), "f:3:7: the number 0x10000000000000000 does not fit 64 bits");
  EXPECT_EQ(mistake("1e999"), "f:3:7: the number 1e999 is larger than a 64-bit float holds");
  EXPECT_EQ(mistake("2m"), "f:3:7: '2m' is not a number; leave a space between a number and a name");
  EXPECT_EQ(mistake("1."), "f:3:7: '1.' is not a number");
  EXPECT_EQ(mistake("1.2.3"), "f:3:7: '1.2.3' is not a number");
  EXPECT_EQ(mistake("0x"), "f:3:7: '0x' is not a number; leave a space between a number and a name");
  EXPECT_EQ(mistake("a + if b then c else d"),
            "f:3:11: a conditional stands inside an operator; put it in parentheses");
  EXPECT_EQ(mistake("a == not b"),
            "f:3:12: not binds more loosely than the operator before it; put it in parentheses");
  EXPECT_EQ(mistake("f(a, b"),
            "f:3:13: the expression ends where ',' or ')' is expected; quote this expression if "
            "it has commas or brackets inside braces");
  EXPECT_EQ(mistake("f()"), "f:3:9: ')' stands where a name or a number is expected");
  EXPECT_EQ(mistake("total[k](x)"), "f:3:15: 'total' has indices and arguments, only sum has both");
  EXPECT_EQ(mistake("sum[k + 1](x)"), "f:3:7: sum is over k + 1, which is not a size; write sum[k](x)");
  EXPECT_EQ(mistake("if a then b"),
            "f:3:18: the expression ends where 'else' is expected; quote this expression if "
            "it has commas or brackets inside braces");
  EXPECT_EQ(mistake("a $ b"), "f:3:9: '$' belongs to no expression");
  EXPECT_THAT(mistake(std::string("a \0 b", 5)), HasSubstr("a character with the code 0"));
  EXPECT_THAT(mistake("a \xc3\xa9"), HasSubstr("a character with the code 195"));
  EXPECT_THAT(mistake("a."), HasSubstr("'.' belongs to no expression"));
  EXPECT_THAT(mistake(""), HasSubstr("the expression ends where a name or a number is expected"));
}

TEST(Parse, Limits) {
  auto repeated = [](const std::string &text, size_t count) {
    std::string result;
    for (size_t i = 0; i < count; ++i)
      result += text;
    return result;
  };
  const size_t deep = expressionDepthLimit - 1;
  EXPECT_EQ(roundTrip(repeated("(", deep) + "a" + repeated(")", deep)), "a");
  EXPECT_THAT(mistake(repeated("(", deep + 1) + "a" + repeated(")", deep + 1)),
              HasSubstr("nested more than 64 deep"));
  for (const char *opening :
       {"(", "-", "not ", "f(", "a[", "if ", "if a then ", "if a then b else ", "1 + (", "a[b, "})
    EXPECT_NE(mistake(repeated(opening, 4000 / std::string(opening).size())).find("f:3:"), std::string::npos);
  std::string chain = "a" + repeated(" + a", expressionHeightLimit - 1);
  EXPECT_EQ(roundTrip(chain), chain);
  EXPECT_THAT(mistake("a" + repeated(" + a", expressionHeightLimit)),
              HasSubstr("more than 256 operators deep"));
  EXPECT_THAT(mistake(repeated(" ", 4097)), HasSubstr("an expression of 4097 characters, the most is 4096"));
}

TEST(Parse, TornTextGivesAnErrorOrATree) {
  const std::string whole =
      "if sum[k](i32(a[m, k + 1])) <= 0x1F and not b.addr == -1.5e3 then max(m, 2) else c[n] << 3";
  unsigned trees = 0;
  for (size_t begin = 0; begin < whole.size(); ++begin)
    for (size_t end = begin; end <= whole.size(); ++end) {
      llvm::Expected<Expression> found = parseExpression(whole.substr(begin, end - begin), {1, 1});
      if (!found) {
        EXPECT_EQ(report(found.takeError()).code, ExitCode::WrongInput);
        continue;
      }
      ++trees;
      EXPECT_EQ(roundTrip(found->str()), found->str());
    }
  EXPECT_GT(trees, 100U);
  std::mt19937 generator(11);
  const std::string letters = "ab0.9x()[],+-*/%<>=|^& \n!?:eE";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t length = generator() % 24; length > 0; --length)
      text += letters[generator() % letters.size()];
    if (llvm::Expected<Expression> found = parseExpression(text, {1, 1}))
      EXPECT_EQ(roundTrip(found->str()), found->str()) << text;
    else
      llvm::consumeError(found.takeError());
  }
}

bool same(const Expression &a, const Expression &b) {
  if (a.kind != b.kind || a.integer != b.integer || a.real != b.real || a.text != b.text ||
      a.names != b.names || a.arguments.size() != b.arguments.size())
    return false;
  for (size_t i = 0; i < a.arguments.size(); ++i)
    if (!same(a.arguments[i], b.arguments[i]))
      return false;
  return true;
}

TEST(Property, TextReadsBackAsTheSameTree) {
  test::RandomExpressions trees(1);
  unsigned checked = 0;
  for (int i = 0; i < 20000; ++i) {
    Expression tree = trees.any(unsigned(i) % 5);
    std::string text = tree.str();
    if (text.size() > expressionLengthLimit)
      continue;
    llvm::Expected<Expression> found = parseExpression(text, {});
    ASSERT_TRUE(bool(found)) << text << ": " << llvm::toString(found.takeError());
    ASSERT_TRUE(same(tree, *found)) << text << " reads as " << found->str();
    ++checked;
  }
  EXPECT_GT(checked, 15000U);
}

} // namespace
} // namespace tenon::isa
