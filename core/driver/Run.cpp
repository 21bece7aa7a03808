// The steps of tenon run.
#include "core/driver/Run.h"

#include "core/driver/BundleRun.h"
#include "core/driver/FileOutput.h"
#include "core/driver/Layers.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/NativeRun.h"
#include "core/driver/OutputPlan.h"
#include "core/driver/Progress.h"
#include "core/driver/RequiredIntrinsics.h"
#include "core/driver/RunReport.h"
#include "core/driver/TargetRun.h"
#include "core/driver/TimelineReport.h"
#include "core/driver/WrongUse.h"

#include <chrono>

namespace tenon::driver {

namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Options that say something which no target has.
llvm::Error checkOptions(const RunCommand &command, const target::TargetEntry &entry) {
  auto engine = entry.engine(command.machine.engine);
  if (!engine)
    return engine.takeError();
  if (command.threads != 1)
    return wrongUse("the target " + entry.name + " runs on 1 thread, --threads is " +
                        std::to_string(command.threads),
                    "leave --threads out");
  if (!command.emit.empty())
    return wrongUse("--emit writes native code as text, the target " + entry.name + " has none",
                    "leave --emit out");
  return llvm::Error::success();
}

/// And those that need a described chip.
llvm::Error checkReferenceOptions(const RunCommand &command) {
  if (!command.machine.device.empty())
    return wrongUse("--device " + command.machine.device + " runs commands of a described chip, the target " +
                        command.machine.name() + " has none",
                    "give --target the path of a target.yaml");
  if (!command.machine.engineOptions.empty())
    return wrongUse("--engine-option " + command.machine.engineOptions.front() +
                        " is for an engine, the target " + command.machine.name() + " has none",
                    "leave --engine-option out");
  if (!command.machine.parameters.empty())
    return wrongUse("--param " + command.machine.parameters.front() +
                        " replaces a parameter of a description, the target " + command.machine.name() +
                        " has none",
                    "leave --param out");
  if (!command.planFile.empty())
    return wrongUse("--dump-plan writes the plan for a described chip, the target " + command.machine.name() +
                        " has none",
                    "leave --dump-plan out");
  if (command.graph.asksForSomething())
    return wrongUse(
        "--no-graph-passes, --layout, --pass-plugin and --passes say what is planned, the target " +
            command.machine.name() + " runs the model as it was imported",
        "leave them out");
  return llvm::Error::success();
}

/// Runs every inference; the seconds of one and of its steps are those of the last.
llvm::Expected<std::vector<std::vector<reference::Tensor>>>
runAll(const RunCommand &command, const LoadedModel &loaded, OutputPlan &plan,
       const std::vector<std::vector<reference::Tensor>> &inferences, RunMeasure &measure) {
  Progress progress(command.report.quiet);
  reference::RunOptions options;
  options.memoryBytes = command.memoryBytes;
  measure.stepSeconds.assign(loaded.program.steps.size(), 0);
  size_t total = loaded.program.steps.size() * inferences.size(), done = 0;
  options.afterStep = [&](const reference::Step &step, unsigned number, double seconds) {
    measure.stepSeconds[number] = seconds;
    progress.step(++done, total, step.node ? step.node.getOp() : step.operation->getName().getStringRef());
    return llvm::Error::success();
  };
  std::vector<std::vector<reference::Tensor>> results;
  for (const std::vector<reference::Tensor> &inputs : inferences) {
    options.onTensor = [&](ir::TensorAttr tensor, const reference::BufferView &view) {
      return results.empty() ? plan.dumpTensor(tensor, view) : llvm::Error::success();
    };
    if (results.empty())
      for (auto [number, value] : llvm::enumerate(inputs))
        if (llvm::Error wrong = plan.dumpInput(loaded, number, value))
          return std::move(wrong);
    Clock::time_point begin = Clock::now();
    llvm::Expected<std::vector<reference::Tensor>> outputs = reference::run(loaded.program, inputs, options);
    if (!outputs)
      return outputs.takeError();
    measure.seconds = secondsSince(begin);
    results.push_back(std::move(*outputs));
  }
  return results;
}

/// The reference explains nothing: no intrinsic is declared that could take a layer.
llvm::Error writeReport(const std::string &folder, const LoadedModel &loaded,
                        const std::vector<Layer> &layers, const RunMeasure &measure, RunSummary summary) {
  std::vector<std::vector<unsigned>> steps;
  for (auto [row, layer] : llvm::zip_equal(summary.layers, layers)) {
    row.seconds = 0;
    for (unsigned step : layer.steps)
      *row.seconds += measure.stepSeconds[step];
    steps.push_back(layer.steps);
  }
  return writeReportFolder(folder, runJson(summary), nullptr,
                           layerTimelineJson(summary, loaded.program, steps));
}

llvm::Error runOnReference(const RunCommand &command) {
  if (!command.reportFolder.empty())
    if (llvm::Error wrong = prepareFolder(command.reportFolder))
      return wrong;
  Clock::time_point begin = Clock::now();
  llvm::Expected<LoadedModel> loaded = loadModel(command.model, command.limits, command.bindings);
  if (!loaded)
    return loaded.takeError();
  RunMeasure measure;
  measure.compileSeconds = secondsSince(begin);
  std::vector<Layer> layers = layersOf(loaded->program);
  // Nothing of the reference is done by a declared intrinsic: every operator has fallen back.
  if (llvm::Error wrong =
          checkRequiredIntrinsics(command.requireIntrinsic, layers, layers, [&](const Layer &) {
            return "no declared intrinsic of the target " + command.machine.name() + " takes it";
          }))
    return withPlace(std::move(wrong), loaded->path);
  llvm::Expected<OutputPlan> plan = OutputPlan::make(command, loaded->signature);
  if (!plan)
    return plan.takeError();
  auto inferences = readInputs(loaded->signature.inputs, command.input);
  if (!inferences)
    return inferences.takeError();
  measure.inferences = inferences->size();
  auto results = runAll(command, *loaded, *plan, *inferences, measure);
  if (!results)
    return withPlace(results.takeError(), loaded->path);
  if (llvm::Error wrong = plan->writeOutputs(*results))
    return wrong;
  RunSummary summary = referenceSummary(command, *loaded, layers, measure);
  Json run = runJson(summary);
  if (llvm::Error wrong = writeJson(command.report, run))
    return wrong;
  if (!command.reportFolder.empty())
    if (llvm::Error wrong = writeReport(command.reportFolder, *loaded, layers, measure, std::move(summary)))
      return wrong;
  return printText(command.report, referenceText(command, *loaded, layers, measure));
}

} // namespace

llvm::Error run(const RunCommand &command, const target::Registry &registry) {
  if (isBundle(command.model))
    return runBundle(command, registry);
  llvm::Expected<target::TargetEntry> entry = registry.find(command.machine.name());
  if (!entry)
    return entry.takeError();
  std::optional<LoadedTarget> target;
  if (!entry->description.empty()) {
    auto described = loadTarget(command.machine, *entry);
    if (!described)
      return described.takeError();
    if (described->description.code)
      return runNative(command, std::move(*described), registry.host);
    target = std::move(*described);
  }
  if (llvm::Error wrong = checkOptions(command, *entry))
    return wrong;
  if (target)
    return runOnTarget(command, std::move(*target), registry.plugins);
  if (llvm::Error wrong = checkReferenceOptions(command))
    return wrong;
  return runOnReference(command);
}

} // namespace tenon::driver
