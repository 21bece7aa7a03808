// Errors that meet a description's expressions after it has been read: their lines count through all of its
// files.
#pragma once

#include "core/isa/Description.h"

namespace tenon::isa {

/// As withPlace, with the file that the place of each diagnostic is in, and its line there.
llvm::Error withFile(llvm::Error error, const Description &description, llvm::StringRef node = "");

} // namespace tenon::isa
