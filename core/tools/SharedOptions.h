// Options that several commands of the tool have, and the values they take.
#pragma once

#include "core/driver/Run.h"

#include <CLI/CLI.hpp>

namespace tenon::tools {

/// Headings of options in --help.
inline constexpr const char *machineGroup = "Machine", *graphGroup = "Passes on the graph",
                            *reportGroup = "Report";

/// A number of 64 bits: the option's own conversion takes -1 and what is too large for the largest one.
CLI::Validator wholeNumber();
CLI::Validator notNegative();
void addReportOptions(CLI::App &command, driver::ReportOptions &options);
void addTargetChoice(CLI::App &command, driver::TargetChoice &machine, const std::string &what);
void addDeviceChoice(CLI::App &command, driver::TargetChoice &machine);
void addPlanFile(CLI::App &command, std::string &planFile);
void addEmit(CLI::App &command, std::vector<std::pair<std::string, std::string>> &emit);
void addBindings(CLI::App &command, std::vector<std::string> &bindings);
void addGraphPasses(CLI::App &command, graph::GraphOptions &graph);
void addModel(CLI::App &command, std::string &model);

} // namespace tenon::tools
