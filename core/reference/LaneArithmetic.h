// Arithmetic on single lanes that several kernels share: wrapping without undefined behaviour, and rounding
// to a type.
#pragma once

#include "core/reference/SmallFloat.h"

#include <cmath>
#include <type_traits>

namespace tenon::reference {

template <class Lane> using Bits = std::make_unsigned_t<Lane>;
template <class Lane> inline constexpr unsigned laneBits = sizeof(Lane) * 8;

/// The low `width` bits, sign-extended.
template <class Lane> Lane wrap(Bits<Lane> value, unsigned width) {
  unsigned shift = laneBits<Lane> - width;
  return Lane(value << shift) >> shift;
}

/// The low `width` bits, zero-extended.
template <class Lane> Bits<Lane> zeroExtend(Lane value, unsigned width) {
  return Bits<Lane>(value) & (~Bits<Lane>(0) >> (laneBits<Lane> - width));
}

// How a result in a lane is rounded to a float type: from the lane's own type, and from double.
struct RoundToHalf {
  using Lane = float;
  template <class Value> static float round(Value value) { return decode<Half>(encode<Half>(value)); }
};
struct RoundToBrain {
  using Lane = float;
  template <class Value> static float round(Value value) { return decode<Brain>(encode<Brain>(value)); }
};
struct RoundToSingle {
  using Lane = float;
  static float round(float value) { return value; }
  static float round(double value) { return float(value); }
};
struct RoundToDouble {
  using Lane = double;
  static double round(double value) { return value; }
};

/// IEEE 754 maximum and minimum: NaN if either is, and -0 is below +0.
template <class Value> Value maximum(Value a, Value b) {
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b || std::isnan(a) ? a : b;
}
template <class Value> Value minimum(Value a, Value b) {
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b || std::isnan(a) ? a : b;
}

} // namespace tenon::reference
