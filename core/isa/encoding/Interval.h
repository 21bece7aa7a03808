// What values an expression may have while its names run over their declared ranges: the static check that a
// field can hold what a command puts there.
#pragma once

#include "core/isa/Expression.h"

namespace tenon::isa {

/// Wide enough for every sum and product of two 64-bit numbers.
__extension__ typedef __int128 Wide;

std::string str(Wide value);

struct Interval {
  Wide low = 0;
  Wide high = 0;
};

/// Names' ranges; nothing where a name's is not known.
using IntervalLookup = llvm::function_ref<std::optional<Interval>(llvm::StringRef name)>;

/// The smallest range that is easy to find: every value that the expression takes lies in it. Nothing where a
/// name has no range, an operator is not one for integers, or a bound is beyond 64 bits.
std::optional<Interval> intervalOf(const Expression &expression, IntervalLookup lookup);

} // namespace tenon::isa
