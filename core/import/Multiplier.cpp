// The nearest multiplier of a real number.
#include "core/import/Multiplier.h"

#include <cmath>

namespace tenon::import {

std::optional<Multiplier> quantizeMultiplier(double real) {
  Multiplier result;
  if (!std::isfinite(real) || real < 0)
    return std::nullopt;
  if (real == 0)
    return result;
  double fraction = std::frexp(real, &result.shift);
  auto fixed = static_cast<int64_t>(std::round(fraction * static_cast<double>(int64_t(1) << 31)));
  if (fixed == int64_t(1) << 31) {
    fixed /= 2;
    ++result.shift;
  }
  constexpr int smallestShift = -31, largestShift = 31;
  if (result.shift < smallestShift)
    return Multiplier{};
  if (result.shift > largestShift)
    return std::nullopt;
  result.multiplier = static_cast<int32_t>(fixed);
  return result;
}

} // namespace tenon::import
