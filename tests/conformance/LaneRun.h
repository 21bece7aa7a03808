// A plan for a parallel machine, its launches executed lane by lane.
#pragma once

#include "core/native/Plan.h"
#include "core/reference/Program.h"

namespace tenon::test {

bool isParallel(const isa::Description &description);

/// Fills the outputs, in the program's order, and gives the status. A kernel may touch no more of the arena
/// than its arguments. Nothing is in it before but inputs.
llvm::Expected<int32_t> runByLanes(const isa::Description &description, const native::NativePlan &plan,
                                   llvm::ArrayRef<uint8_t> weightBytes,
                                   llvm::ArrayRef<reference::Tensor> inputs,
                                   llvm::MutableArrayRef<reference::Tensor> outputs);

} // namespace tenon::test
