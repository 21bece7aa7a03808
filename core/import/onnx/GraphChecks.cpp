// The topology of a graph: cycles, tensors that nothing makes or two nodes make.
#include "core/import/onnx/GraphChecks.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::import::onnx {

namespace {

/// A cycle, each node needing a result of the next; empty if there is none. What Kahn's algorithm leaves over
/// lies on a cycle or behind one, and from there a producer that is left over leads on until one comes again.
std::vector<unsigned> findCycle(const Model &model, const std::vector<int> &producer) {
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
  while (!ready.empty()) {
    unsigned node = ready.back();
    ready.pop_back();
    for (unsigned user : users[node])
      if (--missing[user] == 0)
        ready.push_back(user);
  }
  std::vector<unsigned> way;
  std::vector<bool> seen(model.nodes.size(), false);
  unsigned node = 0;
  while (node < missing.size() && missing[node] == 0)
    ++node;
  while (node < missing.size()) {
    if (seen[node]) {
      way.erase(way.begin(), llvm::find(way, node));
      return way;
    }
    seen[node] = true;
    way.push_back(node);
    node = producer[*llvm::find_if(model.nodes[node].inputs, [&](int input) {
      return input >= 0 && producer[input] >= 0 && missing[producer[input]] > 0;
    })];
  }
  return {};
}

/// ", by way of B #1 (b), C #2 (c)": the other nodes of a cycle, the first ones of a long one.
std::string wayOf(const Model &model, llvm::ArrayRef<unsigned> cycle) {
  constexpr size_t mostNamed = 8;
  std::string text;
  for (unsigned node : cycle.drop_front().take_front(mostNamed))
    text += (text.empty() ? ", by way of " : ", ") + model.nodes[node].text();
  if (cycle.size() > mostNamed + 1)
    text += " and " + std::to_string(cycle.size() - mostNamed - 1) + " more";
  return text;
}

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
  std::vector<unsigned> cycle = findCycle(model, producer);
  if (!cycle.empty())
    mistakes.add("needs its own result" + wayOf(model, cycle), model.nodes[cycle.front()].text());
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
