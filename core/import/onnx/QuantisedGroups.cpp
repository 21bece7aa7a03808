// Finding the groups, from each QuantizeLinear backwards.
#include "core/import/onnx/QuantisedGroups.h"

#include "core/support/Error.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <cmath>

namespace tenon::import::onnx {

using Type = schema::TensorProto;

namespace {

/// How the inputs of an operator are taken.
enum class Operands {
  None,       ///< the operator is not computed in integers
  First,      ///< one quantised tensor; the others are lists of integers
  All,        ///< each quantised, with one scale
  Pair,       ///< two
  Convolved,  ///< a tensor, weights with scales along their dimension 0, maybe a bias
  Multiplied, ///< a tensor and a matrix with scales along its columns, maybe a bias
};

Operands operandsOf(llvm::StringRef op) {
  return llvm::StringSwitch<Operands>(op)
      .Cases("Add", "Sub", "Mul", Operands::Pair)
      .Case("Concat", Operands::All)
      .Case("Conv", Operands::Convolved)
      .Cases("Gemm", "MatMul", Operands::Multiplied)
      .Cases("AveragePool", "GlobalAveragePool", "MaxPool", Operands::First)
      .Cases("Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze", Operands::First)
      .Default(Operands::None);
}

/// What QuantizeLinear makes of a real number: in float, halves to even, limited.
int64_t quantised(double real, const Quantisation &by) {
  double steps = std::nearbyint(static_cast<float>(real) / static_cast<float>(by.scale()));
  steps = std::clamp(steps, -512.0, 512.0); // beyond every int8, whatever the zero point
  return std::clamp<int64_t>(static_cast<int64_t>(steps) + by.zeroPoint(), -128, 127);
}

} // namespace

QuantisedGroups::QuantisedGroups(const GraphConstants &constants) : graph(constants), model(constants.model) {
  for (const Node &node : model.nodes)
    for (int input : node.inputs)
      ++uses[input];
  for (const Edge &edge : model.outputs)
    ++uses[edge.tensor];
  for (const Node &node : model.nodes) {
    if (node.op != "QuantizeLinear" || scales > mostScales)
      continue;
    if (std::optional<QuantisedGroup> group = groupEndingAt(node)) {
      for (const std::optional<Quantisation> &input : group->inputs)
        scales += input ? input->scales.size() : 0;
      groups[node.index] = std::move(*group);
    }
  }
  findSkipped();
}

llvm::Error QuantisedGroups::check() const {
  if (scales <= mostScales)
    return llvm::Error::success();
  return wrongInput("the quantised operators have more than " + std::to_string(mostScales) +
                    " scales in all, one for each of their channels");
}

const QuantisedGroup *QuantisedGroups::endingAt(const Node &node) const {
  auto found = groups.find(node.index);
  return found == groups.end() ? nullptr : &found->second;
}

bool QuantisedGroups::isUsedOnce(int tensor) const { return uses.lookup(tensor) == 1; }

/// Narrows the range by a Relu or a Clip. Quantising keeps the order of numbers, so that limits may come
/// after it.
bool QuantisedGroups::limit(const Node &node, const Quantisation &output, QuantisedRange &range) const {
  std::optional<double> least, most;
  if (node.op == "Relu") {
    least = 0;
  } else {
    for (auto [number, name, bound] : {std::tuple{1U, "min", &least}, std::tuple{2U, "max", &most}}) {
      if (const schema::AttributeProto *attribute = attributeOf(node, name))
        *bound = static_cast<double>(attribute->f());
      if (inputOf(node, number) < 0)
        continue;
      std::optional<std::vector<double>> numbers = graph.numbersOf(node.inputs[number]);
      if (!numbers || numbers->size() != 1)
        return false;
      *bound = numbers->front();
    }
  }
  if ((least && std::isnan(*least)) || (most && std::isnan(*most)) || (least && most && *least > *most))
    return false;
  // Later limits win where both bind: this one comes before those that are in the range already.
  int64_t low = least ? quantised(*least, output) : -128, high = most ? quantised(*most, output) : 127;
  range = {std::clamp(low, range.lowest, range.highest), std::clamp(high, range.lowest, range.highest)};
  return true;
}

std::optional<QuantisedGroup> QuantisedGroups::groupEndingAt(const Node &quantise) const {
  std::optional<Quantisation> output = graph.parametersOf(quantise);
  if (!output || !output->isPerTensor() || graph.quantisedTypeOf(quantise) == Type::INT32)
    return std::nullopt;
  QuantisedGroup group;
  group.quantise = &quantise;
  group.output = *output;
  int tensor = inputOf(quantise, 0);
  const Node *made = graph.producerOf(tensor);
  while (made && (made->op == "Relu" || made->op == "Clip")) {
    if (!isUsedOnce(tensor) || !limit(*made, *output, group.range))
      return std::nullopt;
    group.core = made; // gives its name to the group, unless there is an operator before it
    tensor = inputOf(*made, 0);
    made = graph.producerOf(tensor);
  }
  if (!made)
    return std::nullopt;
  if (made->op == "DequantizeLinear") {
    group.joined = group.core ? *group.core : quantise;
    group.joined.inputs.clear();
    group.core = nullptr;
    if (!join(group, tensor))
      return std::nullopt;
  } else {
    group.core = made;
    group.op = made->op;
    group.joined = *made;
    group.joined.inputs.clear();
    if (made->outputs.size() != 1 || !isUsedOnce(tensor) || !joinCore(group))
      return std::nullopt;
  }
  group.joined.outputs = quantise.outputs;
  return group;
}

/// Another input: a quantised tensor with one scale.
bool QuantisedGroups::join(QuantisedGroup &group, int tensor) const {
  int quantised = -1;
  std::optional<Quantisation> parameters = graph.dequantised(tensor, false, quantised);
  if (!parameters || !parameters->isPerTensor())
    return false;
  // One tensor read by two scales would need two values in its one place.
  for (auto [other, own] : llvm::zip_equal(group.joined.inputs, group.inputs))
    if (other == quantised && own &&
        (own->scale() != parameters->scale() || own->zeroPoint() != parameters->zeroPoint()))
      return false;
  group.joined.inputs.push_back(quantised);
  group.inputs.emplace_back(*parameters);
  return true;
}

bool QuantisedGroups::joinCore(QuantisedGroup &group) const {
  const Node &core = *group.core;
  Operands operands = operandsOf(core.op);
  if (operands == Operands::None || core.inputs.empty())
    return false;
  if (operands == Operands::Pair && joinAddedBias(group))
    return true;
  bool hasWeights = operands == Operands::Convolved || operands == Operands::Multiplied;
  for (auto [number, tensor] : llvm::enumerate(core.inputs)) {
    if (number == 0 || operands == Operands::Pair || operands == Operands::All) {
      if (!join(group, tensor))
        return false;
    } else if (!hasWeights) {
      group.joined.inputs.push_back(tensor);
      group.inputs.emplace_back();
    } else if (number == 2 && tensor >= 0) {
      if (!joinBias(group, tensor))
        return false;
    } else if (number == 1) {
      int quantised = -1;
      std::optional<Quantisation> weights = graph.dequantised(tensor, false, quantised);
      if (!weights)
        return false;
      // Scales must be those of the output's channels: others do not leave a sum of products.
      int64_t axis = operands == Operands::Convolved ? 0 : integerOf(core, "transB", 0) != 0 ? 0 : 1;
      const schema::TensorProto *held = graph.constantOf(quantised);
      if (!weights->isPerTensor() &&
          (weights->axis != axis || (operands == Operands::Multiplied && held->dims_size() != 2)))
        return false;
      group.joined.inputs.push_back(quantised);
      group.inputs.emplace_back(*weights);
    }
  }
  return core.op != "Gemm" || (realOf(core, "alpha", 1) == 1 && realOf(core, "beta", 1) == 1);
}

/// A bias is a constant: int32 with a DequantizeLinear, or floats.
bool QuantisedGroups::joinBias(QuantisedGroup &group, int tensor) const {
  int quantised = -1;
  std::optional<Quantisation> parameters = graph.dequantised(tensor, true, quantised);
  const schema::TensorProto *constant = graph.constantOf(parameters ? quantised : tensor);
  if (!constant || (!parameters && constant->data_type() != Type::FLOAT))
    return false;
  for (int i = 0; i + 1 < constant->dims_size(); ++i)
    if (constant->dims(i) != 1) // it differs from row to row
      return false;
  group.joined.inputs.push_back(parameters ? quantised : tensor);
  group.inputs.push_back(parameters);
  return true;
}

/// Add(MatMul(a, b), constant) is a product with a bias.
bool QuantisedGroups::joinAddedBias(QuantisedGroup &group) const {
  const Node add = *group.core;
  if (add.op != "Add" || add.inputs.size() != 2)
    return false;
  for (unsigned side : {0U, 1U}) {
    const Node *product = graph.producerOf(add.inputs[side]);
    if (!product || product->op != "MatMul" || !isUsedOnce(add.inputs[side]) || product->outputs.size() != 1)
      continue;
    QuantisedGroup attempt = group;
    attempt.core = product;
    attempt.op = product->op;
    attempt.joined = *product;
    attempt.joined.inputs.clear();
    if (!joinCore(attempt) || !joinBias(attempt, add.inputs[1 - side]))
      continue;
    const schema::TensorProto *bias = graph.constantOf(attempt.joined.inputs.back());
    if (bias->dims_size() > 1) // it may give the product more dimensions
      continue;
    group = std::move(attempt);
    return true;
  }
  return false;
}

/// Nodes whose every use is inside groups or by other such nodes: from the last to the first.
void QuantisedGroups::findSkipped() {
  llvm::DenseSet<unsigned> inside; // nodes that a group stands for, from its end back to what it reads
  for (const auto &[number, group] : groups) {
    llvm::SmallVector<int> open = {inputOf(*group.quantise, 0)};
    llvm::DenseSet<int> reads(group.joined.inputs.begin(), group.joined.inputs.end());
    while (!open.empty()) {
      int tensor = open.pop_back_val();
      const Node *made = graph.producerOf(tensor);
      if (!made || reads.contains(tensor))
        continue;
      inside.insert(made->index);
      if (made->op != "DequantizeLinear")
        open.append(made->inputs.begin(), made->inputs.end());
    }
  }
  llvm::DenseMap<int, unsigned> outside; // uses that need the float
  for (const Edge &edge : model.outputs)
    ++outside[edge.tensor];
  for (const Node &node : llvm::reverse(model.nodes)) {
    bool isGroup = groups.contains(node.index);
    bool needed = llvm::any_of(node.outputs, [&](int output) { return outside.lookup(output) > 0; });
    if (inside.contains(node.index) && !isGroup && !needed) {
      skipped.insert(node.index);
      continue;
    }
    if (isGroup) {
      for (int input : groups[node.index].joined.inputs)
        ++outside[input];
      continue;
    }
    for (int input : node.inputs)
      ++outside[input];
  }
}

} // namespace tenon::import::onnx
