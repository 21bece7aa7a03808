// What the constants of a computation say about its operands, for bodies: a shift amount or a multiplier that
// is read from a constant needs no test when the code runs.
#pragma once

#include "core/match/Computation.h"
#include "core/native/ir/Body.h"

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::native {

/// The smallest and the largest element of an integer tensor; nothing of floats.
std::optional<nest::Interval> elementRange(const match::ConstantTensor &tensor);

/// The facts of each operand of the computation's nest, and of the machine.
OperandFacts factsOf(const isa::Description &description, const match::Computation &computation);

} // namespace tenon::native
