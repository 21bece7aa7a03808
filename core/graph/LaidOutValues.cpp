// Views, copies and constants of a tensor in the order that is wanted.
#include "core/graph/LaidOutValues.h"

#include "core/ir/ModelNodes.h"
#include "core/ir/nest/FromLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::graph {

namespace linalg = mlir::linalg;
namespace tensor = mlir::tensor;

namespace {

mlir::RankedTensorType typeIn(mlir::Value value, llvm::ArrayRef<int64_t> shape) {
  return mlir::RankedTensorType::get(shape, mlir::getElementTypeOrSelf(value.getType()));
}

std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "[" : ", ") + std::to_string(extent);
  return text + "]";
}

/// Calls with the number, in row-major order of the shape, of each element in the order in which they shall
/// lie.
void forEachElement(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<unsigned> order,
                    const ShuffledDimensions &shuffled, llvm::function_ref<void(size_t)> use) {
  std::vector<size_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i > 1; --i)
    strides[i - 2] = strides[i - 1] * size_t(shape[i - 1]);
  std::vector<std::vector<size_t>> steps; // for each place of the order: what each index along it adds
  for (unsigned dimension : order) {
    auto found = shuffled.find(dimension);
    std::vector<size_t> &own = steps.emplace_back();
    for (int64_t i = 0; i < shape[dimension]; ++i)
      own.push_back(strides[dimension] * size_t(found == shuffled.end() ? i : found->second[size_t(i)]));
  }
  auto walk = [&](auto &&self, size_t place, size_t number) -> void {
    if (place == steps.size())
      return use(number);
    for (size_t step : steps[place])
      self(self, place + 1, number + step);
  };
  walk(walk, 0, 0);
}

mlir::DenseElementsAttr inOrderOf(mlir::DenseElementsAttr elements, llvm::ArrayRef<unsigned> order,
                                  const ShuffledDimensions &shuffled) {
  auto type = mlir::cast<mlir::RankedTensorType>(elements.getType());
  auto made = mlir::RankedTensorType::get(inOrder(type.getShape(), order), type.getElementType());
  if (elements.isSplat())
    return elements.resizeSplat(made);
  unsigned bits = type.getElementTypeBitWidth();
  if (bits == 1) { // packed, eight in a byte
    std::vector<bool> all(elements.getValues<bool>().begin(), elements.getValues<bool>().end());
    llvm::SmallVector<bool> moved;
    forEachElement(type.getShape(), order, shuffled, [&](size_t number) { moved.push_back(all[number]); });
    return mlir::DenseElementsAttr::get(made, moved);
  }
  size_t size = llvm::divideCeil(bits, 8);
  llvm::ArrayRef<char> bytes = elements.getRawData();
  std::vector<char> moved(bytes.size());
  char *to = moved.data();
  forEachElement(type.getShape(), order, shuffled,
                 [&](size_t number) { to = std::copy_n(bytes.data() + number * size, size, to); });
  return mlir::DenseElementsAttr::getFromRawBuffer(made, moved);
}

} // namespace

mlir::Value LaidOutValues::constant(mlir::DenseElementsAttr elements, llvm::ArrayRef<unsigned> order,
                                    const ShuffledDimensions &shuffled, mlir::Location reader) {
  return rewriter.create<mlir::arith::ConstantOp>(reader, inOrderOf(elements, order, shuffled));
}

/// The same elements under another shape: all dimensions joined, then taken apart, as importers do it.
mlir::Value LaidOutValues::viewOf(mlir::Value value, llvm::ArrayRef<int64_t> shape, mlir::Location loc) {
  if (shapeOf(value) == shape)
    return value;
  auto all = [](size_t rank) {
    llvm::SmallVector<mlir::ReassociationIndices> groups(rank ? 1 : 0);
    for (size_t i = 0; i < rank; ++i)
      groups[0].push_back(int64_t(i));
    return groups;
  };
  auto flat = typeIn(value, {mlir::cast<mlir::RankedTensorType>(value.getType()).getNumElements()});
  size_t rank = shapeOf(value).size();
  if (rank == 0)
    value = rewriter.create<tensor::ExpandShapeOp>(loc, flat, value, all(0));
  else if (rank != 1)
    value = rewriter.create<tensor::CollapseShapeOp>(loc, flat, value, all(rank));
  if (shape.size() == 1)
    return value;
  if (shape.empty())
    return rewriter.create<tensor::CollapseShapeOp>(loc, typeIn(value, {}), value, all(0));
  return rewriter.create<tensor::ExpandShapeOp>(loc, typeIn(value, shape), value, all(shape.size()));
}

/// Dimension i of what is made is dimension places[i] of the value.
mlir::Value LaidOutValues::transposed(mlir::Value value, llvm::ArrayRef<unsigned> places,
                                      mlir::Location reader) {
  auto type = typeIn(value, inOrder(shapeOf(value), places));
  unsigned rank = places.size();
  llvm::SmallVector<mlir::AffineExpr> indices(rank);
  for (auto [place, dimension] : llvm::enumerate(places))
    indices[dimension] = rewriter.getAffineDimExpr(place);
  mlir::AffineMap maps[] = {mlir::AffineMap::get(rank, 0, indices, rewriter.getContext()),
                            rewriter.getMultiDimIdentityMap(rank)};
  llvm::SmallVector<mlir::utils::IteratorType> iterators(rank, mlir::utils::IteratorType::parallel);
  mlir::Value empty = rewriter.create<tensor::EmptyOp>(reader, type.getShape(), type.getElementType());
  auto copy = [](mlir::OpBuilder &inner, mlir::Location loc, mlir::ValueRange elements) {
    inner.create<linalg::YieldOp>(loc, elements[0]);
  };
  ir::NodeAttr node = ir::nodeOf(reader);
  changes.transpositions.push_back(
      {node ? ir::nodeText(node) : "an operation without a node", shapeText(shapeOf(value)),
       shapeText(type.getShape()),
       uint64_t(type.getNumElements()) * llvm::divideCeil(type.getElementTypeBitWidth(), 8)});
  return rewriter
      .create<linalg::GenericOp>(reader, mlir::TypeRange{type}, mlir::ValueRange{value},
                                 mlir::ValueRange{empty}, maps, iterators, copy)
      .getResult(0);
}

mlir::Value LaidOutValues::get(mlir::Value value, llvm::ArrayRef<unsigned> order, mlir::Location reader) {
  mlir::Value &made = ready[{value.getAsOpaquePointer(), std::vector<unsigned>(order.begin(), order.end())}];
  if (!made)
    made = make(value, order, reader);
  return made;
}

mlir::Value LaidOutValues::make(mlir::Value value, llvm::ArrayRef<unsigned> order, mlir::Location reader) {
  llvm::ArrayRef<int64_t> shape = shapeOf(value);
  if (mlir::DenseElementsAttr elements = constantElements(value))
    return isIdentity(order) ? value : constant(elements, order, {}, value.getLoc());
  mlir::Operation *maker = value.getDefiningOp();
  if (mlir::isa_and_nonnull<tensor::EmptyOp>(maker))
    return isIdentity(order) ? value
                             : rewriter.create<tensor::EmptyOp>(maker->getLoc(), inOrder(shape, order),
                                                                mlir::getElementTypeOrSelf(value.getType()));
  if (auto fill = mlir::dyn_cast_or_null<linalg::FillOp>(maker)) {
    if (isIdentity(order))
      return value;
    mlir::Value empty = get(fill.getOutputs()[0], order, reader);
    return rewriter.create<linalg::FillOp>(fill.getLoc(), fill.getInputs()[0], empty).getResult(0);
  }
  mlir::Value source = sourceOfViews(value);
  auto found = stored.find(source);
  if (found == stored.end() && isIdentity(order))
    return value;
  llvm::ArrayRef<int64_t> sourceShape = shapeOf(source);
  DimensionOrder lies = found == stored.end() ? identityOrder(sourceShape.size()) : found->second.order;
  mlir::Value held = found == stored.end() ? source : found->second.value;
  auto wanted = reshapedOrder(shape, order, sourceShape);
  if (analysis.shuffledOf(value) || (wanted && samePlaces(sourceShape, lies, *wanted)))
    return named(viewOf(held, inOrder(shape, order), reader), value, order);
  // As a view of what lies there if that is possible, else of the source as the model has it.
  DimensionOrder now = identityOrder(shape.size());
  if (auto seen = reshapedOrder(sourceShape, lies, shape))
    now = *seen;
  else
    held = get(source, identityOrder(sourceShape.size()), reader);
  held = viewOf(held, inOrder(shape, now), reader);
  DimensionOrder places;
  for (unsigned dimension : order)
    places.push_back(llvm::find(now, dimension) - now.begin());
  return named(isIdentity(places) ? held : transposed(held, places, reader), value, order);
}

/// What a view is in the model, on what was made in its place.
mlir::Value LaidOutValues::named(mlir::Value made, mlir::Value value, llvm::ArrayRef<unsigned> order) {
  mlir::Operation *view = value.getDefiningOp();
  if (view && nest::isView(view) && !analysis.shuffledOf(value) && made.getDefiningOp() &&
      !made.getDefiningOp()->hasAttr(ir::tensorAttributeName) && !names.contains(value))
    if (mlir::Attribute name = view->getAttr(ir::tensorAttributeName)) {
      made.getDefiningOp()->setAttr(ir::tensorAttributeName, name);
      markLayout(made.getDefiningOp(), order);
      names.insert(value);
    }
  return made;
}

void markLayout(mlir::Operation *operation, llvm::ArrayRef<unsigned> order) {
  llvm::SmallVector<int64_t> numbers(order.begin(), order.end());
  if (!isIdentity(order))
    operation->setAttr(ir::layoutAttributeName,
                       mlir::DenseI64ArrayAttr::get(operation->getContext(), numbers));
}

} // namespace tenon::graph
