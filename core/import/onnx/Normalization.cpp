// BatchNormalization with the stored mean and variance; LayerNormalization, InstanceNormalization and
// GroupNormalization with those of the input; LRN.
#include "core/import/onnx/Cast.h"
#include "core/import/onnx/Conversions.h"
#include "core/import/onnx/Reduction.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::onnx {

namespace {

constexpr float usualEpsilon = 1e-5F;

struct Moments {
  mlir::Value mean, inverse; ///< 1 / sqrt(variance + epsilon)
};

Moments momentsOf(NodeConversion &c, mlir::Value x, const Remaining &remaining, double epsilon) {
  mlir::Type type = elementTypeOf(x);
  auto count = static_cast<double>(remaining.count);
  Moments moments;
  moments.mean =
      c.elementwise({reduceSum(c, x, remaining)}, remaining.shape, type,
                    [&](Scalars &s, mlir::ValueRange in) { return s.divide(in[0], s.real(count, type)); });
  Scalars scalars(c.builder, c.loc);
  mlir::Value squares =
      reduce(c, {x, moments.mean}, remaining, scalars.real(0, type), [](Scalars &s, mlir::ValueRange in) {
        mlir::Value distance = s.subtract(in[0], in[1]);
        return s.add(in[2], s.multiply(distance, distance));
      });
  moments.inverse = c.elementwise({squares}, remaining.shape, type, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value variance = s.add(s.divide(in[0], s.real(count, type)), s.real(epsilon, type));
    return s.divide(s.real(1, type), s.builder.create<mlir::math::SqrtOp>(s.loc, variance));
  });
  return moments;
}

/// (x - mean) * inverse, in the type of x, as another type of the output.
mlir::Value normalised(NodeConversion &c, mlir::Value x, const Remaining &remaining, const Moments &moments,
                       int from, int to) {
  unsigned rank = shapeOf(x).size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineMap some = c.map(rank, remaining.map);
  mlir::AffineMap maps[] = {all, some, some, all};
  return c.generic({x, moments.mean, moments.inverse}, maps, c.empty(shapeOf(x), c.elementOf(to)),
                   [&](Scalars &s, mlir::ValueRange in) {
                     return castScalar(s, s.multiply(s.subtract(in[0], in[1]), in[2]), from, to);
                   });
}

/// x * scale + bias, one of each for an index along dimension 1, or for so many indices one after the other.
mlir::Value scaledByChannel(NodeConversion &c, mlir::Value x, int64_t channelsOfEach) {
  unsigned rank = shapeOf(x).size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  mlir::AffineExpr index = channelsOfEach == 1 ? c.loop(1) : c.loop(1).floorDiv(channelsOfEach);
  mlir::AffineMap maps[] = {all, c.map(rank, {index}), c.map(rank, {index}), all};
  return c.generic({x, c.value(1), c.value(2)}, maps, c.empty(shapeOf(x), elementTypeOf(x)),
                   [](Scalars &s, mlir::ValueRange in) { return s.add(s.multiply(in[0], in[1]), in[2]); });
}

llvm::Error checkParameters(NodeConversion &c, int64_t count) {
  for (unsigned i : {1U, 2U})
    if (c.shape(i) != llvm::ArrayRef<int64_t>{count})
      return c.error("has " + describe(c.input(i)) + " of shape " + shapeText(c.shape(i)) + ", it needs [" +
                     llvm::Twine(count) + "]");
  return llvm::Error::success();
}

llvm::Error checkNormalised(NodeConversion &c, int64_t leastRank) {
  if (llvm::Error wrong = c.requireInputs(3, 3))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  if (llvm::Error wrong = c.requireSameTypes())
    return wrong;
  if (c.rank(0) < leastRank)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + ", it takes rank " +
                   llvm::Twine(leastRank) + " or more");
  return llvm::Error::success();
}

Shape axesFrom(int64_t first, int64_t rank) {
  Shape axes;
  for (int64_t i = first; i < rank; ++i)
    axes.push_back(i);
  return axes;
}

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
  Shape shape(c.shape(0)), axes = axesFrom(*axis, c.rank(0));
  mlir::Value x = c.value(0);
  if (widens)
    x = c.elementwise({x}, shape, type, [&](Scalars &s, mlir::ValueRange in) {
      return castScalar(s, in[0], c.type(0), statistics);
    });
  Remaining remaining = remainingOf(c, shape, axes);
  Moments moments = momentsOf(c, x, remaining, epsilon);
  mlir::Value normal = normalised(c, x, remaining, moments, statistics, c.type(0));
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
  if (llvm::Error wrong = c.setOutput(c.reshape(moments.mean, remaining.kept), statistics, 1))
    return wrong;
  if (llvm::Error wrong = c.setOutput(c.reshape(moments.inverse, remaining.kept), statistics, 2))
    return wrong;
  return c.setOutput(*result, c.type(0));
}

llvm::Error convertInstanceNormalization(NodeConversion &c) {
  if (llvm::Error wrong = checkNormalised(c, 3))
    return wrong;
  if (llvm::Error wrong = checkParameters(c, c.shape(0)[1]))
    return wrong;
  double epsilon = c.real("epsilon", usualEpsilon);
  Remaining remaining = remainingOf(c, c.shape(0), axesFrom(2, c.rank(0)));
  Moments moments = momentsOf(c, c.value(0), remaining, epsilon);
  mlir::Value normal = normalised(c, c.value(0), remaining, moments, c.type(0), c.type(0));
  return c.setOutput(scaledByChannel(c, normal, 1), c.type(0));
}

llvm::Error convertGroupNormalization(NodeConversion &c) {
  if (llvm::Error wrong = checkNormalised(c, 3))
    return wrong;
  constexpr int channelsSince = 21; // before, a scale and a bias for each group
  int64_t channels = c.shape(0)[1], groups = c.integer("num_groups", 0);
  if (groups < 1 || channels % groups != 0)
    return c.error("has " + llvm::Twine(channels) + " channels and num_groups " + llvm::Twine(groups) +
                   ", which must divide them");
  bool byChannel = c.operatorSet() >= channelsSince;
  if (llvm::Error wrong = checkParameters(c, byChannel ? channels : groups))
    return wrong;
  if (c.integer("stash_type", Type::FLOAT) != Type::FLOAT)
    return c.error("has stash_type " + llvm::Twine(c.integer("stash_type", 1)) +
                   ", only 1 (FLOAT) is supported");
  double epsilon = c.real("epsilon", usualEpsilon);
  Shape shape(c.shape(0)), grouped = {shape[0], groups, 1};
  for (int64_t extent : llvm::ArrayRef<int64_t>(shape).drop_front())
    grouped.back() *= extent;
  grouped.back() /= groups;
  mlir::Value x = c.reshape(c.value(0), grouped);
  Remaining remaining = remainingOf(c, grouped, {2});
  mlir::Value normal = normalised(c, x, remaining, momentsOf(c, x, remaining, epsilon), c.type(0), c.type(0));
  return c.setOutput(scaledByChannel(c, c.reshape(normal, shape), byChannel ? 1 : channels / groups),
                     c.type(0));
}

/// x / (bias + alpha / size * the squares of the neighbouring channels) ^ beta.
llvm::Error convertLrn(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(1, 1))
    return wrong;
  if (llvm::Error wrong = c.requireFloat(0))
    return wrong;
  constexpr float usualAlpha = 1e-4F, usualBeta = 0.75F;
  constexpr int64_t largest = 1 << 20;
  double alpha = c.real("alpha", usualAlpha), beta = c.real("beta", usualBeta), bias = c.real("bias", 1);
  int64_t size = c.integer("size", 0), rank = c.rank(0);
  if (size < 1 || size > largest || rank < 3)
    return c.error("has an input of shape " + shapeText(c.shape(0)) + " and size " + llvm::Twine(size) +
                   ", it takes rank 3 or more and a size of 1 to " + llvm::Twine(largest));
  mlir::Type type = c.elementOf(c.type(0));
  Shape low(rank, 0), high(rank, 0), padded(c.shape(0));
  low[1] = (size - 1) / 2;
  high[1] = size - 1 - low[1];
  padded[1] += size - 1;
  if (llvm::Error wrong = c.checkShape(padded, type))
    return wrong;
  mlir::FloatAttr zero = c.builder.getFloatAttr(type, 0);
  mlir::Value image = c.pad(c.value(0), low, high, zero);
  llvm::SmallVector<mlir::AffineExpr> from, to;
  for (int64_t i = 0; i < rank; ++i) {
    to.push_back(c.loop(i));
    from.push_back(i == 1 ? c.loop(1) + c.loop(rank) : c.loop(i));
  }
  mlir::AffineMap maps[] = {c.map(rank + 1, from), c.map(rank + 1, {c.loop(rank)}), c.map(rank + 1, to)};
  Scalars scalars(c.builder, c.loc);
  mlir::Value unread = c.empty({size}, type);
  mlir::Value squares =
      c.generic({image, unread}, maps, c.filled(c.shape(0), scalars.real(0, type)),
                [](Scalars &s, mlir::ValueRange in) { return s.add(in[2], s.multiply(in[0], in[0])); });
  return c.setOutput(c.elementwise({c.value(0), squares}, c.shape(0), type,
                                   [&](Scalars &s, mlir::ValueRange in) {
                                     mlir::Value share =
                                         s.multiply(s.real(alpha / static_cast<double>(size), type), in[1]);
                                     mlir::Value power = s.builder.create<mlir::math::PowFOp>(
                                         s.loc, s.add(s.real(bias, type), share), s.real(beta, type));
                                     return s.divide(in[0], power);
                                   }),
                     c.type(0));
}

} // namespace tenon::import::onnx
