// Elements in other places, all of them or some again: Tile, DepthToSpace, SpaceToDepth, Trilu.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Window.h"

namespace tenon::import::onnx {

namespace {

/// Result [i, j, ...] is the source read at the indices.
mlir::Value readAt(NodeConversion &c, mlir::Value source, llvm::ArrayRef<mlir::AffineExpr> indices,
                   llvm::ArrayRef<int64_t> shape) {
  unsigned rank = shape.size();
  mlir::AffineMap maps[] = {c.map(rank, indices), mlir::AffineMap::getMultiDimIdentityMap(rank, c.context())};
  return c.generic({source}, maps, c.empty(shape, elementTypeOf(source)),
                   [](Scalars &, mlir::ValueRange in) { return in[0]; });
}

/// The blocksize of an image of rank 4.
llvm::Expected<int64_t> blockSize(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return std::move(wrong);
  int64_t size = c.integer("blocksize", 0);
  constexpr int64_t largest = 1 << 15;
  if (c.rank(0) != 4 || size < 1 || size > largest)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + " and blocksize " + llvm::Twine(size) +
                   ", it takes rank 4 and a size of 1 to " + llvm::Twine(largest));
  return size;
}

/// Of six dimensions in another order.
mlir::Value permuted(NodeConversion &c, mlir::Value source, llvm::ArrayRef<int64_t> order) {
  Shape shape;
  llvm::SmallVector<mlir::AffineExpr> indices(order.size());
  for (auto [place, from] : llvm::enumerate(order)) {
    shape.push_back(shapeOf(source)[from]);
    indices[from] = c.loop(place);
  }
  return readAt(c, source, indices, shape);
}

} // namespace

llvm::Error convertTile(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  llvm::Expected<Shape> repeats = c.integersOf(1);
  if (!repeats)
    return repeats.takeError();
  if (static_cast<int64_t>(repeats->size()) != c.rank(0))
    return c.error("has " + llvm::Twine(repeats->size()) + " repeats for an input of rank " +
                   llvm::Twine(c.rank(0)));
  constexpr int64_t most = int64_t(1) << 31;
  Shape shape;
  llvm::SmallVector<mlir::AffineExpr> indices;
  for (auto [i, times] : llvm::enumerate(*repeats)) {
    int64_t extent = c.shape(0)[i];
    if (times < 1 || times > most)
      return c.error("repeats axis " + llvm::Twine(i) + " " + llvm::Twine(times) +
                     " times, it must be 1 to " + llvm::Twine(most));
    shape.push_back(extent * times);
    indices.push_back(extent == 1  ? mlir::getAffineConstantExpr(0, c.context())
                      : times == 1 ? c.loop(i)
                                   : c.loop(i) % extent);
  }
  if (llvm::Error wrong = c.checkShape(shape, c.elementOf(c.type(0))))
    return wrong;
  return c.setOutput(readAt(c, c.value(0), indices, shape), c.type(0));
}

llvm::Error convertDepthToSpace(NodeConversion &c) {
  llvm::Expected<int64_t> size = blockSize(c);
  if (!size)
    return size.takeError();
  std::string mode = c.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return c.error("has the mode " + printable(mode) + ", known: DCR, CRD");
  int64_t n = c.shape(0)[0], channels = c.shape(0)[1], height = c.shape(0)[2], width = c.shape(0)[3],
          b = *size;
  if (channels % (b * b) != 0)
    return c.error("has " + llvm::Twine(channels) + " channels, blocks of " + llvm::Twine(b) +
                   " need a multiple of " + llvm::Twine(b * b));
  int64_t depth = channels / (b * b);
  bool blocksFirst = mode == "DCR";
  mlir::Value parts = c.reshape(c.value(0), blocksFirst ? Shape{n, b, b, depth, height, width}
                                                        : Shape{n, depth, b, b, height, width});
  mlir::Value moved =
      blocksFirst ? permuted(c, parts, {0, 3, 4, 1, 5, 2}) : permuted(c, parts, {0, 1, 4, 2, 5, 3});
  return c.setOutput(c.reshape(moved, {n, depth, height * b, width * b}), c.type(0));
}

llvm::Error convertSpaceToDepth(NodeConversion &c) {
  llvm::Expected<int64_t> size = blockSize(c);
  if (!size)
    return size.takeError();
  int64_t n = c.shape(0)[0], channels = c.shape(0)[1], height = c.shape(0)[2], width = c.shape(0)[3],
          b = *size;
  if (height % b != 0 || width % b != 0)
    return c.error("has an image of " + llvm::Twine(height) + " by " + llvm::Twine(width) + ", blocks of " +
                   llvm::Twine(b) + " do not divide it");
  mlir::Value parts = c.reshape(c.value(0), {n, channels, height / b, b, width / b, b});
  return c.setOutput(
      c.reshape(permuted(c, parts, {0, 3, 5, 1, 2, 4}), {n, channels * b * b, height / b, width / b}),
      c.type(0));
}

llvm::Error convertTrilu(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 2))
    return wrong;
  bool upper = c.integer("upper", 1) != 0;
  int64_t diagonal = 0;
  if (c.has(1)) {
    llvm::Expected<Shape> given = c.integersOf(1);
    if (!given)
      return given.takeError();
    if (given->size() != 1)
      return c.error("has " + llvm::Twine(given->size()) + " diagonals, it takes 1");
    constexpr int64_t most = int64_t(1) << 40; // beyond every dimension
    diagonal = std::clamp(given->front(), -most, most);
  }
  int64_t rank = c.rank(0);
  if (rank < 2)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + ", it takes rank 2 or more");
  mlir::TypedAttr zero = numberAttribute(c.elementOf(c.type(0)), 0);
  return c.setOutput(
      c.elementwise({c.value(0)}, c.shape(0), c.elementOf(c.type(0)),
                    [&](Scalars &s, mlir::ValueRange in) {
                      constexpr unsigned bits = 64;
                      mlir::Value row = s.loopIndex(rank - 2, bits), column = s.loopIndex(rank - 1, bits);
                      mlir::Value edge = s.add(row, s.integer(diagonal, bits));
                      mlir::Value outside = upper ? s.less(column, edge) : s.less(edge, column);
                      mlir::Value nothing = s.builder.create<mlir::arith::ConstantOp>(s.loc, zero);
                      return s.select(outside, nothing, in[0]);
                    }),
      c.type(0));
}

} // namespace tenon::import::onnx
