// Every operator, function and cast: text, to a nest, interpreted, against an expectation written in C++
// apart from it. All pairs of corner values.
#include "tests/isa/semantics/IntrinsicBuilder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tenon::test {
namespace {

__extension__ using Wide = __int128;

const std::vector<int64_t> bytes = {-128, -127, -100, -1, 0, 1, 2, 63, 64, 100, 126, 127};
const std::vector<int64_t> words = {
    INT32_MIN, INT32_MIN + 1, -1000000007,   -65536,   -129, -128, -3, -2, -1, 0, 1, 2, 3, 127, 128, 255, 256,
    65535,     1073741824,    INT32_MAX - 1, INT32_MAX};

std::vector<int64_t> corners(llvm::StringRef type) {
  if (type == "i8")
    return bytes;
  if (type == "u8")
    return {0, 1, 2, 127, 128, 200, 254, 255};
  if (type == "u32")
    return {0, 1, 2, 127, 128, 65536, INT32_MAX, int64_t(INT32_MAX) + 1, UINT32_MAX - 1, UINT32_MAX};
  if (type == "i16")
    return {-32768, -32767, -1, 0, 1, 100, 32766, 32767};
  if (type == "i64")
    return {INT64_MIN, INT64_MIN + 1, -4294967296, -1, 0, 1, 4294967295, INT64_MAX - 1, INT64_MAX};
  return words;
}

/// y = expression over x and w for all pairs of corner values; `truth` gives nothing where the pair is left
/// out.
using Truth = llvm::function_ref<std::optional<Wide>(int64_t x, int64_t w)>;
void compare(const std::string &expression, const std::string &x, const std::string &w,
             const std::string &result, Truth truth) {
  SCOPED_TRACE(expression + " of " + x + ", " + w);
  std::vector<std::vector<int64_t>> buffers(3);
  std::vector<int64_t> expected;
  unsigned width = parsed(result + "[e]").text == result ? isa::parseElementType(result)->scalar.width : 0;
  for (int64_t a : corners(x))
    for (int64_t b : corners(w))
      if (std::optional<Wide> found = truth(a, b)) {
        buffers[0].push_back(a);
        buffers[1].push_back(b);
        expected.push_back(llvm::SignExtend64(uint64_t(*found), width));
      }
  IntrinsicBuilder builder;
  builder.size("e", 1, 4096).value("s", "i8", 0, 31).value("zero", "i8", -128, 127);
  builder.reads("x", x + "[e]");
  builder.reads("w", w + "[e]");
  builder.writes("y", result + "[e]");
  ASSERT_TRUE(builder.check({"y[e] = " + expression})) << builder.messages();
  std::vector<std::vector<int64_t>> inputs = buffers;
  ASSERT_EQ(builder.run({int64_t(expected.size())}, {5, -7}, buffers), "");
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(buffers[2][i], expected[i]) << inputs[0][i] << ", " << inputs[1][i];
  // The text with explicit types means the same.
  IntrinsicBuilder again;
  again.description = builder.description;
  again.intrinsic = builder.intrinsic;
  again.intrinsic.semantics = {};
  std::string text = str(builder.intrinsic);
  ASSERT_TRUE(again.check({llvm::StringRef(text).trim().str()})) << text << again.messages();
  ASSERT_EQ(str(again.intrinsic), text);
  ASSERT_EQ(again.run({int64_t(expected.size())}, {5, -7}, inputs), "");
  ASSERT_EQ(inputs[2], buffers[2]) << text;
}

Wide power(int64_t exponent) { return Wide(1) << exponent; }
Wide floorOf(Wide numerator, Wide denominator) {
  Wide quotient = numerator / denominator;
  return (numerator % denominator != 0 && (numerator < 0) != (denominator < 0)) ? quotient - 1 : quotient;
}
Wide clampTo(Wide value, Wide low, Wide high) { return std::min(std::max(value, low), high); }

TEST(Operators, IntegerArithmeticWraps) {
  compare("x[e] + w[e]", "i32", "i32", "i32", [](int64_t x, int64_t w) { return Wide(x) + w; });
  compare("x[e] - w[e]", "i32", "i32", "i32", [](int64_t x, int64_t w) { return Wide(x) - w; });
  compare("x[e] * w[e]", "i32", "i32", "i32", [](int64_t x, int64_t w) { return Wide(x) * w; });
  compare("x[e] * w[e]", "i16", "i16", "i16", [](int64_t x, int64_t w) { return Wide(x) * w; });
  compare("x[e] * w[e]", "u32", "u32", "u32", [](int64_t x, int64_t w) { return Wide(x) * w; });
  compare("x[e] * w[e]", "i64", "i64", "i64", [](int64_t x, int64_t w) { return Wide(x) * w; });
  compare("-x[e]", "i32", "i32", "i32", [](int64_t x, int64_t) { return -Wide(x); });
  compare("i32(x[e]) * i32(w[e])", "i8", "u8", "i32", [](int64_t x, int64_t w) { return Wide(x) * w; });
  compare("x[e] << s", "i32", "i32", "i32", [](int64_t x, int64_t) { return Wide(x) * 32; });
}

TEST(Operators, ValuesTakeTheOtherSidesType) {
  compare("i32(x[e]) - zero", "i8", "i8", "i32", [](int64_t x, int64_t) { return Wide(x) + 7; });
  compare("zero + x[e] * 3", "i32", "i32", "i32", [](int64_t x, int64_t) { return Wide(x) * 3 - 7; });
  compare("(zero + 1) * x[e]", "i32", "i32", "i32", [](int64_t x, int64_t) { return Wide(x) * -6; });
  compare("if zero < 0 then x[e] else w[e]", "i8", "i8", "i8", [](int64_t x, int64_t) { return Wide(x); });
}

TEST(Operators, Bits) {
  compare("x[e] & w[e]", "i8", "i8", "i8", [](int64_t x, int64_t w) { return Wide(x & w); });
  compare("x[e] | w[e]", "i32", "i32", "i32", [](int64_t x, int64_t w) { return Wide(x | w); });
  compare("x[e] ^ 15", "u8", "u8", "u8", [](int64_t x, int64_t) { return Wide(x ^ 15); });
}

TEST(Operators, ComparisonsFollowTheSign) {
  compare("if x[e] < w[e] then 1 else 0", "i8", "i8", "i32",
          [](int64_t x, int64_t w) { return Wide(x < w); });
  compare("if x[e] < w[e] then 1 else 0", "u8", "u8", "i32",
          [](int64_t x, int64_t w) { return Wide(x < w); });
  compare("if x[e] <= w[e] then 1 else 0", "u32", "u32", "i32",
          [](int64_t x, int64_t w) { return Wide(x <= w); });
  compare("if x[e] > w[e] then 1 else 0", "u32", "u32", "i32",
          [](int64_t x, int64_t w) { return Wide(x > w); });
  compare("if x[e] >= w[e] then 1 else 0", "i32", "i32", "i32",
          [](int64_t x, int64_t w) { return Wide(x >= w); });
  compare("if x[e] == w[e] then 1 else 0", "u8", "u8", "i32",
          [](int64_t x, int64_t w) { return Wide(x == w); });
  compare("i32(x[e] != w[e])", "i8", "i8", "i32", [](int64_t x, int64_t w) { return Wide(x != w); });
  compare("if x[e] > 0 and not w[e] > 0 or x[e] == -128 then x[e] else w[e]", "i8", "i8", "i8",
          [](int64_t x, int64_t w) { return Wide((x > 0 && w <= 0) || x == -128 ? x : w); });
}

TEST(Functions, Extremes) {
  compare("min(x[e], w[e])", "i8", "i8", "i8", [](int64_t x, int64_t w) { return Wide(std::min(x, w)); });
  compare("max(x[e], w[e])", "u8", "u8", "u8", [](int64_t x, int64_t w) { return Wide(std::max(x, w)); });
  compare("min(x[e], w[e])", "u32", "u32", "u32", [](int64_t x, int64_t w) { return Wide(std::min(x, w)); });
  compare("max(x[e], w[e], 5)", "i32", "i32", "i32",
          [](int64_t x, int64_t w) { return Wide(std::max({x, w, int64_t(5)})); });
  compare("clamp(x[e], -3, 100)", "i32", "i32", "i32",
          [](int64_t x, int64_t) { return clampTo(x, -3, 100); });
  compare("clamp(x[e], w[e], 100)", "u8", "u8", "u8",
          [](int64_t x, int64_t w) { return clampTo(x, w, 100); });
  compare("clamp(x[e], 3, 2)", "i32", "i32", "i32", [](int64_t, int64_t) { return Wide(2); });
  compare("abs(x[e])", "i32", "i32", "i32", [](int64_t x, int64_t) { return Wide(x < 0 ? -Wide(x) : x); });
  compare("abs(i32(x[e]))", "i8", "i8", "i32", [](int64_t x, int64_t) { return Wide(std::abs(x)); });
}

TEST(Functions, RoundingShifts) {
  for (int64_t shift : {0, 1, 5, 31}) {
    auto text = [&](const char *name) { return std::string(name) + "(x[e], " + std::to_string(shift) + ")"; };
    Wide unit = power(shift);
    compare(text("round_shift_down"), "i32", "i8", "i32",
            [&](int64_t x, int64_t) { return floorOf(x, unit); });
    compare(text("round_shift_to_zero"), "i32", "i8", "i32", [&](int64_t x, int64_t) { return x / unit; });
    compare(text("round_shift_half_up"), "i32", "i8", "i32",
            [&](int64_t x, int64_t) { return floorOf(2 * Wide(x) + unit, 2 * unit); });
    compare(text("round_shift_half_away"), "i32", "i8", "i32", [&](int64_t x, int64_t) {
      Wide magnitude = floorOf(2 * Wide(std::abs(x)) + unit, 2 * unit);
      return x < 0 ? -magnitude : magnitude;
    });
    compare(text("round_shift_half_even"), "i32", "i8", "i32", [&](int64_t x, int64_t) {
      Wide down = floorOf(x, unit), twiceRest = 2 * (x - down * unit);
      return twiceRest > unit || (twiceRest == unit && down % 2 != 0) ? down + 1 : down;
    });
  }
  compare("round_shift_half_up(x[e], s)", "i32", "i8", "i32",
          [](int64_t x, int64_t) { return floorOf(Wide(x) + 16, 32); });
  compare("round_shift_down(x[e], w[e])", "i32", "i32", "i32", [](int64_t x, int64_t w) {
    return w >= 0 && w < 32 ? std::optional(floorOf(x, power(w))) : std::nullopt;
  });
}

TEST(Functions, DoublingHighMultiply) {
  compare("doubling_high_multiply(x[e], w[e])", "i32", "i32", "i32", [](int64_t x, int64_t w) {
    return x == INT32_MIN && w == INT32_MIN ? Wide(INT32_MAX)
                                            : floorOf(2 * Wide(x) * w + power(31), power(32));
  });
  compare("doubling_high_multiply(x[e], 1431655765)", "i32", "i32", "i32",
          [](int64_t x, int64_t) { return floorOf(2 * Wide(x) * 1431655765 + power(31), power(32)); });
}

TEST(Functions, Divisions) {
  auto defined = [](int64_t w) { return w != 0; };
  compare("floor_div(x[e], w[e])", "i32", "i32", "i32",
          [&](int64_t x, int64_t w) { return defined(w) ? std::optional(floorOf(x, w)) : std::nullopt; });
  compare("div_to_zero(x[e], w[e])", "i32", "i32", "i32",
          [&](int64_t x, int64_t w) { return defined(w) ? std::optional(Wide(x) / w) : std::nullopt; });
  compare("floor_div(x[e], w[e])", "u32", "u32", "u32",
          [&](int64_t x, int64_t w) { return defined(w) ? std::optional(Wide(x) / w) : std::nullopt; });
  compare("div_to_zero(x[e], -3)", "i32", "i32", "i32", [](int64_t x, int64_t) { return Wide(x) / -3; });
}

TEST(Casts, Exact) {
  compare("i32(x[e])", "i8", "i8", "i32", [](int64_t x, int64_t) { return Wide(x); });
  compare("i32(x[e])", "u8", "u8", "i32", [](int64_t x, int64_t) { return Wide(x); });
  compare("u32(x[e])", "u8", "u8", "u32", [](int64_t x, int64_t) { return Wide(x); });
  compare("i64(x[e])", "u32", "u32", "i64", [](int64_t x, int64_t) { return Wide(x); });
  compare("i8(clamp(x[e], -128, 127))", "i32", "i8", "i8",
          [](int64_t x, int64_t) { return clampTo(x, -128, 127); });
  compare("u8(clamp(x[e], 0, 255))", "i32", "i8", "u8",
          [](int64_t x, int64_t) { return clampTo(x, 0, 255); });
  compare("u32(max(x[e], 0))", "i32", "i8", "u32",
          [](int64_t x, int64_t) { return Wide(std::max<int64_t>(x, 0)); });
  compare("i8(x[e] & 127)", "i32", "i8", "i8", [](int64_t x, int64_t) { return Wide(x & 127); });
  compare("i8(round_shift_down(x[e], 24))", "i32", "i8", "i8",
          [](int64_t x, int64_t) { return floorOf(x, power(24)); });
  compare("i16(i32(x[e]) * i32(w[e]))", "i8", "i8", "i16", [](int64_t x, int64_t w) { return Wide(x * w); });
  compare("i32(e)", "i8", "i8", "i32", [n = 0](int64_t, int64_t) mutable { return Wide(n++); });
}

TEST(Casts, WrapKeepsTheLowBits) {
  compare("wrap_i8(x[e])", "i32", "i8", "i8", [](int64_t x, int64_t) { return Wide(int8_t(x)); });
  compare("wrap_u8(x[e])", "i32", "i8", "u8", [](int64_t x, int64_t) { return Wide(uint8_t(x)); });
  compare("wrap_u8(x[e])", "i8", "i8", "u8", [](int64_t x, int64_t) { return Wide(uint8_t(x)); });
  compare("i32(wrap_u8(x[e]))", "i8", "i8", "i32", [](int64_t x, int64_t) { return Wide(uint8_t(x)); });
  compare("wrap_i32(x[e])", "i64", "i8", "i32", [](int64_t x, int64_t) { return Wide(int32_t(x)); });
}

TEST(Casts, SaturateClamps) {
  compare("sat_i8(x[e])", "i32", "i8", "i8", [](int64_t x, int64_t) { return clampTo(x, -128, 127); });
  compare("sat_u8(x[e])", "i32", "i8", "u8", [](int64_t x, int64_t) { return clampTo(x, 0, 255); });
  compare("sat_u8(x[e])", "i8", "i8", "u8", [](int64_t x, int64_t) { return clampTo(x, 0, 255); });
  compare("sat_i32(i64(x[e]) + i64(w[e]))", "i32", "i32", "i32",
          [](int64_t x, int64_t w) { return clampTo(Wide(x) + w, INT32_MIN, INT32_MAX); });
  compare("sat_i8(min(x[e], 2147483647))", "u32", "i8", "i8",
          [](int64_t x, int64_t) { return clampTo(x, -128, 127); });
}

TEST(Requantization, AsMicrocontrollersDoIt) {
  compare("sat_i8(round_shift_half_away(doubling_high_multiply(x[e], 1518500250), 7) + zero)", "i32", "i8",
          "i8", [](int64_t x, int64_t) {
            Wide high = floorOf(2 * Wide(x) * 1518500250 + power(31), power(32));
            Wide magnitude = floorOf((high < 0 ? -high : high) + 64, 128);
            return clampTo((high < 0 ? -magnitude : magnitude) - 7, -128, 127);
          });
}

void compareFloats(const std::string &expression, llvm::function_ref<float(float, float)> truth) {
  SCOPED_TRACE(expression);
  std::vector<double> list = {-3.5, -1, -0.0, 0, 1e-3f, 0.5, 1, 2, 16777216, 3.0e38f};
  std::vector<std::vector<double>> buffers(3);
  for (double x : list)
    for (double w : list) {
      buffers[0].push_back(x);
      buffers[1].push_back(w);
    }
  IntrinsicBuilder builder;
  builder.size("e", 1, 4096).value("zero", "i8", -128, 127);
  builder.reads("x", "f32[e]");
  builder.reads("w", "f32[e]");
  builder.writes("y", "f32[e]");
  ASSERT_TRUE(builder.check({"y[e] = " + expression})) << builder.messages();
  int64_t count = int64_t(buffers[0].size());
  ASSERT_EQ(builder.run({count}, {-7}, buffers), "");
  for (size_t i = 0; i < buffers[0].size(); ++i) {
    float found = float(buffers[2][i]), wanted = truth(float(buffers[0][i]), float(buffers[1][i]));
    ASSERT_TRUE(found == wanted || (std::isnan(found) && std::isnan(wanted)))
        << buffers[0][i] << ", " << buffers[1][i] << ": " << found << ", expected " << wanted;
  }
}

TEST(Floats, OperatorsAndFunctions) {
  compareFloats("x[e] + w[e]", [](float x, float w) { return x + w; });
  compareFloats("x[e] - w[e] * 0.5", [](float x, float w) { return x - w * 0.5F; });
  compareFloats("x[e] / w[e]", [](float x, float w) { return x / w; });
  compareFloats("-x[e]", [](float x, float) { return -x; });
  compareFloats("x[e] * 0.1", [](float x, float) { return x * 0.1F; });
  compareFloats("x[e] + zero", [](float x, float) { return x - 7.0F; });
  compareFloats("abs(x[e])", [](float x, float) { return std::fabs(x); });
  compareFloats("max(x[e], 0)", [](float x, float) { return std::max(x, 0.0F); });
  compareFloats("fma(x[e], w[e], x[e])", [](float x, float w) { return std::fma(x, w, x); });
  compareFloats("exp(x[e])", [](float x, float) { return float(std::exp(double(x))); });
  compareFloats("sqrt(x[e])", [](float x, float) { return std::sqrt(x); });
  compareFloats("tanh(x[e])", [](float x, float) { return float(std::tanh(double(x))); });
  compareFloats("if x[e] < w[e] then 1 else x[e]", [](float x, float w) { return x < w ? 1.0F : x; });
  compareFloats("f32(f64(x[e]) / f64(3))", [](float x, float) { return float(double(x) / 3); });
  compareFloats("f32(i32(3))", [](float, float) { return 3.0F; });
  compareFloats("x[e] * (1 / 4)", [](float x, float) { return x * 0.25F; });
}

} // namespace
} // namespace tenon::test
