// Runs every mapping of a row to a case and compares with the interpreter.
#pragma once

#include "core/match/Match.h"
#include "tests/native/GatheredComputation.h"
#include "tests/native/LayerRunner.h"

#include <gtest/gtest.h>

namespace tenon::test {

isa::Description testChip(const std::string &name);

/// Gives how many mappings were run; a difference is a failure of the test.
unsigned runMappings(const isa::Description &description, const std::string &row, const GatheredCase &wanted,
                     const RunOptions &options = {}, match::Match::Part part = match::Match::Part::Core);

} // namespace tenon::test
