// Simplified terms compute what the body computed, bit for bit, for random bodies.
#include "core/match/Terms.h"
#include "core/match/Renaming.h"
#include "core/reference/Interpreter.h"
#include "tests/ir/NestBuilder.h"

#include "llvm/Support/MathExtras.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace tenon::match {
namespace {

using nest::Opcode;
using test::NestBuilder;

/// Integer bodies of what the simplifier knows: sums, limits, casts, roundings, near the ends of the types.
class BodyGenerator {
public:
  explicit BodyGenerator(uint64_t seed) : random(seed) {
    b.loop("i", 64);
    b.operand("x", type(8), {64});
    b.operand("y", type(32), {64});
    b.operand("z", type(64), {64});
    b.statement({0}, b.access(2, {b.at(0)}));
    for (unsigned operand : {0u, 1u})
      nodes.push_back(b.read(b.access(operand, {b.at(0)})));
    for (unsigned i = 0; i < 25; ++i)
      nodes.push_back(add());
    unsigned last = nodes.back();
    while (typeOf(last).width < 64)
      last = b.node(Opcode::ExtSI, type(64), {last});
    if (typeOf(last).width == 64)
      b.nest.statements[0].value = last;
  }

  NestBuilder b;

private:
  static nest::ScalarType type(unsigned width) { return nest::ScalarType::integer(width); }
  nest::ScalarType typeOf(unsigned node) { return b.nest.statements[0].body[node].type; }
  int64_t below(int64_t end) { return int64_t(random() % uint64_t(end)); }
  unsigned any() {
    return nodes[nodes.size() - 1 - size_t(below(std::min<int64_t>(int64_t(nodes.size()), 6)))];
  }

  unsigned constant(nest::ScalarType wanted) {
    int64_t low = llvm::minIntN(wanted.width), high = llvm::maxIntN(wanted.width);
    int64_t choices[] = {
        0, 1, -1, low, high, low + 1, below(256) - 128, llvm::SignExtend64(random(), wanted.width)};
    return b.integer(wanted, choices[below(8)]);
  }

  unsigned add() {
    unsigned x = any();
    nest::ScalarType t = typeOf(x);
    switch (below(5)) {
    case 0: {
      static const Opcode ops[] = {Opcode::AddI, Opcode::SubI, Opcode::MulI};
      return b.node(ops[below(3)], t, {x, constant(t)});
    }
    case 1:
    case 2: {
      static const Opcode ops[] = {Opcode::MaxSI, Opcode::MinSI};
      unsigned limit = constant(t);
      return below(4) ? b.node(ops[below(2)], t, {x, limit}) : b.node(ops[below(2)], t, {limit, x});
    }
    case 3: {
      unsigned shift = b.integer(t, below(t.width));
      unsigned result = b.node(Opcode::RoundingShiftRight, t, {x, shift});
      b.lastNode().rounding = nest::Rounding(below(5));
      return result;
    }
    default: {
      static const unsigned widths[] = {8, 16, 32, 64};
      nest::ScalarType to = type(widths[below(4)]);
      if (to.width > t.width)
        return b.node(below(3) ? Opcode::ExtSI : Opcode::ExtUI, to, {x});
      unsigned result = to.width < t.width && below(2) ? b.node(Opcode::TruncI, to, {x})
                                                       : b.node(Opcode::Saturate, to, {x});
      b.lastNode().resultSigned = below(2);
      return result;
    }
    }
  }

  std::mt19937_64 random;
  std::vector<unsigned> nodes;
};

std::vector<int64_t> run(const nest::Nest &nest, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int8_t> x(64);
  std::vector<int32_t> y(64);
  std::vector<int64_t> z(64);
  for (unsigned i = 0; i < 64; ++i) {
    x[i] = int8_t(random());
    y[i] = i % 4 == 0   ? INT32_MIN
           : i % 4 == 1 ? INT32_MAX
           : i % 4 == 2 ? int8_t(random())
                        : int32_t(random());
  }
  llvm::Error error = reference::interpret(nest, {{nest.operands[0].type, {64}, x.data(), x.size()},
                                                  {nest.operands[1].type, {64}, y.data(), y.size() * 4},
                                                  {nest.operands[2].type, {64}, z.data(), z.size() * 8}});
  EXPECT_EQ(llvm::toString(std::move(error)), "");
  return z;
}

TEST(Terms, SimplifiedBodiesComputeTheSame) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    BodyGenerator generator(seed);
    nest::Nest simplified = generator.b.nest;
    nest::Statement &statement = simplified.statements[0];
    Terms terms(&generator.b.context);
    Term root = terms.import(statement, [](auto &) { return std::nullopt; });
    statement.body = terms.body(root, statement.value);
    std::string before, after;
    llvm::raw_string_ostream beforeStream(before), afterStream(after);
    nest::print(generator.b.nest, beforeStream);
    nest::print(simplified, afterStream);
    std::vector<int64_t> wanted = run(generator.b.nest, seed), found = run(simplified, seed);
    ASSERT_EQ(wanted, found) << "seed " << seed << "\n" << before << after;
    // What is said of the range holds.
    nest::Interval range = terms.range(root);
    for (int64_t value : found)
      ASSERT_TRUE(value >= range.low && value <= range.high) << "seed " << seed << "\n" << after;
  }
}

TEST(Terms, SaturationIsALimitAndATruncation) {
  NestBuilder b;
  Terms terms(&b.context);
  b.loop("i", 4);
  b.operand("x", test::i32, {4});
  Term x = terms.read(test::i32, b.access(0, {b.at(0)}));
  Term saturated = terms.operation(Opcode::Saturate, test::i8, {x});
  Term low = terms.operation(Opcode::MaxSI, test::i32, {x, terms.integer(test::i32, -128)});
  Term high = terms.operation(Opcode::MinSI, test::i32, {low, terms.integer(test::i32, 127)});
  EXPECT_EQ(saturated, terms.operation(Opcode::TruncI, test::i8, {high}));
  // Another limit in i8 joins the one in i32.
  Term relu = terms.operation(Opcode::MaxSI, test::i8, {saturated, terms.integer(test::i8, 0)});
  low = terms.operation(Opcode::MaxSI, test::i32, {x, terms.integer(test::i32, 0)});
  high = terms.operation(Opcode::MinSI, test::i32, {low, terms.integer(test::i32, 127)});
  EXPECT_EQ(relu, terms.operation(Opcode::TruncI, test::i8, {high}));
}

} // namespace
} // namespace tenon::match
