// Collecting what nodes say of their tensors, forwards and then backwards through moves.
#include "core/import/onnx/TensorScales.h"

#include "core/import/onnx/QuantisedNodes.h"
#include "core/import/onnx/Recentring.h"

#include "llvm/ADT/DenseSet.h"

namespace tenon::import::onnx {

namespace {

class Scales {
public:
  Scales(Model &whole, const GraphConstants &constants) : model(whole), graph(constants) {}

  void run() {
    for (const Node &node : model.nodes)
      readNode(node);
    for (const Node &node : model.nodes)
      move(node, inputOf(node, 0), node.outputs);
    for (const Node &node : llvm::reverse(model.nodes))
      for (int output : node.outputs)
        move(node, output, {inputOf(node, 0)});
    for (int tensor : torn) {
      model.tensors[tensor].scale = 0;
      model.tensors[tensor].zeroPoint = 0;
    }
  }

private:
  void say(int number, double scale, int64_t zeroPoint) {
    if (number < 0)
      return;
    Tensor &tensor = model.tensors[number];
    if (tensor.scale != 0 && (tensor.scale != scale || tensor.zeroPoint != zeroPoint))
      torn.insert(number);
    tensor.scale = scale;
    tensor.zeroPoint = zeroPoint;
  }

  void readNode(const Node &node) {
    if (node.op == "QuantizeLinear" || node.op == "DequantizeLinear") {
      std::optional<Quantisation> found = graph.parametersOf(node, true);
      if (found && found->isPerTensor())
        say(node.op == "QuantizeLinear" ? node.outputs.front() : inputOf(node, 0), found->scale(),
            found->zeroPoint());
      return;
    }
    for (const QuantisedPlace &place : quantisedPlaces(node)) {
      auto scales = graph.numbersOf(inputOf(node, place.scale));
      auto zeroPoints = graph.numbersOf(inputOf(node, place.scale + 1));
      const schema::TensorProto *typed = graph.constantOf(inputOf(node, place.scale + 1));
      if (!scales || !zeroPoints || scales->size() != 1 || zeroPoints->size() != 1 || !(scales->front() > 0))
        continue;
      int64_t offset = typed->data_type() == schema::TensorProto::UINT8 ? recentring : 0;
      say(place.tensor, scales->front(), static_cast<int64_t>(zeroPoints->front()) - offset);
    }
  }

  void move(const Node &node, int from, llvm::ArrayRef<int> to) {
    if (from < 0 || !keepsRecentred(node.op) || node.op == "Concat" || model.tensors[from].scale == 0)
      return;
    for (int tensor : to)
      say(tensor, model.tensors[from].scale, model.tensors[from].zeroPoint);
  }

  Model &model;
  const GraphConstants &graph;
  llvm::DenseSet<int> torn; ///< of which two scales are said
};

} // namespace

void findScales(Model &model, const GraphConstants &constants) { Scales(model, constants).run(); }

} // namespace tenon::import::onnx
