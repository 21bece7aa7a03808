// tenon targets: every target, its engines, and what this host can run.
#pragma once

#include "core/driver/Report.h"
#include "core/target/Registry.h"

namespace tenon::driver {

/// Prints them; tenon.targets/3. A target whose manifest is wrong is listed with what is wrong.
llvm::Error listTargets(const target::Registry &registry, const ReportOptions &options);

} // namespace tenon::driver
