// Bias, requantisation and activation of a row of sums.
#include "core/import/tflite/Epilogue.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace tenon::import::tflite {

llvm::Error setMultipliers(const NodeConversion &c, const Tensor &input, const Tensor &weights,
                           Epilogue &epilogue) {
  for (float scale : weights.quantization.scales) {
    double real = scaleOf(input) * static_cast<double>(scale) / scaleOf(c.output());
    std::optional<Multiplier> multiplier = quantizeMultiplier(real);
    if (!multiplier)
      return multiplierError(c, real);
    epilogue.ratios.push_back(real);
    epilogue.multipliers.push_back(*multiplier);
  }
  epilogue.zeroPoint = zeroPointOf(c.output());
  return llvm::Error::success();
}

llvm::Error checkBias(const NodeConversion &c, unsigned number, int64_t channels) {
  if (!c.has(number))
    return llvm::Error::success();
  const Tensor &bias = c.input(number);
  if (llvm::Error wrong = c.requireType(
          bias, {isFloat(c.output()) ? schema::TensorType::FLOAT32 : schema::TensorType::INT32}))
    return wrong;
  if (bias.elements() != channels || (bias.shape.size() > 1 && bias.shape.back() != channels))
    return c.error("has a bias of shape " + shapeText(bias.shape) + ", its output has " +
                   llvm::Twine(channels) + " channels");
  return llvm::Error::success();
}

namespace {

/// The per-channel numbers that a body reads as operands, in the order of the body's arguments.
struct ChannelOperands {
  llvm::SmallVector<mlir::Value> values;
  int bias = -1, left = -1, multiplier = -1, right = -1; ///< argument numbers, -1 where there is none
};

ChannelOperands channelOperands(NodeConversion &c, mlir::Value sums, const Epilogue &epilogue) {
  ChannelOperands operands;
  operands.values = {sums};
  llvm::SmallVector<int64_t> channels(shapeOf(sums).take_back(epilogue.channelDimensions));
  auto put = [&](mlir::Value value) {
    operands.values.push_back(epilogue.channelDimensions == 1 ? value : c.reshape(value, channels));
    return static_cast<int>(operands.values.size()) - 1;
  };
  if (epilogue.bias)
    operands.bias = put(epilogue.bias);
  if (epilogue.multipliers.size() < 2)
    return operands;
  if (epilogue.requantisation == Requantisation::InDouble) {
    auto type =
        mlir::RankedTensorType::get({static_cast<int64_t>(epilogue.ratios.size())}, c.builder.getF64Type());
    operands.multiplier =
        put(c.constant(mlir::DenseElementsAttr::get(type, llvm::ArrayRef(epilogue.ratios))));
    return operands;
  }
  bool twice = epilogue.requantisation == Requantisation::RoundTwice;
  std::vector<int32_t> lefts, multipliers, rights;
  for (const Multiplier &m : epilogue.multipliers) {
    lefts.push_back(m.left());
    multipliers.push_back(m.multiplier);
    rights.push_back(twice ? m.right() : 31 - m.shift);
  }
  if (twice && llvm::any_of(lefts, [](int32_t n) { return n != 0; }))
    operands.left = put(c.vector(lefts));
  operands.multiplier = put(c.vector(multipliers));
  operands.right = put(c.vector(rights));
  return operands;
}

/// The double product, rounded. It is limited before it becomes an integer: beyond int32 there is none.
mlir::Value requantiseInDouble(Scalars &s, mlir::Value sum, mlir::Value ratio) {
  constexpr double beyondByte = 1024;
  mlir::Type type = s.builder.getF64Type();
  mlir::Value product = s.multiply(s.builder.create<mlir::arith::SIToFPOp>(s.loc, type, sum), ratio);
  mlir::Value rounded = s.builder.create<mlir::math::RoundOp>(s.loc, product);
  rounded = s.minimum(s.maximum(rounded, s.real(-beyondByte, type)), s.real(beyondByte, type));
  return s.builder.create<mlir::arith::FPToSIOp>(s.loc, s.builder.getI32Type(), rounded);
}

mlir::Value requantise(Scalars &s, mlir::Value sum, mlir::ValueRange in, const ChannelOperands &operands,
                       const Epilogue &epilogue) {
  bool perChannel = operands.multiplier >= 0;
  const Multiplier &first = epilogue.multipliers.front();
  ir::Rounding once = epilogue.requantisation == Requantisation::OnceHalfUp ? ir::Rounding::HalfUp
                                                                            : ir::Rounding::HalfAwayFromZero;
  switch (epilogue.requantisation) {
  case Requantisation::RoundTwice:
    if (!perChannel)
      return multiplyRoundingTwice(s, sum, first);
    if (operands.left >= 0)
      sum = s.shiftLeft(sum, in[operands.left]);
    return s.roundingShiftRight(ir::Rounding::HalfAwayFromZero,
                                s.doublingHighMultiply(sum, in[operands.multiplier]), in[operands.right]);
  case Requantisation::OnceHalfUp:
  case Requantisation::OnceHalfAwayFromZero:
    if (!perChannel)
      return multiplyRoundingOnce(s, once, sum, first);
    return s.roundingShiftRight(once, s.multiply(s.extend(sum, 64), s.extend(in[operands.multiplier], 64)),
                                s.extend(in[operands.right], 64));
  case Requantisation::InDouble:
    return requantiseInDouble(s, sum,
                              perChannel ? in[operands.multiplier]
                                         : s.real(epilogue.ratios.front(), s.builder.getF64Type()));
  }
  llvm_unreachable("all requantisations are listed");
}

} // namespace

mlir::Value applyEpilogue(NodeConversion &c, mlir::Value sums, const Epilogue &epilogue) {
  ChannelOperands operands = channelOperands(c, sums, epilogue);
  mlir::Type type = elementType(c.context(), c.output().type);
  return c.elementwise(operands.values, shapeOf(sums), type, [&](Scalars &s, mlir::ValueRange in) {
    mlir::Value sum = in[0];
    if (operands.bias >= 0)
      sum = s.add(sum, in[operands.bias]);
    if (epilogue.multipliers.empty())
      return clampFloat(s, sum, epilogue.range);
    mlir::Value scaled = requantise(s, sum, in, operands, epilogue);
    return addZeroPointAndClamp(s, scaled, epilogue.zeroPoint, epilogue.range.lowest, epilogue.range.highest);
  });
}

} // namespace tenon::import::tflite
