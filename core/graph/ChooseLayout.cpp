// Rewriting a function by the layouts that its tensors like: indexing maps, loops and constants are permuted,
// and a copy stands where two operations do not agree.
#include "core/graph/ChooseLayout.h"

#include "core/graph/LaidOutValues.h"
#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"
#include "core/ir/nest/FromLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::graph {

namespace linalg = mlir::linalg;
namespace tensor = mlir::tensor;

#define GEN_PASS_DEF_CHOOSELAYOUT
#include "core/graph/Passes.h.inc"

namespace {

template <typename T> llvm::SmallVector<T> permuted(llvm::ArrayRef<T> list, llvm::ArrayRef<unsigned> order) {
  llvm::SmallVector<T> result;
  for (unsigned place : order)
    result.push_back(list[place]);
  return result;
}

mlir::RankedTensorType typeIn(mlir::Value value, llvm::ArrayRef<unsigned> order) {
  auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
  return mlir::RankedTensorType::get(inOrder(type.getShape(), order), type.getElementType());
}

/// Made anew in whatever order they are wanted, or seen through.
bool isLeftOver(mlir::Operation *operation) {
  return mlir::isa<mlir::arith::ConstantOp, tensor::EmptyOp, linalg::FillOp>(operation) ||
         nest::isView(operation);
}

class LayoutRewrite {
public:
  LayoutRewrite(mlir::func::FuncOp rewritten, const LayoutAnalysis &decided, LayoutChanges &made,
                bool keepsTensors)
      : function(rewritten), analysis(decided), changes(made), keepTensors(keepsTensors),
        rewriter(rewritten.getContext()), values(decided, rewriter, made) {}

  void run() {
    mlir::Block &body = function.getBody().front();
    std::vector<mlir::Operation *> before;
    for (mlir::Operation &operation : body)
      before.push_back(&operation);
    for (mlir::Operation *operation : before) {
      rewriter.setInsertionPoint(operation);
      if (!isLeftOver(operation))
        rewrite(operation);
      else if (keeps(operation)) // which nobody but a reader of all tensors may want
        keepName(operation->getResult(0));
    }
    for (mlir::Operation *operation : llvm::reverse(before))
      if (operation->use_empty() && !kept.contains(operation) &&
          (replaced.contains(operation) || isLeftOver(operation)))
        rewriter.eraseOp(operation);
  }

private:
  bool keeps(mlir::Operation *operation) const {
    return keepTensors && operation->hasAttr(ir::tensorAttributeName);
  }

  /// On what stands for it now, or on itself.
  void keepName(mlir::Value value) {
    if (values.get(value, analysis.orderOf(value), value.getLoc()) == value)
      kept.insert(value.getDefiningOp());
  }

  void rewrite(mlir::Operation *operation) {
    if (auto generic = mlir::dyn_cast<linalg::GenericOp>(operation))
      return rewriteGeneric(generic);
    bool stays = operation->getNumResults() != 1 || isIdentity(analysis.orderOf(operation->getResult(0)));
    if (stays)
      return keepOrder(operation);
    if (auto pad = mlir::dyn_cast<tensor::PadOp>(operation))
      return rewritePad(pad);
    if (auto concat = mlir::dyn_cast<tensor::ConcatOp>(operation))
      return rewriteConcat(concat);
    if (auto slice = mlir::dyn_cast<tensor::ExtractSliceOp>(operation))
      return rewriteSlice(slice);
    keepOrder(operation);
  }

  /// Its operands as the model has them, also those that its body names.
  void keepOrder(mlir::Operation *operation) {
    for (mlir::OpOperand &operand : operation->getOpOperands())
      if (mlir::isa<mlir::RankedTensorType>(operand.get().getType()))
        operand.set(
            values.get(operand.get(), identityOrder(shapeOf(operand.get()).size()), operation->getLoc()));
    keepCaptured(operation);
  }

  void keepCaptured(mlir::Operation *operation) {
    operation->walk([&](mlir::Operation *inner) {
      for (mlir::OpOperand &operand : inner->getOpOperands())
        if (inner != operation && mlir::isa<mlir::RankedTensorType>(operand.get().getType()))
          operand.set(
              values.get(operand.get(), identityOrder(shapeOf(operand.get()).size()), operation->getLoc()));
    });
  }

  void replace(mlir::Operation *operation, mlir::Operation *made, llvm::ArrayRef<unsigned> order) {
    mlir::Value result = operation->getResult(0);
    made->setDiscardableAttrs(llvm::to_vector(operation->getDiscardableAttrs()));
    if (analysis.shuffledOf(result))
      made->removeAttr(ir::tensorAttributeName); // it is no tensor of the model any more
    markLayout(made, order);
    settle(operation, result, made->getResult(0), order);
  }

  void settle(mlir::Operation *operation, mlir::Value result, mlir::Value made,
              llvm::ArrayRef<unsigned> order) {
    values.set(result, made, order);
    replaced.insert(operation);
    changes.tensors += !samePlaces(shapeOf(result), order, identityOrder(order.size()));
  }

  mlir::Value inOrderOf(mlir::Value value, llvm::ArrayRef<unsigned> order, mlir::Operation *reader) {
    return values.get(value, order, reader->getLoc());
  }

  void rewritePad(tensor::PadOp pad) {
    DimensionOrder order = analysis.orderOf(pad.getResult());
    auto made = rewriter.create<tensor::PadOp>(
        pad.getLoc(), typeIn(pad.getResult(), order), inOrderOf(pad.getSource(), order, pad),
        permuted<mlir::OpFoldResult>(pad.getMixedLowPad(), order),
        permuted<mlir::OpFoldResult>(pad.getMixedHighPad(), order), pad.getNofold());
    mlir::IRMapping same;
    pad.getRegion().cloneInto(&made.getRegion(), same);
    replace(pad, made, order);
  }

  void rewriteConcat(tensor::ConcatOp concat) {
    DimensionOrder order = analysis.orderOf(concat.getResult());
    llvm::SmallVector<mlir::Value> parts;
    for (mlir::Value part : concat.getInputs())
      parts.push_back(inOrderOf(part, order, concat));
    auto place = uint64_t(llvm::find(order, unsigned(concat.getDim())) - order.begin());
    replace(
        concat,
        rewriter.create<tensor::ConcatOp>(concat.getLoc(), typeIn(concat.getResult(), order), place, parts),
        order);
  }

  void rewriteSlice(tensor::ExtractSliceOp slice) {
    DimensionOrder order = analysis.orderOf(slice.getResult()), from = sliceSourceOrder(slice, order);
    auto made = rewriter.create<tensor::ExtractSliceOp>(
        slice.getLoc(), typeIn(slice.getResult(), order), inOrderOf(slice.getSource(), from, slice),
        permuted<mlir::OpFoldResult>(slice.getMixedOffsets(), from),
        permuted<mlir::OpFoldResult>(slice.getMixedSizes(), from),
        permuted<mlir::OpFoldResult>(slice.getMixedStrides(), from));
    replace(slice, made, order);
  }

  /// What shuffled operands make of a constant that shares loops with them.
  ShuffledDimensions shuffledConstant(linalg::GenericOp generic, mlir::AffineMap map) const {
    ShuffledDimensions result;
    for (mlir::OpOperand *input : generic.getDpsInputOperands())
      if (const ShuffledDimensions *shuffled = analysis.shuffledOf(input->get()))
        for (const auto &[dimension, numbers] : *shuffled) {
          mlir::AffineExpr index = generic.getMatchingIndexingMap(input).getResult(dimension);
          for (auto [place, other] : llvm::enumerate(map.getResults()))
            if (other == index)
              result[unsigned(place)] = numbers;
        }
    return result;
  }

  DimensionOrder wantedOrder(linalg::GenericOp generic, mlir::OpOperand &operand) const {
    mlir::AffineMap map = generic.getMatchingIndexingMap(&operand);
    return analysis.isWeights(operand) ? analysis.weightsOrder(generic, map)
                                       : analysis.orderWanted(generic, map);
  }

  /// Its operands in the orders that it wants; whether anything but the operands themselves must change.
  bool orderOperands(linalg::GenericOp generic, std::vector<DimensionOrder> &orders,
                     llvm::SmallVector<mlir::Value> &operands) {
    bool turns = !isIdentity(analysis.loopsOf(generic));
    for (mlir::OpOperand &operand : generic->getOpOperands()) {
      mlir::Value value = operand.get();
      mlir::AffineMap map = generic.getMatchingIndexingMap(&operand);
      bool isTensor = mlir::isa<mlir::RankedTensorType>(value.getType());
      orders.push_back(isTensor ? wantedOrder(generic, operand) : DimensionOrder());
      turns = turns || !isIdentity(orders.back()) || analysis.shuffledOf(value);
      ShuffledDimensions shuffled = shuffledConstant(generic, map);
      mlir::DenseElementsAttr elements = constantElements(value);
      if (elements && !shuffled.empty())
        operands.push_back(values.constant(elements, orders.back(), shuffled, value.getLoc()));
      else
        operands.push_back(isTensor ? inOrderOf(value, orders.back(), generic) : value);
    }
    return turns;
  }

  void rewriteGeneric(linalg::GenericOp generic) {
    std::vector<DimensionOrder> orders;
    llvm::SmallVector<mlir::Value> operands;
    keepCaptured(generic);
    if (!orderOperands(generic, orders, operands)) {
      generic->setOperands(operands);
      return;
    }
    llvm::SmallVector<mlir::AffineMap> maps;
    for (auto [map, order] : llvm::zip_equal(generic.getIndexingMapsArray(), orders))
      maps.push_back(order.empty() ? map
                                   : mlir::AffineMap::get(map.getNumDims(), 0,
                                                          permuted<mlir::AffineExpr>(map.getResults(), order),
                                                          rewriter.getContext()));
    size_t inputs = generic.getNumDpsInputs();
    llvm::ArrayRef<mlir::Value> all = operands;
    auto made = rewriter.create<linalg::GenericOp>(
        generic.getLoc(), mlir::ValueRange(all.drop_front(inputs)).getTypes(), all.take_front(inputs),
        all.drop_front(inputs), maps, generic.getIteratorTypesArray());
    mlir::IRMapping same;
    generic.getRegion().cloneInto(&made.getRegion(), same);
    llvm::ArrayRef<unsigned> loops = analysis.loopsOf(generic);
    if (!isIdentity(loops)) {
      auto turned = linalg::interchangeGenericOp(rewriter, made, loops);
      made = succeeded(turned) ? *turned : made;
    }
    if (isPlainCopy(made) && !keeps(generic) && !analysis.shuffledOf(generic.getResult(0)))
      return forget(generic, made, orders.back());
    if (generic.getNumResults() == 1)
      return replace(generic, made, orders.back());
    made->setDiscardableAttrs(llvm::to_vector(generic->getDiscardableAttrs()));
    for (unsigned i = 0; i < made.getNumResults(); ++i)
      settle(generic, generic.getResult(i), made.getResult(i), orders[inputs + i]);
  }

  /// A transposition that has nothing left to do.
  static bool isPlainCopy(linalg::GenericOp generic) {
    if (generic.getNumDpsInputs() != 1 || generic.getNumResults() != 1 || generic.getNumReductionLoops() != 0)
      return false;
    mlir::Value input = generic.getDpsInputOperand(0)->get();
    auto yield = mlir::cast<linalg::YieldOp>(generic.getBlock()->getTerminator());
    return input.getType() == generic.getResult(0).getType() &&
           generic.getIndexingMapsArray()[0] == generic.getIndexingMapsArray()[1] &&
           generic.getIndexingMapsArray()[0].isPermutation() &&
           yield.getOperand(0) == generic.getBlock()->getArgument(0);
  }

  void forget(linalg::GenericOp generic, linalg::GenericOp copy, llvm::ArrayRef<unsigned> order) {
    mlir::Value input = copy.getDpsInputOperand(0)->get();
    rewriter.eraseOp(copy);
    ++changes.copiesGone;
    settle(generic, generic.getResult(0), input, order);
  }

  mlir::func::FuncOp function;
  const LayoutAnalysis &analysis;
  LayoutChanges &changes;
  bool keepTensors;
  mlir::IRRewriter rewriter;
  LaidOutValues values;
  llvm::DenseSet<mlir::Operation *> replaced, kept;
};

/// Operations with names of their own, as generic ones.
void generalise(mlir::func::FuncOp function) {
  mlir::IRRewriter rewriter(function.getContext());
  for (mlir::Operation &operation : llvm::make_early_inc_range(function.getBody().front())) {
    auto op = mlir::dyn_cast<linalg::LinalgOp>(operation);
    if (!op || mlir::isa<linalg::GenericOp, linalg::FillOp>(operation))
      continue;
    auto attributes = llvm::to_vector(operation.getDiscardableAttrs());
    rewriter.setInsertionPoint(op);
    if (auto generic = linalg::generalizeNamedOp(rewriter, op); succeeded(generic))
      (*generic)->setDiscardableAttrs(attributes);
  }
}

} // namespace

LayoutChanges chooseLayouts(mlir::func::FuncOp function, bool keepTensors) {
  LayoutChanges changes;
  if (!LayoutAnalysis(function, keepTensors).run())
    return changes;
  generalise(function);
  LayoutAnalysis analysis(function, keepTensors);
  if (analysis.run())
    LayoutRewrite(function, analysis, changes, keepTensors).run();
  return changes;
}

namespace {

struct ChooseLayout : impl::ChooseLayoutBase<ChooseLayout> {
  using ChooseLayoutBase::ChooseLayoutBase;

  void runOnOperation() final { chooseLayouts(getOperation(), keepTensors); }
};

} // namespace

} // namespace tenon::graph
