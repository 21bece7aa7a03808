// tenon report: what runs and explanations wrote, as one page for people and as a trace for Perfetto.
#pragma once

#include "core/driver/Report.h"

namespace tenon::driver {

struct ReportPageCommand {
  std::vector<std::string> inputs; ///< folders and JSON files
  std::string page;                ///< --html
  std::string trace;               ///< --trace: Chrome's trace format, which Perfetto opens
  ReportOptions report;
};

/// Reads tenon.run/1, tenon.explain/1 and tenon.timeline/1, at most one of each and all of one model and
/// target, and writes the page and the trace; tenon.report/1. Errors: ExitCode::WrongInput for files that are
/// none of these or do not belong together, ExitCode::WrongUse where there is nothing to draw.
llvm::Error writeReportPage(const ReportPageCommand &command);

} // namespace tenon::driver
