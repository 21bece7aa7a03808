// A failure that concerns a file or a folder, and the likely repair.
#pragma once

#include "core/support/Error.h"

#include "llvm/ADT/StringRef.h"

namespace tenon::runtime {

inline llvm::Error failureAt(ExitCode code, llvm::StringRef file, std::string message,
                             std::string repair = "") {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.file = file.str();
  diagnostic.repair = std::move(repair);
  return failure(code, std::move(diagnostic));
}

} // namespace tenon::runtime
