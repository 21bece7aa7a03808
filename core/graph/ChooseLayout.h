// Channels innermost where products like them so: a function's tensors are laid out anew, its inputs and
// outputs stay as they are. Whether that pays on a machine is not asked here.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>
#include <vector>

namespace tenon::graph {

/// What became of a function's tensors.
struct LayoutChanges {
  struct Transposition {
    std::string node; ///< what reads it
    std::string from, to;
    uint64_t bytes = 0;
  };
  unsigned tensors = 0;    ///< that lie in another order
  unsigned copiesGone = 0; ///< transpositions of the model that have nothing left to do
  std::vector<Transposition> transpositions;

  bool any() const { return tensors > 0 || copiesGone > 0 || !transpositions.empty(); }
};

/// Lays the tensors of a function out anew. Results are the same, bit for bit, but for floats whose sums run
/// in another order. `keepTensors`: every tensor that the model names stays a value of the function.
LayoutChanges chooseLayouts(mlir::func::FuncOp function, bool keepTensors);

} // namespace tenon::graph
