// tenon run on a compiled bundle: no model, so nothing to verify against.
#pragma once

#include "core/driver/Run.h"

namespace tenon::driver {

/// Whether the path is a folder, which as a model can only be a bundle.
bool isBundle(const std::string &path);

/// Runs the bundle on the description that --target names, which must be the one that it was compiled for, or
/// on its own copy where --target is not given.
llvm::Error runBundle(const RunCommand &command, const target::Registry &registry);

} // namespace tenon::driver
