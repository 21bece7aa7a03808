// From a plan to machine code.
#include "core/driver/NativeModel.h"

#include "core/codegen/Codegen.h"
#include "core/driver/FileOutput.h"
#include "core/driver/WrongUse.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <chrono>

namespace tenon::driver {

namespace {

/// A C identifier from a file's name.
std::string identifierOf(llvm::StringRef path) {
  std::string name;
  for (char c : llvm::sys::path::stem(path))
    name += llvm::isAlnum(c) ? c : '_';
  return name.empty() || llvm::isDigit(name.front()) ? "model_" + name : name;
}

runtime::NativeTensor tensorOf(const native::NativeTensor &tensor) {
  return {tensor.name, tensor.type, tensor.shape, tensor.offset};
}

/// The file name of the plugin that runs a parallel machine's kernels; empty for a processor.
llvm::Expected<std::string> launcherOf(const LoadedTarget &target) {
  if (!target.description.level(isa::Level::Kind::Grid))
    return std::string();
  for (const target::Engine &engine : target.entry.engines)
    if (!engine.plugin.empty())
      return engine.plugin;
  Diagnostic diagnostic;
  diagnostic.message = "the target " + target.entry.name +
                       " runs kernels as blocks of a grid, no launcher is named that starts them";
  diagnostic.repair =
      std::string("put a ") + target::manifestName + " beside its description, with its plugin";
  return failure(ExitCode::TargetCannot, std::move(diagnostic));
}

llvm::Expected<runtime::NativeBundle> bundleOf(const LoadedModel &loaded, const LoadedTarget &target,
                                               native::NativePlan &plan, const std::string &version) {
  if (!target.description.code)
    return failure(ExitCode::OwnFault, "the target " + target.entry.name + " has no native code");
  const isa::Code &code = *target.description.code;
  runtime::NativeBundle bundle = bundleOfPlan(loaded.optimised.program, plan);
  bundle.productVersion = version;
  bundle.name = identifierOf(loaded.path);
  auto [name, variant] = llvm::StringRef(target.entry.name).split('/');
  bundle.target = llvm::sys::path::is_absolute(target.entry.name) ? target.entry.name : name.str();
  bundle.variant = llvm::sys::path::is_absolute(target.entry.name) ? "" : variant.str();
  bundle.description = target.description.text;
  bundle.triple = code.triple;
  bundle.processor = code.processor;
  bundle.features = code.features;
  auto device = launcherOf(target);
  if (!device)
    return device.takeError();
  bundle.device = *device;
  for (auto [tensor, known] : llvm::zip_equal(bundle.inputs, loaded.signature.inputs))
    tensor.name = known.name;
  for (auto [tensor, known] : llvm::zip_equal(bundle.outputs, loaded.signature.outputs))
    tensor.name = known.name;
  for (const std::string &library : code.libraries) {
    llvm::SmallString<128> path(llvm::sys::path::parent_path(target.description.path));
    llvm::sys::path::append(path, library);
    bundle.libraries.push_back(llvm::sys::path::is_absolute(library) ? library : path.str().str());
  }
  return bundle;
}

llvm::Expected<codegen::CodegenResult> generate(const NativeModel &model, const LoadedTarget &target,
                                                const ProgramIdentity &program, bool assembly) {
  if (!target.description.code)
    return failure(ExitCode::OwnFault, "the target " + target.entry.name + " has no native code");
  const isa::Code &code = *target.description.code;
  codegen::CodegenRequest request;
  request.module = model.module;
  request.triple = code.triple;
  request.processor = code.processor;
  request.features = code.features;
  request.output =
      assembly ? codegen::CodegenRequest::Output::Assembly : codegen::CodegenRequest::Output::Object;
  codegen::CodegenOptions options;
  auto found = codegen::findCodegen(program.path);
  if (!found)
    return found.takeError();
  options.program = *found;
  return codegen::generateCode(request, options);
}

} // namespace

runtime::NativeBundle bundleOfPlan(const reference::Program &program, native::NativePlan &plan) {
  runtime::NativeBundle bundle;
  bundle.arenaBytes = plan.arenaBytes;
  bundle.weights = std::move(plan.weights);
  for (const native::NativeTensor &input : plan.inputs)
    bundle.inputs.push_back(tensorOf(input));
  for (const native::NativeTensor &output : plan.outputs)
    bundle.outputs.push_back(tensorOf(output));
  for (const native::WatchedTensor &watched : plan.tensors)
    bundle.tensors.emplace_back(tensorOf(watched.tensor), watched.launches);
  for (const LayerIdentity &identity : identify(program, plan))
    bundle.layers.push_back(identity.name);
  bool copies = llvm::any_of(plan.launches, [](const native::Launch &launch) { return launch.layer < 0; });
  if (copies)
    bundle.layers.push_back("constants");
  for (const native::Launch &launch : plan.launches) {
    runtime::NativeLaunch &made = bundle.launches.emplace_back();
    made.kernel = launch.kernel;
    made.layer = launch.layer < 0 ? unsigned(bundle.layers.size() - 1) : unsigned(launch.layer);
    for (const native::NativeArgument &argument : launch.arguments)
      made.arguments.push_back({argument.place == native::NativeArgument::Place::Weights, argument.offset});
    made.items = launch.items;
    made.threadsPerBlock = launch.threadsPerBlock;
  }
  return bundle;
}

llvm::Expected<NativeModel> planNativeModel(const LoadedModel &loaded, const LoadedTarget &target,
                                            TensorsInside inside, const std::string &version) {
  auto begin = std::chrono::steady_clock::now();
  native::NativeOptions options;
  options.name = identifierOf(loaded.path);
  options.keepTensors = inside == TensorsInside::Kept;
  options.listTensors = inside == TensorsInside::Listed;
  const OptimisedModel &source = loaded.optimised;
  auto plan = source.native ? native::planNative(target.description, source.program, options, *source.native)
                            : native::planNative(target.description, source.program, options);
  if (!plan)
    return withPlace(plan.takeError(), loaded.path);
  NativeModel model;
  model.plan = std::move(*plan);
  auto bundle = bundleOf(loaded, target, model.plan, version);
  if (!bundle)
    return bundle.takeError();
  model.bundle = std::move(*bundle);
  if (llvm::Error wrong = runtime::checkNativeBundle(model.bundle))
    return std::move(wrong);
  model.module = model.plan.module;
  if (model.bundle.device.empty())
    model.module += runtime::emitEntry(model.bundle);
  model.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return model;
}

llvm::Error emitText(const EmitRequest &request, const LoadedTarget &target, const NativeModel &model,
                     const ProgramIdentity &program) {
  if (request.kind != "llvm" && request.kind != "asm")
    return wrongUse("--emit " + request.kind + " is no kind of text", "it writes llvm or asm");
  if (request.kind == "llvm")
    return writeFile(request.file, model.module);
  auto code = generate(model, target, program, true);
  if (!code)
    return code.takeError();
  return writeFile(request.file, llvm::StringRef(code->bytes.data(), code->bytes.size()));
}

llvm::Expected<std::vector<std::string>> writeNative(NativeModel &model, const LoadedTarget &target,
                                                     const ProgramIdentity &program,
                                                     const std::string &folder) {
  auto code = generate(model, target, program, !model.bundle.device.empty());
  if (!code)
    return code.takeError();
  model.bundle.code = std::move(code->bytes);
  std::vector<std::string> warnings = std::move(code->warnings);
  auto written = runtime::writeNativeBundle(model.bundle, folder);
  if (!written)
    return written.takeError();
  warnings.insert(warnings.end(), written->warnings.begin(), written->warnings.end());
  return warnings;
}

std::string portableReason(const isa::Description &description, const native::NativePlan &plan,
                           unsigned number) {
  if (!plan.results[number].reason.empty())
    return plan.results[number].reason;
  for (const plan::Candidate &candidate : plan.layers[number].candidates)
    if (!candidate.legal && !candidate.repair.empty())
      return description.intrinsics[candidate.intrinsic].family + " does not: " + candidate.reason;
  return "no declared intrinsic computes it";
}

std::vector<LayerIdentity> identify(const reference::Program &program, const native::NativePlan &plan) {
  std::vector<std::vector<unsigned>> steps;
  steps.reserve(plan.layers.size());
  for (const native::NativeLayer &layer : plan.layers)
    steps.push_back(layer.steps);
  return identify(program, llvm::ArrayRef<std::vector<unsigned>>(steps));
}

} // namespace tenon::driver
