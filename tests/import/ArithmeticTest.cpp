// The arithmetic of importing that whole models show too little of: multipliers at their corners, which
// integer rounding equals a double product, and where a window lies; each against a plain restatement of its
// definition.
#include "core/import/tflite/Epilogue.h"
#include "core/import/tflite/Window.h"
#include "tests/import/ModelSpec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tenon::test {
namespace {

using import::tflite::Multiplier;
using import::tflite::quantizeMultiplier;
using import::tflite::Requantisation;
using import::tflite::requantisationOf;

double valueOf(const Multiplier &m) { return std::ldexp(static_cast<double>(m.multiplier), m.shift - 31); }

TEST(Multiplier, PowersOfTwo) {
  for (int exponent = -31; exponent <= 30; ++exponent) {
    std::optional<Multiplier> m = quantizeMultiplier(std::ldexp(1.0, exponent));
    ASSERT_TRUE(m) << exponent;
    EXPECT_EQ(m->multiplier, 1 << 30);
    EXPECT_EQ(m->shift, exponent + 1);
  }
}

TEST(Multiplier, Zero) { EXPECT_EQ(quantizeMultiplier(0)->multiplier, 0); }

TEST(Multiplier, BelowTheSmallestIsZero) {
  EXPECT_EQ(quantizeMultiplier(std::ldexp(1.0, -32))->multiplier, 1 << 30); // shift -31
  EXPECT_EQ(quantizeMultiplier(std::ldexp(1.0, -33))->multiplier, 0);
  EXPECT_EQ(quantizeMultiplier(std::numeric_limits<double>::denorm_min())->multiplier, 0);
}

TEST(Multiplier, NoneFromTwoToThe31) {
  EXPECT_TRUE(quantizeMultiplier(std::ldexp(1.0, 31) - 1));
  EXPECT_FALSE(quantizeMultiplier(std::ldexp(1.0, 31)));
  EXPECT_FALSE(quantizeMultiplier(std::numeric_limits<double>::max()));
}

TEST(Multiplier, RoundsUpToTheNextPowerOfTwo) {
  std::optional<Multiplier> m = quantizeMultiplier(std::nextafter(1.0, 0.0)); // its fraction rounds to 2^31
  EXPECT_EQ(m->multiplier, 1 << 30);
  EXPECT_EQ(m->shift, 1);
  EXPECT_FALSE(quantizeMultiplier(std::nextafter(std::ldexp(1.0, 31), 0.0)));
}

TEST(Multiplier, NotANumber) { EXPECT_FALSE(quantizeMultiplier(std::numeric_limits<double>::quiet_NaN())); }
TEST(Multiplier, Infinite) { EXPECT_FALSE(quantizeMultiplier(std::numeric_limits<double>::infinity())); }
TEST(Multiplier, Negative) { EXPECT_FALSE(quantizeMultiplier(-0.5)); }

TEST(Multiplier, NearestOfRandomNumbers) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-30, 30);
  for (int i = 0; i < 100'000; ++i) {
    double real = std::exp2(exponent(random));
    std::optional<Multiplier> m = quantizeMultiplier(real);
    ASSERT_TRUE(m);
    ASSERT_GE(m->multiplier, 1 << 30);
    ASSERT_LE(std::abs(valueOf(*m) - real), std::ldexp(real, -31)) << real;
  }
}

/// The reference of a fully connected layer, limited where no zero point brings it back into int8.
int64_t inDouble(int64_t sum, double ratio) {
  return static_cast<int64_t>(std::clamp(std::round(static_cast<double>(sum) * ratio), -300.0, 300.0));
}

/// sum * multiplier / 2^(31 - shift) in 128 bits, halves as told.
int64_t inIntegers(int64_t sum, const Multiplier &m, Requantisation how) {
  __int128 product = static_cast<__int128>(sum) * m.multiplier, divisor = static_cast<__int128>(1)
                                                                          << (31 - m.shift);
  __int128 doubled = 2 * product + divisor; // floor(product / divisor + 1/2)
  __int128 down = doubled / (2 * divisor) - (doubled % (2 * divisor) < 0);
  bool isTie = doubled % (2 * divisor) == 0 && divisor > 1;
  if (how == Requantisation::OnceHalfAwayFromZero && isTie && product < 0)
    --down;
  return static_cast<int64_t>(std::clamp<__int128>(down, -300, 300));
}

/// Every sum near a step of the reference, and a grid over all of int32.
std::vector<int64_t> telling(double ratio) {
  constexpr int64_t lowest = INT32_MIN, highest = INT32_MAX;
  std::vector<int64_t> sums = {lowest, lowest + 1, -1, 0, 1, highest - 1, highest};
  for (int level = -257; level <= 257; ++level) {
    double step = (level - 0.5) / ratio;
    if (step > -3e9 && step < 3e9)
      for (int64_t near = -3; near <= 3; ++near)
        sums.push_back(std::clamp(static_cast<int64_t>(step) + near, lowest, highest));
  }
  for (int64_t sum = lowest; sum <= highest; sum += 10'000'019)
    sums.push_back(sum);
  return sums;
}

bool equalsDouble(double ratio, Requantisation how) {
  std::optional<Multiplier> m = quantizeMultiplier(ratio);
  return m && llvm::all_of(telling(ratio),
                           [&](int64_t sum) { return inDouble(sum, ratio) == inIntegers(sum, *m, how); });
}

/// What the definition asks for: the first arithmetic in order that equals the double one.
Requantisation expected(double ratio) {
  for (Requantisation how : {Requantisation::OnceHalfUp, Requantisation::OnceHalfAwayFromZero})
    if (equalsDouble(ratio, how))
      return how;
  return Requantisation::InDouble;
}

TEST(RequantisationOf, RandomRatios) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-20, 3);
  std::array<unsigned, 4> found{};
  for (int i = 0; i < 1500; ++i) {
    double ratio = std::exp2(exponent(random));
    if (i % 3 == 1)
      ratio = static_cast<float>(ratio); // as ratios of float scales are
    if (i % 3 == 2)
      ratio = std::ldexp(std::round(std::ldexp(ratio, 12)) + 1, -12); // few bits: ties
    Requantisation how = requantisationOf({ratio});
    ASSERT_EQ(how, expected(ratio)) << ratio;
    ++found[static_cast<unsigned>(how)];
  }
  // All three are met.
  EXPECT_GT(found[static_cast<unsigned>(Requantisation::OnceHalfUp)], 10U);
  EXPECT_GT(found[static_cast<unsigned>(Requantisation::OnceHalfAwayFromZero)], 10U);
  EXPECT_GT(found[static_cast<unsigned>(Requantisation::InDouble)], 10U);
}

TEST(RequantisationOf, HalfHasNegativeTies) {
  EXPECT_EQ(requantisationOf({0.5}), Requantisation::OnceHalfAwayFromZero);
  EXPECT_NE(inDouble(-1, 0.5), inIntegers(-1, *quantizeMultiplier(0.5), Requantisation::OnceHalfUp));
}

TEST(RequantisationOf, WholeRatioHasNoTies) {
  EXPECT_EQ(requantisationOf({1.0}), Requantisation::OnceHalfUp);
}

TEST(RequantisationOf, OneChannelDecidesForAll) {
  EXPECT_EQ(requantisationOf({1.0, 0.5, 1.0}), Requantisation::OnceHalfAwayFromZero);
}

TEST(RequantisationOf, TinyRatioIsZero) { EXPECT_EQ(requantisationOf({1e-30}), Requantisation::OnceHalfUp); }
TEST(RequantisationOf, LargeRatio) { EXPECT_EQ(requantisationOf({1e9}), expected(1e9)); }

/// A window placed by trying: outputs at every stride, padding so that the first and the last window fit.
struct Placed {
  int64_t outputs = 0, low = 0, high = 0;
};

Placed placedSame(int64_t input, int64_t extent, int64_t stride) {
  Placed placed;
  for (int64_t at = 0; at < input; at += stride)
    ++placed.outputs;
  int64_t missing = (placed.outputs - 1) * stride + extent - input;
  for (; missing > 0; --missing) // one element after the other, the first of a pair last
    ++(missing % 2 ? placed.high : placed.low);
  return placed;
}

Placed placedValid(int64_t input, int64_t extent, int64_t stride) {
  Placed placed;
  for (int64_t at = 0; at + extent <= input; at += stride)
    ++placed.outputs;
  return placed;
}

/// placeWindow() needs a node for its messages.
class WindowPlacing : public testing::Test {
protected:
  WindowPlacing() : builder(&context), node{} {}

  std::optional<Placed> place(schema::Padding padding, int64_t input, int64_t kernel, int64_t stride,
                              int64_t dilation) {
    import::tflite::NodeConversion conversion(builder, builder.getUnknownLoc(), model, node, values);
    import::tflite::Window window;
    window.y = {input, kernel, stride, dilation};
    if (llvm::Error wrong = import::tflite::placeWindow(conversion, padding, window)) {
      EXPECT_EQ(report(std::move(wrong)).code, ExitCode::WrongInput);
      return std::nullopt;
    }
    return Placed{window.y.output, window.y.padLow, window.y.padHigh};
  }

  mlir::MLIRContext context;
  mlir::OpBuilder builder;
  import::tflite::Model model;
  import::tflite::Node node;
  std::vector<mlir::Value> values;
};

TEST_F(WindowPlacing, AgainstTrying) {
  for (int64_t input = 1; input <= 12; ++input)
    for (int64_t kernel = 1; kernel <= 6; ++kernel)
      for (int64_t stride = 1; stride <= 5; ++stride)
        for (int64_t dilation = 1; dilation <= 3; ++dilation) {
          int64_t extent = (kernel - 1) * dilation + 1;
          for (schema::Padding padding : {schema::Padding::SAME, schema::Padding::VALID}) {
            bool isSame = padding == schema::Padding::SAME;
            Placed want = isSame ? placedSame(input, extent, stride) : placedValid(input, extent, stride);
            std::optional<Placed> got = place(padding, input, kernel, stride, dilation);
            ASSERT_EQ(got.has_value(), want.outputs > 0);
            if (!got)
              continue;
            EXPECT_EQ(got->outputs, want.outputs)
                << input << " " << kernel << " " << stride << " " << dilation;
            EXPECT_EQ(got->low, want.low) << input << " " << kernel << " " << stride << " " << dilation;
            EXPECT_EQ(got->high, want.high) << input << " " << kernel << " " << stride << " " << dilation;
          }
        }
}

TEST_F(WindowPlacing, LargestNumbersDoNotOverflow) {
  constexpr int64_t largest = 1 << 24;
  std::optional<Placed> placed = place(schema::Padding::SAME, INT32_MAX, largest, 1, largest);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->outputs, INT32_MAX);
  EXPECT_EQ(placed->low + placed->high, (largest - 1) * largest);
  EXPECT_FALSE(place(schema::Padding::SAME, 4, largest + 1, 1, 1));
}

} // namespace
} // namespace tenon::test
