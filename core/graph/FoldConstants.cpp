// The pass --tenon-fold-constants: what follows from constants alone is computed once, here and by the
// reference, so it has the bits that a run would have made. Large results of small constants stay operations:
// a model may not become much larger than its file.
#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"
#include "core/reference/Evaluate.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::graph {

#define GEN_PASS_DEF_FOLDCONSTANTS
#include "core/graph/Passes.h.inc"

namespace {

constexpr reference::EvaluationLimits limits = {
    .elements = int64_t(1) << 28, .operations = 100, .points = uint64_t(1) << 28};

bool isConstant(mlir::Value value) {
  mlir::DenseElementsAttr elements;
  return mlir::matchPattern(value, mlir::m_Constant(&elements));
}

/// A constant, or a start that costs nothing as it stands: every reader of a tensor sees through a fill.
bool isKnown(mlir::Value value) {
  if (!mlir::isa<mlir::RankedTensorType>(value.getType()))
    return mlir::matchPattern(value, mlir::m_Constant());
  if (auto fill = value.getDefiningOp<mlir::linalg::FillOp>())
    return mlir::matchPattern(fill.getInputs()[0], mlir::m_Constant());
  return value.getDefiningOp<mlir::tensor::EmptyOp>() || isConstant(value);
}

int64_t bytesOf(mlir::Value value) {
  auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
  mlir::Type element = type.getElementType();
  int64_t bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64;
  return type.getNumElements() * int64_t(llvm::divideCeil(bits, 8));
}

struct FoldConstants : impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() final {
    int64_t grown = 0;
    for (mlir::Block &block : getOperation().getBody())
      for (mlir::Operation &operation : llvm::make_early_inc_range(block))
        if (mayFold(operation))
          fold(operation, grown);
  }

  bool mayFold(mlir::Operation &operation) const {
    if (operation.getNumResults() != 1 || operation.use_empty() || !mlir::isMemoryEffectFree(&operation) ||
        mlir::isa<mlir::arith::ConstantOp, mlir::linalg::FillOp, mlir::tensor::EmptyOp>(operation))
      return false;
    auto type = mlir::dyn_cast<mlir::RankedTensorType>(operation.getResult(0).getType());
    if (!type || !type.hasStaticShape() || type.getNumElements() == 0 ||
        (keepTensors && operation.hasAttr(ir::tensorAttributeName)))
      return false;
    // What the function returns is written by a run, constant or not.
    return llvm::none_of(
               operation.getUsers(),
               [](mlir::Operation *user) { return user->hasTrait<mlir::OpTrait::IsTerminator>(); }) &&
           llvm::all_of(readBy(operation), isKnown);
  }

  /// Operands, and what a body reads from outside.
  static llvm::SetVector<mlir::Value> readBy(mlir::Operation &operation) {
    llvm::SetVector<mlir::Value> values;
    operation.walk([&](mlir::Operation *inner) {
      for (mlir::Value operand : inner->getOperands())
        if (operand.getParentBlock() == operation.getBlock())
          values.insert(operand);
    });
    return values;
  }

  void fold(mlir::Operation &operation, int64_t &grown) const {
    mlir::Value result = operation.getResult(0);
    int64_t growth = bytesOf(result);
    llvm::SetVector<mlir::Value> read = readBy(operation);
    for (mlir::Value value : read) {
      bool dies =
          llvm::all_of(value.getUsers(), [&](mlir::Operation *user) { return operation.isAncestor(user); });
      if (dies && isConstant(value) && mlir::isa<mlir::RankedTensorType>(value.getType()))
        growth -= bytesOf(value);
    }
    if (grown + growth > mostGrowth)
      return;
    llvm::Expected<mlir::DenseElementsAttr> elements = reference::evaluate(result, limits);
    if (!elements) {
      // It has no value, such as a shift by too much: whoever runs the model is told so.
      llvm::consumeError(elements.takeError());
      return;
    }
    if (!*elements)
      return;
    grown += growth;
    mlir::OpBuilder builder(&operation);
    result.replaceAllUsesWith(builder.create<mlir::arith::ConstantOp>(operation.getLoc(), *elements));
    operation.erase();
    for (mlir::Value value : read)
      if (value.use_empty())
        value.getDefiningOp()->erase();
  }
};

} // namespace

} // namespace tenon::graph
