// FULLY_CONNECTED, int8 (one rounding) and float32.
#include "core/import/tflite/Conversions.h"
#include "core/import/tflite/Epilogue.h"

namespace tenon::import::tflite {

namespace {

llvm::Error checkOperands(const NodeConversion &c, const schema::FullyConnectedOptions &options) {
  if (llvm::Error wrong = c.requireInputs(2, 3))
    return wrong;
  const Tensor &input = c.input(0), &weights = c.input(1);
  if (llvm::Error wrong = c.requireSameKind({&input, &c.output()}))
    return wrong;
  if (llvm::Error wrong = c.requireRank(weights, 2))
    return wrong;
  if (weights.type != input.type)
    return c.error("has weights of type " + typeName(weights.type) + " and an input of type " +
                   typeName(input.type) + ", they must agree");
  if (options.weights_format() != schema::WeightsFormat::DEFAULT)
    return c.error("has shuffled weights, only the default format is supported");
  if (input.elements() % weights.shape[1] != 0)
    return c.error("has " + llvm::Twine(input.elements()) + " input elements, which is no multiple of the " +
                   llvm::Twine(weights.shape[1]) + " columns of its weights");
  if (isFloat(input))
    return llvm::Error::success();
  if (weights.quantization.scales.empty())
    return c.error("has weights without a scale");
  if (!weights.quantization.isPerTensor() && weights.quantization.dimension != 0)
    return c.error("has weights with scales along dimension " + llvm::Twine(weights.quantization.dimension) +
                   ", the output channels are dimension 0");
  if (!weights.quantization.isPerTensor() &&
      llvm::any_of(weights.quantization.zeroPoints, [](int64_t z) { return z; }))
    return c.error("has weights with a scale for each channel and zero points, which must be 0");
  return llvm::Error::success();
}

/// sums[batch, n] = sum over k of (x[batch, k] - zx) * (w[n, k] - zw).
mlir::Value sums(NodeConversion &c, int64_t batch) {
  const Tensor &input = c.input(0), &weights = c.input(1);
  mlir::Value rows = c.reshape(c.inputValue(0), {batch, weights.shape[1]});
  mlir::AffineExpr b = c.loop(0), n = c.loop(1), k = c.loop(2);
  mlir::AffineMap maps[] = {c.map(3, {b, k}), c.map(3, {n, k}), c.map(3, {b, n})};
  Scalars scalars(c.builder, c.loc);
  mlir::Value zero = isFloat(input) ? scalars.real(0, c.builder.getF32Type()) : scalars.integer(0);
  mlir::Value initial = c.filled({batch, weights.shape[0]}, zero);
  return c.generic({rows, c.inputValue(1)}, maps, initial, [&](Scalars &s, mlir::ValueRange in) {
    auto real = [&](mlir::Value q, const Tensor &tensor) {
      return isFloat(tensor) ? q : centred(s, q, tensor);
    };
    return s.add(in[2], s.multiply(real(in[0], input), real(in[1], weights)));
  });
}

} // namespace

llvm::Error convertFullyConnected(NodeConversion &c) {
  auto options = c.options<schema::FullyConnectedOptions>();
  if (!options)
    return options.takeError();
  if (llvm::Error wrong = checkOperands(c, **options))
    return wrong;
  const Tensor &input = c.input(0), &weights = c.input(1);
  if (llvm::Error wrong = checkBias(c, 2, weights.shape[0]))
    return wrong;
  Epilogue epilogue;
  llvm::Expected<ActivationRange> range = activationRange(c, (*options)->fused_activation_function());
  if (!range)
    return range.takeError();
  epilogue.range = *range;
  if (!isFloat(input)) {
    if (llvm::Error wrong = setMultipliers(c, input, weights, epilogue))
      return wrong;
    epilogue.requantisation = requantisationOf(epilogue.ratios);
  }
  mlir::Value result = sums(c, input.elements() / weights.shape[1]);
  if (c.has(2))
    epilogue.bias = c.reshape(c.inputValue(2), {weights.shape[0]});
  result = applyEpilogue(c, result, epilogue);
  if (result.getType() == c.outputType())
    return c.setOutput(result);
  // The output may have the leading dimensions of the input (keep_num_dims) or any other shape of as many
  // elements.
  if (c.output().elements() == mlir::cast<mlir::RankedTensorType>(result.getType()).getNumElements() &&
      !c.output().shape.empty() && c.output().shape.back() == weights.shape[0])
    result = c.reshape(result, c.output().shape);
  return c.setOutput(result);
}

} // namespace tenon::import::tflite
