// MLIR's bytecode as a model. MLIR 19's reader trusts what a file says and crashes on damaged ones, so it
// runs in a process of its own (tenon-read-bytecode), which prints the module as text: whatever happens there
// is an error here.
#pragma once

#include "core/import/ModelFile.h"

namespace tenon::import {

/// Whether the file begins as bytecode does.
bool isMlirBytecode(llvm::StringRef bytes);

/// The module as text, with its locations. Errors: ExitCode::WrongInput for whatever the reader says or does,
/// ExitCode::SystemFailed where it cannot be started.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> textOfBytecode(llvm::StringRef bytes,
                                                                   const ImportLimits &limits);

} // namespace tenon::import
