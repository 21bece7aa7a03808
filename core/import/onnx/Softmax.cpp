// Softmax and its logarithm: along one axis, and before operator set 13 along all from one axis on.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Reduction.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace {

llvm::Error convert(NodeConversion &c, bool isLogarithm) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  constexpr int oneAxisSince = 13;
  bool isOneAxis = c.operatorSet() >= oneAxisSince;
  llvm::Expected<int64_t> axis = c.axisOf(c.integer("axis", isOneAxis ? -1 : 1), c.rank(0));
  if (!axis)
    return axis.takeError();
  Shape axes = {*axis};
  for (int64_t i = *axis + 1; !isOneAxis && i < c.rank(0); ++i)
    axes.push_back(i);
  mlir::Value x = c.value(0);
  mlir::Type type = elementTypeOf(x);
  Remaining remaining = remainingOf(c, c.shape(0), axes);
  unsigned rank = c.rank(0);
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap maps[] = {all, c.map(rank, remaining.map), all};
  mlir::Value largest = reduceMax(c, x, remaining, c.type(0));
  mlir::Value e =
      c.generic({x, largest}, maps, c.empty(c.shape(0), type), [](Scalars &s, mlir::ValueRange in) {
        return s.builder.create<mlir::math::ExpOp>(s.loc, s.subtract(in[0], in[1])).getResult();
      });
  mlir::Value sum = reduceSum(c, e, remaining);
  if (isLogarithm) {
    mlir::AffineMap logMaps[] = {all, maps[1], maps[1], all};
    return c.setOutput(c.generic({x, largest, sum}, logMaps, c.empty(c.shape(0), type),
                                 [](Scalars &s, mlir::ValueRange in) {
                                   mlir::Value log = s.builder.create<mlir::math::LogOp>(s.loc, in[2]);
                                   return s.subtract(s.subtract(in[0], in[1]), log);
                                 }),
                       c.type(0));
  }
  return c.setOutput(c.generic({e, sum}, maps, c.empty(c.shape(0), type),
                               [](Scalars &s, mlir::ValueRange in) { return s.divide(in[0], in[1]); }),
                     c.type(0));
}

} // namespace

llvm::Error convertSoftmax(NodeConversion &c) { return convert(c, false); }
llvm::Error convertLogSoftmax(NodeConversion &c) { return convert(c, true); }

} // namespace tenon::import::onnx
