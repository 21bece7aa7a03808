// Kernels of parallel machines: a gathered layer as blocks over its groups, rows and columns. A block walks
// the reduction in pieces: it copies a piece of both factors into the memory that its groups share, every
// lane loads its words of the row's registers, and the sums stay in registers until what follows them is
// stored.
#pragma once

#include "core/match/Match.h"
#include "core/native/Kernel.h"

namespace tenon::native {

struct NativeLayer;

/// The layer's gathers and its kernel. Errors: what the machine cannot do (ExitCode::TargetCannot).
llvm::Expected<LayerCode> parallelKernels(const isa::Description &description,
                                          const match::Computation &computation, const match::Match &match,
                                          const std::string &name);
llvm::Expected<LayerCode> parallelKernels(const isa::Description &description, const NativeLayer &layer,
                                          const std::string &name);

} // namespace tenon::native
