// Which layout each tensor of a function likes. Where it starts: a product of an activation with weights,
// which likes innermost what its sum runs over; where a sum has no such loop, the loop that all three tensors
// share. Everything around follows what it reads and makes. Nothing is moved here: ChooseLayout.h rewrites.
#pragma once

#include "core/graph/DimensionOrder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"

namespace tenon::graph {

class LayoutAnalysis {
public:
  LayoutAnalysis(mlir::func::FuncOp analysed, bool keepsTensors)
      : function(analysed), keepTensors(keepsTensors) {}

  /// Whether any tensor likes another layout than it has.
  bool run();

  /// The order in which an operation's result lies in memory. Inputs of the function and constants, and what
  /// nothing is known of, keep theirs. Of a view: that of its source, where it has one.
  DimensionOrder orderOf(mlir::Value value) const;

  /// Indices of a value's dimensions that lie in another order than they ascend. Only operations with
  /// constants there read it, so that the constants can follow.
  const ShuffledDimensions *shuffledOf(mlir::Value value) const;

  /// The loops of a linalg operation, outermost first; empty where it keeps those it has.
  llvm::ArrayRef<unsigned> loopsOf(mlir::Operation *operation) const;

  /// The order in which an operation wants the operand, or makes the result, that it indexes with the map.
  DimensionOrder orderWanted(mlir::Operation *operation, mlir::AffineMap map) const;
  /// Of weights, which may be put anywhere.
  DimensionOrder weightsOrder(mlir::linalg::LinalgOp operation, mlir::AffineMap map) const;
  /// Whether an operand is the weights of a product.
  bool isWeights(mlir::OpOperand &operand) const;

private:
  using Order = llvm::ArrayRef<unsigned>;
  void start(mlir::linalg::LinalgOp operation);
  void set(mlir::Value value, Order order);
  void follow(mlir::Value value);
  void followInto(mlir::Operation *operation, mlir::Value value, Order order);
  void followLoops(mlir::linalg::LinalgOp operation, mlir::AffineMap map, Order order);
  void followSlice(mlir::Operation *operation, mlir::Value value, Order order);
  std::optional<DimensionOrder> knownOrder(mlir::Value value) const;
  void tryShuffle(mlir::Value view);
  bool canFollowShuffle(mlir::Value value, const ShuffledDimensions &shuffled,
                        llvm::DenseMap<mlir::Value, ShuffledDimensions> &found) const;

  mlir::func::FuncOp function;
  bool keepTensors; ///< the model's named tensors are told apart from the outside
  llvm::DenseMap<mlir::Value, DimensionOrder> orders; ///< of results that are no views
  llvm::DenseMap<mlir::Value, ShuffledDimensions> shuffles;
  llvm::DenseMap<mlir::Operation *, DimensionOrder> loops;
  llvm::DenseMap<mlir::Operation *, unsigned> weights; ///< the operand that they are
  std::vector<mlir::Value> pending;
};

/// What a chain of views begins with; the value itself where it is none.
mlir::Value sourceOfViews(mlir::Value value);
/// The elements of a constant; null if the value is none.
mlir::DenseElementsAttr constantElements(mlir::Value value);
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
/// The order of a slice's source in which the slice has the given one.
DimensionOrder sliceSourceOrder(mlir::tensor::ExtractSliceOp slice, llvm::ArrayRef<unsigned> order);

} // namespace tenon::graph
