// The meaning of a nest, point by point, as Nest.h words it: slow and plain, for the tests to compare with.
#pragma once

#include "tests/reference/ScalarTruth.h"

namespace tenon::test {

/// One buffer for each operand, locals included (zero at the start).
using Memory = std::vector<std::vector<char>>;

/// Memory of the right sizes, all zero.
Memory makeMemory(const nest::Nest &nest);

/// Runs the nest. False where an operation has no result or an access leaves its operand; the memory is then
/// partly written.
bool runPoints(const nest::Nest &nest, Memory &memory);

} // namespace tenon::test
