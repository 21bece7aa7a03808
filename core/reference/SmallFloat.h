// f16 and bf16 as bits and as values: exact conversion to float, and one rounding (to nearest, ties to even)
// from float or double. Written on bits so that every host gives the same result, NaN payloads included.
#pragma once

#include <bit>
#include <cstdint>

namespace tenon::reference {

/// An IEEE-like 16-bit format by its number of stored fraction bits.
template <unsigned FractionBits> struct SmallFormat {
  static constexpr unsigned fractionBits = FractionBits;
  static constexpr unsigned exponentBits = 15 - FractionBits;
  static constexpr int bias = (1 << (exponentBits - 1)) - 1;
  static constexpr uint32_t exponentMask = (1u << exponentBits) - 1;
};
using Half = SmallFormat<10>;
using Brain = SmallFormat<7>;

/// A wider IEEE format of which values are rounded.
template <class Value> struct WideFormat;
template <> struct WideFormat<float> {
  using Bits = uint32_t;
  static constexpr unsigned fractionBits = 23;
  static constexpr int bias = 127;
};
template <> struct WideFormat<double> {
  using Bits = uint64_t;
  static constexpr unsigned fractionBits = 52;
  static constexpr int bias = 1023;
};

/// The 16 bits of the value of Format nearest to `value`.
template <class Format, class Value> uint16_t encode(Value value) {
  using Wide = WideFormat<Value>;
  using Bits = typename Wide::Bits;
  constexpr unsigned dropped = Wide::fractionBits - Format::fractionBits;
  constexpr Bits signBit = Bits(1) << (sizeof(Bits) * 8 - 1);
  Bits bits = std::bit_cast<Bits>(value);
  uint16_t sign = uint16_t((bits & signBit) >> (sizeof(Bits) * 8 - 16));
  Bits magnitude = bits & ~signBit;
  constexpr uint16_t smallInfinity = uint16_t(Format::exponentMask << Format::fractionBits);
  constexpr Bits wideInfinity = signBit - (Bits(1) << Wide::fractionBits);
  if (magnitude > wideInfinity) { // NaN: the upper payload, never turned into an infinity
    uint16_t payload = uint16_t((magnitude >> dropped) & ((1u << Format::fractionBits) - 1));
    return sign | smallInfinity | (payload ? payload : uint16_t(1u << (Format::fractionBits - 1)));
  }
  int exponent = int(magnitude >> Wide::fractionBits) - Wide::bias + Format::bias;
  // A normal result keeps the exponent field's low end; a subnormal one shifts the whole significand further.
  Bits significand = magnitude & ((Bits(1) << Wide::fractionBits) - 1);
  unsigned shift = dropped;
  Bits high = 0;
  if (exponent >= 1) {
    high = Bits(exponent) << Format::fractionBits;
  } else {
    if (magnitude >> Wide::fractionBits)
      significand |= Bits(1) << Wide::fractionBits;
    int further = magnitude >> Wide::fractionBits ? 1 - exponent : -exponent;
    if (further > int(Format::fractionBits) + 2)
      return sign; // below half of the least subnormal
    shift += unsigned(further);
  }
  Bits quotient = high + (significand >> shift);
  Bits rest = significand & ((Bits(1) << shift) - 1);
  Bits half = Bits(1) << (shift - 1);
  quotient += rest > half || (rest == half && (quotient & 1));
  // The carry of the rounding runs into the exponent as it should; from there on it is infinity.
  return sign | (quotient >= smallInfinity ? smallInfinity : uint16_t(quotient));
}

/// The exact value of 16 bits of Format.
template <class Format> float decode(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000u) << 16;
  uint32_t exponent = (uint32_t(bits) >> Format::fractionBits) & Format::exponentMask;
  uint32_t fraction = bits & ((1u << Format::fractionBits) - 1);
  constexpr unsigned widened = 23 - Format::fractionBits;
  if (exponent == Format::exponentMask)
    return std::bit_cast<float>(sign | 0x7f800000u | (fraction << widened));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 127 - Format::bias) << 23) | (fraction << widened));
  if constexpr (Format::bias == 127)
    return std::bit_cast<float>(sign |
                                (fraction << widened)); // bf16 has f32's exponents, subnormals included
  // fraction * 2^(1 - bias - fractionBits), exactly.
  constexpr float unit = 1.0f / float(1u << 24);
  float magnitude = float(fraction) * unit;
  return sign ? -magnitude : magnitude;
}

} // namespace tenon::reference
