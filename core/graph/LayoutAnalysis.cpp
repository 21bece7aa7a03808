// Layouts that products like, and how they spread.
#include "core/graph/LayoutAnalysis.h"

#include "core/graph/ProductLoops.h"
#include "core/ir/ModelNodes.h"
#include "core/ir/nest/FromLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::graph {

namespace linalg = mlir::linalg;
namespace tensor = mlir::tensor;

mlir::Value sourceOfViews(mlir::Value value) {
  while (mlir::Operation *operation = value.getDefiningOp()) {
    if (!nest::isView(operation))
      break;
    value = operation->getOperand(0);
  }
  return value;
}

mlir::DenseElementsAttr constantElements(mlir::Value value) {
  auto constant = value.getDefiningOp<mlir::arith::ConstantOp>();
  return constant ? mlir::dyn_cast<mlir::DenseElementsAttr>(constant.getValue()) : nullptr;
}

llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

namespace {

bool isStaticTensor(mlir::Value value) {
  auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
  return type && type.hasStaticShape();
}

bool isStatic(mlir::Operation &operation) {
  return llvm::all_of(operation.getResults(), isStaticTensor) &&
         llvm::all_of(operation.getOperands(), [](mlir::Value value) {
           return !mlir::isa<mlir::ShapedType>(value.getType()) || isStaticTensor(value);
         });
}

/// Results that may lie in any order: of the operations that a rewrite knows how to turn. Constants and fills
/// are made in whatever order they are wanted.
bool isMovable(mlir::Value value) {
  mlir::Operation *operation = value.getDefiningOp();
  if (!operation || !isStatic(*operation) || mlir::isa<linalg::FillOp>(operation))
    return false;
  if (auto pad = mlir::dyn_cast<tensor::PadOp>(operation))
    return pad.getConstantPaddingValue() && pad.getLow().empty() && pad.getHigh().empty();
  if (auto slice = mlir::dyn_cast<tensor::ExtractSliceOp>(operation))
    return slice.getOffsets().empty() && slice.getSizes().empty() && slice.getStrides().empty();
  return mlir::isa<linalg::LinalgOp, tensor::ConcatOp>(operation);
}

} // namespace

bool LayoutAnalysis::run() {
  if (!function.getBody().hasOneBlock())
    return false;
  bool moves = false;
  for (mlir::Operation &operation : function.getBody().front())
    if (auto op = mlir::dyn_cast<linalg::LinalgOp>(operation); op && isStatic(operation))
      start(op);
  for (const auto &[operation, order] : loops)
    moves = moves || !isIdentity(order);
  if (!moves)
    return false;
  while (!pending.empty()) {
    mlir::Value value = pending.back();
    pending.pop_back();
    follow(value);
  }
  for (mlir::Operation &operation : function.getBody().front())
    if (nest::isView(&operation) && isStatic(operation))
      tryShuffle(operation.getResult(0));
  return true;
}

void LayoutAnalysis::start(linalg::LinalgOp operation) {
  std::optional<ProductLoops> product = productLoops(operation);
  if (!product)
    return;
  weights[operation] = product->weights;
  DimensionOrder order = product->likedOrder();
  loops[operation] = order;
  if (isIdentity(order))
    return; // what lies well needs nothing from its neighbours
  mlir::OpOperand *image = &operation->getOpOperand(product->image);
  set(image->get(), orderWanted(operation, operation.getMatchingIndexingMap(image)));
  for (auto [number, result] : llvm::enumerate(operation->getResults()))
    set(result,
        orderWanted(operation, operation.getMatchingIndexingMap(operation.getDpsInitOperand(number))));
}

/// The first that says something of a value is heard.
void LayoutAnalysis::set(mlir::Value value, Order order) {
  mlir::Value source = sourceOfViews(value);
  if (!isMovable(source) || orders.contains(source))
    return;
  std::optional<DimensionOrder> ofSource = reshapedOrder(shapeOf(value), order, shapeOf(source));
  if (!ofSource)
    return;
  orders[source] = *ofSource;
  pending.push_back(source);
}

std::optional<DimensionOrder> LayoutAnalysis::knownOrder(mlir::Value value) const {
  mlir::Value source = sourceOfViews(value);
  auto found = orders.find(source);
  if (found == orders.end())
    return std::nullopt;
  return reshapedOrder(shapeOf(source), found->second, shapeOf(value));
}

/// To whoever makes the value and whoever reads it, through views.
void LayoutAnalysis::follow(mlir::Value value) {
  DimensionOrder own = orders[value]; // a copy: more orders are coming
  followInto(value.getDefiningOp(), value, own);
  llvm::SmallVector<mlir::Value> same = {value};
  while (!same.empty()) {
    mlir::Value next = same.pop_back_val();
    for (mlir::Operation *user : next.getUsers())
      if (nest::isView(user) && isStatic(*user))
        same.push_back(user->getResult(0));
      else if (std::optional<DimensionOrder> order = knownOrder(next))
        followInto(user, next, *order);
  }
}

void LayoutAnalysis::followInto(mlir::Operation *operation, mlir::Value value, Order order) {
  if (operation->getBlock() != &function.getBody().front() || !isStatic(*operation))
    return;
  if (mlir::isa<linalg::FillOp>(operation))
    return;
  if (auto op = mlir::dyn_cast<linalg::LinalgOp>(operation)) {
    if (value.getDefiningOp() == operation) {
      unsigned number = mlir::cast<mlir::OpResult>(value).getResultNumber();
      return followLoops(op, op.getMatchingIndexingMap(op.getDpsInitOperand(number)), order);
    }
    for (mlir::OpOperand &operand : operation->getOpOperands())
      if (operand.get() == value)
        return followLoops(op, op.getMatchingIndexingMap(&operand), order);
    return;
  }
  if (operation->getNumResults() != 1 || !isMovable(operation->getResult(0)))
    return;
  if (mlir::isa<tensor::ExtractSliceOp>(operation))
    return followSlice(operation, value, order);
  set(operation->getResult(0), order);
  for (mlir::Value operand : operation->getOperands())
    if (mlir::isa<mlir::RankedTensorType>(operand.getType()))
      set(operand, order);
}

/// Loops in the order of the dimensions of one tensor that has all that are not sums.
void LayoutAnalysis::followLoops(linalg::LinalgOp operation, mlir::AffineMap map, Order order) {
  if (loops.contains(operation))
    return;
  auto extents = operation.getStaticLoopRanges();
  auto iterators = operation.getIteratorTypesArray();
  DimensionOrder parallel, sums;
  for (unsigned dimension : order)
    for (unsigned loop = 0; loop < extents.size(); ++loop)
      if (map.getResult(dimension).isFunctionOfDim(loop)) {
        DimensionOrder &list = linalg::isParallelIterator(iterators[loop]) ? parallel : sums;
        if (!llvm::is_contained(list, loop))
          list.push_back(loop);
      }
  for (unsigned loop = 0; loop < extents.size(); ++loop)
    if (linalg::isParallelIterator(iterators[loop])) {
      if (extents[loop] != 1 && !llvm::is_contained(parallel, loop))
        return; // it says too little
    } else if (!llvm::is_contained(sums, loop)) {
      sums.push_back(loop);
    }
  // Loops of extent 1 that the tensor does not have stay behind their neighbours.
  DimensionOrder all = parallel;
  all.append(sums);
  all = completed(all, extents.size());
  loops[operation] = all;
  for (mlir::OpOperand &operand : operation->getOpOperands())
    if (mlir::isa<mlir::RankedTensorType>(operand.get().getType()))
      set(operand.get(), orderWanted(operation, operation.getMatchingIndexingMap(&operand)));
  for (auto [number, result] : llvm::enumerate(operation->getResults()))
    set(result,
        orderWanted(operation, operation.getMatchingIndexingMap(operation.getDpsInitOperand(number))));
}

namespace {

/// The source's dimensions that the result of a slice has.
DimensionOrder keptDimensions(tensor::ExtractSliceOp slice) {
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  DimensionOrder kept;
  for (unsigned i = 0; i < dropped.size(); ++i)
    if (!dropped.test(i))
      kept.push_back(i);
  return kept;
}

} // namespace

DimensionOrder sliceSourceOrder(tensor::ExtractSliceOp slice, llvm::ArrayRef<unsigned> order) {
  DimensionOrder kept = keptDimensions(slice), source;
  for (unsigned dimension : order)
    source.push_back(kept[dimension]);
  return completed(source, shapeOf(slice.getSource()).size());
}

void LayoutAnalysis::followSlice(mlir::Operation *operation, mlir::Value value, Order order) {
  auto slice = mlir::cast<tensor::ExtractSliceOp>(operation);
  if (value == slice.getResult())
    return set(slice.getSource(), sliceSourceOrder(slice, order));
  DimensionOrder kept = keptDimensions(slice), ofResult;
  for (unsigned dimension : order)
    if (llvm::is_contained(kept, dimension))
      ofResult.push_back(llvm::find(kept, dimension) - kept.begin());
  set(slice.getResult(), ofResult);
}

/// Where a view would tear the layout of its source apart, it may still be told as it lies, if all that read
/// it can follow.
void LayoutAnalysis::tryShuffle(mlir::Value view) {
  mlir::Value source = sourceOfViews(view);
  auto found = orders.find(source);
  bool ends = llvm::any_of(view.getUsers(), [](mlir::Operation *user) { return !nest::isView(user); });
  if (found == orders.end() || !ends || knownOrder(view))
    return;
  std::optional<MemoryLayout> layout =
      reshapedLayout(shapeOf(source), {found->second, {}}, shapeOf(view), /*mayShuffle=*/true);
  if (!layout || !samePlaces(shapeOf(view), layout->order, identityOrder(layout->order.size())))
    return;
  llvm::DenseMap<mlir::Value, ShuffledDimensions> values;
  if (canFollowShuffle(view, layout->shuffled, values))
    for (auto &[value, shuffled] : values)
      shuffles[value] = shuffled;
}

bool LayoutAnalysis::canFollowShuffle(mlir::Value value, const ShuffledDimensions &shuffled,
                                      llvm::DenseMap<mlir::Value, ShuffledDimensions> &found) const {
  if (keepTensors && ir::tensorOf(value))
    return false;
  found[value] = shuffled;
  for (mlir::OpOperand &use : value.getUses()) {
    mlir::Operation *user = use.getOwner();
    if (nest::isView(user)) {
      auto behind = reshapedLayout(shapeOf(value), {identityOrder(shapeOf(value).size()), shuffled},
                                   shapeOf(user->getResult(0)));
      if (!behind || !canFollowShuffle(user->getResult(0), behind->shuffled, found))
        return false;
      continue;
    }
    auto generic = mlir::dyn_cast<linalg::GenericOp>(user);
    if (!generic || user->getBlock() != value.getParentBlock() || !isIdentity(loopsOf(user)) ||
        generic.getNumResults() != 1)
      return false;
    ShuffledDimensions ofResult;
    if (!shuffledResult(generic, use, shuffled, ofResult))
      return false;
    if (!ofResult.empty() && !canFollowShuffle(generic.getResult(0), ofResult, found))
      return false;
  }
  return true;
}

DimensionOrder LayoutAnalysis::orderOf(mlir::Value value) const {
  return knownOrder(value).value_or(identityOrder(shapeOf(value).size()));
}

const ShuffledDimensions *LayoutAnalysis::shuffledOf(mlir::Value value) const {
  auto found = shuffles.find(value);
  return found == shuffles.end() ? nullptr : &found->second;
}

llvm::ArrayRef<unsigned> LayoutAnalysis::loopsOf(mlir::Operation *operation) const {
  auto found = loops.find(operation);
  return found == loops.end() ? llvm::ArrayRef<unsigned>() : llvm::ArrayRef<unsigned>(found->second);
}

DimensionOrder LayoutAnalysis::orderWanted(mlir::Operation *operation, mlir::AffineMap map) const {
  llvm::ArrayRef<unsigned> order = loopsOf(operation);
  return order.empty() ? identityOrder(map.getNumResults()) : dimensionsByLoops(map, order);
}

DimensionOrder LayoutAnalysis::weightsOrder(linalg::LinalgOp operation, mlir::AffineMap map) const {
  return productLoops(operation)->weightsOrder(map);
}

bool LayoutAnalysis::isWeights(mlir::OpOperand &operand) const {
  auto found = weights.find(operand.getOwner());
  return found != weights.end() && found->second == operand.getOperandNumber() &&
         constantElements(operand.get());
}

} // namespace tenon::graph
