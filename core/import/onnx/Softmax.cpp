// Softmax: along one axis, and before operator set 13 along all from one axis on.
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Reduction.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

llvm::Error convertSoftmax(NodeConversion &c) {
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
  return c.setOutput(c.generic({e, sum}, maps, c.empty(c.shape(0), type),
                               [](Scalars &s, mlir::ValueRange in) { return s.divide(in[0], in[1]); }),
                     c.type(0));
}

} // namespace tenon::import::onnx
