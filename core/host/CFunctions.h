// exp, tanh and erf of narrower types as C functions of doubles.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace tenon::host {

/// The name of the helper that has the function's steps, without "tenon": "exp" is "Exponential"; empty for a
/// function that is the C library's.
llvm::StringRef helperOfFunction(llvm::StringRef function);

/// The helper's definition; empty for another helper's name. Uses BitsOfDouble and DoubleOfBits.
std::string functionHelper(llvm::StringRef helper);

} // namespace tenon::host
