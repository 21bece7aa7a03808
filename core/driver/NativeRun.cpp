// The steps of tenon run and tenon compile for native code.
#include "core/driver/NativeRun.h"

#include "core/driver/BoundedCheck.h"
#include "core/driver/Explain.h"
#include "core/driver/FileOutput.h"
#include "core/driver/FolderContents.h"
#include "core/driver/NativeProcess.h"
#include "core/driver/NativeReport.h"
#include "core/driver/NativeTimeline.h"
#include "core/driver/OptimisedModel.h"
#include "core/driver/OutputPlan.h"
#include "core/driver/Progress.h"
#include "core/driver/RequiredIntrinsics.h"
#include "core/driver/TemporaryFolder.h"
#include "core/driver/TimelineReport.h"
#include "core/driver/WrongUse.h"

#include <chrono>
#include <fmt/format.h>

namespace tenon::driver {

namespace {

llvm::Error checkOptions(const RunCommand &command, const LoadedTarget &target,
                         const target::HostMachine &host) {
  if (!command.machine.device.empty())
    return wrongUse("--device " + command.machine.device + " runs commands of a described chip, the target " +
                        target.entry.name + " runs native code",
                    "leave --device out");
  if (!command.machine.engine.empty())
    return wrongUse("--engine " + command.machine.engine + " chooses what runs commands, the target " +
                        target.entry.name + " runs native code",
                    "leave --engine out");
  if (!command.machine.engineOptions.empty())
    return wrongUse("--engine-option " + command.machine.engineOptions.front() +
                        " is for an engine, the target " + target.entry.name + " runs native code",
                    "leave --engine-option out");
  if (target.description.level(isa::Level::Kind::Grid))
    return llvm::Error::success();
  std::string whyNot = target::whyHostCannotRun(host, target.description);
  if (whyNot.empty())
    return llvm::Error::success();
  Diagnostic diagnostic;
  diagnostic.message = "this host cannot run code for " + target.entry.name + ": " + whyNot;
  diagnostic.repair = "tenon compile writes a bundle for it; tenon targets lists what this host can run";
  return failure(ExitCode::TargetCannot, std::move(diagnostic));
}

llvm::Error emitAll(llvm::ArrayRef<std::pair<std::string, std::string>> requests, const LoadedTarget &target,
                    const NativeModel &model, const ProgramIdentity &program) {
  for (const auto &[kind, file] : requests)
    if (llvm::Error wrong = emitText({kind, file}, target, model, program))
      return wrong;
  return llvm::Error::success();
}

class NativeRun {
public:
  NativeRun(const RunCommand &command, LoadedTarget target)
      : command(command), target(std::move(target)), progress(command.report.quiet) {}

  llvm::Error run() {
    if (!command.reportFolder.empty())
      if (llvm::Error wrong = prepareFolder(command.reportFolder))
        return wrong;
    auto begin = std::chrono::steady_clock::now();
    auto read = loadModel(command.model, command.limits, command.bindings);
    if (!read)
      return read.takeError();
    loaded = std::move(*read);
    graph::GraphOptions passes = command.graph;
    passes.keepTensors = !command.tensorFolder.empty();
    if (llvm::Error wrong = optimise(loaded, passes, target, command.report.quiet))
      return wrong;
    progress.step(0, phases, "planning");
    TensorsInside inside = !command.tensorFolder.empty() ? TensorsInside::Kept
                           : command.verify              ? TensorsInside::Listed
                                                         : TensorsInside::None;
    auto planned = planNativeModel(loaded, target, inside, command.program.version);
    if (!planned)
      return planned.takeError();
    model = std::move(*planned);
    if (llvm::Error wrong = writeNativePlan(command.planFile, loaded, target, model, command.report))
      return wrong;
    summary.layers = nativeRows(loaded, target, model.plan);
    if (llvm::Error wrong = checkRequired())
      return withPlace(std::move(wrong), loaded.path);
    auto outputs = OutputPlan::make(command, loaded.signature);
    if (!outputs)
      return outputs.takeError();
    auto inferences = readInputs(loaded.signature.inputs, command.input);
    if (!inferences)
      return inferences.takeError();
    TemporaryFolder folder;
    if (llvm::Error wrong = folder.make())
      return wrong;
    progress.step(1, phases, "generating code");
    if (llvm::Error wrong = emitAll(command.emit, target, model, command.program))
      return wrong;
    auto warnings = writeNative(model, target, command.program, folder.path + "/bundle");
    if (!warnings)
      return withPlace(warnings.takeError(), loaded.path);
    summary.compileSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const std::string &warning : *warnings)
      notes += "warning: " + warning + "\n";
    return execute(*outputs, *inferences, folder.path);
  }

private:
  llvm::Error checkRequired() const {
    std::vector<std::string> reasons(loaded.optimised.program.steps.size());
    for (auto [row, layer] : llvm::zip_equal(summary.layers, model.plan.layers))
      for (unsigned step : layer.steps)
        if (row.portable)
          reasons[step] = row.reason;
    return checkRequiredIntrinsics(command.requireIntrinsic, layersOf(loaded.program),
                                   layersOf(loaded.optimised.program), [&](const Layer &layer) {
                                     // A node is done by an intrinsic where one does its multiplications;
                                     // what is around them is code.
                                     std::string reason;
                                     for (unsigned step : layer.steps) {
                                       bool multiplies = loaded.optimised.program.steps[step].nest &&
                                                         nest::multiplyAccumulates(
                                                             *loaded.optimised.program.steps[step].nest) > 0;
                                       if (multiplies)
                                         return reasons[step];
                                       reason = reason.empty() ? reasons[step] : reason;
                                     }
                                     return layer.macs > 0 ? std::string() : reason;
                                   });
  }

  llvm::Error execute(OutputPlan &outputs, llvm::ArrayRef<std::vector<reference::Tensor>> inferences,
                      const std::string &folder) {
    progress.step(2, phases, "running");
    NativeProcess process{folder + "/bundle", folder, command.threads, true, command.program.path};
    reference::BoundOptions bounds = boundOptionsOf(target.description);
    bounds.foldsIntoSums = foldsIntoSums(loaded.optimised);
    BoundedCheck check(loaded.program, loaded.signature.outputs, referenceOptions(inferences.size()), bounds);
    std::map<int64_t, mlir::Operation *> makers;
    for (const reference::Step &step : loaded.optimised.program.steps)
      if (step.tensor)
        makers[step.tensor.getIndex()] = step.operation;
    auto result = runNativeBundle(
        process, model.bundle, inferences,
        [&](size_t number, llvm::ArrayRef<reference::Tensor> made, std::vector<reference::Tensor> inside) {
          std::map<int64_t, reference::Tensor> tensors;
          for (auto [watched, value] : llvm::zip_equal(model.plan.tensors, inside))
            tensors.emplace(watched.index, graph::inModelOrder(makers[watched.index], std::move(value)));
          if (!command.tensorFolder.empty() && number == 0)
            if (llvm::Error wrong = dumpTensors(outputs, inferences.front(), tensors))
              return wrong;
          return command.verify ? check.add(inferences[number], made, tensors, inferences.size())
                                : llvm::Error::success();
        });
    if (!result)
      return withPlace(result.takeError(), loaded.path);
    if (llvm::Error wrong = outputs.writeOutputs(result->outputs))
      return wrong;
    if (command.verify) {
      auto verified = check.result();
      if (!verified)
        return withPlace(verified.takeError(), loaded.path);
      summary.verified = *verified;
    }
    summary.seconds = result->seconds;
    summary.inferences = inferences.size();
    for (auto [row, seconds] : llvm::zip(summary.layers, result->layerSeconds))
      row.seconds = seconds;
    if (!result->device.empty())
      notes += "ran on: " + result->device + "\n";
    return tell(*result);
  }

  reference::RunOptions referenceOptions(size_t inferences) {
    reference::RunOptions options;
    options.memoryBytes = command.memoryBytes;
    size_t total = loaded.program.steps.size() * inferences;
    options.afterStep = [this, total, done = size_t(0)](const reference::Step &, unsigned, double) mutable {
      progress.step(++done, total, "computing the reference");
      return llvm::Error::success();
    };
    return options;
  }

  llvm::Error dumpTensors(OutputPlan &outputs, llvm::ArrayRef<reference::Tensor> inputs,
                          const std::map<int64_t, reference::Tensor> &tensors) {
    for (auto [number, value] : llvm::enumerate(inputs))
      if (llvm::Error wrong = outputs.dumpInput(loaded, unsigned(number), value))
        return wrong;
    for (const reference::Step &step : loaded.optimised.program.steps) {
      auto known = step.tensor ? tensors.find(step.tensor.getIndex()) : tensors.end();
      if (known == tensors.end())
        continue;
      std::vector<char> bytes = known->second.bytes;
      if (llvm::Error wrong = outputs.dumpTensor(
              step.tensor, {known->second.type, known->second.shape, bytes.data(), bytes.size()}))
        return wrong;
    }
    return llvm::Error::success();
  }

  llvm::Error tell(const NativeResult &result) {
    progress.finish();
    summary.model = loaded.path;
    summary.target = target.entry.name;
    summary.isDescribed = true;
    summary.memory = nativeMemory(target, model.bundle);
    Json run = runJson(summary);
    if (llvm::Error wrong = writeJson(command.report, run))
      return wrong;
    if (!command.reportFolder.empty())
      if (llvm::Error wrong = writeReport(run, result))
        return wrong;
    return printText(command.report, nativeText(command, summary) + notes + verifiedText(summary));
  }

  llvm::Error writeReport(const Json &run, const NativeResult &result) const {
    return writeReportFolder(
        command.reportFolder, run, explainJson(loaded, target, model.plan.layers),
        nativeTimelineJson(summary, loaded.optimised.program, target, model, result, command.threads));
  }

  const RunCommand &command;
  LoadedTarget target;
  LoadedModel loaded;
  NativeModel model;
  RunSummary summary;
  std::string notes;
  static constexpr size_t phases = 3; ///< before the reference
  Progress progress;
};

Json compileJson(const CompileCommand &command, const LoadedModel &loaded, const LoadedTarget &target,
                 const std::vector<LayerRow> &rows, const std::vector<WrittenFile> &files) {
  Json list = Json::array(), layers = Json::array();
  for (const WrittenFile &file : files)
    list.push_back({{"name", file.name}, {"bytes", file.bytes}});
  for (const LayerRow &row : rows)
    layers.push_back({{"name", row.name},
                      {"nodes", row.nodes},
                      {"where", "target"},
                      {"intrinsics", row.intrinsics},
                      {"reason", row.portable ? Json(row.reason) : Json(nullptr)}});
  return {{"schema", "tenon.compile/1"}, {"model", loaded.path}, {"target", target.entry.name},
          {"folder", command.folder},    {"files", list},        {"layers", layers}};
}

} // namespace

llvm::Error runNative(const RunCommand &command, LoadedTarget target, const target::HostMachine &host) {
  if (llvm::Error wrong = checkOptions(command, target, host))
    return wrong;
  return NativeRun(command, std::move(target)).run();
}

llvm::Error compileNative(const CompileCommand &command, LoadedTarget target) {
  auto loaded = loadModel(command.model, command.limits, command.bindings);
  if (!loaded)
    return loaded.takeError();
  if (llvm::Error wrong = optimise(*loaded, command.graph, target, command.report.quiet))
    return wrong;
  auto model = planNativeModel(*loaded, target, TensorsInside::None, command.program.version);
  if (!model)
    return model.takeError();
  if (llvm::Error wrong = writeNativePlan(command.planFile, *loaded, target, *model, command.report))
    return wrong;
  if (llvm::Error wrong = emitAll(command.emit, target, *model, command.program))
    return wrong;
  auto warnings = writeNative(*model, target, command.program, command.folder);
  if (!warnings)
    return withPlace(warnings.takeError(), loaded->path);
  std::vector<LayerRow> rows = nativeRows(*loaded, target, model->plan);
  std::vector<WrittenFile> files = filesIn(command.folder);
  if (llvm::Error wrong = writeJson(command.report, compileJson(command, *loaded, target, rows, files)))
    return wrong;
  std::string text = fmt::format("{} for {} in {}\n\n", loaded->path, target.entry.name, command.folder);
  text += filesText(files) + "\n" + nativeLayersText(rows);
  for (const std::string &warning : *warnings)
    text += "warning: " + warning + "\n";
  return printText(command.report, text);
}

} // namespace tenon::driver
