// BatchNormalization with the stored mean and variance, and LayerNormalization.
#include "core/import/onnx/Cast.h"
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Reduction.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace {
constexpr float usualEpsilon = 1e-5F;
} // namespace

llvm::Error convertBatchNormalization(NodeConversion &c) {
  // Up to operator set 13, further outputs are there in training alone; behind, training_mode asks for them.
  if (llvm::Error wrong = c.requireInputs(5, 5))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (c.integer("training_mode", 0) != 0)
    return c.error("has training_mode 1, only inference (0) is supported");
  (void)c.real("momentum", 0); // of training
  if (c.integer("spatial", 1) != 1)
    return c.error("has spatial 0, only statistics by channel (1) are supported");
  double epsilon = c.real("epsilon", usualEpsilon);
  if (c.rank(0) < 2)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + ", it takes rank 2 or more");
  int64_t channels = c.shape(0)[1];
  for (unsigned i = 1; i < 5; ++i)
    if (c.shape(i) != llvm::ArrayRef<int64_t>{channels})
      return c.error("has " + describe(c.input(i)) + " of shape " + shapeText(c.shape(i)) + ", it needs [" +
                     llvm::Twine(channels) + "]");
  mlir::Type type = c.elementOf(c.type(0));
  mlir::Value factor =
      c.elementwise({c.value(1), c.value(4)}, {channels}, type, [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value sum = s.add(in[1], s.real(epsilon, type));
        mlir::Value root = s.builder.create<mlir::math::SqrtOp>(s.loc, sum);
        return s.divide(in[0], root);
      });
  unsigned rank = c.rank(0);
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap channel = c.map(rank, {c.loop(1)});
  mlir::AffineMap maps[] = {all, channel, channel, channel, all};
  return c.setOutput(c.generic({c.value(0), factor, c.value(2), c.value(3)}, maps, c.empty(c.shape(0), type),
                               [](Scalars &s, mlir::ValueRange in) {
                                 return s.add(s.multiply(s.subtract(in[0], in[3]), in[1]), in[2]);
                               }),
                     c.type(0));
}

llvm::Error convertLayerNormalization(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 3, 3))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  llvm::Expected<int64_t> axis = c.axisOf(c.integer("axis", -1), c.rank(0));
  if (!axis)
    return axis.takeError();
  double epsilon = c.real("epsilon", usualEpsilon);
  // Mean and variance are computed in float32 unless the node says that it need not be.
  bool widens = c.integer("stash_type", 1) == 1 && c.elementOf(c.type(0)).getIntOrFloatBitWidth() < 32;
  int statistics = widens ? static_cast<int>(Type::FLOAT) : c.type(0);
  mlir::Type type = c.elementOf(statistics), outputType = c.elementOf(c.type(0));
  Shape shape(c.shape(0)), axes;
  for (int64_t i = *axis; i < c.rank(0); ++i)
    axes.push_back(i);
  mlir::Value x = c.value(0);
  if (widens)
    x = c.elementwise({x}, shape, type, [&](Scalars &s, mlir::ValueRange in) {
      return castScalar(s, in[0], c.type(0), statistics);
    });
  Remaining remaining = remainingOf(c, shape, axes);
  auto count = static_cast<double>(remaining.count);
  mlir::Value mean =
      c.elementwise({reduceSum(c, x, remaining)}, remaining.shape, type,
                    [&](Scalars &s, mlir::ValueRange in) { return s.divide(in[0], s.real(count, type)); });
  Scalars scalars(c.builder, c.loc);
  mlir::Value squares =
      reduce(c, {x, mean}, remaining, scalars.real(0, type), [](Scalars &s, mlir::ValueRange in) {
        mlir::Value distance = s.subtract(in[0], in[1]);
        return s.add(in[2], s.multiply(distance, distance));
      });
  mlir::Value inverse = c.elementwise({squares}, remaining.shape, type, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value variance = s.add(s.divide(in[0], s.real(count, type)), s.real(epsilon, type));
    return s.divide(s.real(1, type), s.builder.create<mlir::math::SqrtOp>(s.loc, variance));
  });
  unsigned rank = shape.size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap some = c.map(rank, remaining.map);
  mlir::AffineMap maps[] = {all, some, some, all};
  mlir::Value normal =
      c.generic({x, mean, inverse}, maps, c.empty(shape, outputType), [&](Scalars &s, mlir::ValueRange in) {
        mlir::Value y = s.multiply(s.subtract(in[0], in[1]), in[2]);
        return castScalar(s, y, statistics, c.type(0));
      });
  llvm::SmallVector<mlir::Value> operands = {normal, c.value(1)};
  if (c.has(2))
    operands.push_back(c.value(2));
  auto result = c.pointwise(operands, outputType, [](Scalars &s, mlir::ValueRange in) {
    mlir::Value scaled = s.multiply(in[0], in[1]);
    return in.size() > 2 ? s.add(scaled, in[2]) : scaled;
  });
  if (!result)
    return result.takeError();
  if (shapeOf(*result) != llvm::ArrayRef<int64_t>(shape))
    return c.error("has a scale or bias that makes the shape " + shapeText(shapeOf(*result)) + " of " +
                   shapeText(shape));
  if (llvm::Error wrong = c.setOutput(c.reshape(mean, remaining.kept), statistics, 1))
    return wrong;
  if (llvm::Error wrong = c.setOutput(c.reshape(inverse, remaining.kept), statistics, 2))
    return wrong;
  return c.setOutput(*result, c.type(0));
}

} // namespace tenon::import::onnx
