// Random networks as ONNX's exporters write them, channels before positions: convolutions of one to three
// axes with groups, bias, requantisation, pooling, residual sums, concatenation, slices, reshapes, a product
// behind a flattening. Numbers are small integers, so floats are exact in any order too.
#pragma once

#include "tests/conformance/Choices.h"

#include "mlir/IR/BuiltinOps.h"

namespace tenon::test {

/// A module with one function `main`.
mlir::OwningOpRef<mlir::ModuleOp> channelsFirstNetwork(mlir::MLIRContext &context, Choices &choices);

} // namespace tenon::test
