// tenon run on a described chip: planned, executed on an engine, compared with the reference.
#pragma once

#include "core/driver/Run.h"

namespace tenon::driver {

llvm::Error runOnTarget(const RunCommand &command, LoadedTarget target, const target::PluginPath &plugins);

} // namespace tenon::driver
