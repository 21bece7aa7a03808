// The planner's expander for registers and caches: a gathered layer and the row of a processor's description
// that computes its sum become kernels.
#pragma once

#include "core/match/Match.h"
#include "core/native/Kernel.h"

#include "llvm/Support/Error.h"

namespace tenon::native {

struct NativeLayer;

/// The kernels of a layer that has a match: what gathers and packs, then the one that computes. Errors: what
/// the row, its moves or the machine cannot do; ExitCode::TargetCannot.
llvm::Expected<LayerCode> registerKernels(const isa::Description &description, const NativeLayer &layer,
                                          const std::string &name);
llvm::Expected<LayerCode> registerKernels(const isa::Description &description,
                                          const match::Computation &computation, const match::Match &match,
                                          const std::string &name);

} // namespace tenon::native
