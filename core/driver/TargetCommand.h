// tenon target lint, show, header, package, manual, doc and schema: what a description says, and what is
// wrong with it.
#pragma once

#include "core/driver/Report.h"

namespace tenon::driver {

struct TargetCommand {
  std::string path;
  std::vector<std::string> parameters; ///< NAME=VALUE
  ReportOptions report;
};

/// Loads the description: its mistakes are the error. Without any, prints "no mistakes" and what looks
/// forgotten; tenon.lint/1. Of a list of variants, each of them.
llvm::Error lintTarget(const TargetCommand &command);

/// Prints what the description declares, families expanded; tenon.description/1.
llvm::Error showTarget(const TargetCommand &command);

/// Prints what the description's commands look like to others: a C++ header, a SystemVerilog package, the
/// manual.
llvm::Error printHeader(const TargetCommand &command);
llvm::Error printPackage(const TargetCommand &command);
llvm::Error printManual(const TargetCommand &command);

/// Prints the language reference in Markdown.
llvm::Error printLanguage(const ReportOptions &options);

/// Prints the JSON Schema of descriptions.
llvm::Error printSchema(const ReportOptions &options);

} // namespace tenon::driver
