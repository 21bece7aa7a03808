// What the small tools share: arguments are parsed, a failure is printed and becomes the exit code, and no
// signal or lack of memory ends them in another way.
#pragma once

#include "core/driver/Report.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include <CLI/CLI.hpp>

namespace tenon::tools {

/// Parses and runs. Returns the exit code.
int runTool(CLI::App &app, int argc, char **argv, llvm::function_ref<llvm::Error()> run);

/// Writes bytes to a file, or to standard output where the path is "-".
llvm::Error writeOutput(const std::string &path, llvm::StringRef content);

} // namespace tenon::tools
