// Gather: by indices that are known, a choice of positions; by others, a read of the flattened data.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Selection.h"

#include "mlir/IR/Matchers.h"

namespace tenon::import::onnx {

namespace {

llvm::Error gatherByConstants(NodeConversion &c, int64_t axis, llvm::ArrayRef<int64_t> shape) {
  llvm::Expected<Shape> indices = c.integersOf(1);
  if (!indices)
    return indices.takeError();
  int64_t extent = c.shape(0)[axis];
  if (llvm::Error wrong = c.checkListed(c.shape(0)))
    return wrong;
  std::vector<std::vector<int64_t>> positions;
  for (int64_t size : c.shape(0))
    positions.push_back(everyPosition(size));
  positions[axis].clear();
  for (int64_t index : *indices) {
    if (index < -extent || index >= extent)
      return c.error("has the index " + llvm::Twine(index) + " along axis " + llvm::Twine(axis) + " of " +
                     llvm::Twine(extent) + " elements");
    positions[axis].push_back(index < 0 ? index + extent : index);
  }
  return c.setOutput(c.reshape(select(c, c.value(0), positions), shape), c.type(0));
}

} // namespace

llvm::Error convertGather(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireType(1, {Type::INT32, Type::INT64}))
    return wrong;
  llvm::Expected<int64_t> axis = c.axisOf(c.integer("axis", 0), c.rank(0));
  if (!axis)
    return axis.takeError();
  Shape from(c.shape(0)), shape(c.shape(0).take_front(*axis));
  llvm::append_range(shape, c.shape(1));
  llvm::append_range(shape, c.shape(0).drop_front(*axis + 1));
  mlir::Type type = c.elementOf(c.type(0));
  if (llvm::Error wrong = c.checkShape(shape, type))
    return wrong;
  mlir::DenseElementsAttr known;
  if (mlir::matchPattern(c.value(1), mlir::m_Constant(&known)))
    return gatherByConstants(c, *axis, shape);
  // The place in the flattened data: outer * extent * inner size + index * inner size + inner.
  int64_t count = 1, inner = 1;
  for (int64_t i = 0; i < c.rank(0); ++i) {
    count *= from[i];
    inner *= i > *axis ? from[i] : 1;
  }
  constexpr unsigned bits = 64;
  mlir::Value flat = c.reshape(c.value(0), {count});
  unsigned rank = shape.size();
  auto indexRank = static_cast<unsigned>(c.rank(1));
  llvm::SmallVector<mlir::AffineExpr> indexMap;
  for (unsigned i = 0; i < indexRank; ++i)
    indexMap.push_back(c.loop(*axis + i));
  mlir::AffineMap maps[] = {c.map(rank, indexMap),
                            mlir::AffineMap::getMultiDimIdentityMap(rank, c.context())};
  return c.setOutput(
      c.generic({c.value(1)}, maps, c.empty(shape, type),
                [&](Scalars &s, mlir::ValueRange in) {
                  mlir::Value index = s.extend(in[0], bits), extent = s.integer(from[*axis], bits);
                  index = s.select(s.less(index, s.integer(0, bits)), s.add(index, extent), index);
                  mlir::Value place = s.multiply(index, s.integer(inner, bits));
                  int64_t stride = count;
                  for (int64_t i = 0; i < static_cast<int64_t>(from.size()); ++i) {
                    stride /= from[i];
                    if (i == *axis)
                      continue;
                    unsigned loop = i < *axis ? i : i + indexRank - 1;
                    place = s.add(place, s.multiply(s.loopIndex(loop, bits), s.integer(stride, bits)));
                  }
                  return s.lookup(flat, place);
                }),
      c.type(0));
}

} // namespace tenon::import::onnx
