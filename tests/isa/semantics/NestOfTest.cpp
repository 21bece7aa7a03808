// Whole statements: families of updates, locals, sums, windows, outside, tables; and what binding refuses.
#include "tests/isa/semantics/IntrinsicBuilder.h"

#include "core/ir/nest/Nest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tenon::test {
namespace {

using testing::HasSubstr;
using Elements = std::vector<int64_t>;

Elements randomBytes(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  Elements result;
  for (size_t i = 0; i < count; ++i)
    result.push_back(int64_t(generator() % 256) - 128);
  return result;
}

std::string printed(IntrinsicBuilder &builder, llvm::ArrayRef<int64_t> sizes,
                    llvm::ArrayRef<int64_t> values = {}) {
  llvm::Expected<nest::Nest> nest = builder.nest(sizes, values);
  if (!nest)
    return llvm::toString(nest.takeError());
  std::string text;
  llvm::raw_string_ostream stream(text);
  nest::print(*nest, stream);
  return text;
}

TEST(NestOf, UpdatesOfAFamily) {
  for (const char *update : {"=", "+=", "max=", "min="}) {
    SCOPED_TRACE(update);
    IntrinsicBuilder builder;
    builder.size("m", 1, 16).size("n", 1, 16).size("k", 1, 16);
    builder.reads("a", "i8[m, k]");
    builder.reads("w", "i8[k, n]");
    builder.updates("c", "i32[m, n]");
    ASSERT_TRUE(builder.check({std::string("c[m, n] ") + update + " i32(a[m, k]) * i32(w[k, n])"}))
        << builder.messages();
    const int64_t m = 3, n = 4, k = 5;
    std::vector<Elements> buffers = {randomBytes(m * k, 1), randomBytes(k * n, 2), randomBytes(m * n, 3)};
    // "=" sums from 0 over k, which its left side does not have.
    bool fromZero = std::string(update) == "=";
    Elements expected = fromZero ? Elements(m * n, 0) : buffers[2];
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t l = 0; l < k; ++l) {
          int64_t product = buffers[0][i * k + l] * buffers[1][l * n + j], &to = expected[i * n + j];
          to = update[1] == 'a'   ? std::max(to, product)
               : update[1] == 'i' ? std::min(to, product)
                                  : to + product;
        }
    ASSERT_EQ(builder.run({m, n, k}, {}, buffers), "");
    EXPECT_EQ(buffers[2], expected);
  }
}

TEST(NestOf, AssignmentSumsTheSizesThatItsTargetDoesNotHave) {
  IntrinsicBuilder builder;
  builder.size("m", 1, 16).size("n", 1, 16).size("k", 1, 16);
  builder.reads("a", "i8[m, k]");
  builder.reads("w", "i8[k, n]");
  builder.writes("c", "i32[m, n]");
  ASSERT_TRUE(builder.check({"c[m, n] = i32(a[m, k]) * i32(w[k, n])"})) << builder.messages();
  EXPECT_TRUE(builder.intrinsic.semantics.statements[0].fromZero);
  EXPECT_EQ(printed(builder, {2, 3, 4}),
            "for m < 2, n < 3, k < 4: c[m, n] += extsi(a[m, k]:i8):i32 * extsi(w[k, n]:i8):i32 from 0\n");
  EXPECT_EQ(str(builder.intrinsic), "c[m, n] = i32(a[m, k]) * i32(w[k, n])\n");
  ASSERT_TRUE(builder.check({"t[m, n] = i32(a[m, k]) * i32(w[k, n])", "c[m, n] = t[m, n] + 1"}))
      << builder.messages();
  std::vector<Elements> buffers = {{1, 2, 3, 4}, {5, 6}, {}};
  ASSERT_EQ(builder.run({2, 1, 2}, {}, buffers), "");
  EXPECT_EQ(buffers[2], (Elements{18, 40}));
}

TEST(NestOf, IsReadable) {
  IntrinsicBuilder builder;
  builder.size("m", 1, 16).size("n", 1, 16).size("k", 1, 16);
  builder.reads("a", "i8[m, k]").outside = outsideValue("0");
  builder.reads("w", "u8[k, n]");
  builder.updates("c", "i32[m, n]");
  ASSERT_TRUE(builder.check({"c[m, n] += i32(a[m, k]) * i32(w[k, n])"})) << builder.messages();
  // The read stays inside, so its value for outside does not appear.
  EXPECT_EQ(printed(builder, {2, 3, 4}),
            "for m < 2, n < 3, k < 4: c[m, n] += extsi(a[m, k]:i8):i32 * extui(w[k, n]:i8):i32\n");
  EXPECT_EQ(str(builder.intrinsic), "c[m, n] += i32(a[m, k]) * i32(w[k, n])\n");
}

TEST(NestOf, LocalsTakeTheirTypeFromWhatIsAccumulated) {
  IntrinsicBuilder builder;
  builder.size("m", 1, 16).size("n", 1, 16).size("k", 1, 16).value("zero", "i8", -128, 127);
  builder.reads("a", "i8[m, k]");
  builder.reads("w", "i8[k, n]");
  builder.writes("y", "i8[m, n]");
  ASSERT_TRUE(builder.check({"t[m, n] = 0", "t[m, n] += i32(a[m, k]) * i32(w[k, n])",
                             "y[m, n] = sat_i8(round_shift_half_even(t[m, n], 4) + zero)"}))
      << builder.messages();
  ASSERT_EQ(builder.intrinsic.semantics.locals.size(), 1U);
  EXPECT_EQ(builder.intrinsic.semantics.locals[0].type.str(), "i32");
  EXPECT_EQ(builder.intrinsic.semantics.statements[0].loops, (llvm::SmallVector<unsigned>{0, 1}));
  EXPECT_EQ(builder.intrinsic.semantics.statements[1].loops, (llvm::SmallVector<unsigned>{0, 1, 2}));
  std::vector<Elements> buffers = {randomBytes(6, 1), randomBytes(12, 2), {}};
  Elements expected;
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 4; ++j) {
      int64_t total = 0;
      for (int64_t l = 0; l < 3; ++l)
        total += buffers[0][i * 3 + l] * buffers[1][l * 4 + j];
      double quotient = std::nearbyint(double(total) / 16);
      expected.push_back(std::clamp<int64_t>(int64_t(quotient) + 9, -128, 127));
    }
  ASSERT_EQ(builder.run({2, 4, 3}, {9}, buffers), "");
  EXPECT_EQ(buffers[2], expected);
}

TEST(NestOf, SumSaturatesOnce) {
  IntrinsicBuilder builder;
  builder.size("n", 1, 16).size("k", 1, 4);
  builder.reads("a", "u8[n, k]");
  builder.reads("w", "i8[n, k]");
  builder.updates("c", "i32[n]");
  ASSERT_TRUE(builder.check({"c[n] = sat_i32(i64(c[n]) + sum[k](i64(a[n, k]) * i64(w[n, k])))"}))
      << builder.messages();
  ASSERT_EQ(builder.intrinsic.semantics.locals.size(), 1U);
  EXPECT_EQ(builder.intrinsic.semantics.locals[0].sizes, std::vector<unsigned>{0});
  std::vector<Elements> buffers = {
      {255, 255, 255, 255, 1, 2, 3, 4}, {127, 127, -128, -128, 1, 1, 1, -1}, {INT32_MAX - 1, INT32_MIN + 1}};
  ASSERT_EQ(builder.run({2, 4}, {}, buffers), "");
  EXPECT_EQ(buffers[2], (Elements{INT32_MAX - 1 - 2 * 255, INT32_MIN + 3}));
  buffers[2] = {INT32_MIN, INT32_MAX};
  ASSERT_EQ(builder.run({2, 4}, {}, buffers), "");
  EXPECT_EQ(buffers[2], (Elements{INT32_MIN, INT32_MAX}));
}

TEST(NestOf, SumsInsideSums) {
  IntrinsicBuilder builder;
  builder.size("n", 1, 16).size("k", 1, 4).size("l", 1, 4);
  builder.reads("a", "i8[n, k, l]");
  builder.writes("y", "i32[n]");
  ASSERT_TRUE(builder.check({"y[n] = sum[k](abs(sum[l](i32(a[n, k, l])))) + sum[k, l](i32(a[n, k, l]))"}))
      << builder.messages();
  std::vector<Elements> buffers = {{1, 2, -3, -4, 5, -6, 7, 8}, {}};
  ASSERT_EQ(builder.run({2, 2, 2}, {}, buffers), "");
  EXPECT_EQ(buffers[1], (Elements{3 + 7 - 4, 1 + 15 + 14}));
  EXPECT_EQ(builder.intrinsic.semantics.locals.size(), 3U);
}

TEST(NestOf, SumOfProvenRangeNarrows) {
  IntrinsicBuilder builder;
  builder.size("n", 1, 16).size("k", 1, 256);
  builder.reads("a", "i8[n, k]");
  builder.writes("y", "i16[n]");
  EXPECT_TRUE(builder.check({"y[n] = i16(sum[k](i32(a[n, k])))"})) << builder.messages();
  builder.intrinsic.sizes[1].high = 257; // -128 * 257 is below -32768
  EXPECT_FALSE(builder.check({"y[n] = i16(sum[k](i32(a[n, k])))"}));
}

/// A window with stride, dilation and padding given by values.
struct Window : testing::Test {
  void SetUp() override {
    builder.parameter("MOST", 3).size("y", 1, 8).size("dy", 1, 3);
    builder.value("sy", "i8", 1, 3)
        .value("dil", "i8", 1, 2)
        .value("pad", "i8", 0, 2)
        .value("zero", "i8", -128, 127);
    builder.reads("x", "i8[iy]", {{"iy", "(y - 1) * sy + (dy - 1) * dil + 1 - 2 * pad"}}).outside =
        outsideValue("zero");
    builder.writes("o", "i32[y]");
    builder.updates("c", "i32[y]");
  }
  IntrinsicBuilder builder;
};

TEST_F(Window, ReadsItsValueOutside) {
  ASSERT_TRUE(builder.check({"c[y] += i32(x[y*sy + dy*dil - pad])"})) << builder.messages();
  EXPECT_EQ(str(builder.intrinsic), "c[y] += i32(x[y * sy + dy * dil - pad])\n");
  for (int64_t sy : {1, 2, 3})
    for (int64_t dil : {1, 2})
      for (int64_t pad : {0, 1}) {
        int64_t rows = 4, window = 3, extent = (rows - 1) * sy + (window - 1) * dil + 1 - 2 * pad;
        std::vector<Elements> buffers = {randomBytes(size_t(extent), 7), {}, Elements(size_t(rows), 10)};
        Elements expected(size_t(rows), 10);
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t tap = 0; tap < window; ++tap) {
            int64_t at = row * sy + tap * dil - pad;
            expected[size_t(row)] += at < 0 || at >= extent ? -5 : buffers[0][size_t(at)];
          }
        ASSERT_EQ(builder.run({rows, window}, {sy, dil, pad, -5}, buffers), "");
        EXPECT_EQ(buffers[2], expected);
        bool padded =
            printed(builder, {rows, window}, {sy, dil, pad, -5}).find("else -5") != std::string::npos;
        EXPECT_EQ(padded, pad > 0);
      }
}

TEST_F(Window, WithoutOutsideIsRefused) {
  builder.intrinsic.operands[0].outside = {};
  ASSERT_FALSE(builder.check({"c[y] += i32(x[y*sy + dy*dil - pad])"}));
  EXPECT_THAT(builder.messages(), HasSubstr("a read may leave x: index y * sy + dy * dil - pad is"));
  // Without padding it stays inside for every corner.
  builder.mistakes.clear();
  builder.intrinsic.operands[0].axes[0].extent = parsed("(y - 1) * sy + (dy - 1) * dil + 1");
  EXPECT_TRUE(builder.check({"c[y] += i32(x[y*sy + dy*dil])"})) << builder.messages();
}

TEST_F(Window, WhatAClauseExcludesIsLeftToTheVerifier) {
  builder.intrinsic.operands[0].outside = {};
  builder.intrinsic.where.push_back({parsed("pad == 0"), "pad == 0", {}});
  ASSERT_TRUE(builder.check({"c[y] += i32(x[y*sy + dy*dil - pad])"})) << builder.messages();
  EXPECT_THAT(printed(builder, {4, 3}, {1, 1, 0, 0}), HasSubstr("c[y] +="));
  EXPECT_THAT(printed(builder, {4, 3}, {1, 1, 1, 0}), HasSubstr("probe: statement 0"));
}

TEST_F(Window, IndexFormsAreOne) {
  for (const char *index : {"sy*y + dil*dy - pad", "-pad + (dy*dil + y*sy)", "y*sy - (pad - dil*dy)",
                            "(2*y*sy + y*(-1)*sy) + 1*dy*dil + MOST - 3 - pad"}) {
    ASSERT_TRUE(builder.check({std::string("c[y] += i32(x[") + index + "])"})) << builder.messages();
    EXPECT_EQ(str(builder.intrinsic), "c[y] += i32(x[y * sy + dy * dil - pad])\n") << index;
  }
}

TEST_F(Window, BindingRefuses) {
  ASSERT_TRUE(builder.check({"c[y] += i32(x[y*sy + dy*dil - pad])"})) << builder.messages();
  EXPECT_THAT(printed(builder, {4, 3}, {9, 1, 0, 0}), HasSubstr("probe: value sy is 9, the range is 1..3"));
  EXPECT_THAT(printed(builder, {0, 3}, {1, 1, 0, 0}), HasSubstr("probe: size y is 0, the least is 1"));
  EXPECT_THAT(printed(builder, {4}, {1, 1, 0, 0}), HasSubstr("1 sizes and 4 values for 2 and 4"));
  EXPECT_THAT(printed(builder, {1, 1}, {1, 1, 2, 0}),
              HasSubstr("axis iy of x has extent -3, the least is 1"));
  builder.intrinsic.operands[0].outside = outsideValue("200");
  EXPECT_THAT(printed(builder, {4, 3}, {1, 1, 1, 0}),
              HasSubstr("outside of x: 200 is 200, i8 holds -128..127"));
}

TEST(NestOf, IndicesThatDoNotFit) {
  IntrinsicBuilder builder;
  builder.size("n", 1, INT64_MAX).value("s", "i64", 0, INT64_MAX);
  builder.reads("x", "i8[n]").outside = outsideValue("0");
  builder.writes("y", "i8[n]");
  ASSERT_TRUE(builder.check({"y[n] = x[n * s * 4]"})) << builder.messages();
  EXPECT_THAT(printed(builder, {4}, {INT64_MAX}), HasSubstr("an index does not fit 64 bits"));
  EXPECT_THAT(printed(builder, {INT64_MAX}, {1}), HasSubstr("probe: "));
}

TEST(NestOf, UnsignedOutside) {
  IntrinsicBuilder builder;
  builder.size("n", 1, 8);
  builder.reads("x", "u8[n]").outside = outsideValue("200");
  builder.writes("y", "i32[n]");
  ASSERT_TRUE(builder.check({"y[n] = i32(x[n - 1])"})) << builder.messages();
  std::vector<Elements> buffers = {{255, 1, 2}, {}};
  ASSERT_EQ(builder.run({3}, {}, buffers), "");
  EXPECT_EQ(buffers[1], (Elements{200, 255, 1}));
}

TEST(NestOf, TablesAreReadByData) {
  IntrinsicBuilder builder;
  builder.size("e", 1, 4096);
  builder.reads("x", "i8[e]");
  builder.reads("u", "u8[e]");
  builder.table("lut", "i8[256]");
  builder.writes("y", "i8[e]");
  builder.writes("z", "i8[e]");
  builder.writes("p", "i8[e]");
  ASSERT_TRUE(builder.check({"y[e] = lut[i32(x[e]) + 128]", "z[e] = lut[u[e]]", "p[e] = lut[3]"}))
      << builder.messages();
  EXPECT_THAT(str(builder.intrinsic), HasSubstr("y[e] = lut[i32(x[e]) + i32(128)]"));
  std::vector<Elements> buffers(6);
  for (int64_t i = 0; i < 256; ++i) {
    buffers[0].push_back(i - 128);
    buffers[1].push_back(255 - i);
    buffers[2].push_back((i * 7) % 256 - 128);
  }
  Elements table = buffers[2], reversed(table.rbegin(), table.rend());
  ASSERT_EQ(builder.run({256}, {}, buffers), "");
  EXPECT_EQ(buffers[3], table);
  EXPECT_EQ(buffers[4], reversed);
  EXPECT_EQ(buffers[5], Elements(256, table[3]));
}

TEST(NestOf, ScalarsHaveNoIndices) {
  IntrinsicBuilder builder;
  builder.size("n", 1, 8);
  builder.reads("x", "i32[n]");
  builder.reads("scale", "i32");
  builder.updates("total", "i32");
  ASSERT_TRUE(builder.check({"t = scale + 1", "total += x[n] * t"})) << builder.messages();
  std::vector<Elements> buffers = {{1, 2, 3}, {4}, {100}};
  ASSERT_EQ(builder.run({3}, {}, buffers), "");
  EXPECT_EQ(buffers[2], (Elements{130}));
}

TEST(IsMove, OneCopyAtTheSameIndices) {
  auto isMove = [](const std::string &statement) {
    IntrinsicBuilder builder;
    builder.size("r", 1, 8).size("c", 1, 8);
    builder.reads("src", "i8[r, c]").outside = outsideValue("0");
    builder.updates("dst", "i8[r, c]");
    EXPECT_TRUE(builder.check({statement})) << builder.messages();
    return builder.intrinsic.isMove();
  };
  EXPECT_TRUE(isMove("dst[r, c] = src[r, c]"));
  EXPECT_FALSE(isMove("dst[r, c] = src[c, r]"));
  EXPECT_FALSE(isMove("dst[r, c] = max(src[r, c], 0)"));
  EXPECT_FALSE(isMove("dst[r, c] max= src[r, c]"));
  EXPECT_FALSE(isMove("dst[r, c] = dst[r, c]"));
  EXPECT_FALSE(isMove("dst[r, c] = 0"));
}

} // namespace
} // namespace tenon::test
