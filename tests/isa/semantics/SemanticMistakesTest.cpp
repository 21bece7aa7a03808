// Each mistake that a statement can have: the message with both sides, the place, the repair.
#include "tests/isa/semantics/IntrinsicBuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::test {
namespace {

using testing::HasSubstr;

/// m, n, k; a, w, x: i8; c: i32 updated; y: i8 written; d: i64; u: u8; f: f32; lut: a table.
class Mistake : public testing::Test {
protected:
  void SetUp() override {
    builder.parameter("DIM", 16).size("m", 1, 16).size("n", 1, 16).size("k", 1, 16);
    builder.value("zero", "i8", -128, 127).value("shift", "i8", 0, 40).value("wide", "i32", 0, 300);
    builder.reads("a", "i8[m, k]");
    builder.reads("w", "i8[k, n]");
    builder.reads("x", "i8[m, n]");
    builder.reads("d", "i64[m, n]");
    builder.reads("u", "u8[m, n]");
    builder.reads("f", "f32[m, n]");
    builder.reads("b", "i32[n]");
    builder.updates("c", "i32[m, n]");
    builder.updates("q", "u32[m, n]");
    builder.updates("small", "i8[m, n]");
    builder.writes("y", "i8[m, n]");
    builder.writes("g", "f32[m, n]");
    builder.table("lut", "i8[256]");
  }
  /// The mistakes of the statements as text.
  std::string ofAll(llvm::ArrayRef<std::string> statements) {
    builder.mistakes.clear();
    EXPECT_FALSE(builder.check(statements));
    return builder.messages();
  }
  std::string of(const std::string &statement) { return ofAll(statement); }

  IntrinsicBuilder builder;
};

TEST_F(Mistake, TypesDiffer) {
  EXPECT_EQ(of("c[m, n] += d[m, n] * b[n]"), "f:10:24: i64 * i32: the types differ; write i64(b[n])\n");
  EXPECT_THAT(of("c[m, n] = i32(x[m, n] * u[m, n])"),
              HasSubstr("i8 * u8: the types differ; write i32(x[m, n]) and i32(u[m, n])"));
  EXPECT_THAT(of("g[m, n] = f[m, n] + b[n]"), HasSubstr("f32 + i32: the types differ; write f32(b[n])"));
  EXPECT_THAT(of("c[m, n] = max(b[n], d[m, n])"), HasSubstr("in max: the types differ"));
  EXPECT_THAT(of("c[m, n] = if b[n] > 0 then b[n] else d[m, n]"), HasSubstr("in if: the types differ"));
}

TEST_F(Mistake, StoredTypeDiffers) {
  EXPECT_EQ(of("y[m, n] = c[m, n]"),
            "f:10:15: y is i8, the expression is i32: the types differ; write i8(...), "
            "sat_i8(...) or wrap_i8(...)\n");
  EXPECT_THAT(of("c[m, n] = f[m, n]"), HasSubstr("c is i32, the expression is f32"));
  EXPECT_THAT(of("q[m, n] += c[m, n]"), HasSubstr("q is u32, the expression is i32"));
}

TEST_F(Mistake, NarrowArithmetic) {
  EXPECT_EQ(of("c[m, n] += a[m, k] * w[k, n]"), "f:10:24: i8 * i8 wraps at 8 bits; write i32(a[m, k])\n");
  EXPECT_THAT(of("y[m, n] = x[m, n] + 1"), HasSubstr("i8 + i8 wraps at 8 bits"));
  EXPECT_THAT(of("y[m, n] = abs(x[m, n])"), HasSubstr("abs of i8 wraps at 8 bits; write i32(x[m, n])"));
  EXPECT_THAT(of("y[m, n] = -x[m, n]"), HasSubstr("-i8 wraps at 8 bits; write -i32(x[m, n])"));
  EXPECT_THAT(of("y[m, n] = i8(sum[k](a[m, k]))"), HasSubstr("sum of i8 wraps at 8 bits"));
  EXPECT_THAT(of("small[m, n] += x[m, n]"), HasSubstr("+= of i8 wraps at 8 bits"));
  EXPECT_THAT(of("y[m, n] = round_shift_down(x[m, n], 1)"), HasSubstr("wraps at 8 bits"));
}

TEST_F(Mistake, NarrowingUnproven) {
  EXPECT_EQ(
      of("y[m, n] = i8(b[n])"),
      "f:10:15: b[n] is -2147483648..2147483647, i8 holds -128..127; write clamp(b[n], -128, 127) inside, "
      "sat_i8 or wrap_i8\n");
  EXPECT_THAT(of("y[m, n] = i8(clamp(b[n], -128, 128))"), HasSubstr("is -128..128, i8 holds -128..127"));
  EXPECT_THAT(of("q[m, n] = u32(c[m, n])"), HasSubstr("u32 holds 0..4294967295"));
  EXPECT_THAT(of("q[m, n] = u32(x[m, n])"), HasSubstr("x[m, n] is -128..127, u32 holds"));
  EXPECT_THAT(of("y[m, n] = i8(u[m, n])"), HasSubstr("u[m, n] is 0..255, i8 holds -128..127"));
}

TEST_F(Mistake, UnknownNameWithSuggestion) {
  EXPECT_EQ(of("c[m, n] += i32(aa[m, k])"),
            "f:10:20: 'aa' is no operand, local, size, value or parameter; did you mean 'a'?\n");
  EXPECT_THAT(of("c[m, n] = b[n] + zeroo"), HasSubstr("did you mean 'zero'?"));
  EXPECT_THAT(of("c[m, n] = b[nn]"), HasSubstr("'nn' is no operand, local, size, value or parameter"));
  EXPECT_THAT(of("c[m, n] = b[n] + qwertyuiop"), HasSubstr("; declare it"));
}

TEST_F(Mistake, LocalBeforeAssignment) {
  EXPECT_EQ(of("t[m, n] += i32(a[m, k]) * i32(w[k, n])"),
            "f:10:5: t is read before it is assigned; write t[m, n] = 0 first\n");
  EXPECT_THAT(ofAll({"c[m, n] = t[m, n]", "t[m, n] = b[n]"}),
              HasSubstr("f:10:15: t is read before it is assigned; assign it in an earlier statement"));
  EXPECT_THAT(ofAll({"t[n] = b[n] + t[n]", "c[m, n] = t[n]"}), HasSubstr("t is read before it is assigned"));
}

TEST_F(Mistake, LocalIsOpenOrUnused) {
  EXPECT_THAT(
      ofAll({"t[n] = 0", "c[m, n] = t[n] + b[n]"}),
      HasSubstr("f:11:15: the type of t is open, only plain numbers are assigned before; write i32(0)"));
  EXPECT_THAT(of("t[n] = 0"), HasSubstr("the type of t is open, only numbers are assigned"));
  EXPECT_THAT(of("t[n] = b[n]"), HasSubstr("local t is never read"));
}

TEST_F(Mistake, LocalIndices) {
  EXPECT_THAT(ofAll({"t[n + 1] = b[n]", "c[m, n] = t[n]"}),
              HasSubstr("local t is assigned at n + 1, each index of a local is a size of its own"));
  EXPECT_THAT(ofAll({"t[n, n] = b[n]", "c[m, n] = t[n, n]"}), HasSubstr("local t is assigned at n"));
  EXPECT_THAT(of("t.x[n] = b[n]"), HasSubstr("t.x is no name of a local"));
  // One mistake: what is wrong with t is not told again where it is read.
  EXPECT_EQ(builder.mistakes.size(), 1U);
}

TEST_F(Mistake, IndexNotLinear) {
  EXPECT_EQ(of("c[m, n] = b[n * m]"),
            "f:10:19: an index: n * m multiplies two sizes; write a sum of sizes, each "
            "times numbers, parameters and at most one value\n");
  EXPECT_THAT(of("c[m, n] = b[n / 2]"), HasSubstr("n / 2 is not linear"));
  EXPECT_THAT(of("c[m, n] = b[zero * shift]"), HasSubstr("multiplies two values"));
  EXPECT_THAT(of("c[m, n] = b[min(n, 3)]"), HasSubstr("min(n, 3) is not linear"));
  EXPECT_THAT(of("c[m, n] = b[c[m, n]]"), HasSubstr("the index c[m, n] of b reads data"));
  EXPECT_THAT(of("c[m, b[n]] = b[n]"), HasSubstr("b[n] is not linear"));
  EXPECT_THAT(of("c[m, n] = b[1.5]"), HasSubstr("1.5 is not an integer"));
  EXPECT_THAT(of("c[m, n] = b[9223372036854775807 * n + n]"), HasSubstr("does not fit 64 bits"));
}

TEST_F(Mistake, NumberOfIndices) {
  EXPECT_THAT(of("c[m, n] = i32(a[m])"), HasSubstr("a[m] has 1 index, a has 2 axes"));
  EXPECT_THAT(of("c[m] = b[n]"), HasSubstr("c[m] has 1 index, c has 2 axes"));
  EXPECT_THAT(ofAll({"t[n] = b[n]", "c[m, n] = t[m, n]"}), HasSubstr("t[m, n] has 2 indices, t has 1 axis"));
  EXPECT_THAT(of("c[m, n] = c"), HasSubstr("c has 0 indices, c has 2 axes"));
}

TEST_F(Mistake, Access) {
  EXPECT_THAT(of("a[m, k] = w[k, n]"),
              HasSubstr("f:10:5: a is written and its access is read; declare access: write"));
  EXPECT_THAT(of("b[n] += c[m, n]"),
              HasSubstr("b is written and its access is read; declare access: update"));
  EXPECT_THAT(of("y[m, n] = y[m, n]"),
              HasSubstr("y is read and its access is write; declare access: update"));
  EXPECT_THAT(of("y[m, n] max= x[m, n]"), HasSubstr("y is updated by max= and its access is write"));
  EXPECT_THAT(of("m = b[n]"), HasSubstr("m is assigned and is no operand"));
  EXPECT_THAT(of("q[m, n] max= q[m, n]"),
              HasSubstr("max= compares as signed, q is u32; write q[m, n] = max("));
  EXPECT_THAT(of("c[m, n] = zero[m]"), HasSubstr("zero has no elements to read"));
}

TEST_F(Mistake, AssignmentOverMissingSizes) {
  EXPECT_EQ(of("y[m, n] = a[m, k]"), "f:10:5: k is not an index of y: only the last would remain; write "
                                     "sum[k](a[m, k]) for the sum\n");
  EXPECT_THAT(of("y[m, n] = max(a[m, k], w[k, n])"), HasSubstr("= sums over k, which wraps at 8 bits of i8"));
  EXPECT_THAT(of("c[m, n] = c[m, n] + i32(a[m, k])"),
              HasSubstr("= sums over k from 0 and reads c, which it sums; write c[m, n] += ..."));
  EXPECT_THAT(ofAll({"t[m] = a[m, k]", "small[m, n] = t[m]"}), HasSubstr("k is not an index of t"));
  EXPECT_EQ(builder.mistakes.size(), 1U);
}

TEST_F(Mistake, OperatorsThatDoNotSayHow) {
  EXPECT_EQ(of("c[m, n] = b[n] >> 2"),
            "f:10:20: >> does not say how it rounds; write round_shift_down(b[n], 2)\n");
  EXPECT_THAT(
      of("c[m, n] = b[n] / 2"),
      HasSubstr(
          "/ of integers does not say how it rounds; write floor_div(b[n], 2) or div_to_zero(b[n], 2)"));
  EXPECT_THAT(of("c[m, n] = b[n] % 2"), HasSubstr("% is not in semantics"));
  EXPECT_THAT(of("g[m, n] = f[m, n] & f[m, n]"), HasSubstr("there is no & of f32"));
}

TEST_F(Mistake, MissingOutside) {
  EXPECT_THAT(
      of("c[m, n] = b[n - 1]"),
      HasSubstr("a read may leave b: index n - 1 is -1, the extent is 1 at n = 1; give b an outside value"));
  EXPECT_THAT(of("c[m, n] = b[n + zero]"), HasSubstr("a read may leave b: index n + zero is -128"));
  EXPECT_THAT(of("c[m, n] = b[m]"), HasSubstr("a read may leave b: index m is 0..15, the extent is 1"));
  EXPECT_THAT(of("c[m, n + 1] = b[n]"), HasSubstr("a write may leave c"));
  EXPECT_THAT(ofAll({"t[n] = b[n]", "c[m, n] = t[m]"}), HasSubstr("a read may leave t"));
}

TEST_F(Mistake, TableIndex) {
  EXPECT_THAT(of("y[m, n] = lut[i32(x[m, n])]"),
              HasSubstr("the index of lut is -128..127, the table has entries 0..255; add an offset"));
  EXPECT_THAT(of("y[m, n] = lut[f[m, n]]"), HasSubstr("the index of lut is f32, not an integer"));
  EXPECT_THAT(of("y[m, n] = lut[i32(x[m, n]) + 129]"), HasSubstr("is 1..256"));
}

TEST_F(Mistake, OpenTypes) {
  EXPECT_THAT(of("c[m, n] = i32(wrap_i8(zero)) + i32(min(zero, 1) == f)"), HasSubstr("f has 0 indices"));
  EXPECT_THAT(of("y[m, n] = wide"), HasSubstr("value wide is 0..300, which is outside i8"));
  EXPECT_THAT(of("y[m, n] = 128"), HasSubstr("128 is 128, i8 holds -128..127"));
  EXPECT_THAT(of("c[m, n] = 1.5"), HasSubstr("1.5 is not an integer"));
  EXPECT_THAT(of("c[m, n] = sum[k](1)"), HasSubstr("the type of 1 is open; write i32(1)"));
  EXPECT_THAT(of("c[m, n] = sum[k](zero)"), HasSubstr("the type of zero is open; write i8(zero)"));
  EXPECT_THAT(of("g[m, n] = 1.0e39"), HasSubstr("is larger than f32 holds"));
}

TEST_F(Mistake, ShiftsAndDivisors) {
  EXPECT_THAT(of("c[m, n] = b[n] << shift"), HasSubstr("the shift shift is 0..40, i32 takes 0..31"));
  EXPECT_THAT(of("c[m, n] = round_shift_half_up(b[n], 32)"),
              HasSubstr("the shift 32 is 32, i32 takes 0..31"));
  EXPECT_THAT(of("c[m, n] = floor_div(b[n], zero)"), HasSubstr("the divisor zero may be 0"));
}

TEST_F(Mistake, Casts) {
  EXPECT_THAT(of("c[m, n] = wrap_i32(x[m, n])"), HasSubstr("wrap_i32 of i8 widens; write i32(x[m, n])"));
  EXPECT_THAT(of("c[m, n] = sat_i32(x[m, n])"), HasSubstr("sat_i32 of i8 widens"));
  EXPECT_THAT(of("y[m, n] = sat_i8(q[m, n])"),
              HasSubstr("sat_i8 reads u32 as signed, the value is 0..4294967295"));
  EXPECT_THAT(of("y[m, n] = sat_i8(f[m, n])"), HasSubstr("sat_i8 of f32, it takes integers"));
  EXPECT_THAT(of("c[m, n] = i32(f[m, n])"), HasSubstr("a cast from f32 to i32 is not yet supported"));
  EXPECT_THAT(of("c[m, n] = i32(b[n], 1)"), HasSubstr("i32 has 2 arguments, a cast takes 1"));
  EXPECT_THAT(of("c[m, n] = i65(b[n])"), HasSubstr("there is no function i65"));
}

TEST_F(Mistake, Functions) {
  EXPECT_THAT(of("c[m, n] = round_shift(b[n], 2)"),
              HasSubstr("there is no function round_shift; use min, max"));
  EXPECT_THAT(of("c[m, n] = clamp(b[n], 2)"), HasSubstr("clamp has 2 arguments, it takes 3"));
  EXPECT_THAT(of("c[m, n] = min(b[n])"), HasSubstr("min has 1 argument, it takes 2 or more"));
  EXPECT_THAT(of("c[m, n] = exp(b[n])"), HasSubstr("exp of i32, it takes floats; write f32(b[n])"));
  EXPECT_THAT(of("g[m, n] = floor_div(f[m, n], 2)"), HasSubstr("floor_div of f32, it takes integers"));
  EXPECT_THAT(of("c[m, n] = if b[n] then 1 else 2"),
              HasSubstr("the condition b[n] is i32, not a comparison; write b[n] != 0"));
  EXPECT_THAT(of("c[m, n] = if wide then 1 else 2"), HasSubstr("value wide is 0..300, which is outside u1"));
  EXPECT_THAT(of("q[m, n] = abs(q[m, n])"), HasSubstr("abs of u32 is the value itself"));
  EXPECT_THAT(of("q[m, n] = doubling_high_multiply(q[m, n], 3)"), HasSubstr("it takes signed integers"));
  EXPECT_THAT(of("c[m, n] = sum[zero](b[n])"), HasSubstr("sum is over zero, which is not a size"));
  EXPECT_THAT(of("c[m, n] = sum(b[n])"), HasSubstr("write sum[k](x)"));
}

TEST_F(Mistake, TornStatements) {
  for (const char *text :
       {"", "=", "c[m, n]", "c[m, n] +=", "+= 1", "c[m, n] == 1", "c[m, n = 1", "c[m, n]] = 1",
        "c[m, n] -= 1", "5 = 1", "f(x) = 1", "c[m, n] = 1 = 2", "c[] = 1", "max= 1", "c[m, n] = (",
        "c[m, n] = b[", "c[m, n] <= 1", "\n\n", "c[m,\nn] = b[n\n"})
    EXPECT_NE(of(text), "") << text;
}

TEST_F(Mistake, AllAreCollected) {
  std::string found = ofAll({"c[m, n] = aa[m] + bb[n] * i9x(b[n])", "y[m, n] = b[n]", "a[m, k] = w[k, n]"});
  EXPECT_THAT(found, HasSubstr("f:10:15: 'aa'"));
  EXPECT_THAT(found, HasSubstr("f:10:23: 'bb'"));
  EXPECT_THAT(found, HasSubstr("there is no function i9x"));
  EXPECT_THAT(found, HasSubstr("f:11:15: y is i8"));
  EXPECT_THAT(found, HasSubstr("f:12:5: a is written"));
}

TEST_F(Mistake, LinesOfALongStatementAreCounted) {
  EXPECT_THAT(of("c[m, n] =\n  b[n]\n  + bb[n]"), HasSubstr("f:12:9: 'bb'"));
}

TEST_F(Mistake, LeavesTheSemanticsAsTheyWere) {
  ASSERT_TRUE(builder.check({"c[m, n] = b[n]"})) << builder.messages();
  std::string before = str(builder.intrinsic);
  of("c[m, n] = bb[n]");
  EXPECT_EQ(str(builder.intrinsic), before);
}

} // namespace
} // namespace tenon::test
