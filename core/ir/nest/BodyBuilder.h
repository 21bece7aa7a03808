// From the scalar operations of a region to the nodes of a statement's body.
#pragma once

#include "core/ir/nest/Nest.h"

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tenon::nest {

/// Builds one body on demand: nodes are made for what the asked value needs, arguments first.
class BodyBuilder {
public:
  /// `read` gives the node of a block argument, `table` the operand number of a tensor that is looked up in.
  using ReadCallback = llvm::function_ref<llvm::Expected<Node>(mlir::BlockArgument)>;
  using TableCallback = llvm::function_ref<llvm::Expected<unsigned>(mlir::Value)>;

  BodyBuilder(ReadCallback readCallback, TableCallback tableCallback)
      : read(readCallback), table(tableCallback) {}

  /// The number of the node that computes the value.
  llvm::Expected<unsigned> node(mlir::Value value);
  std::vector<Node> takeBody() { return std::move(body); }

private:
  llvm::Expected<unsigned> add(mlir::Value value, Node made);
  llvm::Expected<unsigned> operationNode(mlir::Value value, mlir::Operation *operation);
  llvm::Expected<unsigned> constantNode(mlir::Value value, mlir::Attribute attribute);
  llvm::Expected<unsigned> indexCastNode(mlir::Value value, mlir::Operation *operation, bool isSigned);
  llvm::Expected<unsigned> reciprocalRootNode(mlir::Value value, mlir::Operation *operation);

  ReadCallback read;
  TableCallback table;
  std::vector<Node> body;
  llvm::DenseMap<mlir::Value, unsigned> known;
};

} // namespace tenon::nest
