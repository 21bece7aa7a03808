// The arithmetic that the chips' instructions are compared with, from gemmlowp's and TFLite's definitions and
// not from Tenon's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tenon::test {

inline int32_t wrap32(int64_t x) { return int32_t(uint32_t(uint64_t(x))); }

inline int64_t clampTo(int64_t x, int64_t low, int64_t high) { return std::min(std::max(x, low), high); }

/// gemmlowp's SaturatingRoundingDoublingHighMul.
inline int32_t doublingHigh(int32_t a, int32_t b) {
  constexpr int32_t lowest = std::numeric_limits<int32_t>::min();
  if (a == lowest && b == lowest)
    return std::numeric_limits<int32_t>::max();
  int64_t product = int64_t(a) * b;
  int64_t nudge = product >= 0 ? int64_t(1) << 30 : 1 - (int64_t(1) << 30);
  return int32_t((product + nudge) / (int64_t(1) << 31));
}

/// gemmlowp's RoundingDivideByPOT: halves away from zero.
inline int32_t divideByPowerOfTwo(int32_t x, int64_t exponent) {
  int64_t mask = (int64_t(1) << exponent) - 1;
  int64_t remainder = x & mask;
  int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return int32_t((int64_t(x) >> exponent) + (remainder > threshold ? 1 : 0));
}

/// TFLite's MultiplyByQuantizedMultiplier for a shift to the right.
inline int32_t scaleTwice(int32_t x, int64_t multiplier, int64_t shift) {
  return divideByPowerOfTwo(doublingHigh(x, int32_t(multiplier)), shift);
}

/// (x * multiplier + 2^(shift - 1)) >> shift.
inline int64_t scaleOnce(int32_t x, int64_t multiplier, int64_t shift) {
  __int128 sum = __int128(x) * multiplier + (shift ? __int128(1) << (shift - 1) : 0);
  return int64_t(sum >> shift);
}

/// The parameters of TFLite's ADD.
struct AddScales {
  int64_t z1, m1, s1, z2, m2, s2, m3, s3, zero, low, high;
};

inline int64_t addQuantized(int64_t x1, int64_t x2, const AddScales &p) {
  int32_t first = scaleTwice(int32_t((x1 - p.z1) * (1 << 20)), p.m1, p.s1);
  int32_t second = scaleTwice(int32_t((x2 - p.z2) * (1 << 20)), p.m2, p.s2);
  int32_t sum = scaleTwice(wrap32(int64_t(first) + second), p.m3, p.s3);
  return clampTo(wrap32(int64_t(sum) + p.zero), p.low, p.high);
}

/// The scaled distances' sum, rounded once.
inline int64_t addQuantizedOnce(int64_t x1, int64_t x2, const AddScales &p) {
  __int128 sum = __int128(x1 - p.z1) * p.m1 + __int128(x2 - p.z2) * p.m2;
  sum += p.s3 ? __int128(1) << (p.s3 - 1) : 0;
  return clampTo(int64_t(sum >> p.s3) + p.zero, p.low, p.high);
}

} // namespace tenon::test
