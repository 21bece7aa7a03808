// Operations in the words of a description's semantics: why-not is read by people who write those.
#pragma once

#include "core/ir/nest/Nest.h"

#include <string>

namespace tenon::match {

/// "min", "round_shift_half_away", "+": what one would write for the operation; its mnemonic where the
/// language has no word for it.
std::string operationName(const nest::Node &node);

} // namespace tenon::match
