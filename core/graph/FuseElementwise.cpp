// The pass --tenon-fuse-elementwise: an elementwise operation moves into its only user where that is
// elementwise too, so the tensor between them is never written. What a planner fuses better itself stays: it
// knows which instructions take how much.
#include "core/graph/Elementwise.h"
#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"
#include "core/ir/nest/FromLinalg.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::graph {

#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "core/graph/Passes.h.inc"

namespace {

using mlir::linalg::GenericOp;

constexpr size_t mostOperations = 256; ///< of one body: it is compiled as one piece

/// Whether the operation reads a reduction's result: how much of what follows a sum one instruction does is
/// the planner's to say, and what is one operation it cannot take apart.
bool followsReduction(GenericOp op) {
  return llvm::any_of(op.getDpsInputs(), [](mlir::Value value) {
    mlir::Operation *made = value.getDefiningOp();
    while (made && nest::isView(made))
      made = made->getOperand(0).getDefiningOp();
    auto maker = mlir::dyn_cast_or_null<mlir::linalg::LinalgOp>(made);
    return maker && maker.getNumReductionLoops() > 0;
  });
}

/// Quantised tensors of the model are what instructions take and make; two operators with one in between are
/// rarely one instruction.
bool isQuantised(mlir::Value value) {
  ir::TensorAttr tensor = ir::tensorOf(value);
  return tensor && tensor.getScale().getValueAsDouble() != 0;
}

/// Reads an operand once that stands twice with one map. The operation is changed in place.
void joinEqualInputs(GenericOp op) {
  llvm::SmallVector<mlir::AffineMap> maps = op.getIndexingMapsArray();
  mlir::Block *body = op.getBody();
  for (unsigned second = 1; second < op.getNumDpsInputs(); ++second)
    for (unsigned first = 0; first < second; ++first) {
      if (op.getInputs()[first] != op.getInputs()[second] || maps[first] != maps[second])
        continue;
      body->getArgument(second).replaceAllUsesWith(body->getArgument(first));
      body->eraseArgument(second);
      op.getInputsMutable().erase(second);
      maps.erase(maps.begin() + second);
      --second;
      break;
    }
  op.setIndexingMapsAttr(mlir::OpBuilder(op).getAffineMapArrayAttr(maps));
}

struct FuseElementwise : impl::FuseElementwiseBase<FuseElementwise> {
  using FuseElementwiseBase::FuseElementwiseBase;

  /// Forwards: a producer is final by the time its user is looked at.
  void runOnOperation() final {
    mlir::IRRewriter rewriter(&getContext());
    for (mlir::Block &block : getOperation().getBody())
      for (auto at = block.begin(); at != block.end();) {
        mlir::Operation *operation = &*at++;
        while (operation)
          operation = fuseInto(rewriter, mlir::dyn_cast<GenericOp>(operation));
      }
  }

  /// Moves one producer into the operation and gives what came of the two; null if none may.
  mlir::Operation *fuseInto(mlir::IRRewriter &rewriter, GenericOp user) const {
    if (!isElementwise(user))
      return nullptr;
    joinEqualInputs(user);
    for (mlir::OpOperand *operand : user.getDpsInputOperands()) {
      if (!mayFuse(*operand, user))
        continue;
      mlir::Operation *producer = operand->get().getDefiningOp();
      mlir::Location both = rewriter.getFusedLoc({producer->getLoc(), user.getLoc()});
      mlir::DictionaryAttr kept = user->getDiscardableAttrDictionary();
      rewriter.setInsertionPoint(user);
      auto result = mlir::linalg::fuseElementwiseOps(rewriter, operand);
      const std::optional<mlir::linalg::ElementwiseOpFusionResult> &fused = result;
      if (!fused)
        continue;
      rewriter.replaceOp(user, fused->fusedOp->getResults());
      if (producer->use_empty())
        rewriter.eraseOp(producer);
      fused->fusedOp->setDiscardableAttrs(kept);
      fused->fusedOp->setLoc(both);
      joinEqualInputs(mlir::cast<GenericOp>(fused->fusedOp));
      return fused->fusedOp;
    }
    return nullptr;
  }

  bool mayFuse(mlir::OpOperand &operand, GenericOp user) const {
    auto producer = operand.get().getDefiningOp<GenericOp>();
    if (!producer || !isElementwise(producer) || !operand.get().hasOneUse() || producer.hasIndexSemantics())
      return false;
    bool keeps = keepTensors && ir::tensorOf(operand.get());
    size_t operations = producer.getBody()->getOperations().size() + user.getBody()->getOperations().size();
    // A broadcast would compute each element once for each of its places.
    return !keeps && operations <= mostOperations && user.getMatchingIndexingMap(&operand).isPermutation() &&
           !isQuantised(operand.get()) && !followsReduction(producer) &&
           mlir::linalg::areElementwiseOpsFusable(&operand);
  }
};

} // namespace

} // namespace tenon::graph
