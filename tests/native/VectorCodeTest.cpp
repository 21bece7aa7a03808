// What portable kernels become on a machine with vectors: the bodies that models have most must be vector
// instructions, without scalar loops or tests that ranges make needless.
#include "core/native/Portable.h"
#include "tests/ir/NestBuilder.h"
#include "tests/native/NestRunner.h"

#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;
using nest::Opcode;
using nest::Rounding;

namespace {

const nest::ScalarType i64 = nest::ScalarType::integer(64);

isa::Description withFeatures(int64_t vectorBytes, std::vector<std::string> features) {
  isa::Description result = plainProcessor(vectorBytes);
  result.code->triple = "x86_64-unknown-linux-gnu";
  result.code->features = std::move(features);
  return result;
}

/// Not a matcher: the whole text would be printed.
bool has(const std::string &text, const char *instruction) {
  return text.find(instruction) != std::string::npos;
}

/// sum[p, c] -> i8, as a quantised convolution ends: bias, multiplier and shift of the channel, zero point.
void requantise(NestBuilder &b, int64_t points, int64_t channels, bool perChannel) {
  unsigned p = b.loop("p", points), c = b.loop("c", channels);
  unsigned sum = b.operand("sum", i32, {points, channels}), bias = b.operand("bias", i32, {channels});
  unsigned multiplier = b.operand("multiplier", i32, {channels}), right = b.operand("right", i32, {channels});
  unsigned result = b.operand("result", i8, {points, channels});
  b.statement({p, c}, b.access(result, {b.at(p), b.at(c)}));
  unsigned x = b.read(b.access(sum, {b.at(p), b.at(c)}));
  x = b.node(Opcode::AddI, i32, {x, b.read(b.access(bias, {b.at(c)}))});
  unsigned factor = perChannel ? b.read(b.access(multiplier, {b.at(c)})) : b.integer(i32, 1518500250);
  x = b.node(Opcode::DoublingHighMultiply, i32, {x, factor});
  unsigned shift = perChannel ? b.read(b.access(right, {b.at(c)})) : b.integer(i32, 7);
  x = b.node(Opcode::RoundingShiftRight, i32, {x, shift});
  b.lastNode().rounding = Rounding::HalfAwayFromZero;
  x = b.node(Opcode::AddI, i32, {x, b.integer(i32, -3)});
  x = b.node(Opcode::MaxSI, i32, {x, b.integer(i32, -128)});
  x = b.node(Opcode::MinSI, i32, {x, b.integer(i32, 127)});
  b.node(Opcode::TruncI, i8, {x});
}

std::string assembly(const isa::Description &description, const nest::Nest &nest,
                     const native::OperandFacts &facts = {}) {
  llvm::Expected<native::PortableCode> code = native::portableKernels(description, nest, "kernel", facts);
  if (!code) {
    ADD_FAILURE() << llvm::toString(code.takeError());
    return "";
  }
  llvm::Expected<std::string> text = assemblyOf(description, code->kernels);
  if (!text) {
    ADD_FAILURE() << llvm::toString(text.takeError());
    return "";
  }
  if (std::getenv("TENON_SHOW")) {
    for (const native::Kernel &kernel : code->kernels)
      llvm::errs() << kernel.what << "\n" << kernel.text;
    llvm::errs() << *text;
  }
  return *text;
}

TEST(VectorCode, Requantise) {
  NestBuilder b;
  requantise(b, 49, 64, /*perChannel=*/true);
  native::OperandFacts facts;
  facts.facts.resize(5);
  facts.facts[2].range = nest::Interval{1 << 30, INT32_MAX};
  facts.facts[3].range = nest::Interval{3, 9};
  std::string text = assembly(withFeatures(32, {"avx2", "fma"}), b.nest, facts);
  EXPECT_TRUE(has(text, "vpmuldq"));
  EXPECT_TRUE(has(text, "vpsravd"));
  EXPECT_TRUE(has(text, "vpackss"));
  EXPECT_FALSE(has(text, "imulq"));
  EXPECT_FALSE(has(text, "cmpxchg")) << "the shifts' range is known";
}

TEST(VectorCode, RequantiseOn64BitArm) {
  NestBuilder b;
  requantise(b, 49, 64, /*perChannel=*/true);
  native::OperandFacts facts;
  facts.facts.resize(5);
  facts.facts[2].range = nest::Interval{1 << 30, INT32_MAX};
  facts.facts[3].range = nest::Interval{3, 9};
  isa::Description machine = withFeatures(16, {"neon"});
  machine.code->triple = "aarch64-unknown-linux-gnu";
  std::string text = assembly(machine, b.nest, facts);
  EXPECT_TRUE(has(text, "smull"));
  EXPECT_FALSE(has(text, "\tmul\tx")) << "products one by one";
}

/// result[y, x, c] = sum of a window of 3 x 3, by 9, halves away from zero; the windows leave the input.
void averagePool(NestBuilder &b) {
  unsigned y = b.loop("y", 16), x = b.loop("x", 16), c = b.loop("c", 40), v = b.loop("v", 3),
           u = b.loop("u", 3);
  unsigned input = b.operand("input", i8, {16, 16, 40}), sum = b.operand("sum", i32, {16, 16, 40}, true);
  unsigned result = b.operand("result", i8, {16, 16, 40});
  nest::Access at = b.access(sum, {b.at(y), b.at(x), b.at(c)});
  b.statement({y, x, c, v, u}, at, nest::Update::Add, nest::Constant::ofInteger(0));
  unsigned value = b.read(
      b.access(input, {b.at(y) + b.at(v) - 1, b.at(x) + b.at(u) - 1, b.at(c)}, nest::Constant::ofInteger(0)));
  b.node(Opcode::ExtSI, i32, {value});
  b.statement({y, x, c}, b.access(result, {b.at(y), b.at(x), b.at(c)}));
  value = b.read(at);
  value = b.node(Opcode::DivSI, i32, {value, b.integer(i32, 9)});
  b.node(Opcode::Saturate, i8, {value});
}

TEST(VectorCode, AveragePoolKeepsItsSumsInRegisters) {
  NestBuilder b;
  averagePool(b);
  isa::Description machine = withFeatures(32, {"avx2", "fma"});
  llvm::Expected<native::PortableCode> code = native::portableKernels(machine, b.nest, "pool");
  ASSERT_TRUE(bool(code)) << llvm::toString(code.takeError());
  EXPECT_EQ(code->kernels.size(), 1u);
  EXPECT_TRUE(code->scratchBytes.empty()) << "the sums are nowhere in memory";
  std::string text = assembly(machine, b.nest);
  EXPECT_TRUE(has(text, "vpmovsxb"));
  EXPECT_TRUE(has(text, "vpadd"));
  EXPECT_FALSE(has(text, "idiv"));
}

/// As TFLite adds int8 tensors: both brought to a common scale.
TEST(VectorCode, AddOfTwoScales) {
  NestBuilder b;
  unsigned y = b.loop("y", 7), x = b.loop("x", 7), c = b.loop("c", 3);
  unsigned left = b.operand("left", i8, {7, 7, 3}), right = b.operand("right", i8, {7, 7, 3});
  unsigned result = b.operand("result", i8, {7, 7, 3});
  b.statement({y, x, c}, b.access(result, {b.at(y), b.at(x), b.at(c)}));
  unsigned sides[2];
  for (unsigned i : {0, 1}) {
    unsigned value = b.read(b.access(i ? right : left, {b.at(y), b.at(x), b.at(c)}));
    value = b.node(Opcode::ExtSI, i32, {value});
    value = b.node(Opcode::SubI, i32, {value, b.integer(i32, i ? 5 : -128)});
    value = b.node(Opcode::ShLI, i32, {value, b.integer(i32, 20)});
    value = b.node(Opcode::DoublingHighMultiply, i32, {value, b.integer(i32, i ? 1 << 30 : 1932735283)});
    value = b.node(Opcode::RoundingShiftRight, i32, {value, b.integer(i32, i ? 0 : 1)});
    b.lastNode().rounding = Rounding::HalfAwayFromZero;
    sides[i] = value;
  }
  unsigned sum = b.node(Opcode::AddI, i32, {sides[0], sides[1]});
  sum = b.node(Opcode::DoublingHighMultiply, i32, {sum, b.integer(i32, 1717986918)});
  sum = b.node(Opcode::RoundingShiftRight, i32, {sum, b.integer(i32, 19)});
  b.lastNode().rounding = Rounding::HalfAwayFromZero;
  b.node(Opcode::Saturate, i8, {b.node(Opcode::AddI, i32, {sum, b.integer(i32, 4)})});
  std::string text = assembly(withFeatures(32, {"avx2", "fma"}), b.nest);
  EXPECT_TRUE(has(text, "vpmuldq"));
  EXPECT_TRUE(has(text, "vpack"));
  EXPECT_FALSE(has(text, "vpmuludq\t%ymm")) << "products of 64 by 64 bits";
}

} // namespace
