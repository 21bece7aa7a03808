// The steps of tenon run.
#include "core/driver/Run.h"

#include "core/driver/FileOutput.h"
#include "core/driver/Layers.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/OutputPlan.h"
#include "core/driver/Progress.h"
#include "core/driver/RunReport.h"
#include "core/support/Error.h"

#include "llvm/Support/GlobPattern.h"

#include <chrono>

namespace tenon::driver {

namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

llvm::Error wrongUse(std::string message, std::string repair = "") {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

/// Options that say something which this target or model does not have.
llvm::Error checkOptions(const RunCommand &command, const target::TargetEntry &entry) {
  if (!command.engine.empty() && entry.engines.empty())
    return wrongUse("the target " + entry.name + " has no engines, --engine " + command.engine +
                        " chooses none",
                    "leave --engine out");
  if (command.threads != 1)
    return wrongUse("the target " + entry.name + " runs on 1 thread, --threads is " +
                        std::to_string(command.threads),
                    "leave --threads out");
  if (!command.bindings.empty())
    return wrongUse("--bind " + command.bindings.front() + " fixes a symbolic size, the model has none",
                    "leave --bind out");
  return llvm::Error::success();
}

/// --require-intrinsic: nothing of the reference is done by a declared intrinsic, so every operator that a
/// pattern names has fallen back.
llvm::Error checkRequired(const RunCommand &command, const std::vector<Layer> &layers) {
  std::vector<Diagnostic> fallen;
  for (const std::string &pattern : command.requireIntrinsic) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return wrongUse("--require-intrinsic " + pattern +
                      " is no pattern: " + llvm::toString(glob.takeError()));
    bool any = false;
    for (const Layer &layer : layers) {
      if (!glob->match(layer.op) && !glob->match(layer.name))
        continue;
      any = true;
      Diagnostic diagnostic;
      diagnostic.message = "no declared intrinsic of the target " + command.target + " takes it";
      diagnostic.node = layer.node;
      fallen.push_back(std::move(diagnostic));
    }
    if (!any)
      return wrongUse("--require-intrinsic " + pattern + " names no operator of the model");
  }
  return fallen.empty() ? llvm::Error::success() : failure(ExitCode::TargetCannot, std::move(fallen));
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

} // namespace

llvm::Error run(const RunCommand &command, const target::Registry &registry) {
  llvm::Expected<const target::TargetEntry *> entry = registry.find(command.target);
  if (!entry)
    return entry.takeError();
  if (llvm::Error wrong = checkOptions(command, **entry))
    return wrong;
  Clock::time_point begin = Clock::now();
  llvm::Expected<LoadedModel> loaded = loadModel(command.model, command.limits);
  if (!loaded)
    return loaded.takeError();
  RunMeasure measure;
  measure.compileSeconds = secondsSince(begin);
  std::vector<Layer> layers = layersOf(loaded->program);
  if (llvm::Error wrong = checkRequired(command, layers))
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
  if (llvm::Error wrong = writeJson(command.report, runJson(command, *loaded, layers, measure)))
    return wrong;
  return printText(command.report, runText(command, *loaded, layers, measure));
}

} // namespace tenon::driver
