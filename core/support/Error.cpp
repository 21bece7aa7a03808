// Failure and Diagnostic: construction, text, and taking an llvm::Error apart.
#include "core/support/Error.h"

#include "llvm/Support/raw_ostream.h"

#include <cassert>
#include <system_error>
#include <utility>

namespace tenon {

char Failure::ID = 0;

Failure::Failure(ExitCode exitCode, std::vector<Diagnostic> diagnostics)
    : code(exitCode), list(std::move(diagnostics)) {
  assert(!list.empty() && "a failure says what is wrong");
}

void Failure::log(llvm::raw_ostream &stream) const {
  for (size_t i = 0; i < list.size(); ++i)
    stream << (i ? "\n" : "") << toString(list[i]);
}

std::error_code Failure::convertToErrorCode() const {
  return std::make_error_code(std::errc::invalid_argument);
}

llvm::Error failure(ExitCode code, std::vector<Diagnostic> diagnostics) {
  return llvm::make_error<Failure>(code, std::move(diagnostics));
}

llvm::Error failure(ExitCode code, Diagnostic diagnostic) {
  std::vector<Diagnostic> list;
  list.push_back(std::move(diagnostic));
  return failure(code, std::move(list));
}

llvm::Error failure(ExitCode code, std::string message) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  return failure(code, std::move(diagnostic));
}

llvm::Error wrongInput(std::string message) { return failure(ExitCode::WrongInput, std::move(message)); }

std::string toString(const Diagnostic &diagnostic) {
  std::string text;
  if (!diagnostic.file.empty()) {
    text += diagnostic.file + ":";
    if (diagnostic.line)
      text += std::to_string(*diagnostic.line) + ":";
    if (diagnostic.line && diagnostic.column)
      text += std::to_string(*diagnostic.column) + ":";
    text += " ";
  }
  if (!diagnostic.node.empty())
    text += diagnostic.node + ": ";
  text += diagnostic.message;
  if (!diagnostic.repair.empty())
    text += "; " + diagnostic.repair;
  return text;
}

FailureReport report(llvm::Error error) {
  FailureReport result;
  llvm::handleAllErrors(
      std::move(error),
      [&](const Failure &found) {
        result.code = found.exitCode();
        result.diagnostics.insert(result.diagnostics.end(), found.diagnostics().begin(),
                                  found.diagnostics().end());
      },
      [&](const llvm::ErrorInfoBase &other) {
        result.code = ExitCode::OwnFault;
        Diagnostic diagnostic;
        diagnostic.message = other.message();
        result.diagnostics.push_back(diagnostic);
      });
  return result;
}

llvm::Error withPlace(llvm::Error error, llvm::StringRef file, llvm::StringRef node) {
  if (!error)
    return error;
  FailureReport found = report(std::move(error));
  for (Diagnostic &diagnostic : found.diagnostics) {
    if (diagnostic.file.empty())
      diagnostic.file = file.str();
    if (diagnostic.node.empty())
      diagnostic.node = node.str();
  }
  return failure(found.code, std::move(found.diagnostics));
}

} // namespace tenon
