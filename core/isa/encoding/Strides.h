// The strides that need not be said: dense ones and those that the description fixes.
#pragma once

#include "core/isa/Instruction.h"

namespace tenon::isa {

/// Of every axis of an operand, from the instruction's sizes and values and the memory that is chosen for it;
/// for a free stride the dense one stands. Without an entry where the operand has a layout (`holds`).
llvm::Expected<llvm::SmallVector<int64_t, 4>>
defaultStrides(const Description &description, const Instruction &instruction, unsigned operand);

} // namespace tenon::isa
