// What values an integer node of a body can have, as far as its shape tells: enough to leave out checks that
// can never fail, such as a table's index that was zero-extended from its width.
#pragma once

#include "core/ir/nest/AccessAnalysis.h"
#include "core/ir/nest/Nest.h"

#include <vector>

namespace tenon::host {

/// An argument of a node: what it can be, and its type's bits.
struct RangeArgument {
  nest::Interval range;
  unsigned width = 32;
};

/// A sound range of an integer node's value.
nest::Interval integerRange(const nest::Nest &nest, const nest::Node &node,
                            llvm::ArrayRef<RangeArgument> arguments);

/// A sound range for each node of the body (of a float node: meaningless).
std::vector<nest::Interval> integerRanges(const nest::Nest &nest, const nest::Statement &statement);

} // namespace tenon::host
