// What one elementwise instruction gives for one component, poison included.
#pragma once

#include "core/lanes/Code.h"

namespace tenon::lanes {

/// The result's component; `fault` is set to what is wrong where the instruction has no meaning at all (a
/// division by zero), or where the interpreter cannot do it exactly.
Scalar evaluate(const Step &step, ScalarType type, llvm::ArrayRef<Scalar> arguments, const char *&fault);

/// One step of llvm.vector.reduce.*.
Scalar reduceStep(llvm::Intrinsic::ID intrinsic, ScalarType type, Scalar left, Scalar right);

} // namespace tenon::lanes
