// What --dump-plan prints: what was decided for every layer, and the commands that came of it.
#pragma once

#include "core/driver/PlannedModel.h"
#include "core/driver/Report.h"

namespace tenon::driver {

/// The layers with their mappings, then the steps with their commands disassembled, by layer.
std::string planText(const LoadedModel &loaded, const LoadedTarget &target, const plan::Plan &plan);
/// tenon.plan/1.
Json planJson(const LoadedModel &loaded, const LoadedTarget &target, const plan::Plan &plan);

/// Writes the text, or the JSON where the file ends in .json; "-" is standard output. Nothing where `file` is
/// empty.
llvm::Error writePlan(const std::string &file, const LoadedModel &loaded, const LoadedTarget &target,
                      const plan::Plan &plan, const ReportOptions &options);

} // namespace tenon::driver
