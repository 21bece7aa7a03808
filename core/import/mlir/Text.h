// MLIR's text as a model, and what turns other people's linalg into ours.
#pragma once

#include "core/import/ModelFile.h"

namespace tenon::import {

/// The repair for what is of another dialect.
inline constexpr const char *lowerToLinalg =
    "lower it to linalg on tensors: arith, func, linalg, math, ml_program and tensor are read";

/// Reads a module; `name` is the file in messages and locations. Errors: ExitCode::WrongInput with places.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importMlirText(mlir::MLIRContext &context,
                                                                 llvm::StringRef text, llvm::StringRef name,
                                                                 const ImportLimits &limits);

/// Brings into linalg on tensors what exporters write beside it: elements of constants that stand at the end
/// of the text (dense_resource), arithmetic on whole tensors, softmax, globals that nobody reads. Refuses,
/// each at its place, what cannot be.
llvm::Error prepare(mlir::ModuleOp module, const ImportLimits &limits);

} // namespace tenon::import
