// What the passes ask of an operation before they take it for an elementwise one or for a constant.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"

namespace tenon::graph {

/// Every element of its one result comes from the elements at one place of its operands.
inline bool isElementwise(mlir::linalg::GenericOp op) {
  return op && op->getNumResults() == 1 && op.getNumParallelLoops() == op.getNumLoops() &&
         op.hasPureTensorSemantics() && op.getRegionOutputArgs().front().use_empty() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation();
}

/// The elements of a tensor that is constant; null if it is not, or if they are not in the module.
inline mlir::DenseElementsAttr constantElements(mlir::Value value) {
  mlir::DenseElementsAttr elements;
  mlir::matchPattern(value, mlir::m_Constant(&elements));
  return elements;
}

} // namespace tenon::graph
