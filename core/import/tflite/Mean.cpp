// MEAN over any axes, int8 and float32.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/FixedPoint.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::import::tflite {

namespace {

/// Which dimensions are reduced; an axis may be negative or named twice.
llvm::Expected<llvm::BitVector> reducedDimensions(const NodeConversion &c) {
  llvm::Expected<llvm::SmallVector<int64_t>> axes = c.constantIntegers(c.input(1));
  if (!axes)
    return axes.takeError();
  auto rank = static_cast<int64_t>(c.input(0).shape.size());
  llvm::BitVector reduced(rank);
  for (int64_t axis : *axes) {
    int64_t dimension = axis < 0 ? axis + rank : axis;
    if (dimension < 0 || dimension >= rank)
      return c.error("reduces axis " + llvm::Twine(axis) + ", the rank is " + llvm::Twine(rank));
    reduced.set(dimension);
  }
  return reduced;
}

/// The sum over the reduced dimensions; they are left out of the result.
mlir::Value sumOver(NodeConversion &c, const llvm::BitVector &reduced) {
  const Tensor &input = c.input(0);
  unsigned rank = input.shape.size();
  llvm::SmallVector<mlir::AffineExpr> kept;
  llvm::SmallVector<int64_t> shape;
  for (unsigned i = 0; i < rank; ++i)
    if (!reduced.test(i)) {
      kept.push_back(c.loop(i));
      shape.push_back(input.shape[i]);
    }
  Scalars scalars(c.builder, c.loc);
  mlir::Value zero = isFloat(input) ? scalars.real(0, c.builder.getF32Type()) : scalars.integer(0);
  mlir::AffineMap maps[] = {mlir::AffineMap::getMultiDimIdentityMap(rank, c.context()), c.map(rank, kept)};
  return c.generic({c.inputValue(0)}, maps, c.filled(shape, zero), [&](Scalars &s, mlir::ValueRange in) {
    return s.add(in[1], isFloat(input) ? in[0] : s.extend(in[0], 32));
  });
}

/// The scale ratio's multiplier divided by the count in integers: doubled as often as there is room, then
/// divided, as the reference does. Dividing the real ratio gives other bytes.
Multiplier divideMultiplier(const Multiplier &whole, int64_t count) {
  int64_t doublings = llvm::Log2_64(static_cast<uint64_t>(count));
  doublings = std::min<int64_t>({doublings, 32, 31 + whole.shift});
  Multiplier result;
  result.multiplier = static_cast<int32_t>((static_cast<int64_t>(whole.multiplier) << doublings) / count);
  result.shift = whole.shift - static_cast<int>(doublings);
  return result;
}

} // namespace

llvm::Error convertMean(NodeConversion &c) {
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  auto options = c.options<schema::ReducerOptions>();
  if (!options)
    return options.takeError();
  const Tensor &input = c.input(0), &output = c.output();
  if (llvm::Error wrong = c.requireSameKind({&input, &output}))
    return wrong;
  llvm::Expected<llvm::BitVector> reduced = reducedDimensions(c);
  if (!reduced)
    return reduced.takeError();
  int64_t count = 1;
  llvm::SmallVector<int64_t> shape;
  for (unsigned i = 0; i < input.shape.size(); ++i) {
    if (reduced->test(i))
      count *= input.shape[i];
    if (!reduced->test(i))
      shape.push_back(input.shape[i]);
    else if ((*options)->keep_dims())
      shape.push_back(1);
  }
  mlir::Type type = elementType(c.context(), output.type);
  std::optional<Multiplier> multiplier = Multiplier{};
  if (!isFloat(input)) {
    double ratio = scaleOf(input) / scaleOf(output);
    multiplier = quantizeMultiplier(ratio);
    if (!multiplier)
      return multiplierError(c, ratio);
    multiplier = divideMultiplier(*multiplier, count);
  }
  mlir::Value sums = sumOver(c, *reduced);
  mlir::Value means = c.elementwise({sums}, shapeOf(sums), type, [&](Scalars &s, mlir::ValueRange in) {
    if (isFloat(input))
      return s.divide(in[0], s.real(static_cast<double>(count), type));
    mlir::Value centred = s.subtract(in[0], s.integer(static_cast<int32_t>(zeroPointOf(input) * count)));
    return addZeroPointAndClamp(s, multiplyRoundingTwice(s, centred, *multiplier), zeroPointOf(output), -128,
                                127);
  });
  return c.setOutput(c.reshape(means, shape));
}

} // namespace tenon::import::tflite
