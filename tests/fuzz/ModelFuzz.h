// What the fuzzers of model readers share: any bytes are refused with an error, or they are a module that the
// reference takes apart and runs, or refuses. Bounds are small, so that an input takes milliseconds.
#pragma once

#include "core/import/ModelFile.h"

namespace tenon::fuzz {

/// Imports the bytes as a model of that name and runs what comes out; aborts on a fault of our own.
void importAndRun(llvm::StringRef bytes, llvm::StringRef name);

} // namespace tenon::fuzz
