// Numbers as constants of a nest's types.
#pragma once

#include "core/isa/Description.h"

namespace tenon::isa::semantics {

/// The integer as the nest writes it in an integer type (sign-extended from its width), or as a float. The
/// number must be a value of the type.
nest::Constant constantOf(const ElementType &type, int64_t value);

/// Whether the number is a value of the type; floats hold integers exactly up to their precision.
bool holdsInteger(const ElementType &type, int64_t value);

/// The number rounded to the float type; infinite where it is too large.
double roundedTo(const nest::ScalarType &type, double value);

/// The value of a constant expression in the type: integers as `evaluate` gives them, floats from exact
/// fractions. Errors: what evaluation gives, and a number that the type does not hold.
llvm::Expected<nest::Constant> constantOf(const ElementType &type, const Expression &expression,
                                          Lookup lookup);

} // namespace tenon::isa::semantics
