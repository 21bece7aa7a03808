// The table of quantised operators, and the arithmetic that they share.
#include "core/import/onnx/QuantisedOperator.h"

#include "core/import/onnx/Recentring.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <limits>

namespace tenon::import::onnx {

namespace {

using QuantisedConversion = llvm::Error (*)(NodeConversion &, const QuantisedGroup &);

QuantisedConversion conversionOf(llvm::StringRef op) {
  return llvm::StringSwitch<QuantisedConversion>(op)
      .Case("Add",
            [](NodeConversion &c, const QuantisedGroup &g) { return convertQuantisedSum(c, g, false); })
      .Case("AveragePool", convertQuantisedAveragePool)
      .Case("Conv", convertQuantisedConv)
      .Case("Gemm", convertQuantisedGemm)
      .Case("GlobalAveragePool", convertQuantisedGlobalAveragePool)
      .Case("MatMul", convertQuantisedMatMul)
      .Case("MaxPool", convertQuantisedMaxPool)
      .Case("Mul", convertQuantisedMul)
      .Case("Sub", [](NodeConversion &c, const QuantisedGroup &g) { return convertQuantisedSum(c, g, true); })
      .Default(nullptr);
}

} // namespace

namespace {

bool hasWeights(const QuantisedGroup &group) {
  return group.op == "Conv" || group.op == "Gemm" || group.op == "MatMul";
}

/// The inputs that the group quantises have the type that it read them for.
llvm::Error checkQuantised(NodeConversion &c, const QuantisedGroup &group) {
  for (auto [number, parameters] : llvm::enumerate(group.inputs)) {
    if (!parameters)
      continue;
    bool isBias = number == 2 && hasWeights(group);
    int type = isBias ? Type::INT32 : parameters->isUnsigned ? Type::UINT8 : Type::INT8;
    if (llvm::Error wrong = c.requireType(number, {type}))
      return wrong;
  }
  return llvm::Error::success();
}

llvm::Error convertRecentred(NodeConversion &c, const QuantisedGroup &group) {
  if (group.op
          .empty()) { // the node is a limit or the QuantizeLinear: the group has what their attributes say
    for (llvm::StringRef name : {"axis", "block_size", "max", "min", "output_dtype", "precision", "saturate"})
      (void)c.hasAttribute(name);
    llvm::Expected<mlir::Value> value = rescale(c, c.value(0), *group.inputs[0], group);
    return value ? c.setOutput(*value, Type::INT8) : value.takeError();
  }
  if (QuantisedConversion convert = conversionOf(group.op))
    return convert(c, group);
  return convertQuantisedMovement(c, group);
}

/// Weights whose channels have zero points of their own lose them now: 9 bits, as INT16.
llvm::Expected<mlir::Value> centredWeights(NodeConversion &c, const Quantisation &weights) {
  llvm::Expected<mlir::DenseElementsAttr> elements = c.constantInput(1);
  if (!elements)
    return elements.takeError();
  llvm::ArrayRef<int64_t> shape = c.shape(1);
  int64_t inner = 1;
  for (int64_t extent : shape.drop_front(weights.axis + 1))
    inner *= extent;
  std::vector<int16_t> numbers;
  int64_t place = 0;
  for (int8_t number : elements->getValues<int8_t>()) {
    int64_t channel = place++ / inner % shape[weights.axis];
    numbers.push_back(static_cast<int16_t>(number - weights.zeroPoints[channel]));
  }
  auto type = mlir::RankedTensorType::get(shape, c.builder.getI16Type());
  return c.constant(mlir::DenseElementsAttr::get(type, llvm::ArrayRef<int16_t>(numbers)));
}

} // namespace

llvm::Error convertQuantisedGroup(NodeConversion &c, const QuantisedGroup &group) {
  if (llvm::Error wrong = checkQuantised(c, group))
    return wrong;
  RecentredInputs recentred(c);
  llvm::Error wrong = llvm::Error::success();
  if (hasWeights(group) && !llvm::all_equal(group.inputs[1]->zeroPoints)) {
    QuantisedGroup centred = group;
    centred.inputs[1]->zeroPoints.assign(group.inputs[1]->zeroPoints.size(), 0);
    llvm::Expected<mlir::Value> weights = centredWeights(c, *group.inputs[1]);
    if (!weights)
      return joinErrors(std::move(wrong), weights.takeError());
    mlir::Value stored = std::exchange(c.tensorOfInput(1).value, *weights);
    wrong = joinErrors(std::move(wrong), convertRecentred(c, centred));
    c.tensorOfInput(1).value = stored;
  } else {
    wrong = joinErrors(std::move(wrong), convertRecentred(c, group));
  }
  if (!wrong && group.output.isUnsigned)
    recentreOutputs(c);
  return wrong;
}

mlir::Value centred(Scalars &s, mlir::Value quantised, const Quantisation &by) {
  mlir::Value x = s.extend(quantised, 32);
  return by.zeroPoint() != 0 ? s.subtract(x, s.integer(by.zeroPoint())) : x;
}

mlir::Value roundOnce(Scalars &s, mlir::Value product, mlir::Value shift) {
  return s.roundingShiftRight(ir::Rounding::HalfUp, product, shift);
}

mlir::Value finish(Scalars &s, mlir::Value steps, const QuantisedGroup &group) {
  unsigned bits = steps.getType().getIntOrFloatBitWidth();
  if (int64_t zeroPoint = group.output.zeroPoint())
    steps = s.add(steps, s.integer(zeroPoint, bits));
  return s.truncate(s.clamp(steps, group.range.lowest, group.range.highest), 8);
}

llvm::Expected<Multiplier> multiplierOf(const NodeConversion &c, double ratio) {
  if (std::optional<Multiplier> multiplier = quantizeMultiplier(ratio))
    return *multiplier;
  return c.error("has scales whose ratio is " + numberText(ratio) + ", it must be below 2^31");
}

llvm::Expected<mlir::Value> requantise(NodeConversion &c, mlir::Value sums, llvm::ArrayRef<double> ratios,
                                       unsigned dimension, mlir::Value bias, const QuantisedGroup &group) {
  std::vector<int32_t> multipliers, shifts;
  for (double ratio : ratios) {
    llvm::Expected<Multiplier> multiplier = multiplierOf(c, ratio);
    if (!multiplier)
      return multiplier.takeError();
    multipliers.push_back(multiplier->multiplier);
    shifts.push_back(31 - multiplier->shift);
  }
  bool perChannel = ratios.size() > 1;
  unsigned rank = shapeOf(sums).size();
  mlir::AffineMap all = mlir::AffineMap::getMultiDimIdentityMap(rank, c.context());
  llvm::SmallVector<mlir::Value> inputs = {sums};
  llvm::SmallVector<mlir::AffineMap> maps = {all};
  auto put = [&](mlir::Value channels) {
    inputs.push_back(channels);
    maps.push_back(c.map(rank, {c.loop(dimension)}));
  };
  if (bias)
    put(bias);
  if (perChannel) {
    put(c.vector(multipliers));
    put(c.vector(shifts));
  }
  maps.push_back(all);
  mlir::Value initial = c.empty(shapeOf(sums), c.builder.getI8Type());
  return c.generic(inputs, maps, initial, [&](Scalars &s, mlir::ValueRange in) {
    unsigned next = bias ? 2 : 1;
    mlir::Value sum = bias ? s.add(in[0], in[1]) : in[0];
    mlir::Value multiplier = perChannel ? s.extend(in[next], 64) : s.integer(multipliers.front(), 64);
    mlir::Value shift = perChannel ? s.extend(in[next + 1], 64) : s.integer(shifts.front(), 64);
    return finish(s, roundOnce(s, s.multiply(s.extend(sum, 64), multiplier), shift), group);
  });
}

llvm::Expected<mlir::Value> rescale(NodeConversion &c, mlir::Value value, const Quantisation &from,
                                    const QuantisedGroup &group) {
  bool isLimited = group.range.lowest != -128 || group.range.highest != 127;
  bool isSame = from.scale() == group.output.scale() && from.zeroPoint() == group.output.zeroPoint();
  if (isSame && !isLimited)
    return value;
  llvm::Expected<Multiplier> multiplier = multiplierOf(c, from.scale() / group.output.scale());
  if (!multiplier)
    return multiplier.takeError();
  Shape shape(shapeOf(value));
  return c.elementwise({value}, shape, c.builder.getI8Type(), [&](Scalars &s, mlir::ValueRange in) {
    if (isSame)
      return s.clamp(in[0], group.range.lowest, group.range.highest);
    mlir::Value product =
        s.multiply(s.extend(centred(s, in[0], from), 64), s.integer(multiplier->multiplier, 64));
    return finish(s, roundOnce(s, product, s.integer(31 - multiplier->shift, 64)), group);
  });
}

std::vector<double> ratiosOf(const QuantisedGroup &group) {
  std::vector<double> ratios;
  for (double scale : group.inputs[1]->scales)
    ratios.push_back(group.inputs[0]->scale() * scale / group.output.scale());
  return ratios;
}

llvm::Expected<mlir::Value> biasOf(NodeConversion &c, const QuantisedGroup &group, int64_t channels) {
  if (!c.has(2))
    return mlir::Value();
  llvm::Expected<mlir::DenseElementsAttr> elements = c.constantInput(2);
  if (!elements)
    return elements.takeError();
  int64_t count = elements->getNumElements();
  if (count != channels && count != 1)
    return c.error("has a bias of " + llvm::Twine(count) + " elements for " + llvm::Twine(channels) +
                   " output channels");
  const std::optional<Quantisation> &own = group.inputs[2];
  llvm::ArrayRef<double> weights = group.inputs[1]->scales;
  std::vector<int32_t> sums;
  auto values = elements->getValues<mlir::Attribute>();
  for (int64_t channel = 0; channel < channels; ++channel) {
    mlir::Attribute element = values[count == 1 ? 0 : channel];
    double scale = group.inputs[0]->scale() * weights[weights.size() == 1 ? 0 : channel];
    double steps = 0;
    if (own) {
      size_t place = own->isPerTensor() ? 0 : static_cast<size_t>(count == 1 ? 0 : channel);
      double distance =
          static_cast<double>(mlir::cast<mlir::IntegerAttr>(element).getInt() - own->zeroPoints[place]);
      // The file rounds the product of scales to a float; that is meant to be the sums' own scale.
      bool isOwnScale = std::abs(own->scales[place] / scale - 1) < 0x1p-22;
      steps = isOwnScale ? distance : std::nearbyint(distance * own->scales[place] / scale);
    } else {
      steps = std::nearbyint(mlir::cast<mlir::FloatAttr>(element).getValueAsDouble() / scale);
    }
    if (!(std::abs(steps) <= std::numeric_limits<int32_t>::max()))
      return c.error("has a bias of " + numberText(steps) + " steps of its sums, it must fit in int32");
    sums.push_back(static_cast<int32_t>(steps));
  }
  return c.vector(sums);
}

} // namespace tenon::import::onnx
