// Writing a file in a scratch folder: for a child process of ours to read, never a result that a user asked
// for.
#pragma once

#include "llvm/Support/Error.h"

namespace tenon {

/// Written where it stands, with no other name first: nobody reads it before this has returned. Errors, with
/// the path: ExitCode::SystemFailed.
llvm::Error writeScratchFile(llvm::StringRef path, llvm::StringRef content);

} // namespace tenon
