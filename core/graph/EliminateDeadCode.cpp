// The pass --tenon-eliminate-dead-code: planners take every operation for one that is wanted, so those that
// no result needs have to go.
#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::graph {

#define GEN_PASS_DEF_ELIMINATEDEADCODE
#include "core/graph/Passes.h.inc"

namespace {

struct EliminateDeadCode : impl::EliminateDeadCodeBase<EliminateDeadCode> {
  using EliminateDeadCodeBase::EliminateDeadCodeBase;

  void runOnOperation() final {
    // Backwards, so that what fed a dead operation alone is dead by the time it is looked at.
    for (mlir::Block &block : getOperation().getBody())
      for (mlir::Operation &operation : llvm::make_early_inc_range(llvm::reverse(block)))
        if (mlir::isOpTriviallyDead(&operation) &&
            !(keepTensors && operation.hasAttr(ir::tensorAttributeName)))
          operation.erase();
  }
};

} // namespace

} // namespace tenon::graph
