// Contents of operands: classes of data, each of which finds other mistakes.
#pragma once

#include "core/check/Random.h"
#include "core/isa/Description.h"

namespace tenon::check {

enum class DataClass : uint8_t {
  Full,      ///< every value is as likely
  Corners,   ///< ends of the type, 0, 1, -1 and powers of two
  Magnitude, ///< every order of magnitude is as likely, both signs
  Multiples, ///< small numbers times powers of two: roundings meet exact halves
  Small,     ///< 0 to 31: what shifts, indices and counts allow
  Near,      ///< -4 to 4
  Zeros,
  OneValue, ///< one corner everywhere
};
inline constexpr unsigned dataClasses = 8;

/// How a class is called in a certificate.
llvm::StringRef nameOf(DataClass data);

/// So many elements of the type, as a memory holds them.
std::vector<uint8_t> drawData(const isa::ElementType &type, DataClass data, uint64_t elements,
                              Random &random);

} // namespace tenon::check
