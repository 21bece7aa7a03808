// The operands of a gathered layer as arguments of its kernel: values and constants as they are, gathered
// arrays in scratch memory, each made by portable kernels that run before.
#pragma once

#include "core/match/Computation.h"
#include "core/native/Kernel.h"

#include "llvm/Support/Error.h"

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::native {

class GatherKernels {
public:
  /// Kernels and scratch are appended to `into`; their names begin with `prefix`.
  GatherKernels(const isa::Description &ofMachine, LayerCode &into, std::string prefix)
      : description(ofMachine), code(into), name(std::move(prefix)) {}

  /// The argument for an operand; one that is gathered is made first. `operand` is the operand of the layer's
  /// nest that the source belongs to.
  llvm::Expected<KernelArgument> argument(const match::TensorSource &source, const nest::Operand &operand);

private:
  llvm::Expected<KernelArgument> gather(const match::Gather &gather, const nest::Operand &array);
  /// Runs the nest's statements; `arguments` by operand of the nest.
  llvm::Error add(const nest::Nest &nest, llvm::ArrayRef<KernelArgument> arguments, const std::string &what);

  const isa::Description &description;
  LayerCode &code;
  std::string name;
  unsigned made = 0;
};

/// Whether the gather leaves elements of its array out, which are 0 then.
bool leavesElementsOut(const match::Gather &gather, const nest::Operand &array);
/// "for i < n: array[i] = 0", over all elements.
nest::Nest zeroNest(const nest::Operand &array, mlir::MLIRContext &context);

} // namespace tenon::native
