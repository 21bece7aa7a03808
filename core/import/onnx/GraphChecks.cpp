// The topology of a graph: cycles, tensors that nothing makes or two nodes make.
#include "core/import/onnx/GraphChecks.h"

#include "core/import/GraphCycle.h"

namespace tenon::import::onnx {

namespace {

/// Who makes each tensor; reports a second maker.
std::vector<int> producersOf(const Model &model, const std::vector<bool> &given, Mistakes &mistakes) {
  std::vector<int> producer(model.tensors.size(), -1);
  for (const Node &node : model.nodes)
    for (int output : node.outputs) {
      if (output < 0)
        continue;
      const std::string name = describe(model.tensors[output]);
      if (given[output])
        mistakes.add("makes " + name + ", which is an input or an initialiser of the graph", node.text());
      else if (producer[output] >= 0)
        mistakes.add("makes " + name + ", which " + model.nodes[producer[output]].text() + " makes too",
                     node.text());
      producer[output] = static_cast<int>(node.index);
    }
  return producer;
}

} // namespace

void orderNodes(const Model &model, Mistakes &mistakes) {
  std::vector<bool> available(model.tensors.size(), false);
  for (const Tensor &tensor : model.tensors)
    available[tensor.index] = tensor.initialiser != nullptr;
  for (const Edge &input : model.inputs)
    available[input.tensor] = true;
  std::vector<int> producer = producersOf(model, available, mistakes);
  if (!mistakes.empty())
    return;
  std::vector<unsigned> cycle = findCycle(neededNodes<Node>(model.nodes, producer));
  if (!cycle.empty())
    mistakes.add("needs its own result" +
                     wayOf(cycle, [&](unsigned node) { return model.nodes[node].text(); }),
                 model.nodes[cycle.front()].text());
  for (const Node &node : model.nodes) {
    for (int input : node.inputs)
      if (input >= 0 && !available[input] && (producer[input] < 0 || cycle.empty()))
        mistakes.add("uses " + describe(model.tensors[input]) + ", which " +
                         (producer[input] < 0 ? "nothing makes"
                                              : "is made later, by " + model.nodes[producer[input]].text()),
                     node.text());
    for (int output : node.outputs)
      if (output >= 0)
        available[output] = true;
  }
  for (const Edge &output : model.outputs)
    if (!available[output.tensor])
      mistakes.add("the graph's output, " + describe(model.tensors[output.tensor]) + ", is made by nothing",
                   "");
}

} // namespace tenon::import::onnx
