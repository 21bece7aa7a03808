// Intervals of integers, wide enough for sums and products of any two 64-bit numbers: what the checker knows
// of a value, and with which it proves that a cast keeps it.
#pragma once

#include "core/isa/Description.h"

namespace tenon::isa::semantics {

__extension__ using Wide = __int128;

/// All integers from low to high.
struct Range {
  Wide low = 0;
  Wide high = 0;

  bool inside(const Range &other) const { return low >= other.low && high <= other.high; }
  std::string str() const; ///< "-128..127", or the one number
};

/// The values of an integer type.
Range rangeOf(const ElementType &type);
/// What is left of a result in a type that wraps: the range, or all values where it does not fit.
Range wrapped(const Range &range, const ElementType &type);

Range sum(const Range &a, const Range &b);
Range difference(const Range &a, const Range &b);
Range product(const Range &a, const Range &b);
Range smaller(const Range &a, const Range &b);
Range larger(const Range &a, const Range &b);
Range either(const Range &a, const Range &b);
Range absolute(const Range &a);
/// x / 2^s rounded, for s from 0 to 63.
Range shiftedRight(const Range &a, const Range &shift, nest::Rounding rounding);
/// x / y rounded in any way; nothing where y may be 0.
std::optional<Range> quotient(const Range &a, const Range &b);

} // namespace tenon::isa::semantics
