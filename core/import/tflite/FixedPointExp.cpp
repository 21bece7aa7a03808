// gemmlowp's exp on negative values (fixedpoint.h), for arguments in Q5.26 and results in Q0.31.
#include "core/import/tflite/FixedPointExp.h"

#include "core/import/tflite/FixedPoint.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenon::import::tflite {

namespace {

constexpr int argumentIntegerBits = 5;
constexpr int argumentFractionalBits = 31 - argumentIntegerBits;

/// a * b in Q0.31, to nearest, halves up.
int32_t multiply(int32_t a, int32_t b) {
  constexpr int32_t lowest = std::numeric_limits<int32_t>::min();
  if (a == lowest && b == lowest)
    return std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>((int64_t(a) * b + (int64_t(1) << 30)) >> 31);
}

/// x / 2^s to nearest, halves away from zero.
int32_t halve(int32_t x, int s) {
  int64_t half = int64_t(1) << (s - 1), magnitude = (std::abs(int64_t(x)) + half) >> s;
  return static_cast<int32_t>(x < 0 ? -magnitude : magnitude);
}

/// exp(a) for a in [-1/4, 0) in Q0.31: exp(-1/8) times a polynomial of degree 4 around -1/8.
int32_t expOfSmall(int32_t a) {
  constexpr int32_t expOfMinusEighth = 1895147668, third = 715827883, eighth = 1 << 28;
  int32_t x = a + eighth;
  int32_t x2 = multiply(x, x), x3 = multiply(x2, x), x4 = multiply(x2, x2);
  int32_t tail = halve(multiply(halve(x4, 2) + x3, third) + x2, 1);
  return expOfMinusEighth + multiply(expOfMinusEighth, x + tail);
}

/// exp(a) for a <= 0 in Q5.26: the remainder below 1/4 by the polynomial, every binary digit above by a
/// factor.
int32_t expOfNegative(int32_t a) {
  if (a == 0)
    return std::numeric_limits<int32_t>::max();
  constexpr int32_t quarter = 1 << (argumentFractionalBits - 2);
  int32_t small = (a & (quarter - 1)) - quarter;
  int32_t result = expOfSmall(small * (1 << argumentIntegerBits));
  int32_t remainder = small - a;
  // exp(-2^e) in Q0.31 for e = -2 to 4.
  constexpr int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  for (int i = 0; i < 7; ++i)
    if (remainder & (1 << (argumentFractionalBits - 2 + i)))
      result = multiply(result, factors[i]);
  return result;
}

} // namespace

llvm::Expected<llvm::SmallVector<int32_t>> softmaxExponentials(const NodeConversion &c, float beta,
                                                               double scale) {
  double real = std::min(static_cast<double>(beta) * scale * (1 << argumentFractionalBits),
                         static_cast<double>(std::numeric_limits<int32_t>::max()));
  std::optional<Multiplier> multiplier;
  if (real > 1) // not NaN either
    multiplier = quantizeMultiplier(real);
  if (!multiplier || multiplier->shift < 0)
    return c.error("has beta " + numberText(beta) + " and an input scale of " + numberText(scale) +
                   ", their product must be above 2^-26");
  int64_t largest = (int64_t((1 << argumentIntegerBits) - 1) << argumentFractionalBits) >> multiplier->shift;
  llvm::SmallVector<int32_t> table;
  for (int64_t difference = 0; difference < 256; ++difference) {
    if (difference > largest) {
      table.push_back(0);
      continue;
    }
    auto shifted = static_cast<int32_t>(-(difference << multiplier->shift));
    table.push_back(expOfNegative(multiply(shifted, multiplier->multiplier)));
  }
  return table;
}

} // namespace tenon::import::tflite
