// Telling the loops of a product apart.
#include "core/graph/ProductLoops.h"

#include "core/graph/LayoutAnalysis.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::graph {

namespace linalg = mlir::linalg;

namespace {

bool isPure(mlir::AffineExpr index) {
  return mlir::isa<mlir::AffineDimExpr, mlir::AffineConstantExpr>(index);
}

bool isPure(mlir::AffineMap map) {
  return llvm::all_of(map.getResults(), [](mlir::AffineExpr index) { return isPure(index); });
}

/// Whether the loop alone is an index of the map.
bool hasAlone(mlir::AffineMap map, unsigned loop) {
  return llvm::is_contained(map.getResults(), mlir::getAffineDimExpr(loop, map.getContext()));
}

bool isConstant(mlir::Value value) { return constantElements(sourceOfViews(value)) != nullptr; }

/// Operands that are read: what pooling has beside its image says how large the window is, nothing else.
llvm::SmallVector<mlir::OpOperand *> readInputs(linalg::LinalgOp operation) {
  llvm::SmallVector<mlir::OpOperand *> inputs;
  for (mlir::OpOperand *input : operation.getDpsInputOperands()) {
    bool isTensor = mlir::isa<mlir::RankedTensorType>(input->get().getType());
    if (isTensor && operation.payloadUsesValueFromOperand(input))
      inputs.push_back(input);
  }
  return inputs;
}

/// The weights among two factors; null where nothing tells.
mlir::OpOperand *weightsOf(linalg::LinalgOp operation, mlir::OpOperand *a, mlir::OpOperand *b) {
  if (isConstant(a->get()) != isConstant(b->get()))
    return isConstant(a->get()) ? a : b;
  bool first = isPure(operation.getMatchingIndexingMap(a)),
       second = isPure(operation.getMatchingIndexingMap(b));
  return first == second ? nullptr : first ? a : b;
}

} // namespace

std::optional<ProductLoops> productLoops(linalg::LinalgOp operation) {
  if (operation.getNumReductionLoops() == 0 || operation->getNumResults() != 1)
    return std::nullopt;
  // Factors are indexed by a loop of the sum; zero points and scales of channels may stand beside them.
  llvm::SmallVector<mlir::OpOperand *> factors;
  auto iterators = operation.getIteratorTypesArray();
  for (mlir::OpOperand *input : readInputs(operation))
    for (auto [loop, iterator] : llvm::enumerate(iterators))
      if (linalg::isReductionIterator(iterator) &&
          operation.getMatchingIndexingMap(input).isFunctionOfDim(loop)) {
        factors.push_back(input);
        break;
      }
  if (factors.size() != 2)
    return std::nullopt;
  mlir::OpOperand *weights = weightsOf(operation, factors[0], factors[1]);
  if (!weights)
    return std::nullopt;
  mlir::OpOperand *image = weights == factors[0] ? factors[1] : factors[0];
  ProductLoops product;
  product.image = image->getOperandNumber();
  product.weights = weights->getOperandNumber();
  product.extents = operation.getStaticLoopRanges();
  product.imageMap = operation.getMatchingIndexingMap(image);
  product.resultMap = operation.getMatchingIndexingMap(operation.getDpsInitOperand(0));
  mlir::AffineMap weightsMap = operation.getMatchingIndexingMap(weights);
  if (!isPure(weightsMap) || !product.resultMap.isProjectedPermutation(/*allowZeroInResults=*/true))
    return std::nullopt;
  for (auto [number, iterator] : llvm::enumerate(iterators)) {
    unsigned loop = number;
    bool sums = linalg::isReductionIterator(iterator), ofWeights = hasAlone(weightsMap, loop);
    bool ofImage = product.imageMap.isFunctionOfDim(loop), alone = hasAlone(product.imageMap, loop);
    if (sums)
      (ofWeights && alone ? product.summed : product.window).push_back(loop);
    else if (!ofWeights || (ofImage && !alone))
      product.positions.push_back(loop);
    else
      (ofImage ? product.groups : product.outputs).push_back(loop);
  }
  return product;
}

DimensionOrder ProductLoops::likedOrder() const {
  auto lasts = [&](mlir::AffineMap map, llvm::ArrayRef<unsigned> first, llvm::ArrayRef<unsigned> second) {
    // Whether the innermost dimension is indexed by a loop of the first list, where that has a long one, or
    // else of the second; where neither has one there is nothing to like.
    for (llvm::ArrayRef<unsigned> list : {first, second}) {
      auto isLongHere = [&](unsigned loop) { return isLong(loop) && hasAlone(map, loop); };
      if (llvm::none_of(list, isLongHere))
        continue;
      for (mlir::AffineExpr index : llvm::reverse(map.getResults())) {
        auto alone = mlir::dyn_cast<mlir::AffineDimExpr>(index);
        if (alone && llvm::is_contained(list, alone.getPosition()))
          return true;
        bool unit = true;
        for (unsigned loop = 0; loop < extents.size(); ++loop)
          unit = unit && (!index.isFunctionOfDim(loop) || !isLong(loop));
        if (!unit)
          return false;
      }
      return false;
    }
    return true;
  };
  if (lasts(imageMap, summed, groups) && lasts(resultMap, outputs, groups))
    return identityOrder(extents.size());
  DimensionOrder order(positions);
  order.append(groups);
  order.append(outputs);
  order.append(window);
  order.append(summed);
  return order;
}

DimensionOrder ProductLoops::weightsOrder(mlir::AffineMap weightsMap) const {
  DimensionOrder order;
  auto hasLong = [&](llvm::ArrayRef<unsigned> list) {
    return llvm::any_of(list, [&](unsigned loop) { return isLong(loop); });
  };
  if (hasLong(summed) || !hasLong(groups))
    for (const auto *list : {&groups, &outputs, &window, &summed})
      order.append(*list);
  else
    for (const auto *list : {&window, &summed, &groups, &outputs})
      order.append(*list);
  order.append(positions);
  return dimensionsByLoops(weightsMap, order);
}

DimensionOrder dimensionsByLoops(mlir::AffineMap map, llvm::ArrayRef<unsigned> loops) {
  DimensionOrder order;
  for (unsigned loop : loops)
    for (unsigned dimension = 0; dimension < map.getNumResults(); ++dimension)
      if (map.getResult(dimension).isFunctionOfDim(loop) && !llvm::is_contained(order, dimension))
        order.push_back(dimension);
  return completed(order, map.getNumResults());
}

bool shuffledResult(linalg::GenericOp operation, mlir::OpOperand &operand, const ShuffledDimensions &shuffled,
                    ShuffledDimensions &ofResult) {
  if (operation.hasIndexSemantics() || operation.isDpsInit(&operand))
    return false;
  mlir::AffineMap map = operation.getMatchingIndexingMap(&operand);
  for (const auto &[dimension, numbers] : shuffled) {
    auto alone = mlir::dyn_cast<mlir::AffineDimExpr>(map.getResult(dimension));
    if (!alone)
      return false;
    unsigned loop = alone.getPosition();
    for (unsigned other = 0; other < map.getNumResults(); ++other)
      if (other != dimension && map.getResult(other).isFunctionOfDim(loop))
        return false;
    for (mlir::OpOperand &next : operation->getOpOperands()) {
      mlir::AffineMap nextMap = operation.getMatchingIndexingMap(&next);
      if (&next == &operand || !nextMap.isFunctionOfDim(loop))
        continue;
      auto place = llvm::find(nextMap.getResults(), mlir::AffineExpr(alone));
      bool onlyThere = llvm::count_if(nextMap.getResults(), [&](mlir::AffineExpr index) {
                         return index.isFunctionOfDim(loop);
                       }) == 1;
      if (place == nextMap.getResults().end() || !onlyThere)
        return false;
      mlir::Operation *maker = next.get().getDefiningOp();
      if (operation.isDpsInit(&next)) {
        if (!maker || !mlir::isa<linalg::FillOp, mlir::tensor::EmptyOp>(maker))
          return false;
        ofResult[place - nextMap.getResults().begin()] = numbers;
      } else if (!constantElements(next.get())) {
        return false;
      }
    }
  }
  return true;
}

} // namespace tenon::graph
