// One statement of a nest as a kernel: parallel loops outside, as items or threads; the lanes of vectors
// along one loop; the rest inside, with the destination in registers where it does not move.
#pragma once

#include "core/native/Kernel.h"
#include "core/native/StatementLoops.h"
#include "core/native/ir/Body.h"

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::native {

/// What the operands of a nest are to the kernels that are made from it, by operand.
using OperandArguments = std::vector<KernelArgument>;

/// The kernel of statements of a nest without sequential loops around them. The start of a statement that
/// stands alone must be absent unless startsInRegisters().
Kernel statementKernel(const isa::Description &description, const nest::Nest &nest,
                       const StatementGroup &group, const OperandArguments &arguments,
                       const OperandFacts &facts, const std::string &name);

/// Whether each element that the statement writes is reached by one run of its inner loops, so that the start
/// value need not be in memory.
bool startsInRegisters(const nest::Nest &nest, const nest::Statement &statement);

/// Which operands a kernel has as arguments, and how they are named in it. `without`: an operand that is
/// nowhere in memory.
struct KernelPointers {
  std::vector<KernelArgument> arguments;
  std::vector<std::string> pointers; ///< by operand; empty: not used
  std::vector<uint64_t> aligns;      ///< by argument
};
KernelPointers kernelPointers(const isa::Description &description, const nest::Nest &nest,
                              llvm::ArrayRef<unsigned> statements, const OperandArguments &arguments,
                              const OperandFacts &facts, int without = -1);

/// The number of this thread among all that the launch has: an i64. On a parallel machine.
std::string emitThreadNumber(IrFunction &function, const isa::Description &description,
                             int64_t threadsPerBlock);
/// Threads of a block for code that shares nothing, and lanes of a group.
int64_t threadsOfBlock(const isa::Description &description);

} // namespace tenon::native
