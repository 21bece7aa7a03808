// The way back from an operation to the model: its node (in the location) and its tensor (in an attribute).
#pragma once

#include "core/ir/TenonDialect.h"

#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

namespace tenon::ir {

/// The discardable attribute that names the model's tensor.
inline constexpr llvm::StringLiteral tensorAttributeName = "tenon.tensor";

/// The discardable attribute of a function in whose sums constant factors were folded: floats are rounded
/// otherwise than where they stand behind the sum, by as much as core/reference/ErrorBound.h says.
inline constexpr llvm::StringLiteral foldsIntoSumsAttributeName = "tenon.folds_into_sums";

/// The attribute of an operation whose result lies in another order than the model's tensor: dimension i of
/// the result is dimension layout[i] of that tensor.
inline constexpr llvm::StringLiteral layoutAttributeName = "tenon.layout";

/// loc(fused<#tenon.node<op, index, name>>["file"]).
mlir::Location nodeLocation(mlir::MLIRContext *context, llvm::StringRef file, llvm::StringRef op,
                            int64_t index, llvm::StringRef name);

/// The node that a location leads to, looking through call sites, names and fused locations; null if none.
NodeAttr nodeOf(mlir::Location location);

/// All of them, each once: an operation that a pass made of several stands for all their nodes, the first of
/// which is nodeOf().
llvm::SmallVector<NodeAttr, 1> nodesOf(mlir::Location location);

/// "CONV_2D #3 (model/conv2d/Relu)": how messages and reports name a node.
std::string nodeText(NodeAttr node);

/// Puts the operation's node (its name, where it has none) and its place in a text where a diagnostic has
/// none.
llvm::Error atOperation(llvm::Error error, mlir::Operation *operation);

/// The tensor that a value is in the model: of the operation that makes it, or of the function's argument;
/// null if none.
TensorAttr tensorOf(mlir::Value value);

} // namespace tenon::ir
