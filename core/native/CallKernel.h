// Layers for a function of somebody's library: a row with `call:` gets tiles of tensors in memory, their
// addresses, sizes and strides as its text says. A sum that the function adds to lies in a temporary; what
// it starts from and what follows it are portable kernels before and after. A row that does the whole layer
// writes its result at once.
//
// The function is called as `void symbol(...)` with C's calling convention: an address is a pointer, every
// other argument an int64_t.
#pragma once

#include "core/match/Match.h"
#include "core/native/Kernel.h"

#include "llvm/Support/Error.h"

namespace tenon::native {

/// Errors: strides or tile sizes that the row does not allow; ExitCode::TargetCannot, with the repair.
llvm::Expected<LayerCode> callKernels(const isa::Description &description,
                                      const match::Computation &computation, const match::Match &match,
                                      const std::string &name);

} // namespace tenon::native
