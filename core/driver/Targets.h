// tenon targets: every target, its engines, and what this host can run.
#pragma once

#include "core/driver/Report.h"
#include "core/target/Registry.h"

namespace tenon::driver {

/// Prints them; tenon.targets/3. A target whose manifest is wrong is listed with what is wrong. `program` is
/// the path of tenon: the program that asks launchers for their machines lies beside it.
llvm::Error listTargets(const target::Registry &registry, const std::string &program,
                        const ReportOptions &options);

} // namespace tenon::driver
