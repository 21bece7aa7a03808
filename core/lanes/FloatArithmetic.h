// Elementwise instructions on floats, and those between floats and integers.
#pragma once

#include "core/lanes/Code.h"

namespace tenon::lanes {

/// As evaluate() of Arithmetic.h; no argument is poison.
Scalar evaluateFloat(const Step &step, ScalarType type, llvm::ArrayRef<Scalar> arguments, const char *&fault);

} // namespace tenon::lanes
