// What commands print: tables for people, JSON for scripts, and errors in both forms.
#pragma once

#include "core/support/Error.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tenon::driver {

using Json = nlohmann::ordered_json;

/// Where a command's result goes.
struct ReportOptions {
  std::string json;   ///< --json: a file, "-" for standard output, empty for none
  bool quiet = false; ///< nothing for people but errors
  bool jsonToStandardOutput() const { return json == "-"; }
};

/// Columns padded to their widest cell, the first row a heading; numbers (by the first letter of `alignment`:
/// l or r) to the right.
std::string table(const std::vector<std::vector<std::string>> &rows, const std::string &alignment);

/// "1234567" as "1,234,567".
std::string grouped(uint64_t number);

/// Prints text for people on standard output, unless quiet or standard output is the JSON's.
llvm::Error printText(const ReportOptions &options, const std::string &text);

/// A file of JSON: indented, ended by a newline; bytes of a model's names that are not UTF-8 are replaced.
std::string jsonText(const Json &value);

/// Writes the JSON where the options want it.
llvm::Error writeJson(const ReportOptions &options, const Json &value);

/// Prints a failure on standard error, its first errors in full and the rest as a number, mistakes of a
/// description with their line and a caret; and as tenon.error/1 where the options want JSON. Returns the
/// exit code.
ExitCode reportFailure(const ReportOptions &options, llvm::Error error);

} // namespace tenon::driver
