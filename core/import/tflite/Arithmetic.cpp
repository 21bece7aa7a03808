// ADD, SUB, MUL, MINIMUM, MAXIMUM with broadcasting: int8, float32 and plain int32.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/FixedPoint.h"

namespace tenon::import::tflite {

namespace {

enum class Combine { Add, Subtract };

/// The common shape of two operands, dimensions aligned at the right, 1 repeating.
llvm::Expected<llvm::SmallVector<int64_t>> broadcastShape(const NodeConversion &c) {
  llvm::ArrayRef<int64_t> a = c.input(0).shape, b = c.input(1).shape;
  llvm::SmallVector<int64_t> shape(std::max(a.size(), b.size()), 1);
  for (llvm::ArrayRef<int64_t> operand : {a, b})
    for (unsigned i = 0; i < operand.size(); ++i) {
      int64_t &extent = shape[shape.size() - operand.size() + i];
      if (operand[i] != 1 && extent != 1 && operand[i] != extent)
        return c.error("has inputs of shapes " + shapeText(a) + " and " + shapeText(b) +
                       ", which do not broadcast");
      extent = std::max(extent, operand[i]);
    }
  return shape;
}

/// Two inputs and an output of one type: int8 with one scale each, float32 or int32.
llvm::Error checkTypes(const NodeConversion &c) {
  using T = schema::TensorType;
  if (llvm::Error wrong = c.requireInputs(2, 2))
    return wrong;
  if (llvm::Error wrong = c.requireType(c.input(0), {T::INT8, T::FLOAT32, T::INT32}))
    return wrong;
  if (c.input(0).type != T::INT32)
    return c.requireSameKind({&c.input(0), &c.input(1), &c.output()});
  for (const Tensor *tensor : {&c.input(1), &c.output()})
    if (llvm::Error wrong = c.requireType(*tensor, {T::INT32}))
      return wrong;
  for (const Tensor *tensor : {&c.input(0), &c.input(1), &c.output()})
    if (!tensor->quantization.scales.empty())
      return c.error("has the quantised " + describe(*tensor) +
                     " of type int32, only plain int32 is supported");
  return llvm::Error::success();
}

llvm::Error setElementwise(NodeConversion &c, ScalarBody body) {
  llvm::Expected<llvm::SmallVector<int64_t>> shape = broadcastShape(c);
  if (!shape)
    return shape.takeError();
  mlir::Type type = elementType(c.context(), c.output().type);
  return c.setOutput(c.elementwise({c.inputValue(0), c.inputValue(1)}, *shape, type, body));
}

/// Floats and plain integers: the operation, then the activation.
mlir::Value limit(Scalars &s, mlir::Value x, const NodeConversion &c, const ActivationRange &range) {
  if (isFloat(c.output()))
    return clampFloat(s, x, range);
  bool full = range.lowest == std::numeric_limits<int32_t>::min() &&
              range.highest == std::numeric_limits<int32_t>::max();
  return full ? x : s.clamp(x, range.lowest, range.highest);
}

/// Both operands are brought to a common scale with 20 extra bits, summed, and scaled to the output's.
llvm::Error convertQuantisedSum(NodeConversion &c, Combine combine, const ActivationRange &range) {
  constexpr int extraBits = 20;
  double scales[] = {scaleOf(c.input(0)), scaleOf(c.input(1))};
  double common = 2 * std::max(scales[0], scales[1]);
  double toOutput = common / (static_cast<double>(1 << extraBits) * scaleOf(c.output()));
  std::optional<Multiplier> operands[] = {quantizeMultiplier(scales[0] / common),
                                          quantizeMultiplier(scales[1] / common)};
  std::optional<Multiplier> output = quantizeMultiplier(toOutput);
  if (!operands[0] || !operands[1] || !output)
    return multiplierError(c, toOutput);
  return setElementwise(c, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value scaled[2];
    for (unsigned i = 0; i < 2; ++i) {
      mlir::Value x = centred(s, in[i], c.input(i));
      scaled[i] = multiplyRoundingTwice(s, s.shiftLeft(x, s.integer(extraBits)), *operands[i]);
    }
    mlir::Value sum =
        combine == Combine::Add ? s.add(scaled[0], scaled[1]) : s.subtract(scaled[0], scaled[1]);
    return addZeroPointAndClamp(s, multiplyRoundingTwice(s, sum, *output), zeroPointOf(c.output()),
                                range.lowest, range.highest);
  });
}

template <typename Options> llvm::Error convertSum(NodeConversion &c, Combine combine) {
  if (llvm::Error wrong = checkTypes(c))
    return wrong;
  auto options = c.options<Options>();
  if (!options)
    return options.takeError();
  llvm::Expected<ActivationRange> range = activationRange(c, (*options)->fused_activation_function());
  if (!range)
    return range.takeError();
  if (c.output().type == schema::TensorType::INT8)
    return convertQuantisedSum(c, combine, *range);
  return setElementwise(c, [&](Scalars &s, mlir::ValueRange in) {
    return limit(s, combine == Combine::Add ? s.add(in[0], in[1]) : s.subtract(in[0], in[1]), c, *range);
  });
}

enum class Extreme { Least, Largest };

/// Quantised operands are compared as they are, whatever their scales: so does the reference.
llvm::Error convertExtreme(NodeConversion &c, Extreme which) {
  if (llvm::Error wrong = checkTypes(c))
    return wrong;
  return setElementwise(c, [&](Scalars &s, mlir::ValueRange in) {
    return which == Extreme::Largest ? s.maximum(in[0], in[1]) : s.minimum(in[0], in[1]);
  });
}

} // namespace

llvm::Error convertAdd(NodeConversion &c) { return convertSum<schema::AddOptions>(c, Combine::Add); }
llvm::Error convertSub(NodeConversion &c) { return convertSum<schema::SubOptions>(c, Combine::Subtract); }
llvm::Error convertMinimum(NodeConversion &c) { return convertExtreme(c, Extreme::Least); }
llvm::Error convertMaximum(NodeConversion &c) { return convertExtreme(c, Extreme::Largest); }

llvm::Error convertMul(NodeConversion &c) {
  if (llvm::Error wrong = checkTypes(c))
    return wrong;
  auto options = c.options<schema::MulOptions>();
  if (!options)
    return options.takeError();
  llvm::Expected<ActivationRange> range = activationRange(c, (*options)->fused_activation_function());
  if (!range)
    return range.takeError();
  if (c.output().type != schema::TensorType::INT8)
    return setElementwise(
        c, [&](Scalars &s, mlir::ValueRange in) { return limit(s, s.multiply(in[0], in[1]), c, *range); });
  // The reference takes this ratio in float.
  float ratio = c.input(0).quantization.scales[0] * c.input(1).quantization.scales[0];
  double real = ratio / c.output().quantization.scales[0];
  std::optional<Multiplier> multiplier = quantizeMultiplier(real);
  if (!multiplier)
    return multiplierError(c, real);
  return setElementwise(c, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value product = s.multiply(centred(s, in[0], c.input(0)), centred(s, in[1], c.input(1)));
    return addZeroPointAndClamp(s, multiplyRoundingTwice(s, product, *multiplier), zeroPointOf(c.output()),
                                range->lowest, range->highest);
  });
}

} // namespace tenon::import::tflite
