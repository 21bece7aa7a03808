// tenon run on a compiled bundle of native code.
#pragma once

#include "core/driver/Run.h"

namespace tenon::driver {

/// Whether the folder's manifest says that it is one.
bool isNativeBundle(const std::string &path);

/// Runs it as tenon-run does: there is no model to compare with.
llvm::Error runNativeFolder(const RunCommand &command);

} // namespace tenon::driver
