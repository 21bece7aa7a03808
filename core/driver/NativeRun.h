// tenon run and tenon compile for targets whose instructions are native code.
#pragma once

#include "core/driver/Compile.h"
#include "core/driver/Run.h"

namespace tenon::driver {

/// Compiles into a temporary bundle, runs it in a child, compares with the reference.
llvm::Error runNative(const RunCommand &command, LoadedTarget target, const target::HostMachine &host);

/// Writes the bundle.
llvm::Error compileNative(const CompileCommand &command, LoadedTarget target);

} // namespace tenon::driver
