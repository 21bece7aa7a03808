// The value of an operation that depends on constants alone, computed by the reference: what readers fold and
// what passes fold are the bits that a run would have made.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace tenon::reference {

/// What an evaluation may cost at most.
struct EvaluationLimits {
  int64_t elements = 1 << 20;          ///< of every tensor on the way
  size_t operations = 1000;            ///< behind the value
  uint64_t points = uint64_t(1) << 26; ///< of all loops together
};

/// The elements of a value of a function; null where it depends on the function's arguments, or costs more
/// than the limits allow. Errors are those of programOf() and run(). `spent` grows by the points that were
/// run.
llvm::Expected<mlir::DenseElementsAttr> evaluate(mlir::Value value, const EvaluationLimits &limits = {},
                                                 uint64_t *spent = nullptr);

} // namespace tenon::reference
