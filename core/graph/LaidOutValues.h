// The tensors of a function while they are laid out anew: each in the order that somebody wants it in.
#pragma once

#include "core/graph/ChooseLayout.h"
#include "core/graph/LayoutAnalysis.h"

#include "mlir/IR/PatternMatch.h"

namespace tenon::graph {

class LaidOutValues {
public:
  LaidOutValues(const LayoutAnalysis &decided, mlir::IRRewriter &maker, LayoutChanges &made)
      : analysis(decided), rewriter(maker), changes(made) {}

  /// The tensor in that order, for an operation before which the rewriter stands: as it lies, as a view, or
  /// transposed where it lies in another.
  mlir::Value get(mlir::Value value, llvm::ArrayRef<unsigned> order, mlir::Location reader);
  /// A constant in that order, with dimensions whose indices follow `shuffled`.
  mlir::Value constant(mlir::DenseElementsAttr elements, llvm::ArrayRef<unsigned> order,
                       const ShuffledDimensions &shuffled, mlir::Location reader);
  /// Says what holds a result now, and in which order.
  void set(mlir::Value value, mlir::Value laidOut, llvm::ArrayRef<unsigned> order) {
    stored[value] = {laidOut, DimensionOrder(order)};
  }

private:
  struct Stored {
    mlir::Value value;
    DimensionOrder order;
  };
  mlir::Value viewOf(mlir::Value value, llvm::ArrayRef<int64_t> shape, mlir::Location loc);
  mlir::Value transposed(mlir::Value value, llvm::ArrayRef<unsigned> places, mlir::Location reader);
  mlir::Value named(mlir::Value made, mlir::Value value, llvm::ArrayRef<unsigned> order);
  mlir::Value make(mlir::Value value, llvm::ArrayRef<unsigned> order, mlir::Location reader);

  const LayoutAnalysis &analysis;
  mlir::IRRewriter &rewriter;
  LayoutChanges &changes;
  llvm::DenseMap<mlir::Value, Stored> stored;
  llvm::DenseSet<mlir::Value> names; ///< views whose name stands on what was made in their place
  std::map<std::pair<void *, std::vector<unsigned>>, mlir::Value> ready; ///< what was made of whom
};

/// Says on an operation in which order its result lies, where that is not the model's.
void markLayout(mlir::Operation *operation, llvm::ArrayRef<unsigned> order);

} // namespace tenon::graph
