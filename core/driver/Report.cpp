// Tables, JSON and errors.
#include "core/driver/Report.h"

#include "core/driver/FileOutput.h"
#include "core/isa/loader/Excerpt.h"
#include "core/support/Text.h"

#include "llvm/ADT/StringRef.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tenon::driver {

std::string table(const std::vector<std::vector<std::string>> &rows, const std::string &alignment) {
  std::vector<size_t> widths(alignment.size(), 0);
  for (const auto &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += i ? "  " : "";
      line += alignment[i] == 'r' ? fmt::format("{:>{}}", row[i], widths[i])
                                  : fmt::format("{:<{}}", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t place = digits.size(); place > 3;)
    digits.insert(place -= 3, ",");
  return digits;
}

namespace {

/// Text on standard output; a full disk or a closed pipe behind it is an error.
llvm::Error writeStandardOutput(const std::string &text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return llvm::Error::success();
  return failure(ExitCode::SystemFailed,
                 std::string("standard output cannot be written: ") + std::strerror(errno));
}

Json optional(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

Json errorJson(const FailureReport &found) {
  Json errors = Json::array();
  for (const Diagnostic &diagnostic : found.diagnostics)
    errors.push_back({{"message", diagnostic.message},
                      {"file", optional(diagnostic.file)},
                      {"line", diagnostic.line ? Json(*diagnostic.line) : Json(nullptr)},
                      {"column", diagnostic.column ? Json(*diagnostic.column) : Json(nullptr)},
                      {"node", optional(diagnostic.node)},
                      {"repair", optional(diagnostic.repair)}});
  return {{"schema", "tenon.error/1"}, {"exit", static_cast<int>(found.code)}, {"errors", std::move(errors)}};
}

} // namespace

llvm::Error printText(const ReportOptions &options, const std::string &text) {
  if (options.quiet || options.jsonToStandardOutput())
    return llvm::Error::success();
  return writeStandardOutput(printable(text));
}

std::string jsonText(const Json &value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

llvm::Error writeJson(const ReportOptions &options, const Json &value) {
  if (options.json.empty())
    return llvm::Error::success();
  return options.jsonToStandardOutput() ? writeStandardOutput(jsonText(value))
                                        : writeFile(options.json, jsonText(value));
}

ExitCode reportFailure(const ReportOptions &options, llvm::Error error) {
  constexpr size_t mostPrinted = 50;
  std::vector<isa::SourceFile> files; // of a description, where the mistakes are in one
  error = llvm::handleErrors(std::move(error), [&](std::unique_ptr<isa::DescriptionMistakes> mistakes) {
    files = mistakes->files().vec();
    return llvm::Error(std::move(mistakes));
  });
  FailureReport found = report(std::move(error));
  for (size_t i = 0; i < std::min(found.diagnostics.size(), mostPrinted); ++i)
    fmt::print(stderr, "error: {}\n{}", printable(toString(found.diagnostics[i])),
               printable(isa::excerpt(found.diagnostics[i], files)));
  if (found.diagnostics.size() > mostPrinted)
    fmt::print(stderr, "error: and {} more; --json has all of them\n",
               found.diagnostics.size() - mostPrinted);
  if (found.code == ExitCode::OwnFault)
    fmt::print(
        stderr,
        "this is a fault of tenon's own: please report the line above with the command and the model\n");
  if (llvm::Error second = writeJson(options, errorJson(found)))
    fmt::print(stderr, "error: {}\n", llvm::toString(std::move(second)));
  return found.code;
}

} // namespace tenon::driver
