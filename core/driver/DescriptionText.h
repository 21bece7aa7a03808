// A description as tables for people and as JSON.
#pragma once

#include "core/driver/Report.h"
#include "core/isa/Description.h"

namespace tenon::driver {

std::string descriptionText(const isa::Description &description);

/// tenon.description/1.
Json descriptionJson(const isa::Description &description);

} // namespace tenon::driver
