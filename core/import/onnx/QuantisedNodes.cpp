// Where each operator has its tensors, scales and zero points: by this table it becomes a group like any
// other.
#include "core/import/onnx/QuantisedNodes.h"

#include "core/import/onnx/QuantisedOperator.h"
#include "core/import/onnx/Recentring.h"

#include <cmath>

namespace tenon::import::onnx {

namespace {

/// Numbers of inputs. Behind a tensor come its scale and its zero point.
struct QuantisedNode {
  llvm::StringLiteral name;
  llvm::StringLiteral op; ///< that it is in floats
  int tensors[2];         ///< -1: there is no second; -2: any number from the first on
  int bias;               ///< INT32 in steps of the sums; -1: none
  unsigned output;        ///< its scale
  unsigned least, most;   ///< inputs
};

constexpr QuantisedNode quantisedNodes[] = {
    {"QLinearConv", "Conv", {0, 3}, 8, 6, 8, 9},
    {"QLinearMatMul", "MatMul", {0, 3}, -1, 6, 8, 8},
    {"com.microsoft.QGemm", "Gemm", {0, 3}, 6, 7, 6, 9},
    {"com.microsoft.QLinearAdd", "Add", {0, 3}, -1, 6, 7, 8},
    {"com.microsoft.QLinearAveragePool", "AveragePool", {0, -1}, -1, 3, 4, 5},
    {"com.microsoft.QLinearConcat", "Concat", {2, -2}, -1, 0, 5, 1 << 20},
    {"com.microsoft.QLinearGlobalAveragePool", "GlobalAveragePool", {0, -1}, -1, 3, 5, 5},
    {"com.microsoft.QLinearMul", "Mul", {0, 3}, -1, 6, 7, 8},
};

const QuantisedNode *quantisedNode(llvm::StringRef op) {
  const auto *found =
      llvm::find_if(quantisedNodes, [&](const QuantisedNode &each) { return each.name == op; });
  return found == std::end(quantisedNodes) ? nullptr : found;
}

/// The axis of weights along which they may have a scale for each channel.
int64_t channelAxis(NodeConversion &c, const QuantisedNode &form) {
  if (form.op == "Conv")
    return 0;
  return form.op == "Gemm" && c.integer("transB", 0) != 0 ? 0 : 1;
}

/// Scale and zero point at inputs `scale` and `scale` + 1, of integers of a type; a zero point that is left
/// out is 0.
llvm::Expected<Quantisation> parametersAt(NodeConversion &c, unsigned scale, int type) {
  if (!c.has(scale))
    return c.error("lacks its input " + llvm::Twine(scale) + ", a scale");
  if (llvm::Error wrong = c.requireType(scale, {Type::FLOAT}))
    return std::move(wrong);
  llvm::Expected<std::vector<double>> scales = c.realsOf(scale);
  if (!scales)
    return scales.takeError();
  Quantisation result;
  result.scales = *scales;
  result.isUnsigned = type == Type::UINT8;
  int64_t offset = result.isUnsigned ? recentring : 0;
  result.zeroPoints.assign(result.scales.size(), -offset);
  if (c.has(scale + 1)) {
    if (llvm::Error wrong = c.requireType(scale + 1, {type}))
      return std::move(wrong);
    llvm::Expected<mlir::DenseElementsAttr> found = c.constantInput(scale + 1);
    if (!found)
      return found.takeError();
    result.zeroPoints.clear();
    for (const llvm::APInt &number : found->getValues<llvm::APInt>())
      result.zeroPoints.push_back(
          (result.isUnsigned ? static_cast<int64_t>(number.getZExtValue()) : number.getSExtValue()) - offset);
  }
  size_t count = std::max(result.scales.size(), result.zeroPoints.size());
  if (result.scales.size() == 1)
    result.scales.resize(count, result.scales.front());
  if (result.zeroPoints.size() == 1)
    result.zeroPoints.resize(count, result.zeroPoints.front());
  if (count == 0 || result.scales.size() != count || result.zeroPoints.size() != count)
    return c.error("has " + llvm::Twine(result.scales.size()) + " scales and " +
                   llvm::Twine(result.zeroPoints.size()) + " zero points of one tensor, they must agree");
  for (double each : result.scales)
    if (!std::isfinite(each) || each <= 0)
      return c.error("has the scale " + numberText(each) + ", it must be above 0");
  return result;
}

llvm::Error addTensor(NodeConversion &c, QuantisedGroup &group, unsigned number, int64_t axis) {
  if (!c.has(number))
    return c.error("lacks its input " + llvm::Twine(number));
  if (llvm::Error wrong = c.requireType(number, {Type::INT8, Type::UINT8}))
    return wrong;
  llvm::Expected<Quantisation> parameters = parametersAt(c, number + 1, c.type(number));
  if (!parameters)
    return parameters.takeError();
  if (!parameters->isPerTensor()) {
    int64_t extent = axis >= 0 && axis < c.rank(number) ? c.shape(number)[axis] : 1;
    bool isMatrix = group.op == "Conv" || c.rank(number) == 2;
    if (axis < 0 || !isMatrix || extent != static_cast<int64_t>(parameters->scales.size()))
      return c.error("has " + llvm::Twine(parameters->scales.size()) + " scales or zero points of " +
                     describe(c.input(number)) + " of shape " + shapeText(c.shape(number)) +
                     ", supported: one, or for weights one for each output channel");
    parameters->axis = axis;
  }
  group.joined.inputs.push_back(c.node.inputs[number]);
  group.inputs.emplace_back(*parameters);
  return llvm::Error::success();
}

/// A bias in steps of the sums: its scales are theirs.
llvm::Error addBias(NodeConversion &c, QuantisedGroup &group, unsigned number) {
  if (llvm::Error wrong = c.requireType(number, {Type::INT32}))
    return wrong;
  for (int64_t extent : c.shape(number).drop_back(c.shape(number).empty() ? 0 : 1))
    if (extent != 1)
      return c.error("has a bias of shape " + shapeText(c.shape(number)) +
                     ", supported: one number for each output channel");
  Quantisation sums;
  for (double scale : group.inputs[1]->scales)
    sums.scales.push_back(group.inputs[0]->scale() * scale);
  sums.zeroPoints.assign(sums.scales.size(), 0);
  group.joined.inputs.push_back(c.node.inputs[number]);
  group.inputs.emplace_back(std::move(sums));
  return llvm::Error::success();
}

llvm::Error addTensors(NodeConversion &c, QuantisedGroup &group, const QuantisedNode &form) {
  auto first = static_cast<unsigned>(form.tensors[0]);
  if (form.tensors[1] == -2) {
    for (unsigned number = first; number < c.node.inputs.size(); number += 3)
      if (llvm::Error wrong = addTensor(c, group, number, -1))
        return wrong;
    return llvm::Error::success();
  }
  if (llvm::Error wrong = addTensor(c, group, first, -1))
    return wrong;
  if (form.tensors[1] < 0)
    return llvm::Error::success();
  bool hasWeights = form.op == "Conv" || form.op == "Gemm" || form.op == "MatMul";
  return addTensor(c, group, static_cast<unsigned>(form.tensors[1]), hasWeights ? channelAxis(c, form) : -1);
}

llvm::Error addOutput(NodeConversion &c, QuantisedGroup &group, const QuantisedNode &form) {
  if (!c.has(form.output))
    return c.error("lacks the scale of its result, which would be floats, supported: a quantised result");
  int type = c.has(form.output + 1)        ? c.type(form.output + 1)
             : group.inputs[0]->isUnsigned ? static_cast<int>(Type::UINT8)
                                           : static_cast<int>(Type::INT8);
  if (type != Type::INT8 && type != Type::UINT8)
    return c.requireType(form.output + 1, {Type::INT8, Type::UINT8});
  llvm::Expected<Quantisation> output = parametersAt(c, form.output, type);
  if (!output)
    return output.takeError();
  if (!output->isPerTensor())
    return c.error("has " + llvm::Twine(output->scales.size()) + " scales of its result, supported: 1");
  group.output = *output;
  return llvm::Error::success();
}

} // namespace

std::vector<QuantisedPlace> quantisedPlaces(const Node &node) {
  const QuantisedNode *form = quantisedNode(node.op);
  std::vector<QuantisedPlace> places;
  if (!form)
    return places;
  auto add = [&](unsigned number) { places.push_back({inputOf(node, number), number + 1}); };
  add(static_cast<unsigned>(form->tensors[0]));
  if (form->tensors[1] == -2)
    for (auto number = static_cast<unsigned>(form->tensors[0]) + 3; number < node.inputs.size(); number += 3)
      add(number);
  else if (form->tensors[1] >= 0)
    add(static_cast<unsigned>(form->tensors[1]));
  if (!node.outputs.empty())
    places.push_back({node.outputs.front(), form->output});
  return places;
}

llvm::Error convertQuantisedNode(NodeConversion &c) {
  const QuantisedNode &form = *quantisedNode(c.node.op);
  if (llvm::Error wrong = c.requireInputs(form.least, form.most))
    return wrong;
  QuantisedGroup group;
  group.op = form.op.str();
  group.core = &c.node;
  group.joined = c.node;
  group.joined.inputs.clear();
  if (llvm::Error wrong = addTensors(c, group, form))
    return wrong;
  if (form.bias >= 0 && c.has(form.bias))
    if (llvm::Error wrong = addBias(c, group, form.bias))
      return wrong;
  if (llvm::Error wrong = addOutput(c, group, form))
    return wrong;
  if (c.integer("channels_last", 0) != 0)
    return c.error("has channels_last 1, only 0 is supported");
  if (form.op == "Gemm") {
    double alpha = c.real("alpha", 1);
    if (!std::isfinite(alpha) || alpha <= 0)
      return c.error("has alpha " + numberText(alpha) + ", it must be above 0");
    group.inputs[0]->scales.front() *= alpha;
    if (group.inputs.size() > 2)
      for (double &scale : group.inputs[2]->scales)
        scale *= alpha;
  }
  return c.convertAs(group.joined,
                     [&](NodeConversion &joined) { return convertQuantisedGroup(joined, group); });
}

} // namespace tenon::import::onnx
