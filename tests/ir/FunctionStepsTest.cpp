// exp, tanh and erf by their steps, against long doubles: the relative error that FunctionSteps.h states,
// what is beyond the ends, signs of zeros, NaN. The steps are computed here in doubles of the test's own.
#include "core/ir/nest/FunctionSteps.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>

namespace tenon::nest {
namespace {

struct Doubles {
  using Value = double;
  using Condition = bool;

  static double real(double value) { return value; }
  static double add(double a, double b) { return a + b; }
  static double subtract(double a, double b) { return a - b; }
  static double multiply(double a, double b) { return a * b; }
  static double divide(double a, double b) { return a / b; }
  static double magnitude(double a) { return std::fabs(a); }
  static double withSign(double a, double sign) { return std::copysign(a, sign); }
  static bool isLess(double a, double b) { return a < b; }
  static bool isNan(double a) { return std::isnan(a); }
  static double choose(bool condition, double a, double b) { return condition ? a : b; }
  static double powerOf2(double whole) { return std::ldexp(1.0, int(whole)); }
};

double exponential(double x) {
  Doubles doubles;
  return FunctionSteps(doubles).exponential(x);
}
double tangent(double x) {
  Doubles doubles;
  return FunctionSteps(doubles).tangent(x);
}
double errorFunction(double x) {
  Doubles doubles;
  return FunctionSteps(doubles).errorFunction(x);
}

/// Floats of every size, and many where the function is interesting.
std::vector<double> arguments(double most) {
  std::vector<double> result;
  std::mt19937_64 random(11);
  for (int i = 0; i < 200000; ++i)
    result.push_back(double(float(most * (2 * double(random() >> 11) * 0x1p-53 - 1))));
  for (int exponent = -149; exponent < 7; ++exponent)
    for (int i = 0; i < 20; ++i)
      result.push_back(double(float(std::ldexp(1 + double(random() >> 12) * 0x1p-52, exponent))) *
                       (random() & 1 ? -1 : 1));
  return result;
}

template <class Steps, class Library>
double worst(Steps steps, Library library, double most, double last, const char *name) {
  long double largest = 0;
  double at = 0;
  for (double x : arguments(most)) {
    if (std::fabs(x) > last)
      continue;
    long double want = library((long double)x), got = steps(x);
    long double error = want == got ? 0 : std::fabs((got - want) / want);
    if (error > largest)
      largest = error, at = x;
  }
  double bits = std::log2(double(largest));
  std::printf("%s: relative error 2^%.2f at most, at %a\n", name, bits, at);
  return bits;
}

TEST(FunctionSteps, RelativeErrorIsBelowTwoToTheMinus44) {
  EXPECT_LT(worst(exponential, [](long double x) { return std::exp(x); }, 104, 129, "exp"), -44);
  EXPECT_LT(worst(tangent, [](long double x) { return std::tanh(x); }, 10, 40, "tanh"), -44);
  EXPECT_LT(worst(errorFunction, [](long double x) { return std::erf(x); }, 4, 4, "erf"), -44);
}

TEST(FunctionSteps, EndsAndSigns) {
  EXPECT_EQ(float(exponential(HUGE_VAL)), HUGE_VALF);
  EXPECT_EQ(float(exponential(89)), HUGE_VALF);
  EXPECT_LT(float(exponential(88.7)), HUGE_VALF);
  EXPECT_EQ(float(exponential(-HUGE_VAL)), 0);
  EXPECT_EQ(float(exponential(-104)), 0);
  EXPECT_GT(float(exponential(-103)), 0);
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(-0.0), 1);
  for (auto function : {tangent, errorFunction}) {
    EXPECT_EQ(float(function(HUGE_VAL)), 1);
    EXPECT_EQ(float(function(-HUGE_VAL)), -1);
    EXPECT_EQ(function(0), 0);
    EXPECT_FALSE(std::signbit(function(0)));
    EXPECT_TRUE(std::signbit(function(-0.0)));
  }
  for (auto function : {exponential, tangent, errorFunction})
    EXPECT_TRUE(std::isnan(function(NAN)));
}

/// What lies past the interval of the polynomial rounds to 1 in every narrower type.
TEST(FunctionSteps, ErrorFunctionEndsWhereFloatsEnd) {
  float first = 4;
  EXPECT_EQ(float(std::erf((long double)first)), 1);
  EXPECT_EQ(float(errorFunction(4)), 1);
  EXPECT_EQ(float(errorFunction(100)), 1);
  EXPECT_LT(float(errorFunction(3.8)), 1);
}

} // namespace
} // namespace tenon::nest
