// The pass --tenon-fold-batch-norm: a * (sum x * w) + b, a and b constant along the channels of the sum, is
// (sum x * (a * w)) + b: the multiplication is done once, on the weights. Known by its structure: a sum of
// products with constant factors, and an affine chain behind it.
//
// Only in floats narrower than f64, where a * w is exact before its one rounding, and only where nothing
// becomes infinite or loses digits to underflow: what is rounded otherwise then stays within the bound that
// docs/rationale/float-bounds.md derives. b is what the chain makes of 0, bit for bit.
#include "core/graph/AffineChain.h"
#include "core/graph/Elementwise.h"
#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"
#include "core/reference/Evaluate.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::graph {

#define GEN_PASS_DEF_FOLDBATCHNORM
#include "core/graph/Passes.h.inc"

namespace {

namespace arith = mlir::arith;
namespace tensor = mlir::tensor;
using mlir::linalg::GenericOp;
using mlir::linalg::LinalgOp;

constexpr unsigned mostRoundings = 7; ///< of a chain: what the bound covers
constexpr reference::EvaluationLimits limits = {
    .elements = int64_t(1) << 28, .operations = 1000, .points = uint64_t(1) << 29};

/// A sum of products whose second factor is a constant that nothing else reads.
struct ConstantSum {
  LinalgOp op;
  mlir::OpOperand *weights = nullptr;
};

/// What the body adds to the accumulator: the product of two of the operation's inputs; null otherwise.
arith::MulFOp productOf(LinalgOp op) {
  mlir::Block *body = op.getBlock();
  auto sum = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  mlir::BlockArgument accumulator = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  if (!sum || !accumulator.hasOneUse() || body->getOperations().size() != 3)
    return nullptr;
  unsigned place = sum.getLhs() == accumulator ? 0 : 1;
  auto product = sum.getOperand(1 - place).getDefiningOp<arith::MulFOp>();
  return product && sum.getOperand(place) == accumulator ? product : nullptr;
}

bool startsAtZero(LinalgOp op) {
  auto fill = op.getDpsInitOperand(0)->get().getDefiningOp<mlir::linalg::FillOp>();
  return fill && mlir::matchPattern(fill.getInputs()[0], mlir::m_PosZeroFloat());
}

/// A sum of one term is exact in any order: nothing may be rounded otherwise there.
bool addsSeveral(LinalgOp op) {
  int64_t terms = 1;
  for (auto [extent, kind] : llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (kind == mlir::utils::IteratorType::reduction)
      terms *= extent;
  return terms > 1;
}

std::optional<ConstantSum> constantSum(mlir::Operation &operation) {
  auto op = mlir::dyn_cast<LinalgOp>(operation);
  if (!op || op->getNumResults() != 1 || !op.hasPureTensorSemantics() || op.getNumDpsInputs() != 2)
    return std::nullopt;
  auto type = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
  mlir::Type element = type.getElementType();
  if (!element.isF32() && !element.isF16() && !element.isBF16())
    return std::nullopt;
  arith::MulFOp product = productOf(op);
  if (!product || !type.hasStaticShape() || !startsAtZero(op) || !addsSeveral(op))
    return std::nullopt;
  for (mlir::OpOperand *operand : op.getDpsInputOperands()) {
    mlir::BlockArgument argument = op.getMatchingBlockArgument(operand);
    bool isFactor = argument.hasOneUse() && *argument.getUsers().begin() == product;
    if (!isFactor || argument.getType() != element)
      return std::nullopt;
  }
  for (mlir::OpOperand *operand : op.getDpsInputOperands())
    if (constantElements(operand->get()) && operand->get().hasOneUse())
      return ConstantSum{op, operand};
  return std::nullopt;
}

/// Which dimension of the weights is indexed by the loop alone; nothing if none is.
std::optional<unsigned> weightDimension(ConstantSum sum, mlir::AffineExpr loop) {
  mlir::AffineMap map = sum.op.getMatchingIndexingMap(sum.weights);
  for (auto [dimension, index] : llvm::enumerate(map.getResults()))
    if (mlir::isa<mlir::AffineDimExpr>(loop) && index == loop)
      return unsigned(dimension);
  return std::nullopt;
}

bool isNormal(const llvm::APFloat &value) { return value.isFiniteNonZero() && !value.isDenormal(); }

/// Every product of a weight is normal, or 0 where the weight is.
bool keepsDigits(mlir::DenseElementsAttr weights, mlir::DenseElementsAttr folded) {
  auto before = weights.getValues<llvm::APFloat>();
  auto after = folded.getValues<llvm::APFloat>();
  for (auto [one, other] : llvm::zip_equal(before, after))
    if (one.isZero() ? !other.isZero() : !isNormal(other))
      return false;
  return true;
}

bool isUsableOffset(mlir::DenseElementsAttr offset) {
  return llvm::all_of(offset.getValues<llvm::APFloat>(),
                      [](const llvm::APFloat &value) { return value.isPosZero() || isNormal(value); });
}

/// One sum and what is behind it.
class Folding {
public:
  Folding(const ConstantSum &found, bool keepTensors) : sum(found), builder(found.op) {
    value = sum.op->getResult(0);
    auto mayGo = [&](mlir::Value each) { return !(keepTensors && ir::tensorOf(each)); };
    if (value.hasOneUse() && mayGo(value))
      view = mlir::dyn_cast<tensor::CollapseShapeOp>(*value.getUsers().begin());
    if (view)
      value = view.getResult();
    chain = affineChainBehind(value, mayGo);
  }

  /// Whether the chain was folded.
  bool run() {
    if (chain.operations.empty() || !chain.scales || chain.roundings > mostRoundings || !placeDimensions())
      return false;
    mlir::DenseElementsAttr weights, offset;
    evaluate(weights, offset);
    if (!weights || !offset || !isUsableOffset(offset) ||
        !keepsDigits(constantElements(sum.weights->get()), weights))
      return false;
    replace(weights, offset);
    return true;
  }

private:
  /// The chain's constants by the dimensions of the sum itself, and those by the weights'.
  bool placeDimensions() {
    auto type = mlir::cast<mlir::RankedTensorType>(sum.op->getResult(0).getType());
    mlir::AffineMap written = sum.op.getMatchingIndexingMap(sum.op.getDpsInitOperand(0));
    for (unsigned dimension : chain.dimensions) {
      llvm::SmallVector<int64_t, 2> parts = {int64_t(dimension)};
      if (view)
        parts = view.getReassociationIndices()[dimension];
      for (int64_t part : parts) {
        shape.push_back(type.getDimSize(part));
        if (shape.back() == 1 && !weightDimension(sum, written.getResult(part))) {
          places.push_back(mlir::getAffineConstantExpr(0, builder.getContext()));
          continue;
        }
        std::optional<unsigned> place = weightDimension(sum, written.getResult(part));
        if (!place)
          return false;
        places.push_back(mlir::getAffineDimExpr(*place, builder.getContext()));
      }
    }
    return true;
  }

  /// What the chain becomes; null where the reference has no value for it.
  void evaluate(mlir::DenseElementsAttr &weights, mlir::DenseElementsAttr &offset) {
    mlir::Operation *before = sum.op->getPrevNode();
    AffineCoefficients coefficients = buildCoefficients(builder, chain, value);
    mlir::Value product = buildWeights(coefficients.factor);
    weights = evaluated(product);
    offset = evaluated(coefficients.offset);
    while (sum.op->getPrevNode() != before) // all of this was built to be evaluated
      sum.op->getPrevNode()->erase();
  }

  mlir::DenseElementsAttr evaluated(mlir::Value made) {
    llvm::Expected<mlir::DenseElementsAttr> elements = reference::evaluate(made, limits);
    if (elements)
      return *elements;
    llvm::consumeError(elements.takeError()); // the chain stays, and a run says what is wrong with it
    return nullptr;
  }

  /// Each weight times its factor, exact and then rounded once.
  mlir::Value buildWeights(mlir::Value factor) {
    auto factors = mlir::RankedTensorType::get(shape, builder.getF64Type());
    if (factors != factor.getType())
      factor = reshaped(factor, factors);
    auto type = mlir::cast<mlir::RankedTensorType>(sum.weights->get().getType());
    unsigned rank = type.getRank();
    mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
    mlir::AffineMap some = mlir::AffineMap::get(rank, 0, places, builder.getContext());
    mlir::Location loc = chain.operations.front().getLoc();
    mlir::Value empty = builder.create<tensor::EmptyOp>(loc, type.getShape(), type.getElementType());
    llvm::SmallVector<mlir::utils::IteratorType> loops(rank, mlir::utils::IteratorType::parallel);
    auto made = builder.create<GenericOp>(
        loc, mlir::TypeRange{type}, mlir::ValueRange{sum.weights->get(), factor}, mlir::ValueRange{empty},
        llvm::ArrayRef<mlir::AffineMap>{all, some, all}, loops,
        [&](mlir::OpBuilder &inner, mlir::Location place, mlir::ValueRange read) {
          mlir::Value wide = inner.create<arith::ExtFOp>(place, inner.getF64Type(), read[0]);
          mlir::Value product = inner.create<arith::MulFOp>(place, wide, read[1]);
          mlir::Value narrow = inner.create<arith::TruncFOp>(place, type.getElementType(), product);
          inner.create<mlir::linalg::YieldOp>(place, narrow);
        });
    return made->getResult(0);
  }

  /// Factors of a view's dimension by the dimensions that it joins.
  mlir::Value reshaped(mlir::Value factor, mlir::RankedTensorType type) {
    llvm::SmallVector<mlir::ReassociationIndices> groups;
    int64_t next = 0;
    for (unsigned dimension : chain.dimensions) {
      mlir::ReassociationIndices &group = groups.emplace_back();
      for (size_t part = 0; part < view.getReassociationIndices()[dimension].size(); ++part)
        group.push_back(next++);
    }
    return builder.create<tensor::ExpandShapeOp>(factor.getLoc(), type, factor, groups);
  }

  void replace(mlir::DenseElementsAttr weights, mlir::DenseElementsAttr offset) {
    llvm::SmallVector<mlir::Location> locations = {sum.op.getLoc()};
    for (GenericOp op : chain.operations)
      locations.push_back(op.getLoc());
    mlir::Location all = builder.getFusedLoc(locations);
    mlir::Value old = sum.weights->get();
    sum.weights->set(builder.create<arith::ConstantOp>(old.getLoc(), weights));
    eraseIfUnused(old);
    sum.op->setLoc(all);
    sum.op->removeAttr(ir::tensorAttributeName); // it is no tensor of the model any more
    if (view)
      view->removeAttr(ir::tensorAttributeName);
    GenericOp last = chain.operations.back();
    mlir::Operation *made = value.getDefiningOp();
    if (!offset.isSplat() || !offset.getSplatValue<llvm::APFloat>().isPosZero()) {
      builder.setInsertionPoint(last);
      made = buildSum(builder.create<arith::ConstantOp>(all, offset), all);
    }
    made->setDiscardableAttrs(last->getDiscardableAttrDictionary());
    last->getResult(0).replaceAllUsesWith(made->getResult(0));
    for (GenericOp op : llvm::reverse(chain.operations)) {
      llvm::SmallVector<mlir::Value> read(op->getOperands());
      op.erase();
      llvm::for_each(read, eraseIfUnused);
    }
  }

  /// Constants and starts of the chain alone.
  static void eraseIfUnused(mlir::Value constant) {
    mlir::Operation *made = constant.getDefiningOp();
    if (constant.use_empty() && mlir::isa_and_nonnull<arith::ConstantOp, tensor::EmptyOp>(made))
      made->erase();
  }

  GenericOp buildSum(mlir::Value offset, mlir::Location loc) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    unsigned rank = type.getRank();
    mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
    llvm::SmallVector<mlir::AffineExpr> along;
    for (unsigned dimension : chain.dimensions)
      along.push_back(mlir::getAffineDimExpr(dimension, builder.getContext()));
    mlir::AffineMap some = mlir::AffineMap::get(rank, 0, along, builder.getContext());
    mlir::Value empty = builder.create<tensor::EmptyOp>(loc, type.getShape(), type.getElementType());
    llvm::SmallVector<mlir::utils::IteratorType> loops(rank, mlir::utils::IteratorType::parallel);
    return builder.create<GenericOp>(
        loc, mlir::TypeRange{type}, mlir::ValueRange{value, offset}, mlir::ValueRange{empty},
        llvm::ArrayRef<mlir::AffineMap>{all, some, all}, loops,
        [](mlir::OpBuilder &inner, mlir::Location place, mlir::ValueRange read) {
          mlir::Value result = inner.create<arith::AddFOp>(place, read[0], read[1]);
          inner.create<mlir::linalg::YieldOp>(place, result);
        });
  }

  ConstantSum sum;
  mlir::OpBuilder builder;
  mlir::Value value; ///< what the chain reads
  tensor::CollapseShapeOp view;
  AffineChain chain;
  llvm::SmallVector<int64_t> shape;           ///< of the chain's dimensions, as the sum has them
  llvm::SmallVector<mlir::AffineExpr> places; ///< where each is among the weights' dimensions
};

struct FoldBatchNorm : impl::FoldBatchNormBase<FoldBatchNorm> {
  using FoldBatchNormBase::FoldBatchNormBase;

  void runOnOperation() final {
    bool folds = false;
    for (mlir::Block &block : getOperation().getBody()) {
      std::vector<ConstantSum> sums;
      for (mlir::Operation &operation : block)
        if (std::optional<ConstantSum> sum = constantSum(operation))
          sums.push_back(*sum);
      for (const ConstantSum &sum : sums)
        folds |= Folding(sum, keepTensors).run();
    }
    if (folds)
      getOperation()->setAttr(ir::foldsIntoSumsAttributeName, mlir::UnitAttr::get(&getContext()));
  }
};

} // namespace

} // namespace tenon::graph
