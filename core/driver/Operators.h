// tenon ops: the operators that models may use.
#pragma once

#include "core/driver/Report.h"

namespace tenon::driver {

/// Prints them by format; tenon.ops/1.
llvm::Error listOperators(const ReportOptions &options);

} // namespace tenon::driver
