// How a layer is mapped onto intrinsics, in words and as JSON: for tenon explain and the dump of a plan.
#pragma once

#include "core/driver/Report.h"
#include "core/native/Cover.h"
#include "core/plan/Plan.h"

namespace tenon::driver {

/// Names of the intrinsics that do the layer, as in the description, the one that does the most first.
std::vector<std::string> intrinsicsOf(const isa::Description &description, const plan::Lowering &lowering);

/// {"intrinsic", "intrinsics", "mapping", "operands", "adapters", "cost_cycles", "unit", "useful"} of a layer
/// that has a lowering.
Json loweringJson(const isa::Description &description, const plan::PlannedLayer &layer);

/// The same for people: lines that begin with `indent`.
std::string loweringText(const isa::Description &description, const plan::PlannedLayer &layer,
                         const std::string &indent);

/// The same of a layer of native code that has a match: its mapping, and how its factors are gathered.
Json mappingJson(const isa::Description &description, const native::NativeLayer &layer);
std::string mappingText(const isa::Description &description, const native::NativeLayer &layer,
                        const std::string &indent);

/// "1,024 of 16,384 rows" of each on-chip memory that the layer's largest box takes; empty where that is not
/// known.
std::vector<std::pair<std::string, std::string>> footprintTexts(const isa::Description &description,
                                                                const plan::PlannedLayer &layer);

} // namespace tenon::driver
