// Constants that a model widens, against operands of a narrower type: the numbers decide.
#include "core/match/Match.h"
#include "tests/ir/NestBuilder.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tenon::match {
namespace {

using nest::Opcode;
using test::NestBuilder;

const nest::ScalarType i16 = nest::ScalarType::integer(16);

/// y[m] = i32(x[m]) * extend(constant[m]), its constant of 16 bits and two elements.
Matches matchesOf(std::vector<int16_t> elements, Opcode extend) {
  NestBuilder b;
  b.loop("m", int64_t(elements.size()));
  b.operand("x", test::i8, {int64_t(elements.size())});
  b.operand("factors", i16, {int64_t(elements.size())});
  b.operand("y", test::i32, {int64_t(elements.size())});
  b.statement({0}, b.access(2, {b.at(0)}), nest::Update::Assign);
  unsigned x = b.node(Opcode::ExtSI, test::i32, {b.read(b.access(0, {b.at(0)}))});
  unsigned factor = b.node(extend, test::i32, {b.read(b.access(1, {b.at(0)}))});
  b.node(Opcode::MulI, test::i32, {x, factor});
  Computation computation;
  computation.final = 0;
  computation.result = 2;
  computation.nest = b.nest;
  computation.sources.resize(3);
  ConstantTensor constant{i16, {int64_t(elements.size())}, std::vector<char>(2 * elements.size())};
  std::memcpy(constant.bytes.data(), elements.data(), constant.bytes.size());
  computation.sources[1].kind = TensorSource::Kind::Constant;
  computation.sources[1].constant = std::make_shared<ConstantTensor>(std::move(constant));
  computation.sources[2].value = 1;
  EXPECT_EQ(llvm::toString(nest::verify(computation.nest)), "");
  llvm::Expected<isa::Description> description = isa::parseDescription(
      "tenon: 1\ntarget: chip\nmemories: {ram: {kind: global, bytes: 1 MiB}}\nintrinsics:\n  op:\n"
      "    sizes: {m: 1..8}\n    operands:\n      a: {type: \"i8[m]\", memory: ram}\n"
      "      b: {type: \"i8[m]\", memory: ram}\n      c: {type: \"i32[m]\", memory: ram, access: write}\n"
      "    semantics: c[m] = i32(a[m]) * i32(b[m])\n",
      "chip.yaml");
  if (!description) {
    ADD_FAILURE() << llvm::toString(description.takeError());
    return {};
  }
  return match(*description, computation);
}

TEST(Narrowed, ElementsThatTheOperandHolds) {
  EXPECT_FALSE(matchesOf({-128, 127}, Opcode::ExtSI).legal.empty());
}

TEST(Narrowed, OneElementThatItDoesNotHold) {
  EXPECT_TRUE(matchesOf({5, 128}, Opcode::ExtSI).legal.empty());
  EXPECT_TRUE(matchesOf({-129, 5}, Opcode::ExtSI).legal.empty());
}

/// -1 in 16 bits is 65535 to the model.
TEST(Narrowed, ANumberWithoutASign) { EXPECT_TRUE(matchesOf({-1, 5}, Opcode::ExtUI).legal.empty()); }

} // namespace
} // namespace tenon::match
