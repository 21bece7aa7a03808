// How every library of Tenon reports a failure: a list of diagnostics and the exit code that fits, carried by
// llvm::Error and llvm::Expected. Libraries return errors and never print, abort or exit.
#pragma once

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace tenon {

/// The exit codes of every tool (the contract that scripts rely on).
enum class ExitCode : int {
  Done = 0,
  ResultDiffers = 1, ///< the result differs from the reference
  WrongUse = 2,      ///< options or arguments make no sense
  WrongInput = 3,    ///< a model, a description or data is wrong
  TargetCannot = 4,  ///< the chosen target cannot do it
  DeviceFailed = 5,  ///< a device or simulator failed
  SystemFailed = 6,  ///< disk, memory or another service of the system failed
  OwnFault = 70,     ///< a fault of Tenon's own
};

/// One thing that is wrong. The message is lower case, states both sides ("k is 3, the intrinsic needs 16")
/// and has no full stop. What is unknown stays empty; lines and columns count from 1.
struct Diagnostic {
  std::string message;
  std::string file;
  std::optional<unsigned> line;
  std::optional<unsigned> column;
  std::string node;   ///< the model's node, such as "conv_2d #3 (model/conv2d/Relu)"
  std::string repair; ///< the likely repair, an imperative ("quote this expression")
};

/// A failure: at least one diagnostic, all of the same kind.
class Failure : public llvm::ErrorInfo<Failure> {
public:
  static char ID;

  Failure(ExitCode exitCode, std::vector<Diagnostic> diagnostics);

  ExitCode exitCode() const { return code; }
  const std::vector<Diagnostic> &diagnostics() const { return list; }

  void log(llvm::raw_ostream &stream) const override;
  std::error_code convertToErrorCode() const override;

private:
  ExitCode code;
  std::vector<Diagnostic> list;
};

llvm::Error failure(ExitCode code, std::vector<Diagnostic> diagnostics);
llvm::Error failure(ExitCode code, Diagnostic diagnostic);
llvm::Error failure(ExitCode code, std::string message);
/// A wrong model, description or data file: failure(ExitCode::WrongInput, ...).
llvm::Error wrongInput(std::string message);

/// "file:line:column: message (at node): repair", what is known of it, on one line.
std::string toString(const Diagnostic &diagnostic);

/// Takes any error apart: a Failure gives its code and diagnostics; any other error is a fault of our own.
struct FailureReport {
  ExitCode code = ExitCode::Done;
  std::vector<Diagnostic> diagnostics;
};
FailureReport report(llvm::Error error);

/// Puts `file` and `node` where a diagnostic of the failure has none.
llvm::Error withPlace(llvm::Error error, llvm::StringRef file, llvm::StringRef node = "");

} // namespace tenon
