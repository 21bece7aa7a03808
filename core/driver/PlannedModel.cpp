// Planning a model, and naming what comes of it.
#include "core/driver/PlannedModel.h"

#include "core/ir/ModelNodes.h"
#include "core/plan/Synchronise.h"
#include "core/support/Error.h"

#include <chrono>
#include <set>

namespace tenon::driver {

namespace {

std::string joined(std::string text, llvm::StringRef more) {
  return text.empty() ? more.str() : text + " + " + more.str();
}

/// How a result lies, where that is not how the model has it.
std::string layoutNote(mlir::Operation *operation) {
  auto layout = operation->getAttrOfType<mlir::DenseI64ArrayAttr>(ir::layoutAttributeName);
  if (!layout)
    return "";
  std::string text;
  for (int64_t dimension : layout.asArrayRef())
    text += (text.empty() ? "" : ", ") + std::to_string(dimension);
  return " (dimensions " + text + " of the model's tensor)";
}

/// Adds what a step says of the layer it belongs to; each node once.
void addStep(const reference::Program &program, const reference::Step &step, LayerIdentity &identity) {
  if (!step.results.empty()) {
    const reference::Value &value = program.values[step.results.front()];
    identity.output = ModelTensor{"", value.type, value.shape, 0, 0}.typeText() + layoutNote(step.operation);
  }
  auto add = [&](const std::string &node, llvm::StringRef op, llvm::StringRef name) {
    if (llvm::is_contained(identity.nodes, node))
      return;
    identity.nodes.push_back(node);
    identity.op = joined(std::move(identity.op), op);
    identity.name = joined(std::move(identity.name), name);
  };
  for (ir::NodeAttr node : step.nodes)
    add(ir::nodeText(node), node.getOp(), node.getName());
  llvm::StringRef operation = step.operation->getName().getStringRef();
  if (!step.node && (identity.nodes.empty() || identity.nodes.back() != operation))
    add(operation.str(), operation, operation);
  if (!identity.index && step.node)
    identity.index = step.node.getIndex();
}

void nameEdge(std::vector<runtime::BundleTensor> &tensors, llvm::ArrayRef<ModelTensor> signature) {
  for (auto [tensor, known] : llvm::zip(tensors, signature))
    tensor.name = known.name;
}

} // namespace

std::vector<LayerIdentity> identify(const reference::Program &program,
                                    llvm::ArrayRef<std::vector<unsigned>> layers) {
  std::vector<LayerIdentity> identities;
  std::map<std::string, unsigned> parts; ///< layers of the same nodes
  for (const std::vector<unsigned> &layer : layers) {
    LayerIdentity identity;
    for (unsigned step : layer)
      addStep(program, program.steps[step], identity);
    identity.part = parts[llvm::join(identity.nodes, "\n")]++;
    identities.push_back(std::move(identity));
  }
  for (LayerIdentity &identity : identities)
    identity.parts = parts[llvm::join(identity.nodes, "\n")];
  return identities;
}

std::vector<LayerIdentity> identify(const reference::Program &program,
                                    llvm::ArrayRef<plan::PlannedLayer> layers) {
  std::vector<std::vector<unsigned>> steps;
  steps.reserve(layers.size());
  for (const plan::PlannedLayer &layer : layers)
    steps.push_back(layer.steps);
  return identify(program, steps);
}

std::string hostReason(const isa::Description &description, const plan::PlannedLayer &layer) {
  if (!layer.reason.empty())
    return layer.reason;
  for (const plan::Candidate &candidate : layer.candidates)
    if (!candidate.legal && !candidate.repair.empty() &&
        !description.intrinsics[candidate.intrinsic].isMove())
      return description.intrinsics[candidate.intrinsic].family + " does not: " + candidate.reason;
  return "no declared intrinsic computes it";
}

std::vector<uint64_t> peakBytes(const isa::Description &description,
                                llvm::ArrayRef<isa::Instruction> instructions,
                                const runtime::Bundle &bundle) {
  std::vector<uint64_t> peaks(description.memories.size(), 0);
  for (const isa::Instruction &instruction : instructions)
    for (const plan::Touch &touch : plan::touches(description, instruction))
      peaks[touch.memory] = std::max(peaks[touch.memory], uint64_t(std::max<int64_t>(touch.end, 0)));
  auto placed = [&](const runtime::Location &location) {
    for (auto [memory, peak] : llvm::zip(description.memories, peaks))
      if (!location.hostBuffer && memory.name == bundle.memory)
        peak = std::max(peak, location.address + location.bytes);
  };
  for (const runtime::Segment &segment : bundle.constants)
    placed(segment.location);
  for (const auto *tensors : {&bundle.inputs, &bundle.outputs})
    for (const runtime::BundleTensor &tensor : *tensors)
      placed(tensor.location);
  for (const runtime::Step &step : bundle.steps)
    if (step.host)
      for (const runtime::HostOperand &operand : step.host->operands)
        placed(operand.location);
  return peaks;
}

std::vector<isa::Instruction> instructionsOf(const plan::Plan &plan) {
  std::vector<isa::Instruction> all;
  for (const plan::PlannedStep &step : plan.steps)
    all.insert(all.end(), step.instructions.begin(), step.instructions.end());
  return all;
}

llvm::Expected<PlannedModel> planModel(const LoadedModel &loaded, const LoadedTarget &target,
                                       const plan::PlanOptions &options, const std::string &version) {
  auto begin = std::chrono::steady_clock::now();
  const OptimisedModel &source = loaded.optimised;
  auto planned = source.planned ? plan::plan(target.description, source.program, options, *source.planned)
                                : plan::plan(target.description, source.program, options);
  if (!planned)
    return withPlace(planned.takeError(), loaded.path);
  PlannedModel model{std::move(*planned)};
  nameEdge(model.plan.bundle.inputs, loaded.signature.inputs);
  nameEdge(model.plan.bundle.outputs, loaded.signature.outputs);
  model.plan.bundle.parameters = target.parameters;
  model.plan.bundle.productVersion = version;
  if (llvm::Error wrong = runtime::checkBundle(model.plan.bundle)) {
    FailureReport found = report(std::move(wrong)); // we made it: whatever is wrong in it is our own fault
    return failure(ExitCode::OwnFault, std::move(found.diagnostics));
  }
  model.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return model;
}

} // namespace tenon::driver
