// The drain's arithmetic by division of wide numbers; nothing is shifted.
#include "tests/hw/Requantise.h"

#include <algorithm>

namespace tenon::hw {
namespace {

__extension__ using Wide = __int128;

Wide floorDivide(Wide a, Wide b) { return a / b - (a % b != 0 && a < 0); }

Wide power(unsigned exponent) {
  Wide value = 1;
  while (exponent--)
    value *= 2;
  return value;
}

int32_t wrapped(Wide value) { return int32_t(uint32_t(floorDivide(value, power(32)) * -power(32) + value)); }

int32_t doublingHighMultiply(int32_t a, int32_t b) {
  Wide high = floorDivide(2 * Wide(a) * b + power(31), power(32));
  return int32_t(std::min<Wide>(high, INT32_MAX));
}

int32_t roundShiftHalfAway(int32_t x, unsigned shift) {
  Wide magnitude = x < 0 ? -Wide(x) : Wide(x);
  Wide rounded = floorDivide(2 * magnitude + power(shift), 2 * power(shift));
  return int32_t(x < 0 ? -rounded : rounded);
}

Wide roundShiftHalfUp(Wide x, unsigned shift) { return floorDivide(2 * x + power(shift), 2 * power(shift)); }

int8_t clamp(Wide x, int8_t low, int8_t high) { return int8_t(std::min<Wide>(std::max<Wide>(x, low), high)); }

} // namespace

int8_t requantised(const DrainSettings &settings, int32_t sum, int32_t multiplier, unsigned shift) {
  Wide value = sum;
  if (settings.scale == Scale::Twice)
    value = wrapped(Wide(roundShiftHalfAway(doublingHighMultiply(sum, multiplier), shift)) + settings.zero);
  if (settings.scale == Scale::Once)
    value = roundShiftHalfUp(Wide(sum) * multiplier, shift) + settings.zero;
  return clamp(value, settings.low, settings.high);
}

int8_t withResidual(const DrainSettings &settings, int8_t byte, int8_t residual) {
  if (settings.totalOnce) {
    Wide sum = Wide(byte - settings.z1) * settings.m1 + Wide(residual - settings.z2) * settings.m2;
    return clamp(roundShiftHalfUp(sum, settings.s3) + settings.z3, settings.low3, settings.high3);
  }
  auto scaled = [](int32_t distance, int32_t multiplier, unsigned shift) {
    return roundShiftHalfAway(doublingHighMultiply(distance * (1 << 20), multiplier), shift);
  };
  Wide left = scaled(byte - settings.z1, settings.m1, settings.s1);
  Wide right = scaled(residual - settings.z2, settings.m2, settings.s2);
  int32_t total = roundShiftHalfAway(doublingHighMultiply(wrapped(left + right), settings.m3), settings.s3);
  return clamp(wrapped(Wide(total) + settings.z3), settings.low3, settings.high3);
}

} // namespace tenon::hw
