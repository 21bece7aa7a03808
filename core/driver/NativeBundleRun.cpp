// Inputs, outputs and layers of a manifest; everything else is tenon-run's to check.
#include "core/driver/NativeBundleRun.h"

#include "core/driver/NativeProcess.h"
#include "core/driver/NativeReport.h"
#include "core/driver/OutputPlan.h"
#include "core/driver/TemporaryFolder.h"
#include "core/driver/WrongUse.h"
#include "core/runtime/native/native_format.h"
#include "core/support/FileInput.h"

#include "llvm/Support/Path.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

Json manifestOf(const std::string &folder) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, TENON_NATIVE_MANIFEST);
  auto file = readFile(path, TENON_NATIVE_MOST_MANIFEST_BYTES);
  if (!file) {
    llvm::consumeError(file.takeError());
    return nullptr;
  }
  return Json::parse((*file)->getBuffer().str(), nullptr, /*allow_exceptions=*/false);
}

std::string textAt(const Json &object, const char *key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

/// The manifest's tensors; tenon-run refuses those that are wrong, with more to say of them.
llvm::Expected<std::vector<runtime::NativeTensor>> tensorsAt(const Json &manifest, const char *key) {
  std::vector<runtime::NativeTensor> tensors;
  if (!manifest.contains(key) || !manifest[key].is_array())
    return wrongInput(std::string("the manifest has no list '") + key + "'");
  for (const Json &entry : manifest[key]) {
    runtime::NativeTensor tensor{textAt(entry, "name"), textAt(entry, "type"), {}, 0};
    bool hasShape = entry.is_object() && entry.contains("shape") && entry["shape"].is_array();
    for (const Json &extent : hasShape ? entry["shape"] : Json::array())
      tensor.shape.push_back(extent.is_number_integer() ? extent.get<int64_t>() : 0);
    bool sized = hasShape && llvm::all_of(tensor.shape, [](int64_t extent) { return extent > 0; });
    if (!sized || !isa::parseElementType(tensor.type))
      return wrongInput("the manifest's tensor '" + tensor.name + "' has no type or shape");
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

std::vector<ModelTensor> edgeOf(llvm::ArrayRef<runtime::NativeTensor> tensors) {
  std::vector<ModelTensor> edge;
  for (const runtime::NativeTensor &tensor : tensors)
    edge.push_back({tensor.name,
                    isa::parseElementType(tensor.type)->scalar,
                    {tensor.shape.begin(), tensor.shape.end()},
                    0,
                    0});
  return edge;
}

llvm::Error checkOptions(const RunCommand &command) {
  std::pair<bool, const char *> needsModel[] = {
      {command.input.floatIo, "--float-io"},
      {!command.tensorFolder.empty(), "--dump-tensors"},
      {!command.planFile.empty(), "--dump-plan"},
      {!command.reportFolder.empty(), "--report-dir"},
      {!command.requireIntrinsic.empty(), "--require-intrinsic"},
      {!command.bindings.empty(), "--bind"},
      {!command.emit.empty(), "--emit"},
      {!command.machine.parameters.empty(), "--param"},
  };
  for (auto [given, option] : needsModel)
    if (given)
      return wrongUse(std::string(option) + " needs the model, " + command.model + " is a compiled bundle",
                      "run the model's own file");
  return llvm::Error::success();
}

} // namespace

bool isNativeBundle(const std::string &path) {
  return llvm::StringRef(textAt(manifestOf(path), "schema")).starts_with(TENON_NATIVE_SCHEMA_PREFIX);
}

llvm::Error runNativeFolder(const RunCommand &command) {
  if (llvm::Error wrong = checkOptions(command))
    return wrong;
  Json manifest = manifestOf(command.model);
  auto inputs = tensorsAt(manifest, "inputs"), outputs = tensorsAt(manifest, "outputs");
  if (!inputs || !outputs)
    return withPlace(llvm::joinErrors(inputs.takeError(), outputs.takeError()), command.model);
  runtime::NativeBundle bundle;
  bundle.inputs = std::move(*inputs);
  bundle.outputs = std::move(*outputs);
  auto plan = OutputPlan::make(command, {edgeOf(bundle.inputs), edgeOf(bundle.outputs)});
  if (!plan)
    return plan.takeError();
  auto inferences = readInputs(edgeOf(bundle.inputs), command.input);
  if (!inferences)
    return inferences.takeError();
  TemporaryFolder folder;
  if (llvm::Error wrong = folder.make())
    return wrong;
  NativeProcess process{command.model, folder.path, command.threads, false, command.program.path};
  auto result = runNativeBundle(process, bundle, *inferences);
  if (!result)
    return withPlace(result.takeError(), command.model);
  if (llvm::Error wrong = plan->writeOutputs(result->outputs))
    return wrong;
  RunSummary summary;
  summary.model = command.model;
  std::string variant = textAt(manifest, "variant");
  summary.target = textAt(manifest, "target") + (variant.empty() ? "" : "/" + variant);
  summary.isDescribed = true;
  summary.seconds = result->seconds;
  summary.inferences = inferences->size();
  for (auto [number, seconds] : llvm::enumerate(result->layerSeconds)) {
    LayerRow row;
    const Json &layers = manifest["layers"];
    row.name = layers.is_array() && number < layers.size() && layers[number].is_string()
                   ? layers[number].get<std::string>()
                   : std::to_string(number);
    row.nodes = {row.name};
    row.onTarget = true;
    row.seconds = seconds;
    summary.layers.push_back(std::move(row));
  }
  if (llvm::Error wrong = writeJson(command.report, runJson(summary)))
    return wrong;
  std::string text =
      fmt::format("{} on {}, {} {}\n\n{:.3f} ms an inference\n", summary.model, summary.target,
                  command.threads, command.threads == 1 ? "thread" : "threads", summary.seconds * 1e3);
  return printText(command.report, text + "not verified: a bundle has no model to compare with\n");
}

} // namespace tenon::driver
