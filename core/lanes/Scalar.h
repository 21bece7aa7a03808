// One component of a lane's register: bits, and whether they mean anything. LLVM's poison is followed, so
// that what an optimiser may turn into anything is found here and not on a device.
#pragma once

#include "core/reference/SmallFloat.h"

#include "llvm/IR/Type.h"

#include <bit>
#include <cstdint>

namespace tenon::lanes {

using Bits = uint64_t; ///< no type is wider
using SignedBits = int64_t;
using Wide = __int128; ///< holds sums and products of both

struct Scalar {
  Bits bits = 0; ///< zero-extended from the type's width
  bool poison = false;
};

/// The type of a component: all that arithmetic asks for.
struct ScalarType {
  enum class Kind : uint8_t { Integer, Half, Brain, Single, Double, Pointer };
  Kind kind = Kind::Integer;
  unsigned width = 32; ///< bits

  unsigned bytes() const { return (width + 7) / 8; }
  bool isFloat() const { return kind != Kind::Integer && kind != Kind::Pointer; }
};

inline Bits lowBits(Bits value, unsigned width) {
  return width >= 64 ? value : value & ((Bits(1) << width) - 1);
}

inline SignedBits signExtend(Bits value, unsigned width) {
  return SignedBits(value << (64 - width)) >> (64 - width);
}

inline Scalar ofBits(Bits value, unsigned width) { return {lowBits(value, width), false}; }
inline Scalar poisoned() { return {0, true}; }

/// The value of a float component; every one is a double exactly.
inline double toDouble(Bits bits, ScalarType::Kind kind) {
  switch (kind) {
  case ScalarType::Kind::Half:
    return double(reference::decode<reference::Half>(uint16_t(bits)));
  case ScalarType::Kind::Brain:
    return double(reference::decode<reference::Brain>(uint16_t(bits)));
  case ScalarType::Kind::Single:
    return double(std::bit_cast<float>(uint32_t(bits)));
  default:
    return std::bit_cast<double>(uint64_t(bits));
  }
}

/// Rounded once.
inline Bits fromDouble(double value, ScalarType::Kind kind) {
  switch (kind) {
  case ScalarType::Kind::Half:
    return reference::encode<reference::Half>(value);
  case ScalarType::Kind::Brain:
    return reference::encode<reference::Brain>(value);
  case ScalarType::Kind::Single:
    return std::bit_cast<uint32_t>(float(value));
  default:
    return std::bit_cast<uint64_t>(value);
  }
}

} // namespace tenon::lanes
