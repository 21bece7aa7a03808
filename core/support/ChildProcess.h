// A program of our own in a process of its own: what a library that trusts its input does there (crash,
// abort, never end) is a result here. The program limits its memory itself; its time is limited here.
#pragma once

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace tenon {

struct ChildRun {
  std::string what;                   ///< what the program is in messages, "the code generator"
  std::vector<std::string> arguments; ///< the program's path first
  std::string log;                    ///< path of a file that gets what it prints
  double seconds = 0;                 ///< after them it is ended; 0: no limit
};

struct ChildEnd {
  std::optional<int> exitCode; ///< nothing: it was ended by a signal, or took too long
  bool tooLong = false;
  std::string story; ///< how it ended and what it printed; empty where the exit code is 0
};

/// Runs the program to its end. Errors: ExitCode::SystemFailed where it cannot be started.
llvm::Expected<ChildEnd> runChildProcess(const ChildRun &run);

/// The program of this name that lies next to `tool`, the path of the running program.
/// ExitCode::SystemFailed where there is none.
llvm::Expected<std::string> findProgramBeside(llvm::StringRef tool, llvm::StringRef name);

} // namespace tenon
