// Reading bodies as a * x + b, and writing a and b down as operations on constants.
#include "core/graph/AffineChain.h"

#include "core/graph/Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::graph {

namespace arith = mlir::arith;
using mlir::linalg::GenericOp;

namespace {

/// How the derivative of a scalar operation follows from that of the one operand that depends on x.
enum class Slope { None, Same, Negated, Times, By };

/// `varies`: which of the operation's operands depends on x.
Slope slopeOf(mlir::Operation &operation, unsigned varies) {
  if (mlir::isa<arith::AddFOp>(operation))
    return Slope::Same;
  if (mlir::isa<arith::SubFOp>(operation))
    return varies == 0 ? Slope::Same : Slope::Negated;
  if (mlir::isa<arith::NegFOp>(operation))
    return Slope::Negated;
  if (mlir::isa<arith::MulFOp>(operation))
    return Slope::Times;
  if (mlir::isa<arith::DivFOp>(operation) && varies == 0)
    return Slope::By;
  return Slope::None;
}

/// A scalar operation that depends on x.
struct VaryingOperation {
  mlir::Operation *operation;
  unsigned operand; ///< which depends on x
  Slope slope;
};

/// Those of the body, in order; nothing if what is yielded is no affine function of x.
std::optional<std::vector<VaryingOperation>> varyingOperations(GenericOp op, mlir::Value x) {
  llvm::DenseSet<mlir::Value> varying = {x};
  std::vector<VaryingOperation> found;
  for (mlir::Operation &operation : op.getBody()->without_terminator()) {
    llvm::SmallVector<unsigned> operands;
    for (mlir::OpOperand &operand : operation.getOpOperands())
      if (varying.contains(operand.get()))
        operands.push_back(operand.getOperandNumber());
    if (operands.empty())
      continue;
    Slope slope = operands.size() == 1 ? slopeOf(operation, operands.front()) : Slope::None;
    if (slope == Slope::None)
      return std::nullopt;
    found.push_back({&operation, operands.front(), slope});
    varying.insert(operation.getResult(0));
  }
  // Each step of the way to the result has one user; what does not lead there is not counted.
  mlir::Value yielded = op.getBody()->getTerminator()->getOperand(0);
  if (found.empty() || yielded != found.back().operation->getResult(0))
    return std::nullopt;
  for (mlir::Value value : varying)
    if (!value.hasOneUse())
      return std::nullopt;
  return found;
}

mlir::OpOperand *operandOf(GenericOp op, mlir::Value x) {
  for (mlir::OpOperand *operand : op.getDpsInputOperands())
    if (operand->get() == x)
      return operand;
  return nullptr;
}

/// Adds the dimensions that the map names; false where an index is anything but a dimension or a number.
bool addDimensions(mlir::AffineMap map, llvm::SmallVector<unsigned> &dimensions) {
  for (mlir::AffineExpr index : map.getResults()) {
    auto dimension = mlir::dyn_cast<mlir::AffineDimExpr>(index);
    if (dimension && !llvm::is_contained(dimensions, dimension.getPosition()))
      dimensions.push_back(dimension.getPosition());
    if (!dimension && !mlir::isa<mlir::AffineConstantExpr>(index))
      return false;
  }
  llvm::sort(dimensions);
  return true;
}

/// Appends the operation if it is a link of the chain.
bool append(AffineChain &chain, GenericOp op, mlir::Value x) {
  if (!isElementwise(op) || op.hasIndexSemantics() || op.getResultTypes().front() != x.getType())
    return false;
  mlir::OpOperand *from = operandOf(op, x);
  if (!from || !op.getMatchingIndexingMap(from).isIdentity() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return false;
  llvm::SmallVector<unsigned> dimensions = chain.dimensions;
  for (mlir::OpOperand *operand : op.getDpsInputOperands())
    if (operand != from &&
        (!constantElements(operand->get()) || !addDimensions(op.getMatchingIndexingMap(operand), dimensions)))
      return false;
  auto varying = varyingOperations(op, op.getMatchingBlockArgument(from));
  if (!varying)
    return false;
  chain.dimensions = std::move(dimensions);
  chain.roundings += varying->size();
  chain.scales = chain.scales || llvm::any_of(*varying, [](const VaryingOperation &each) {
                   return each.slope != Slope::Same;
                 });
  chain.operations.push_back(op);
  return true;
}

/// Writes the coefficients of one link after the other.
class CoefficientBuilder {
public:
  CoefficientBuilder(mlir::OpBuilder &opBuilder, const AffineChain &source, mlir::RankedTensorType x)
      : builder(opBuilder), chain(source), context(opBuilder.getContext()) {
    for (unsigned dimension : chain.dimensions)
      shape.push_back(x.getDimSize(dimension));
  }

  mlir::Value constant(mlir::Type element, double number) const {
    auto type = mlir::RankedTensorType::get(shape, element);
    auto value = mlir::DenseElementsAttr::get(type, builder.getFloatAttr(element, number));
    return builder.create<arith::ConstantOp>(builder.getUnknownLoc(), value);
  }

  /// The link's own body, for the x that is given.
  mlir::Value offset(GenericOp op, mlir::Value before, mlir::Value x) const {
    return build(op, before, x, mlir::cast<mlir::RankedTensorType>(x.getType()).getElementType(),
                 [&](mlir::OpBuilder &inner, mlir::IRMapping &mapping, mlir::Value) {
                   for (mlir::Operation &operation : op.getBody()->without_terminator())
                     inner.clone(operation, mapping);
                   return mapping.lookup(op.getBody()->getTerminator()->getOperand(0));
                 });
  }

  /// The derivative of the link's result, times that of what it reads.
  mlir::Value factor(GenericOp op, mlir::Value before, mlir::Value x) const {
    using Varying = std::vector<VaryingOperation>;
    Varying varying =
        varyingOperations(op, op.getMatchingBlockArgument(operandOf(op, x))).value_or(Varying());
    return build(op, before, x, builder.getF64Type(),
                 [&](mlir::OpBuilder &inner, mlir::IRMapping &mapping, mlir::Value slope) {
                   for (mlir::Operation &operation : op.getBody()->without_terminator())
                     if (llvm::none_of(varying, [&](const VaryingOperation &each) {
                           return each.operation == &operation;
                         }))
                       inner.clone(operation, mapping);
                   for (const VaryingOperation &each : varying)
                     slope = next(inner, mapping, each, slope);
                   return slope;
                 });
  }

private:
  static mlir::Value next(mlir::OpBuilder &inner, mlir::IRMapping &mapping, const VaryingOperation &each,
                          mlir::Value slope) {
    mlir::Location loc = each.operation->getLoc();
    if (each.slope == Slope::Same)
      return slope;
    if (each.slope == Slope::Negated)
      return inner.create<arith::NegFOp>(loc, slope);
    mlir::Value constant = mapping.lookupOrDefault(each.operation->getOperand(1 - each.operand));
    mlir::Value wide = inner.create<arith::ExtFOp>(loc, inner.getF64Type(), constant);
    if (each.slope == Slope::Times)
      return inner.create<arith::MulFOp>(loc, slope, wide);
    return inner.create<arith::DivFOp>(loc, slope, wide);
  }

  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::IRMapping &, mlir::Value)>;

  /// A generic over the chain's dimensions that reads `before` in place of x, and the link's constants.
  mlir::Value build(GenericOp op, mlir::Value before, mlir::Value x, mlir::Type element, Body body) const {
    unsigned rank = shape.size();
    mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, context);
    llvm::SmallVector<mlir::AffineExpr> places(op.getNumLoops(), mlir::getAffineConstantExpr(0, context));
    for (auto [place, dimension] : llvm::enumerate(chain.dimensions))
      places[dimension] = mlir::getAffineDimExpr(place, context);
    llvm::SmallVector<mlir::Value> inputs = {before};
    llvm::SmallVector<mlir::AffineMap> maps = {all};
    llvm::SmallVector<mlir::Value> arguments;
    for (mlir::OpOperand *operand : op.getDpsInputOperands()) {
      if (operand->get() == x)
        continue;
      inputs.push_back(operand->get());
      maps.push_back(op.getMatchingIndexingMap(operand).replaceDimsAndSymbols(places, {}, rank, 0));
      arguments.push_back(op.getMatchingBlockArgument(operand));
    }
    maps.push_back(all);
    mlir::Value empty = builder.create<mlir::tensor::EmptyOp>(op.getLoc(), shape, element);
    llvm::SmallVector<mlir::utils::IteratorType> loops(rank, mlir::utils::IteratorType::parallel);
    auto made = builder.create<GenericOp>(
        op.getLoc(), mlir::TypeRange{empty.getType()}, inputs, mlir::ValueRange{empty}, maps, loops,
        [&](mlir::OpBuilder &inner, mlir::Location loc, mlir::ValueRange elements) {
          mlir::IRMapping mapping;
          mapping.map(op.getMatchingBlockArgument(operandOf(op, x)), elements[0]);
          for (auto [argument, read] : llvm::zip_equal(arguments, elements.drop_front().drop_back()))
            mapping.map(argument, read);
          inner.create<mlir::linalg::YieldOp>(loc, body(inner, mapping, elements[0]));
        });
    return made->getResult(0);
  }

  mlir::OpBuilder &builder;
  const AffineChain &chain;
  mlir::MLIRContext *context;
  llvm::SmallVector<int64_t> shape;
};

} // namespace

AffineChain affineChainBehind(mlir::Value x, llvm::function_ref<bool(mlir::Value)> mayGo) {
  AffineChain chain;
  while (x.hasOneUse() && mayGo(x) && append(chain, mlir::dyn_cast<GenericOp>(*x.getUsers().begin()), x))
    x = chain.result();
  return chain;
}

AffineCoefficients buildCoefficients(mlir::OpBuilder &builder, const AffineChain &chain, mlir::Value x) {
  auto type = mlir::cast<mlir::RankedTensorType>(x.getType());
  CoefficientBuilder coefficients(builder, chain, type);
  AffineCoefficients made = {coefficients.constant(builder.getF64Type(), 1),
                             coefficients.constant(type.getElementType(), 0)};
  for (GenericOp op : chain.operations) {
    made.factor = coefficients.factor(op, made.factor, x);
    made.offset = coefficients.offset(op, made.offset, x);
    x = op->getResult(0);
  }
  return made;
}

} // namespace tenon::graph
