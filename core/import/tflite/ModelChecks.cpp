// The checks of quantisation and of the graph.
#include "core/import/tflite/ModelChecks.h"

#include "core/import/GraphCycle.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace tenon::import::tflite {

namespace {

/// The range of zero points: a quantised type's own, else 0 alone.
std::pair<int64_t, int64_t> zeroPointRange(schema::TensorType type) {
  using T = schema::TensorType;
  switch (type) {
  case T::INT8:
    return {-128, 127};
  case T::UINT8:
    return {0, 255};
  case T::INT16:
    return {INT16_MIN, INT16_MAX};
  default:
    return {0, 0};
  }
}

class GraphCheck {
public:
  GraphCheck(const Model &checked, Mistakes &found)
      : model(checked), mistakes(found), producer(checked.tensors.size(), -1),
        available(checked.tensors.size(), false) {}

  void run() {
    for (const Tensor &tensor : model.tensors)
      available[tensor.index] = tensor.isConstant;
    checkInputs();
    for (const Node &node : model.nodes)
      for (int output : node.outputs)
        checkOutput(node, output);
    std::vector<unsigned> cycle = findCycle(neededNodes<Node>(model.nodes, producer));
    if (!cycle.empty())
      mistakes.add("needs its own result" +
                       wayOf(cycle, [&](unsigned node) { return model.nodes[node].text(); }),
                   model.nodes[cycle.front()].text());
    for (const Node &node : model.nodes) {
      if (mistakes.full())
        return;
      for (int input : node.inputs)
        if (input >= 0 && !available[input] && cycle.empty())
          mistakes.add("uses " + name(input) + ", which " +
                           (producer[input] < 0 ? "nothing makes and which has no data"
                                                : "is made later, by " + model.nodes[producer[input]].text()),
                       node.text());
      for (int output : node.outputs)
        available[output] = true;
    }
    for (int output : model.outputs)
      if (!available[output])
        mistakes.add("the graph's output, " + name(output) + ", is made by nothing and has no data", "");
  }

private:
  void checkInputs() {
    for (int input : model.inputs) {
      if (!model.tensors[input].data.empty())
        mistakes.add("the graph's input, " + name(input) + ", has constant data", "");
      else if (available[input] && !isEmpty(input))
        mistakes.add(name(input) + " is twice among the graph's inputs", "");
      available[input] = true;
    }
  }

  void checkOutput(const Node &node, int output) {
    if (producer[output] >= 0)
      mistakes.add("makes " + name(output) + ", which " + model.nodes[producer[output]].text() + " makes too",
                   node.text());
    else if (available[output] && !isEmpty(output))
      mistakes.add("makes " + name(output) + ", which is a constant or an input of the graph", node.text());
    producer[output] = static_cast<int>(node.index);
  }

  /// What has no elements is a constant without data; it is refused where its type is.
  bool isEmpty(int tensor) const { return model.tensors[tensor].elements() == 0; }

  std::string name(int tensor) const {
    return "tensor " + std::to_string(tensor) + " (" + model.tensors[tensor].name + ")";
  }

  const Model &model;
  Mistakes &mistakes;
  std::vector<int> producer; ///< of each tensor, -1 for none
  std::vector<bool> available;
};

} // namespace

std::string checkQuantization(const Quantization &quantization, const Tensor &tensor) {
  size_t count = quantization.scales.size();
  if (quantization.zeroPoints.size() != count)
    return "has " + std::to_string(count) + " scales and " + std::to_string(quantization.zeroPoints.size()) +
           " zero points, it needs one for each";
  if (count != 1) {
    if (quantization.dimension >= tensor.shape.size())
      return "has its scales along dimension " + std::to_string(quantization.dimension) + ", its rank is " +
             std::to_string(tensor.shape.size());
    if (static_cast<int64_t>(count) != tensor.shape[quantization.dimension])
      return "has " + std::to_string(count) + " scales along dimension " +
             std::to_string(quantization.dimension) + ", which has the size " +
             std::to_string(tensor.shape[quantization.dimension]);
  }
  for (float scale : quantization.scales)
    if (!std::isfinite(scale) || !(scale > 0))
      return "has a scale of " + numberText(scale) + ", a scale must be finite and greater than 0";
  auto [lowest, highest] = zeroPointRange(tensor.type);
  for (int64_t zeroPoint : quantization.zeroPoints)
    if (zeroPoint < lowest || zeroPoint > highest)
      return "has a zero point of " + std::to_string(zeroPoint) + ", " + typeName(tensor.type) + " allows " +
             std::to_string(lowest) + " to " + std::to_string(highest);
  return {};
}

void checkGraph(const Model &model, Mistakes &mistakes) { GraphCheck(model, mistakes).run(); }

} // namespace tenon::import::tflite
