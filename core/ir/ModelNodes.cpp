// Reading and writing the way back from an operation to the model.
#include "core/ir/ModelNodes.h"

#include "core/support/Error.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::ir {

mlir::Location nodeLocation(mlir::MLIRContext *context, llvm::StringRef file, llvm::StringRef op,
                            int64_t index, llvm::StringRef name) {
  mlir::Location place = mlir::NameLoc::get(mlir::StringAttr::get(context, file));
  return mlir::FusedLoc::get(context, {place}, NodeAttr::get(context, op, index, name));
}

NodeAttr nodeOf(mlir::Location location) {
  NodeAttr found;
  location->walk([&](mlir::Location inner) {
    if (auto fused = mlir::dyn_cast<mlir::FusedLoc>(inner))
      found = mlir::dyn_cast_or_null<NodeAttr>(fused.getMetadata());
    return found ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
  });
  return found;
}

llvm::SmallVector<NodeAttr, 1> nodesOf(mlir::Location location) {
  llvm::SmallVector<NodeAttr, 1> found;
  location->walk([&](mlir::Location inner) {
    if (auto fused = mlir::dyn_cast<mlir::FusedLoc>(inner))
      if (auto node = mlir::dyn_cast_or_null<NodeAttr>(fused.getMetadata());
          node && !llvm::is_contained(found, node))
        found.push_back(node);
    return mlir::WalkResult::advance();
  });
  return found;
}

std::string nodeText(NodeAttr node) {
  return (node.getOp() + " #" + llvm::Twine(node.getIndex()) + " (" + node.getName() + ")").str();
}

llvm::Error atOperation(llvm::Error error, mlir::Operation *operation) {
  if (!error)
    return error;
  NodeAttr node = nodeOf(operation->getLoc());
  auto place = operation->getLoc()->findInstanceOf<mlir::FileLineColLoc>();
  FailureReport found = report(std::move(error));
  for (Diagnostic &diagnostic : found.diagnostics) {
    if (diagnostic.node.empty())
      diagnostic.node = node ? nodeText(node) : operation->getName().getStringRef().str();
    if (!place || node || !diagnostic.file.empty())
      continue;
    diagnostic.file = place.getFilename().str();
    diagnostic.line = place.getLine();
    diagnostic.column = place.getColumn();
  }
  return failure(found.code, std::move(found.diagnostics));
}

TensorAttr tensorOf(mlir::Value value) {
  if (mlir::Operation *operation = value.getDefiningOp())
    return operation->getAttrOfType<TensorAttr>(tensorAttributeName);
  auto argument = mlir::cast<mlir::BlockArgument>(value);
  auto function = mlir::dyn_cast<mlir::FunctionOpInterface>(argument.getOwner()->getParentOp());
  if (!function)
    return nullptr;
  return mlir::dyn_cast_or_null<TensorAttr>(
      function.getArgAttr(argument.getArgNumber(), tensorAttributeName));
}

} // namespace tenon::ir
