// Interval arithmetic over the values that a typed expression can have.
#include "core/isa/semantics/Range.h"

#include <algorithm>

namespace tenon::isa::semantics {

namespace {

/// Beyond this nothing is known: products of two such numbers still fit.
constexpr Wide known = Wide(1) << 62;
constexpr Range everything = {-(Wide(1) << 126), Wide(1) << 126};

bool isLarge(const Range &range) { return range.low < -2 * known || range.high > 2 * known; }

std::string decimal(Wide value) {
  bool negative = value < 0;
  std::string digits;
  do {
    int digit = int(value % 10);
    digits.push_back(char('0' + (digit < 0 ? -digit : digit)));
    value /= 10;
  } while (value != 0);
  if (negative)
    digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Wide rounded(Wide value, Wide shift, nest::Rounding rounding) {
  using nest::Rounding;
  Wide unit = Wide(1) << int(shift), down = value >> int(shift), twiceRest = 2 * (value - down * unit);
  switch (rounding) {
  case Rounding::Down:
    return down;
  case Rounding::TowardsZero:
    return value / unit;
  case Rounding::HalfUp:
    return twiceRest >= unit && shift != 0 ? down + 1 : down;
  case Rounding::HalfAwayFromZero:
    return twiceRest > unit || (twiceRest == unit && value > 0) ? down + 1 : down;
  case Rounding::HalfToEven:
    return twiceRest > unit || (twiceRest == unit && down % 2 != 0) ? down + 1 : down;
  }
  llvm_unreachable("a rounding that is not listed");
}

} // namespace

std::string Range::str() const { return low == high ? decimal(low) : decimal(low) + ".." + decimal(high); }

Range rangeOf(const ElementType &type) {
  unsigned width = type.scalar.width;
  if (!type.isSigned)
    return {0, (Wide(1) << width) - 1};
  return {-(Wide(1) << (width - 1)), (Wide(1) << (width - 1)) - 1};
}

Range wrapped(const Range &range, const ElementType &type) {
  Range all = rangeOf(type);
  return range.inside(all) ? range : all;
}

Range sum(const Range &a, const Range &b) {
  return isLarge(a) || isLarge(b) ? everything : Range{a.low + b.low, a.high + b.high};
}

Range difference(const Range &a, const Range &b) {
  return isLarge(a) || isLarge(b) ? everything : Range{a.low - b.high, a.high - b.low};
}

Range product(const Range &a, const Range &b) {
  if (isLarge(a) || isLarge(b))
    return everything;
  auto [low, high] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return {low, high};
}

Range smaller(const Range &a, const Range &b) { return {std::min(a.low, b.low), std::min(a.high, b.high)}; }
Range larger(const Range &a, const Range &b) { return {std::max(a.low, b.low), std::max(a.high, b.high)}; }
Range either(const Range &a, const Range &b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

Range absolute(const Range &a) {
  Wide most = std::max(a.high, -a.low);
  return {a.low > 0 ? a.low : a.high < 0 ? -a.high : 0, most};
}

Range shiftedRight(const Range &a, const Range &shift, nest::Rounding rounding) {
  constexpr Wide mostShift = 63;
  Wide least = std::clamp<Wide>(shift.low, 0, mostShift), most = std::clamp<Wide>(shift.high, 0, mostShift);
  if (isLarge(a))
    return everything;
  // Monotone in the number, and in the shift for each number: the extremes are corners.
  auto [low, high] = std::minmax({rounded(a.low, least, rounding), rounded(a.low, most, rounding),
                                  rounded(a.high, least, rounding), rounded(a.high, most, rounding)});
  return {low, high};
}

std::optional<Range> quotient(const Range &a, const Range &b) {
  if (b.low <= 0 && b.high >= 0)
    return std::nullopt;
  Wide corners[] = {a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high};
  auto [low, high] = std::minmax_element(std::begin(corners), std::end(corners));
  return Range{*low - 1, *high + 1}; // the direction of rounding moves it by less than one
}

} // namespace tenon::isa::semantics
