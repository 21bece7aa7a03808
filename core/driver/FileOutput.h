// Writing files so that no partial one is ever seen: aside first, then renamed.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace tenon::driver {

/// Whether the path is a device or a pipe, which is written to directly: it can't be renamed.
bool isSpecial(llvm::StringRef path);

/// Writes a whole file in place of what is there. ExitCode::SystemFailed where that fails (no such folder, no
/// permission, a full disk); then nothing is left behind.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef content);

/// Makes the folder if it is missing, and refuses one that can't be written to, before any work is done for
/// it.
llvm::Error prepareFolder(llvm::StringRef path);

/// Refuses a path whose folder can't be written to, before any work is done for it.
llvm::Error checkWritable(llvm::StringRef path);

} // namespace tenon::driver
