// Nests as plain loops, for whatever no intrinsic does: the outermost loops whose points write elements of
// their own are shared out between threads (a thread a point on a parallel machine), the rest are loops
// inside, vectors of points where the machine has them.
#pragma once

#include "core/native/Kernel.h"
#include "core/native/ir/Body.h"

#include "llvm/Support/Error.h"

namespace tenon::isa {
struct Description;
} // namespace tenon::isa
namespace tenon::reference {
struct Program;
} // namespace tenon::reference

namespace tenon::native {

struct NativeLayer;

/// Kernels that run the nest's statements, in order. Their arguments say which operand of the nest they are:
/// kind Value with `value` = the operand's number; locals and what else is needed are Scratch, numbered from
/// 0, with `scratchBytes`. Errors: what the machine cannot do, by name (ExitCode::TargetCannot).
struct PortableCode {
  std::vector<Kernel> kernels;
  std::vector<uint64_t> scratchBytes;
};
llvm::Expected<PortableCode> portableKernels(const isa::Description &description, const nest::Nest &nest,
                                             const std::string &name, const OperandFacts &facts = {});

/// A layer without an intrinsic: its original computation's nest, or that of its step.
llvm::Expected<LayerCode> portableLayer(const isa::Description &description,
                                        const reference::Program &program, const NativeLayer &layer,
                                        const std::string &name);

} // namespace tenon::native
