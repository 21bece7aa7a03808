// Affine reads where positions allow, a read of the flattened source otherwise.
#include "core/import/onnx/Selection.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tenon::import::onnx {

std::vector<int64_t> everyPosition(int64_t extent) {
  std::vector<int64_t> positions(extent);
  for (int64_t i = 0; i < extent; ++i)
    positions[i] = i;
  return positions;
}

namespace {

/// Positions as first + step * loop, or each repeated some times: loop floordiv times.
std::optional<mlir::AffineExpr> affinePositions(llvm::ArrayRef<int64_t> positions, mlir::AffineExpr loop) {
  int64_t first = positions.front(), step = positions.size() > 1 ? positions[1] - first : 0;
  auto isEven = [&](int64_t i) { return positions[i] == first + step * i; };
  if (llvm::all_of(llvm::seq<int64_t>(0, positions.size()), isEven))
    return loop * step + first;
  int64_t times = llvm::find_if(positions, [&](int64_t p) { return p != first; }) - positions.begin();
  auto isRepeated = [&](int64_t i) { return positions[i] == first + i / times; };
  if (llvm::all_of(llvm::seq<int64_t>(0, positions.size()), isRepeated))
    return loop.floorDiv(times) + first;
  return std::nullopt;
}

mlir::Value selectByTables(NodeConversion &c, mlir::Value source, llvm::ArrayRef<std::vector<int64_t>> axes,
                           llvm::ArrayRef<int64_t> shape) {
  Shape from(shapeOf(source));
  int64_t count = 1;
  for (int64_t extent : from)
    count *= extent;
  mlir::Value flat = c.reshape(source, {count});
  // Each table has its axis's part of the place in the flattened source.
  unsigned rank = shape.size();
  llvm::SmallVector<mlir::Value> inputs;
  llvm::SmallVector<mlir::AffineMap> maps;
  int64_t stride = count;
  for (unsigned i = 0; i < rank; ++i) {
    stride /= from[i];
    llvm::SmallVector<int64_t> places;
    for (int64_t position : axes[i])
      places.push_back(position * stride);
    auto type = mlir::RankedTensorType::get({shape[i]}, c.builder.getI64Type());
    inputs.push_back(c.constant(mlir::DenseElementsAttr::get(type, llvm::ArrayRef<int64_t>(places))));
    maps.push_back(c.map(rank, {c.loop(i)}));
  }
  maps.push_back(mlir::AffineMap::getMultiDimIdentityMap(rank, c.context()));
  return c.generic(inputs, maps, c.empty(shape, elementTypeOf(source)), [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value place = in[0];
    for (unsigned i = 1; i < rank; ++i)
      place = s.add(place, in[i]);
    return s.lookup(flat, place);
  });
}

} // namespace

namespace {

/// Positions one after the other are a slice: what remains of the source, with its positions from 0.
mlir::Value cutRuns(NodeConversion &c, mlir::Value source, std::vector<std::vector<int64_t>> &axes) {
  llvm::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;
  Shape from(shapeOf(source));
  bool cuts = false;
  for (auto [i, positions] : llvm::enumerate(axes)) {
    int64_t first = positions.front(), count = static_cast<int64_t>(positions.size());
    bool isRun = count > 1 && count < from[i];
    for (int64_t k = 0; isRun && k < count; ++k)
      isRun = positions[k] == first + k;
    offsets.push_back(c.builder.getIndexAttr(isRun ? first : 0));
    sizes.push_back(c.builder.getIndexAttr(isRun ? count : from[i]));
    strides.push_back(c.builder.getIndexAttr(1));
    cuts |= isRun;
    if (isRun)
      positions = everyPosition(count);
  }
  if (!cuts)
    return source;
  return c.builder.create<mlir::tensor::ExtractSliceOp>(c.loc, source, offsets, sizes, strides);
}

} // namespace

mlir::Value select(NodeConversion &c, mlir::Value whole, llvm::ArrayRef<std::vector<int64_t>> chosen) {
  std::vector<std::vector<int64_t>> axes(chosen.begin(), chosen.end());
  mlir::Value source = cutRuns(c, whole, axes);
  Shape shape;
  for (const std::vector<int64_t> &positions : axes)
    shape.push_back(static_cast<int64_t>(positions.size()));
  llvm::SmallVector<mlir::AffineExpr> indices;
  for (auto [i, positions] : llvm::enumerate(axes)) {
    std::optional<mlir::AffineExpr> index = affinePositions(positions, c.loop(i));
    if (!index)
      return selectByTables(c, source, axes, shape);
    indices.push_back(*index);
  }
  mlir::AffineMap maps[] = {c.map(shape.size(), indices),
                            mlir::AffineMap::getMultiDimIdentityMap(shape.size(), c.context())};
  return c.generic({source}, maps, c.empty(shape, elementTypeOf(source)),
                   [](Scalars &, mlir::ValueRange in) { return in[0]; });
}

} // namespace tenon::import::onnx
