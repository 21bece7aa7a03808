// Random statements: whatever the checker accepts binds to a nest that verifies, and prints to text that
// checks to the same; whatever it refuses has a message. Torn statements too.
#include "tests/isa/semantics/IntrinsicBuilder.h"

#include <gtest/gtest.h>

#include <random>

namespace tenon::test {
namespace {

class Statements {
public:
  explicit Statements(unsigned seed) : generator(seed) {}

  std::string statement() {
    std::string target = pick({"c[m, n]", "q[m, n]", "s[m]", "t[m, n]", "g[m, n]", "l[n]"});
    return target + " " + pick({"=", "=", "=", "+=", "max=", "min="}) + " " + expression(3);
  }

  std::string torn() {
    std::string text = statement();
    for (unsigned cuts = 1 + below(3); cuts > 0 && !text.empty(); --cuts)
      text.erase(below(unsigned(text.size())), 1 + below(4));
    return text;
  }

private:
  unsigned below(unsigned limit) { return unsigned(generator() % limit); }
  std::string pick(llvm::ArrayRef<const char *> list) { return list[below(unsigned(list.size()))]; }

  std::string expression(unsigned depth) {
    if (depth == 0 || below(5) == 0)
      return leaf();
    std::string x = expression(depth - 1), y = expression(depth - 1);
    switch (below(7)) {
    case 0:
      return "(" + x + " " + pick({"+", "-", "*", "&", "|", "^", "<<", "/", "<", "==", "and"}) + " " + y +
             ")";
    case 1:
      return pick({"min", "max", "round_shift_half_up", "round_shift_down", "floor_div", "div_to_zero",
                   "doubling_high_multiply"}) +
             "(" + x + ", " + y + ")";
    case 2:
      return "clamp(" + x + ", -128, 127)";
    case 3:
      return "(if " + x + " < " + y + " then " + x + " else " + y + ")";
    case 4:
      return pick({"sum[k]", "abs", "-", "exp", "not ", "lut[", "tanh"}) + "(" + x + ")";
    default:
      return pick({"i8", "u8", "i16", "i32", "u32", "i64", "f32", "f64", "f16", "bf16", "sat_i8", "sat_u8",
                   "wrap_i8", "wrap_u32", "wrap_i32", "sat_i32"}) +
             "(" + x + ")";
    }
  }

  std::string leaf() {
    return pick({"a[m, k]", "w[k, n]", "u[m, n]", "f[m, n]", "c[m, n]", "s[m]", "h[m, n]", "t[m, n]", "l[n]",
                 "zero", "shift", "3", "-7", "0.5", "DIM", "m", "lut[i32(w[k, n]) + 128]", "lut[u[m, n]]",
                 "a[m, 0]"});
  }

  std::mt19937 generator;
};

void declare(IntrinsicBuilder &builder) {
  builder.parameter("DIM", 16).size("m", 1, 4).size("n", 1, 4).size("k", 1, 4);
  builder.value("zero", "i8", -128, 127).value("shift", "i8", 0, 15);
  builder.reads("a", "i8[m, k]");
  builder.reads("w", "i8[k, n]");
  builder.reads("u", "u8[m, n]");
  builder.reads("f", "f32[m, n]");
  builder.reads("h", "i32[m, n]");
  builder.table("lut", "i8[256]");
  builder.updates("c", "i32[m, n]");
  builder.updates("q", "u32[m, n]");
  builder.updates("s", "i8[m]");
  builder.updates("g", "f32[m, n]");
}

/// Whether the statements were accepted.
bool probe(llvm::ArrayRef<std::string> statements) {
  IntrinsicBuilder builder, again;
  declare(builder);
  if (!builder.check(statements)) {
    EXPECT_FALSE(builder.mistakes.empty()) << statements[0];
    for (const Diagnostic &mistake : builder.mistakes)
      EXPECT_TRUE(!mistake.message.empty() && mistake.line && mistake.column) << toString(mistake);
    return false;
  }
  llvm::Expected<nest::Nest> nest = builder.nest({3, 2, 4}, {-5, 7});
  EXPECT_TRUE(bool(nest)) << statements[0] << ": " << llvm::toString(nest.takeError());
  std::string text = str(builder.intrinsic);
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).trim().split(lines, '\n');
  declare(again);
  EXPECT_TRUE(again.check(std::vector<std::string>(lines.begin(), lines.end()))) << text << again.messages();
  EXPECT_EQ(str(again.intrinsic), text);
  return true;
}

TEST(RandomStatements, AcceptedOnesBindAndReadBack) {
  Statements statements(5);
  unsigned accepted = 0, refused = 0;
  for (int i = 0; i < 12000 && !testing::Test::HasFailure(); ++i) {
    bool good = i % 3 ? probe(statements.statement())
                      : probe({statements.statement(), statements.statement(), "c[m, n] += h[m, n]"});
    ++(good ? accepted : refused);
  }
  EXPECT_GT(accepted, 300U);
  EXPECT_GT(refused, 1000U);
}

TEST(RandomStatements, TornOnesHaveAMessage) {
  Statements statements(6);
  unsigned refused = 0;
  for (int i = 0; i < 8000 && !testing::Test::HasFailure(); ++i)
    refused += probe(statements.torn()) ? 0 : 1;
  EXPECT_GT(refused, 4000U);
}

TEST(RandomStatements, DeepOnesEnd) {
  const std::pair<const char *, const char *> parts[] = {{"abs(", ")"},
                                                         {"sum[k](", ")"},
                                                         {"i32(", ")"},
                                                         {"min(0, ", ")"},
                                                         {"(", ")"},
                                                         {"-", ""},
                                                         {"if c[m, n] < 0 then 0 else ", ""}};
  for (auto [opening, closing] : parts) {
    std::string text = "c[m, n]", target = "c[m, n] = ";
    for (int i = 0; i < 60; ++i)
      text = opening + text;
    bool isTorn = closing[0] != 0;
    EXPECT_EQ(probe(target + text), !isTorn) << opening;
    for (int i = 0; i < 60 && isTorn; ++i)
      text += closing;
    EXPECT_TRUE(probe(target + text)) << opening;
  }
  std::string chain = "c[m, n] = c[m, n]";
  for (int i = 0; i < 200; ++i)
    chain += " + c[m, n]";
  EXPECT_TRUE(probe(chain));
}

} // namespace
} // namespace tenon::test
