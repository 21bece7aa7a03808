// A counterexample for people: its commands, what they read, and both results at the first place that
// differs.
#pragma once

#include "core/check/Check.h"

namespace tenon::check {

/// "dst[0, 3] of load", the last command of the case that writes the place, or "beside the elements of dst of
/// load" where it lies between them or in the rest of their rows; empty where none does.
std::string elementText(const isa::Description &description, const Case &of, unsigned memory,
                        uint64_t address);

/// "row 12, byte 3 of spad (dst[0, 3] of load) is 18 by the description, 19 on the device"; the device's
/// message where it failed.
std::string outcomeText(const isa::Description &description, const Counterexample &example);

/// Commands, inputs and outcome, one below the other.
std::string counterexampleText(const isa::Description &description, const Counterexample &example);

} // namespace tenon::check
