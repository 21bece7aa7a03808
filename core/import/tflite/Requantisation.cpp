// Which integer arithmetic equals a fully connected layer's, whose reference rounds a double product.
#include "core/import/tflite/Epilogue.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenon::import::tflite {

namespace {

constexpr int64_t largestSum = std::numeric_limits<int32_t>::max(),
                  smallestSum = std::numeric_limits<int32_t>::min();
/// From here on every zero point leaves the result outside int8.
constexpr int64_t outside = 256;

int64_t inDouble(int64_t sum, double ratio) {
  double rounded = std::round(static_cast<double>(sum) * ratio);
  return static_cast<int64_t>(std::min(std::max(rounded, -2.0 * outside), 2.0 * outside));
}

int64_t inIntegers(int64_t sum, const Multiplier &m, bool halfUp) {
  int shift = 31 - m.shift;
  int64_t product = sum * m.multiplier;
  if (shift == 0)
    return product;
  int64_t half = int64_t(1) << (shift - 1);
  if (halfUp || product >= 0) // |product| < 2^62 and half <= 2^61: no overflow
    return (product + half) >> shift;
  return -((half - product) >> shift);
}

/// The smallest sum whose result is at least `level`; above every int32 where there is none. Searched between
/// two sums beside the guess if it is good, else in all of int32.
template <typename Function> int64_t stepTo(int64_t level, double guess, Function function) {
  int64_t low = smallestSum, high = largestSum + 1;
  auto narrow = [&](int64_t sum) {
    if (function(sum) >= level)
      high = sum;
    else
      low = sum + 1;
  };
  auto near = static_cast<int64_t>(std::clamp(guess, static_cast<double>(low), static_cast<double>(high)));
  for (int64_t sum : {near - 2, near + 2})
    if (sum >= low && sum < high)
      narrow(sum);
  while (low < high)
    narrow(low + (high - low) / 2);
  return low;
}

/// Both functions are monotone, so they are equal (up to clamping) exactly if their steps are.
bool sameSteps(double ratio, const Multiplier &multiplier, bool halfUp) {
  for (int64_t level = -outside; level <= outside; ++level) {
    double guess = (static_cast<double>(level) - 0.5) / ratio;
    int64_t reference = stepTo(level, guess, [&](int64_t sum) { return inDouble(sum, ratio); });
    // The same step: at the reference's it is reached, one before it is not.
    if (reference <= largestSum && inIntegers(reference, multiplier, halfUp) < level)
      return false;
    if (reference > smallestSum && inIntegers(reference - 1, multiplier, halfUp) >= level)
      return false;
  }
  return true;
}

} // namespace

Requantisation requantisationOf(llvm::ArrayRef<double> ratios) {
  auto allSame = [&](bool halfUp) {
    return llvm::all_of(ratios, [&](double ratio) {
      std::optional<Multiplier> multiplier = quantizeMultiplier(ratio);
      return multiplier && sameSteps(ratio, *multiplier, halfUp);
    });
  };
  if (allSame(true))
    return Requantisation::OnceHalfUp;
  return allSame(false) ? Requantisation::OnceHalfAwayFromZero : Requantisation::InDouble;
}

} // namespace tenon::import::tflite
