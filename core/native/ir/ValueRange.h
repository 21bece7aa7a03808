// What the nodes of a body can be: integers from low to high, floats from low to high and perhaps NaN. What
// is proven here needs no test when the code runs.
#pragma once

#include "core/native/ir/Body.h"

namespace tenon::native {

struct ValueRange {
  nest::Interval integer;   ///< of an integer
  double low = 0, high = 0; ///< of a float; infinities where it has no bound
  bool mayBeNan = true;

  bool isFinite() const;
};

/// One for each node of the body.
std::vector<ValueRange> valueRanges(const nest::Nest &nest, const nest::Statement &statement,
                                    const OperandFacts &facts);

/// All values of an integer width.
nest::Interval allIntegers(unsigned width);

} // namespace tenon::native
