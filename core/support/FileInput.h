// Reading a whole file with a bound on its size: no file, pipe or device makes us take more memory than was
// agreed.
#pragma once

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>

namespace tenon {

/// The bytes of a file, or all that a pipe or device gives. Errors, with the path: ExitCode::WrongInput for
/// more than `mostBytes`, of which no more are read; ExitCode::WrongUse where the path names no file,
/// ExitCode::SystemFailed where it cannot be read.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(llvm::StringRef path, uint64_t mostBytes);

} // namespace tenon
