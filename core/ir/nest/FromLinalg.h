// From an operation on tensors to the nest that it computes.
#pragma once

#include "core/ir/nest/Nest.h"

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"

namespace tenon::nest {

/// A nest, and the tensor that each of its operands is. Locals have no value.
struct OperationNest {
  Nest nest;
  llvm::SmallVector<mlir::Value> values;
};

/// The nest of an operation whose tensors have static shapes: every linalg operation (by its interface: maps,
/// iterators and body, never its name), tensor.pad, tensor.concat and tensor.extract_slice. A read of a
/// padded tensor becomes a read of the tensor before it with a value for what is outside, and a start that
/// linalg.fill gives becomes the reduction's; so the operands may be values further up than the operation's
/// own. Results come last, in order. Errors (ExitCode::WrongInput) name what has no nest.
llvm::Expected<OperationNest> nestOf(mlir::Operation *operation);

/// Whether the operation gives its operand another shape and the same row-major elements: no nest, a view.
bool isView(mlir::Operation *operation);

/// The scalar type of an element; an error for one that nests do not have.
llvm::Expected<ScalarType> scalarType(mlir::Type type);

} // namespace tenon::nest
