// Arguments that make no sense, with the likely repair.
#pragma once

#include "core/support/Error.h"

namespace tenon::driver {

inline llvm::Error wrongUse(std::string message, std::string repair = "") {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

} // namespace tenon::driver
