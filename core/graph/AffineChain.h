// Elementwise operations behind a sum that compute a * x + b together, a and b constants along some
// dimensions of x: what a batch norm is, whatever it was written as.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"

namespace tenon::graph {

struct AffineChain {
  std::vector<mlir::linalg::GenericOp> operations; ///< in order; each reads the one before, and constants
  llvm::SmallVector<unsigned> dimensions;          ///< of x, along which the constants vary, ascending
  unsigned roundings = 0;                          ///< operations on what depends on x
  bool scales = false;                             ///< a is not 1 as it is written

  mlir::Value result() { return operations.back()->getResult(0); }
};

/// The longest chain behind `x`, each link the only use of the one before. `mayGo`: whether a value need not
/// be kept.
AffineChain affineChainBehind(mlir::Value x, llvm::function_ref<bool(mlir::Value)> mayGo);

/// a in f64 and b as the chain computes it for x = 0, as operations over the chain's dimensions.
struct AffineCoefficients {
  mlir::Value factor, offset;
};
AffineCoefficients buildCoefficients(mlir::OpBuilder &builder, const AffineChain &chain, mlir::Value x);

} // namespace tenon::graph
