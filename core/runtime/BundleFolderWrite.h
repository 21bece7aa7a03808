// How every kind of bundle gets onto a disk: its files go into a folder beside it, which then takes its
// place, so that no half of one is ever seen.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace tenon::runtime {

/// Writes a new file. ExitCode::SystemFailed where that fails.
llvm::Error writeNewFile(llvm::StringRef path, llvm::StringRef content);

/// Calls `fill` with an empty folder, which then takes the place of `folder`: of nothing, of an empty folder
/// or of a bundle. A folder with any file that its manifest does not list is not replaced
/// (ExitCode::WrongUse).
llvm::Error replaceBundleFolder(llvm::StringRef folder,
                                llvm::function_ref<llvm::Error(llvm::StringRef)> fill);

} // namespace tenon::runtime
