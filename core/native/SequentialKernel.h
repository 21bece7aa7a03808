// Statements that share sequential loops, one after the other in each iteration: one item, point by point.
#pragma once

#include "core/native/StatementKernel.h"

namespace tenon::native {

/// The kernel of statements [first, end). `startMaps[statement]`: the operand number of the map that says
/// which elements have started (bytes, one for each element of the destination, zero before), -1 where the
/// statement has no start.
Kernel sequentialKernel(const isa::Description &description, const nest::Nest &nest, unsigned first,
                        unsigned end, llvm::ArrayRef<int> startMaps, const OperandArguments &arguments,
                        const OperandFacts &facts, const std::string &name);

} // namespace tenon::native
