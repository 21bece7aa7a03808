// The steps of tenon run on a bundle.
#include "core/driver/BundleRun.h"

#include "core/driver/EngineRun.h"
#include "core/driver/NativeBundleRun.h"
#include "core/driver/OutputPlan.h"
#include "core/driver/PlannedModel.h"
#include "core/driver/RunReport.h"
#include "core/driver/WrongUse.h"
#include "core/isa/encoding/Decode.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <chrono>

namespace tenon::driver {

namespace {

/// What needs the model itself.
llvm::Error checkOptions(const RunCommand &command) {
  std::pair<bool, const char *> needsModel[] = {
      {command.input.floatIo, "--float-io"},       {!command.tensorFolder.empty(), "--dump-tensors"},
      {!command.planFile.empty(), "--dump-plan"},  {!command.requireIntrinsic.empty(), "--require-intrinsic"},
      {!command.bindings.empty(), "--bind"},       {!command.reportFolder.empty(), "--report-dir"},
      {!command.graph.run, "--no-graph-passes"},   {!command.graph.plugins.empty(), "--pass-plugin"},
      {!command.graph.passes.empty(), "--passes"},
  };
  for (auto [given, option] : needsModel)
    if (given)
      return wrongUse(std::string(option) + " needs the model, " + command.model + " is a compiled bundle",
                      "run the model's own file");
  if (command.threads != 1)
    return wrongUse("a bundle runs on 1 thread, --threads is " + std::to_string(command.threads),
                    "leave --threads out");
  return llvm::Error::success();
}

llvm::Expected<std::vector<ModelTensor>> tensorsOf(llvm::ArrayRef<runtime::BundleTensor> tensors) {
  std::vector<ModelTensor> result;
  for (const runtime::BundleTensor &tensor : tensors) {
    auto type = isa::parseElementType(tensor.type);
    if (!type)
      return wrongInput("the bundle's tensor " + tensor.name + " has the unknown type " + tensor.type);
    result.push_back({tensor.name, type->scalar, {tensor.shape.begin(), tensor.shape.end()}, 0, 0});
  }
  return result;
}

std::string descriptionTextOf(const std::map<std::string, int64_t> &parameters) {
  std::string text;
  for (const auto &[name, value] : parameters)
    text += (text.empty() ? "" : ", ") + name + "=" + std::to_string(value);
  return text.empty() ? "none" : text;
}

class BundleRun {
public:
  explicit BundleRun(const RunCommand &command) : command(command) {}

  llvm::Error run(const target::Registry &registry) {
    if (llvm::Error wrong = checkOptions(command))
      return wrong;
    auto begin = std::chrono::steady_clock::now();
    auto read = runtime::readBundle(command.model);
    if (!read)
      return read.takeError();
    bundle = std::move(*read);
    if (llvm::Error wrong = loadTargetOfBundle(registry))
      return wrong;
    auto chosen = chooseDevice(command.machine, target.entry, registry.plugins);
    if (!chosen)
      return chosen.takeError();
    device = std::move(*chosen);
    summary.engine = device.name;
    summary.compileSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return execute();
  }

private:
  llvm::Error loadTargetOfBundle(const target::Registry &registry) {
    // Without --target there is only one description that fits: the bundle's own.
    if (command.machine.target.empty()) {
      if (!command.machine.parameters.empty())
        return wrongUse("--param " + command.machine.parameters.front() +
                            " replaces a parameter, the bundle was compiled with " +
                            descriptionTextOf(bundle.parameters),
                        "compile it again");
      llvm::SmallString<128> path(command.model);
      llvm::sys::path::append(path, target::descriptionName);
      auto description = isa::parseDescription(bundle.description, path, {.parameters = bundle.parameters});
      if (!description)
        return description.takeError();
      target.description = std::move(*description);
      auto entry = target::describedTarget(bundle.target, path.str().str());
      if (!entry)
        return entry.takeError();
      target.entry = std::move(*entry);
      return llvm::Error::success();
    }
    TargetChoice choice = command.machine;
    auto loaded = loadTarget(choice, registry, "a bundle");
    if (!loaded)
      return loaded.takeError();
    target = std::move(*loaded);
    if (llvm::Error wrong = runtime::checkDescription(bundle, target.description.hash()))
      return withPlace(std::move(wrong), command.model);
    if (!target.parameters.empty() && target.parameters != bundle.parameters)
      return withPlace(wrongInput("the bundle was compiled with the parameters " +
                                  descriptionTextOf(bundle.parameters) + ", --param gives " +
                                  descriptionTextOf(target.parameters)),
                       command.model);
    if (target.parameters != bundle.parameters) {
      auto description = isa::parseDescription(bundle.description, target.entry.description,
                                               {.parameters = bundle.parameters});
      if (!description)
        return description.takeError();
      target.description = std::move(*description);
    }
    return llvm::Error::success();
  }

  llvm::Error execute() {
    auto inputs = tensorsOf(bundle.inputs);
    auto outputs = tensorsOf(bundle.outputs);
    if (!inputs || !outputs)
      return withPlace(llvm::joinErrors(inputs.takeError(), outputs.takeError()), command.model);
    auto plan = OutputPlan::make(command, {*inputs, *outputs});
    if (!plan)
      return plan.takeError();
    auto inferences = readInputs(*inputs, command.input);
    if (!inferences)
      return inferences.takeError();
    EngineRun engine{&bundle, *outputs, device, target.description.path, {}};
    auto result = runOnEngine(command, engine, *inferences);
    if (!result)
      return withPlace(result.takeError(), command.model);
    if (llvm::Error wrong = plan->writeOutputs(result->outputs))
      return wrong;
    summary.seconds = result->seconds;
    summary.inferences = inferences->size();
    auto account = makeAccount(target.description, bundle, result->counters);
    if (!account)
      return withPlace(account.takeError(), command.model);
    return tell(*account);
  }

  void addLayers(const Account &account) {
    std::vector<size_t> rowOf;
    std::vector<bool> onTarget(bundle.layers.size(), false);
    for (const runtime::Step &step : bundle.steps)
      if (step.device)
        for (const runtime::CommandRange &range : step.device->ranges)
          onTarget[range.layer] = true;
    for (auto [layer, here] : llvm::zip_equal(bundle.layers, onTarget)) {
      LayerRow row;
      row.name = layer.name;
      row.nodes = {layer.name};
      row.onTarget = here;
      rowOf.push_back(summary.layers.size());
      summary.layers.push_back(std::move(row));
    }
    summary.addAccount(account, rowOf);
  }

  llvm::Error addMemory() {
    std::vector<isa::Instruction> instructions;
    auto commands = isa::CommandSet::create(target.description);
    if (!commands)
      return commands.takeError();
    for (const runtime::Step &step : bundle.steps) {
      if (!step.device)
        continue;
      auto stream = llvm::ArrayRef(bundle.commands).slice(step.device->offset, step.device->bytes);
      auto decoded = isa::decodeAll(*commands, stream);
      if (!decoded)
        return withPlace(decoded.takeError(), command.model);
      instructions.insert(instructions.end(), decoded->begin(), decoded->end());
    }
    std::vector<uint64_t> peaks = peakBytes(target.description, instructions, bundle);
    for (auto [memory, peak] : llvm::zip_equal(target.description.memories, peaks))
      summary.memory.push_back({memory.name, memory.bytes * uint64_t(memory.copies), peak});
    return llvm::Error::success();
  }

  llvm::Error tell(const Account &account) {
    summary.model = command.model;
    summary.isDescribed = true;
    summary.target = target.entry.name;
    addLayers(account);
    if (llvm::Error wrong = addMemory())
      return wrong;
    if (llvm::Error wrong = writeJson(command.report, runJson(summary)))
      return wrong;
    return printText(command.report,
                     targetText(command, summary) + "not verified: a bundle has no model to compare with\n");
  }

  const RunCommand &command;
  runtime::Bundle bundle;
  LoadedTarget target;
  DeviceChoice device;
  RunSummary summary;
};

} // namespace

bool isBundle(const std::string &path) { return llvm::sys::fs::is_directory(path); }

llvm::Error runBundle(const RunCommand &command, const target::Registry &registry) {
  if (isNativeBundle(command.model))
    return runNativeFolder(command);
  return BundleRun(command).run(registry);
}

} // namespace tenon::driver
