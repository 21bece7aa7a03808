// What this host's processor lacks of what a description's code needs.
#pragma once

#include "core/isa/Description.h"

namespace tenon::driver {

/// "" where this host can run the code; else what it lacks: "avx512f, avx512vnni", or its own architecture
/// beside the code's.
std::string lackingHere(const isa::Code &code);

} // namespace tenon::driver
