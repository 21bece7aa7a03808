// Loading a plugin and checking that it speaks our version of tenon_device.h.
#pragma once

#include "core/runtime/tenon_device.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace tenon::runtime {

/// The plugin's table; the library stays loaded. Failure(DeviceFailed) for a library that cannot be loaded or
/// exports no table, with both versions for one of another version.
llvm::Expected<const TenonDeviceInterface *> loadPlugin(llvm::StringRef path);

} // namespace tenon::runtime
