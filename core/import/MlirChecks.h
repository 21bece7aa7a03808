// What MLIR's parser and verifier leave open: nesting that would exhaust the stack, and sizes that no
// reference runs.
#pragma once

#include "core/import/Mistakes.h"
#include "core/import/ModelFile.h"

namespace tenon::import {

/// The operation's place in the text and its node, with what is wrong.
void addMistake(Mistakes &mistakes, mlir::Operation *operation, const llvm::Twine &message);

/// Brackets nest at most `limits.nesting` deep: the parser recurses with them.
llvm::Error checkNesting(llvm::StringRef text, const ImportLimits &limits);

/// Every tensor of static shape has dimensions of at least 1, and rank and bytes within the limits; slices
/// and paddings have their amounts in range. Reports every operation that does not.
llvm::Error checkTensors(mlir::ModuleOp module, const ImportLimits &limits);

/// No operation's loops have more points than the limit. Reports every operation that does.
llvm::Error checkPoints(mlir::ModuleOp module, const ImportLimits &limits);

} // namespace tenon::import
