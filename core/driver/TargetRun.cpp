// The steps of tenon run on a described chip.
#include "core/driver/TargetRun.h"

#include "core/driver/BoundedCheck.h"
#include "core/driver/EngineRun.h"
#include "core/driver/Explain.h"
#include "core/driver/FileOutput.h"
#include "core/driver/LoweringReport.h"
#include "core/driver/OptimisedModel.h"
#include "core/driver/OutputPlan.h"
#include "core/driver/PlanReport.h"
#include "core/driver/PlannedModel.h"
#include "core/driver/RequiredIntrinsics.h"
#include "core/driver/RunReport.h"
#include "core/driver/TimelineReport.h"
#include "core/driver/Verification.h"

#include <chrono>

namespace tenon::driver {

namespace {

/// The named tensors of the first inference: written where --dump-tensors wants them, compared with the
/// reference.
class TensorWatch {
public:
  TensorWatch(const LoadedModel &loaded, OutputPlan &plan) : plan(plan) {
    for (const reference::Step &step : loaded.optimised.program.steps)
      if (step.tensor)
        known[step.tensor.getName().str()].push_back(
            {&step, &loaded.optimised.program.values[step.results.front()]});
  }

  /// What the reference computes.
  llvm::Error keep(ir::TensorAttr tensor, const reference::BufferView &view) {
    const char *bytes = static_cast<const char *>(view.data);
    wanted[tensor.getIndex()] = {view.type, view.shape, std::vector<char>(bytes, bytes + view.bytes)};
    return llvm::Error::success();
  }

  /// What the engine computes. Tensors of one name come in the model's order.
  llvm::Error see(const runtime::WatchedTensor &watched, llvm::ArrayRef<uint8_t> bytes) {
    auto found = known.find(watched.tensor.name);
    if (found == known.end() || found->second.empty())
      return failure(ExitCode::OwnFault,
                     "the plan watches a tensor '" + watched.tensor.name + "' that the model does not have");
    auto [step, value] = found->second.front();
    ir::TensorAttr attribute = step->tensor;
    found->second.erase(found->second.begin());
    reference::Tensor got = graph::inModelOrder(
        step->operation, {value->type, value->shape, std::vector<char>(bytes.begin(), bytes.end())});
    auto want = wanted.find(attribute.getIndex());
    if (want != wanted.end() && !first)
      if (auto text = difference(got, want->second)) {
        first.emplace();
        first->message = "tensor " + std::to_string(attribute.getIndex()) + " (" + watched.tensor.name +
                         ") " + *text + "; the first that differs";
      }
    llvm::Error wrong = plan.dumpTensor(attribute, {got.type, got.shape, got.bytes.data(), got.bytes.size()});
    seen.insert_or_assign(attribute.getIndex(), std::move(got));
    return wrong;
  }

  /// Every tensor must have been seen.
  llvm::Error finish() const {
    for (const auto &[name, left] : known)
      if (!left.empty())
        return failure(ExitCode::OwnFault, "the plan does not watch the model's tensor '" + name + "'");
    return llvm::Error::success();
  }

  std::optional<Diagnostic> first;           ///< difference from the reference
  std::map<int64_t, reference::Tensor> seen; ///< by number in the model

private:
  using Known = std::pair<const reference::Step *, const reference::Value *>;
  OutputPlan &plan;
  std::map<std::string, std::vector<Known>> known;
  std::map<int64_t, reference::Tensor> wanted;
};

class TargetRun {
public:
  TargetRun(const RunCommand &command, LoadedModel loaded, LoadedTarget target, DeviceChoice device)
      : command(command), loaded(std::move(loaded)), target(std::move(target)), device(std::move(device)) {}

  llvm::Error run(double loadSeconds) {
    if (!command.reportFolder.empty())
      if (llvm::Error wrong = prepareFolder(command.reportFolder))
        return wrong;
    plan::PlanOptions options;
    options.keepTensors = !command.tensorFolder.empty();
    auto model = planModel(loaded, target, options, command.program.version);
    if (!model)
      return model.takeError();
    planned = &model->plan;
    summary.engine = device.name;
    summary.compileSeconds = loadSeconds + model->seconds;
    if (llvm::Error wrong = writePlan(command.planFile, loaded, target, *planned, command.report))
      return wrong;
    if (llvm::Error wrong = checkRequired())
      return withPlace(std::move(wrong), loaded.path);
    auto outputs = OutputPlan::make(command, loaded.signature);
    if (!outputs)
      return outputs.takeError();
    return execute(*outputs);
  }

private:
  llvm::Error checkRequired() const {
    std::vector<std::string> reasons(loaded.optimised.program.steps.size());
    for (const plan::PlannedLayer &layer : planned->layers)
      for (unsigned step : layer.steps)
        if (!layer.lowering)
          reasons[step] = hostReason(target.description, layer);
    return checkRequiredIntrinsics(command.requireIntrinsic, layersOf(loaded.program),
                                   layersOf(loaded.optimised.program), [&](const Layer &layer) {
                                     for (unsigned step : layer.steps)
                                       if (!reasons[step].empty())
                                         return reasons[step];
                                     return std::string();
                                   });
  }

  llvm::Error execute(OutputPlan &outputs) {
    auto inferences = readInputs(loaded.signature.inputs, command.input);
    if (!inferences)
      return inferences.takeError();
    TensorWatch watch(loaded, outputs);
    bool dumps = !command.tensorFolder.empty();
    if (dumps)
      for (auto [number, value] : llvm::enumerate(inferences->front()))
        if (llvm::Error wrong = outputs.dumpInput(loaded, number, value))
          return wrong;
    std::vector<std::vector<reference::Tensor>> want;
    if (command.verify && !roundsOtherwise(loaded.optimised))
      if (llvm::Error wrong = runReference(*inferences, watch, want))
        return withPlace(std::move(wrong), loaded.path);
    EngineRun engine{&planned->bundle, loaded.signature.outputs, device, target.description.path, {}};
    if (dumps)
      engine.onTensor = [&](const runtime::WatchedTensor &tensor, llvm::ArrayRef<uint8_t> bytes) {
        return watch.see(tensor, bytes);
      };
    auto result = runOnEngine(command, engine, *inferences);
    if (!result)
      return withPlace(result.takeError(), loaded.path);
    if (llvm::Error wrong = dumps ? watch.finish() : llvm::Error::success())
      return wrong;
    // What was computed is written even where it is wrong: whoever asked for it wants to see it.
    if (llvm::Error wrong = outputs.writeOutputs(result->outputs))
      return wrong;
    if (command.verify)
      if (llvm::Error wrong = verify(*inferences, result->outputs, want, watch))
        return withPlace(std::move(wrong), loaded.path);
    summary.seconds = result->seconds;
    summary.inferences = inferences->size();
    auto account = makeAccount(target.description, planned->bundle, result->counters);
    if (!account)
      return withPlace(account.takeError(), loaded.path);
    auto timeline = makeTimeline(target.description, *planned, result->counters);
    if (!timeline)
      return withPlace(timeline.takeError(), loaded.path);
    return tell(*account, *timeline);
  }

  /// An engine computes every operation as it stands. Only a pass on the graph may have changed how floats
  /// are rounded; then they have bounds.
  llvm::Error verify(llvm::ArrayRef<std::vector<reference::Tensor>> inputs,
                     llvm::ArrayRef<std::vector<reference::Tensor>> got,
                     llvm::ArrayRef<std::vector<reference::Tensor>> want, TensorWatch &watch) {
    if (!roundsOtherwise(loaded.optimised)) {
      summary.verified.emplace();
      for (const std::vector<reference::Tensor> &outputs : want)
        for (const reference::Tensor &output : outputs) {
          summary.verified->elements += output.bytes.size() / output.type.storageBytes();
          summary.verified->notNumbers += notNumbersIn(output);
        }
      return verifyOutputs(loaded.signature.outputs, got, want, std::move(watch.first));
    }
    reference::RunOptions options;
    options.memoryBytes = command.memoryBytes;
    BoundedCheck check(loaded.program, loaded.signature.outputs, options,
                       {.foldsIntoSums = foldsIntoSums(loaded.optimised)});
    for (auto [number, inference] : llvm::enumerate(inputs)) {
      static const std::map<int64_t, reference::Tensor> none;
      if (llvm::Error wrong =
              check.add(inference, got[number], number == 0 ? watch.seen : none, inputs.size()))
        return wrong;
    }
    auto verified = check.result();
    if (!verified)
      return verified.takeError();
    summary.verified = *verified;
    return llvm::Error::success();
  }

  llvm::Error runReference(llvm::ArrayRef<std::vector<reference::Tensor>> inferences, TensorWatch &watch,
                           std::vector<std::vector<reference::Tensor>> &want) const {
    reference::RunOptions options;
    options.memoryBytes = command.memoryBytes;
    for (const std::vector<reference::Tensor> &inputs : inferences) {
      if (want.empty() && !command.tensorFolder.empty())
        options.onTensor = [&](ir::TensorAttr tensor, const reference::BufferView &view) {
          return watch.keep(tensor, view);
        };
      else
        options.onTensor = nullptr;
      auto outputs = reference::run(loaded.program, inputs, options);
      if (!outputs)
        return outputs.takeError();
      want.push_back(std::move(*outputs));
    }
    return llvm::Error::success();
  }

  void addLayers(const Account &account) {
    std::vector<LayerIdentity> identities = identify(loaded.optimised.program, planned->layers);
    std::vector<size_t> rowOf; ///< of each planned layer
    for (auto [layer, identity] : llvm::zip_equal(planned->layers, identities)) {
      LayerRow row;
      row.name = identity.name;
      row.op = identity.op;
      row.output = identity.output;
      row.nodes = identity.nodes;
      row.index = identity.index;
      row.macs = layer.macs;
      row.onTarget = layer.lowering.has_value();
      if (row.onTarget)
        row.intrinsics = intrinsicsOf(target.description, *layer.lowering);
      else
        row.reason = hostReason(target.description, layer);
      LayerRow *last = summary.layers.empty() ? nullptr : &summary.layers.back();
      if (last && !row.onTarget && !last->onTarget && last->nodes == row.nodes)
        last->macs =
            last->macs.value_or(0) + row.macs.value_or(0); // the steps of one node on the host are one layer
      else
        summary.layers.push_back(std::move(row));
      rowOf.push_back(summary.layers.size() - 1);
    }
    summary.addAccount(account, rowOf);
  }

  llvm::Error tell(const Account &account, const Timeline &timeline) {
    summary.model = loaded.path;
    summary.target = target.entry.name;
    summary.isDescribed = true;
    addLayers(account);
    std::vector<uint64_t> peaks = peakBytes(target.description, instructionsOf(*planned), planned->bundle);
    for (auto [memory, peak] : llvm::zip_equal(target.description.memories, peaks))
      summary.memory.push_back({memory.name, memory.bytes * uint64_t(memory.copies), peak});
    for (const plan::PlannedStep &step : planned->steps)
      summary.hostCopies += step.host.has_value();
    for (const plan::PlannedLayer &layer : planned->layers)
      summary.hostCopies -= layer.lowering ? 0 : layer.steps.size();
    Json run = runJson(summary);
    if (llvm::Error wrong = writeJson(command.report, run))
      return wrong;
    if (!command.reportFolder.empty())
      if (llvm::Error wrong =
              writeReportFolder(command.reportFolder, run, explainJson(loaded, target, planned->layers),
                                timelineJson(loaded, target, *planned, timeline, device.name)))
        return wrong;
    return printText(command.report, targetText(command, summary) + verifiedText(summary));
  }

  const RunCommand &command;
  LoadedModel loaded;
  LoadedTarget target;
  DeviceChoice device;
  const plan::Plan *planned = nullptr;
  RunSummary summary;
};

} // namespace

llvm::Error runOnTarget(const RunCommand &command, LoadedTarget target, const target::PluginPath &plugins) {
  auto begin = std::chrono::steady_clock::now();
  auto device = chooseDevice(command.machine, target.entry, plugins); // before minutes of planning
  if (!device)
    return device.takeError();
  auto loaded = loadModel(command.model, command.limits, command.bindings);
  if (!loaded)
    return loaded.takeError();
  graph::GraphOptions passes = command.graph;
  passes.keepTensors = !command.tensorFolder.empty();
  if (llvm::Error wrong = optimise(*loaded, passes, target, command.report.quiet))
    return wrong;
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return TargetRun(command, std::move(*loaded), std::move(target), std::move(*device)).run(seconds);
}

} // namespace tenon::driver
