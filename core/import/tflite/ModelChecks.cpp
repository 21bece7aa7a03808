// The checks of quantisation and of the graph.
#include "core/import/tflite/ModelChecks.h"

#include "llvm/Support/MathExtras.h"

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

/// Kahn's algorithm; what is left over lies on a cycle or behind one.
bool hasCycle(const Model &model, const std::vector<int> &producer) {
  std::vector<unsigned> missing(model.nodes.size());
  std::vector<std::vector<unsigned>> users(model.nodes.size());
  for (const Node &node : model.nodes)
    for (int input : node.inputs)
      if (input >= 0 && producer[input] >= 0) {
        users[producer[input]].push_back(node.index);
        ++missing[node.index];
      }
  std::vector<unsigned> ready;
  for (unsigned i = 0; i < missing.size(); ++i)
    if (missing[i] == 0)
      ready.push_back(i);
  size_t done = 0;
  while (!ready.empty()) {
    unsigned node = ready.back();
    ready.pop_back();
    ++done;
    for (unsigned user : users[node])
      if (--missing[user] == 0)
        ready.push_back(user);
  }
  return done != model.nodes.size();
}

class GraphCheck {
public:
  explicit GraphCheck(const Model &checked)
      : model(checked), producer(checked.tensors.size(), -1), available(checked.tensors.size(), false) {}

  std::vector<Diagnostic> run() {
    for (const Tensor &tensor : model.tensors)
      available[tensor.index] = tensor.isConstant;
    checkInputs();
    for (const Node &node : model.nodes)
      for (int output : node.outputs)
        checkOutput(node, output);
    bool cycle = hasCycle(model, producer);
    if (cycle)
      mistake("the nodes form a cycle, some need their own results", "");
    for (const Node &node : model.nodes) {
      for (int input : node.inputs)
        if (input >= 0 && !available[input] && !cycle)
          mistake("uses " + name(input) + ", which " +
                      (producer[input] < 0 ? "nothing makes and which has no data"
                                           : "is made later, by " + model.nodes[producer[input]].text()),
                  node.text());
      for (int output : node.outputs)
        available[output] = true;
    }
    for (int output : model.outputs)
      if (!available[output])
        mistake("the graph's output, " + name(output) + ", is made by nothing and has no data", "");
    return std::move(mistakes);
  }

private:
  void checkInputs() {
    for (int input : model.inputs) {
      if (model.tensors[input].isConstant)
        mistake("the graph's input, " + name(input) + ", has constant data", "");
      else if (available[input])
        mistake(name(input) + " is twice among the graph's inputs", "");
      available[input] = true;
    }
  }

  void checkOutput(const Node &node, int output) {
    if (producer[output] >= 0)
      mistake("makes " + name(output) + ", which " + model.nodes[producer[output]].text() + " makes too", node.text());
    else if (available[output])
      mistake("makes " + name(output) + ", which is a constant or an input of the graph", node.text());
    producer[output] = static_cast<int>(node.index);
  }

  std::string name(int tensor) const {
    return "tensor " + std::to_string(tensor) + " (" + model.tensors[tensor].name + ")";
  }

  void mistake(std::string message, std::string node) {
    Diagnostic diagnostic;
    diagnostic.message = std::move(message);
    diagnostic.node = std::move(node);
    mistakes.push_back(std::move(diagnostic));
  }

  const Model &model;
  std::vector<int> producer; ///< of each tensor, -1 for none
  std::vector<bool> available;
  std::vector<Diagnostic> mistakes;
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
      return "has " + std::to_string(count) + " scales along dimension " + std::to_string(quantization.dimension) +
             ", which has the size " + std::to_string(tensor.shape[quantization.dimension]);
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

std::vector<Diagnostic> checkGraph(const Model &model) { return GraphCheck(model).run(); }

} // namespace tenon::import::tflite
