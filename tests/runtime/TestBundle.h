// A small bundle for the test device: output = function of host((input + 1)) + constant, in two device steps
// and one host step between them.
#pragma once

#include "core/runtime/Bundle.h"

namespace tenon::test {

/// input i8[4] at 0, middle i8[4] at 16, doubled i8[4] at 32, output i8[4] at 48, constant of 4 bytes at 64.
/// Step 0: middle = input + 1; step 1, host: doubled = 2 * middle + constant; step 2: output = doubled + 1.
runtime::Bundle testBundle();

} // namespace tenon::test
