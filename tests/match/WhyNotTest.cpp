// A rejection for each clause: what it says, both sides, and the repair.
#include "core/match/Match.h"
#include "tests/ir/NestBuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::match {
namespace {

using nest::Opcode;
using test::NestBuilder;
using testing::HasSubstr;

/// y[m, n] {update} i32(x[m, k]) * i32(w[k, n]), then as told.
struct Product {
  NestBuilder b;
  Computation computation;

  explicit Product(int64_t depth = 8, nest::Update update = nest::Update::Add) {
    b.loop("m", 4);
    b.loop("n", 6);
    b.loop("k", depth);
    b.operand("x", test::i8, {4, depth});
    b.operand("w", test::i8, {depth, 6});
    b.operand("y", test::i32, {4, 6});
    b.statement({0, 1, 2}, b.access(2, {b.at(0), b.at(1)}), update, nest::Constant::ofInteger(0));
    unsigned x = b.node(Opcode::ExtSI, test::i32, {b.read(b.access(0, {b.at(0), b.at(2)}))});
    unsigned w = b.node(Opcode::ExtSI, test::i32, {b.read(b.access(1, {b.at(2), b.at(1)}))});
    b.node(Opcode::MulI, test::i32, {x, w});
    computation.core = 0;
    computation.result = 2;
    for (unsigned operand = 0; operand < 3; ++operand) {
      TensorSource source;
      source.value = operand;
      computation.sources.push_back(source);
    }
  }

  Matches against(const std::string &body) {
    computation.nest = b.nest;
    EXPECT_EQ(llvm::toString(nest::verify(computation.nest)), "");
    llvm::Expected<isa::Description> description = isa::parseDescription(
        "tenon: 1\ntarget: chip\nmemories: {ram: {kind: global, bytes: 1 MiB}}\nintrinsics:\n  op:\n" + body,
        "chip.yaml");
    if (!description) {
      ADD_FAILURE() << llvm::toString(description.takeError());
      return {};
    }
    return match(*description, computation);
  }
};

Rejection rejectionOf(Product &product, const std::string &body) {
  Matches matches = product.against(body);
  EXPECT_TRUE(matches.legal.empty());
  if (matches.rejected.empty()) {
    ADD_FAILURE() << "nothing is rejected";
    return {};
  }
  return matches.rejected[0];
}

std::string product(const std::string &sizes, const std::string &statement, const std::string &types = "i8") {
  return "    sizes: {" + sizes + "}\n    operands:\n      a: {type: \"" + types +
         "[m, k]\", memory: ram}\n      b: {type: \"i8[k, n]\", memory: ram}\n"
         "      c: {type: \"i32[m, n]\", memory: ram, access: update}\n    semantics: \"" +
         statement + "\"\n";
}

const std::string sizes = "m: 1..4, n: 1..4, k: 1..4";
const std::string multiplied = "c[m, n] += i32(a[m, k]) * i32(b[k, n])";

TEST(WhyNot, NothingIsRejectedThatFits) {
  Product fits;
  Matches matches = fits.against(product(sizes, multiplied));
  EXPECT_TRUE(matches.rejected.empty());
  EXPECT_FALSE(matches.legal.empty());
}

TEST(WhyNot, Update) {
  Product maximum(8, nest::Update::Max);
  EXPECT_EQ(rejectionOf(maximum, product(sizes, multiplied)).reason, "the update is max=, 'op' does +=");
}

TEST(WhyNot, Type) {
  Product fits;
  EXPECT_THAT(rejectionOf(fits, product(sizes, multiplied, "i16")).reason,
              HasSubstr("the model has a read of x in i8 where 'op' has operand a in i16"));
}

TEST(WhyNot, Operation) {
  Product fits;
  // A sum of two would need one of them to be a constant.
  EXPECT_THAT(rejectionOf(fits, product(sizes, "c[m, n] += i32(a[m, k]) + i32(b[k, n])")).reason,
              HasSubstr("the model has * where 'op' has +"));
}

TEST(WhyNot, Size) {
  Product shallow(3);
  Rejection rejection = rejectionOf(shallow, product("m: 1..4, n: 1..4, k: 4..64 by 4", multiplied));
  EXPECT_EQ(rejection.reason, "k is 3, 'op' needs k = 4..64 by 4");
  EXPECT_EQ(rejection.repair, "pad k to 4 (25 % wasted)");
}

TEST(WhyNot, NoReduction) {
  Product fits;
  EXPECT_EQ(rejectionOf(fits,
                        "    sizes: {m: 1..4}\n    operands:\n      a: {type: \"i32[m]\", memory: ram}\n"
                        "      c: {type: \"i32[m]\", memory: ram, access: write}\n"
                        "    semantics: c[m] = a[m]\n")
                .reason,
            "the model has a reduction, 'op' has none");
}

TEST(WhyNot, LoopInsideOneUse) {
  Product deep(8);
  std::string whole =
      "    sizes: {m: 1..4, n: 1..4, k: 1..4}\n    operands:\n"
      "      a: {type: \"i8[m, k]\", memory: ram}\n      b: {type: \"i8[k, n]\", memory: ram}\n"
      "      c: {type: \"i32[m, n]\", memory: ram, access: write}\n    semantics:\n"
      "      - t[m, n] = 0\n      - \"t[m, n] += i32(a[m, k]) * i32(b[k, n])\"\n"
      "      - c[m, n] = t[m, n]\n";
  EXPECT_EQ(rejectionOf(deep, whole).reason, "k is 8, 'op' needs k = 1..4");
}

TEST(WhyNot, ValueOutsideItsRange) {
  Product zero;
  nest::Statement &core = zero.b.nest.statements[0];
  core.body.clear();
  unsigned x =
      zero.b.node(Opcode::ExtSI, test::i32, {zero.b.read(zero.b.access(0, {zero.b.at(0), zero.b.at(2)}))});
  x = zero.b.node(Opcode::SubI, test::i32, {x, zero.b.integer(test::i32, 200)});
  unsigned w =
      zero.b.node(Opcode::ExtSI, test::i32, {zero.b.read(zero.b.access(1, {zero.b.at(2), zero.b.at(1)}))});
  zero.b.node(Opcode::MulI, test::i32, {x, w});
  std::string body = product(sizes, "c[m, n] += (i32(a[m, k]) - z) * i32(b[k, n])") + "    values: {z: i8}\n";
  EXPECT_EQ(rejectionOf(zero, body).reason, "z = 200 is outside -128..127 of 'op'");
  EXPECT_EQ(rejectionOf(zero, body).repair, "let z be -128..200");
}

TEST(WhyNot, Clause) {
  Product fits;
  EXPECT_EQ(rejectionOf(fits, product(sizes, multiplied) + "    where: [k * m > 100]\n").reason,
            "'op' demands k * m > 100");
}

TEST(WhyNot, NoLoopForASize) {
  Product fits;
  Rejection rejection = rejectionOf(
      fits,
      "    sizes: {m: 1..4, k: 4..8, j: 2..8}\n    operands:\n      a: {type: \"i8[m, k, j]\", memory: ram}\n"
      "      b: {type: \"i8[k, j]\", memory: ram}\n"
      "      c: {type: \"i32[m]\", memory: ram, access: update}\n"
      "    semantics: \"c[m] += i32(a[m, k, j]) * i32(b[k, j])\"\n");
  EXPECT_THAT(rejection.reason, HasSubstr("no loop runs along it"));
}

} // namespace
} // namespace tenon::match
