// Grouping steps by node.
#include "core/driver/Layers.h"

#include "core/ir/ModelNodes.h"

#include <algorithm>
#include <map>

namespace tenon::driver {

namespace {

/// Buffers that hold a tensor of the model.
std::vector<bool> modelBuffers(const reference::Program &program) {
  std::vector<bool> found(program.buffers.size(), false);
  for (unsigned input : program.inputs)
    found[program.values[input].buffer] = true;
  for (const reference::Step &step : program.steps)
    if (step.tensor)
      found[program.values[step.results.front()].buffer] = true;
  return found;
}

/// Bytes of the model's tensors that are alive at some step of each layer, each once. A tensor that lives on
/// from a step to the next is counted at its first step; the layer has what was alive before it and what
/// begins in it.
void setLiveBytes(const reference::Program &program, std::vector<Layer> &layers) {
  size_t steps = program.steps.size();
  std::vector<uint64_t> begins(steps + 2, 0), ends(steps + 2, 0); ///< sums up to and without a step
  std::vector<bool> isModel = modelBuffers(program);
  for (size_t i = 0; i < program.buffers.size(); ++i) {
    const reference::Buffer &buffer = program.buffers[i];
    if (!isModel[i] || buffer.constant || buffer.lastStep < 0)
      continue;
    begins[std::max(buffer.firstStep, 0) + 1] += buffer.bytes;
    ends[std::min<size_t>(std::max(buffer.lastStep, 0), steps) + 1] += buffer.bytes;
  }
  for (size_t step = 1; step < begins.size(); ++step) {
    begins[step] += begins[step - 1];
    ends[step] += ends[step - 1];
  }
  for (Layer &layer : layers)
    layer.liveBytes = begins[layer.steps.back() + 1] - ends[layer.steps.front()];
}

LayerTensor describe(const reference::Program &program, const reference::Step &step) {
  const reference::Value &value = program.values[step.results.front()];
  LayerTensor described;
  described.index = step.tensor.getIndex();
  described.tensor = {step.tensor.getName().str(), value.type, value.shape,
                      step.tensor.getScale().getValueAsDouble(), step.tensor.getZeroPoint()};
  return described;
}

void addNodes(const reference::Step &step, Layer &layer) {
  for (ir::NodeAttr node : step.nodes) {
    if (llvm::is_contained(layer.nodes, node))
      continue;
    llvm::StringRef between = layer.nodes.empty() ? "" : " + ";
    layer.op += (between + node.getOp()).str();
    layer.name += (between + node.getName()).str();
    layer.node += between.str() + ir::nodeText(node);
    layer.nodes.push_back(node);
  }
}

} // namespace

std::string outputText(const Layer &layer) {
  return layer.outputs.empty() ? "" : layer.outputs.back().tensor.typeText();
}

std::string shortName(const Layer &layer) {
  constexpr size_t longest = 48;
  return layer.name.size() > longest ? layer.name.substr(0, longest - 3) + "..." : layer.name;
}

std::vector<Layer> layersOf(const reference::Program &program) {
  std::vector<Layer> layers;
  std::map<std::pair<bool, int64_t>, size_t> places; ///< by node, or by step where there is none
  for (unsigned number = 0; number < program.steps.size(); ++number) {
    const reference::Step &step = program.steps[number];
    std::pair<bool, int64_t> key = {bool(step.node), step.node ? step.node.getIndex() : number};
    auto [place, fresh] = places.try_emplace(key, layers.size());
    if (fresh) {
      Layer layer;
      if (step.node) {
        layer.index = step.node.getIndex();
      } else {
        layer.op = step.operation->getName().getStringRef().str();
        layer.node = layer.name = layer.op + " " + std::to_string(number);
      }
      layers.push_back(std::move(layer));
    }
    Layer &layer = layers[place->second];
    addNodes(step, layer);
    layer.steps.push_back(number);
    if (step.tensor)
      layer.outputs.push_back(describe(program, step));
    if (step.nest)
      layer.macs += nest::multiplyAccumulates(*step.nest);
  }
  setLiveBytes(program, layers);
  return layers;
}

uint64_t constantBytes(const reference::Program &program) {
  uint64_t bytes = 0;
  for (const reference::Buffer &buffer : program.buffers)
    bytes += buffer.constant ? buffer.bytes : 0;
  return bytes;
}

} // namespace tenon::driver
