// Opcode tables, printing, the count of multiply-accumulates and the analysis of accesses.
#include "core/ir/nest/AccessAnalysis.h"
#include "tests/ir/NestBuilder.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace tenon;
using namespace tenon::test;
using nest::Constant;
using nest::Opcode;
using nest::ScalarType;
using nest::Update;

namespace {

TEST(ScalarType, TextAndStorage) {
  EXPECT_EQ(ScalarType::integer(1).str(), "i1");
  EXPECT_EQ(ScalarType::bf16().str(), "bf16");
  EXPECT_EQ(ScalarType::f16().str(), "f16");
  EXPECT_EQ(ScalarType::index().str(), "i64");
  for (auto [bits, bytes] : {std::pair(1u, 1u), {8, 1}, {9, 2}, {16, 2}, {17, 4}, {32, 4}, {33, 8}, {64, 8}})
    EXPECT_EQ(ScalarType::integer(bits).storageBytes(), bytes);
  EXPECT_EQ(ScalarType::bf16().storageBytes(), 2u);
  EXPECT_EQ(ScalarType::f64().storageBytes(), 8u);
}

TEST(Opcode, MnemonicsAreDistinct) {
  std::set<std::string> seen;
  for (unsigned op = 0; op <= unsigned(Opcode::Select); ++op) {
    EXPECT_TRUE(seen.insert(nest::mnemonic(Opcode(op)).str()).second);
    EXPECT_LE(nest::arity(Opcode(op)), 3u);
  }
  EXPECT_EQ(nest::mnemonic(Opcode::AddI), "addi");
  EXPECT_EQ(nest::arity(Opcode::Fma), 3u);
}

/// c[m, n] += i32(a) * i32(b), in several spellings.
class MultiplyAccumulates : public testing::Test {
protected:
  MultiplyAccumulates() {
    m = b.loop("m", 4), n = b.loop("n", 5), k = b.loop("k", 6);
    a = b.operand("a", i8, {4, 6}), w = b.operand("w", i8, {6, 5}), zero = b.operand("zero", i8, {});
    c = b.operand("c", i32, {4, 5});
  }
  void begin(Update update) { b.statement({m, n, k}, b.access(c, {b.at(m), b.at(n)}), update); }
  unsigned wide(nest::Access access) { return b.node(Opcode::ExtSI, i32, {b.read(access)}); }
  unsigned wideA() { return wide(b.access(a, {b.at(m), b.at(k)})); }
  unsigned wideW() { return wide(b.access(w, {b.at(k), b.at(n)})); }
  unsigned product(unsigned left, unsigned right) { return b.node(Opcode::MulI, i32, {left, right}); }
  int64_t count() {
    llvm::Error error = verify(b.nest);
    EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
    return multiplyAccumulates(b.nest);
  }

  NestBuilder b;
  unsigned m, n, k, a, w, zero, c;
};

TEST_F(MultiplyAccumulates, Product) {
  begin(Update::Add);
  product(wideA(), wideW());
  EXPECT_EQ(count(), 120);
}

TEST_F(MultiplyAccumulates, ZeroPointsOnBothSides) {
  begin(Update::Add);
  unsigned left = b.node(Opcode::SubI, i32, {wideA(), b.integer(i32, 3)});
  unsigned right = b.node(Opcode::SubI, i32, {wideW(), wide(b.access(zero, {}))});
  product(left, right);
  EXPECT_EQ(count(), 120);
}

TEST_F(MultiplyAccumulates, AssignThatAddsToTheDestination) {
  begin(Update::Assign);
  unsigned old = b.read(b.access(c, {b.at(m), b.at(n)}));
  b.node(Opcode::AddI, i32, {product(wideW(), wideA()), old});
  EXPECT_EQ(count(), 120);
}

TEST_F(MultiplyAccumulates, AssignThatSubtractsTheDestinationDoesNotCount) {
  begin(Update::Assign);
  unsigned old = b.read(b.access(c, {b.at(m), b.at(n)}));
  b.node(Opcode::SubI, i32, {product(wideW(), wideA()), old});
  EXPECT_EQ(count(), 0);
}

TEST_F(MultiplyAccumulates, AssignOrMaximumOfAProductDoesNotCount) {
  begin(Update::Assign);
  product(wideA(), wideW());
  begin(Update::Max);
  product(wideA(), wideW());
  EXPECT_EQ(count(), 0);
}

TEST_F(MultiplyAccumulates, OneReadTwiceDoesNotCount) {
  begin(Update::Add);
  product(wideA(), wideA());
  EXPECT_EQ(count(), 0);
}

TEST_F(MultiplyAccumulates, ScaledReadDoesNotCount) {
  begin(Update::Add);
  product(wideA(), b.integer(i32, 7));
  EXPECT_EQ(count(), 0);
}

TEST_F(MultiplyAccumulates, ScaleOfAProductCountsOnce) {
  begin(Update::Add);
  product(product(wideA(), b.integer(i32, 7)), wideW());
  begin(Update::Add);
  product(b.integer(i32, 7), product(wideA(), wideW()));
  EXPECT_EQ(count(), 240);
}

TEST_F(MultiplyAccumulates, TwoProductsCountTwice) {
  begin(Update::Add);
  unsigned first = product(wideA(), wideW());
  unsigned second = product(wideW(), wide(b.access(a, {b.at(m), b.number(0)})));
  b.node(Opcode::SubI, i32, {first, second});
  EXPECT_EQ(count(), 240);
}

TEST_F(MultiplyAccumulates, FusedMultiplyAdd) {
  unsigned x = b.operand("x", f32, {6}), y = b.operand("y", f32, {6}), s = b.operand("s", f32, {});
  b.statement({k}, b.access(s, {}));
  b.node(Opcode::Fma, f32,
         {b.read(b.access(x, {b.at(k)})), b.read(b.access(y, {b.at(k)})), b.read(b.access(s, {}))});
  EXPECT_EQ(count(), 6);
}

TEST_F(MultiplyAccumulates, SharedSumsDoNotExplode) {
  begin(Update::Add);
  unsigned sum = product(wideA(), wideW());
  for (int i = 0; i < 80; ++i)
    sum = b.node(Opcode::AddI, i32, {sum, sum});
  EXPECT_EQ(count(), 120);
}

std::string text(const nest::Nest &nest) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  print(nest, stream);
  return result;
}

TEST(Print, Matmul) {
  NestBuilder b;
  unsigned m = b.loop("m", 49), n = b.loop("n", 64), k = b.loop("k", 16);
  unsigned a = b.operand("a", i8, {49, 16}), w = b.operand("w", i8, {16, 64}),
           c = b.operand("c", i32, {49, 64});
  b.statement({m, n, k}, b.access(c, {b.at(m), b.at(n)}), Update::Add, Constant::ofInteger(0));
  unsigned left = b.node(Opcode::ExtSI, i32, {b.read(b.access(a, {b.at(m), b.at(k)}))});
  unsigned offset = b.node(Opcode::SubI, i32, {left, b.integer(i32, -3)});
  b.node(Opcode::MulI, i32, {offset, b.node(Opcode::ExtSI, i32, {b.read(b.access(w, {b.at(k), b.at(n)}))})});
  EXPECT_EQ(text(b.nest), "for m < 49, n < 64, k < 16: c[m, n] += "
                          "(extsi(a[m, k]:i8):i32 - -3) * extsi(w[k, n]:i8):i32 from 0\n");
}

TEST(Print, IndicesSharedNodesAndData) {
  NestBuilder b;
  unsigned t = b.loop("t", 2, true), i = b.loop("i", 8);
  unsigned x = b.operand("x", f32, {8}), y = b.operand("y", i8, {8}), table = b.operand("table", i8, {3});
  b.statement({t, i}, b.access(y, {b.at(i)}));
  unsigned read = b.read(b.access(x, {(b.at(i) * 2 - 1).floorDiv(3) % 5 + b.at(t)}, Constant::ofReal(-1.5)));
  unsigned root = b.node(Opcode::SqrtF, f32, {read});
  unsigned less = b.node(Opcode::CmpF, i1, {root, b.constant(f32, Constant::ofReal(2))});
  b.nest.statements.back().body[less].floatPredicate = nest::FloatPredicate::OLT;
  unsigned choice = b.node(Opcode::Select, f32, {less, root, read});
  unsigned entry = b.node(Opcode::FPToSI, i8, {choice});
  unsigned looked = b.lookup(table, entry);
  unsigned shifted = b.node(Opcode::RoundingShiftRight, i8, {looked, b.integer(i8, 1)});
  b.nest.statements.back().body[shifted].rounding = nest::Rounding::HalfToEven;
  b.node(Opcode::Saturate, i8, {shifted});
  EXPECT_EQ(
      text(b.nest),
      "for sequential t < 2, i < 8: let t1 = sqrt(x[((i * 2 - 1) floordiv 3) mod 5 + t else -1.5]:f32):f32; "
      "y[i] = saturate signed(rounding_shift_right half_to_even(lookup(table, fptosi(select(cmpf olt(t1, "
      "2.0), t1, "
      "x[((i * 2 - 1) floordiv 3) mod 5 + t else -1.5]:f32)):i8):i8, 1):i8):i8\n");
}

TEST(AccessAnalysis, LinearForm) {
  NestBuilder b;
  unsigned m = b.loop("m", 4), n = b.loop("n", 8);
  auto form = nest::linearForm((b.at(m) * 2 + b.at(n) - 3) * -2, 2);
  ASSERT_TRUE(form.has_value());
  EXPECT_EQ(form->coefficients, (llvm::SmallVector<int64_t>{-4, -2}));
  EXPECT_EQ(form->constant, 6);
  EXPECT_FALSE(nest::linearForm(b.at(m).floorDiv(2), 2).has_value());
  EXPECT_FALSE(nest::linearForm(b.at(m) * nest::indexLimit, 2).has_value());
}

/// Ranges of random indices against all of their values: exact where linear, never too small.
TEST(AccessAnalysis, RangesHoldEveryValue) {
  std::mt19937 random(11);
  auto below = [&](int end) { return int64_t(random() % unsigned(end)); };
  for (int repeat = 0; repeat < 500; ++repeat) {
    NestBuilder b;
    for (int i = 0; i < 3; ++i)
      b.loop("l" + std::to_string(i), 1 + below(6));
    auto linear = [&] {
      mlir::AffineExpr sum = b.number(below(9) - 4);
      for (unsigned i = 0; i < 3; ++i)
        sum = sum + b.at(i) * (below(7) - 3);
      return sum;
    };
    mlir::AffineExpr index = linear();
    bool isLinear = below(2) != 0;
    if (!isLinear)
      index = (index.floorDiv(1 + below(4)) + linear() % (1 + below(5)) - linear().ceilDiv(1 + below(4))) * 2;
    auto range = nest::indexRange(index, b.nest.loops);
    ASSERT_TRUE(range.has_value());
    int64_t low = INT64_MAX, high = INT64_MIN;
    mlir::AffineMap map = mlir::AffineMap::get(3, 0, index);
    for (int64_t x = 0; x < b.nest.loops[0].extent; ++x)
      for (int64_t y = 0; y < b.nest.loops[1].extent; ++y)
        for (int64_t z = 0; z < b.nest.loops[2].extent; ++z) {
          int64_t value = map.compose({x, y, z})[0];
          low = std::min(low, value), high = std::max(high, value);
        }
    EXPECT_LE(range->low, low);
    EXPECT_GE(range->high, high);
    if (isLinear) {
      EXPECT_EQ(range->low, low);
      EXPECT_EQ(range->high, high);
    }
  }
}

} // namespace
