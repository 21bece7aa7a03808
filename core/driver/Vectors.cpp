// One inference, command by command.
#include "core/driver/Vectors.h"

#include "core/driver/Verification.h"
#include "core/driver/WrongUse.h"
#include "core/runtime/HostSteps.h"
#include "core/vectors/VectorFiles.h"

#include "llvm/Support/GlobPattern.h"

#include <numeric>

namespace tenon::driver {

namespace {

/// The layers that the patterns name, among those with commands.
llvm::Expected<std::vector<unsigned>> chosenLayers(llvm::ArrayRef<std::string> patterns,
                                                   const plan::Plan &plan,
                                                   llvm::ArrayRef<LayerIdentity> identities) {
  std::vector<unsigned> all(plan.layers.size());
  std::iota(all.begin(), all.end(), 0);
  if (patterns.empty())
    return all;
  std::set<unsigned> chosen;
  for (const std::string &pattern : patterns) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return wrongUse("--vectors-layer " + pattern + " is no pattern: " + llvm::toString(glob.takeError()));
    size_t before = chosen.size();
    for (unsigned layer : all)
      if (plan.layers[layer].lowering &&
          (glob->match(identities[layer].op) || glob->match(identities[layer].name)))
        chosen.insert(layer);
    if (chosen.size() == before)
      return wrongUse("--vectors-layer " + pattern + " names no layer that the target does",
                      "tenon explain lists the operators and what takes them");
  }
  return std::vector<unsigned>(chosen.begin(), chosen.end());
}

/// The model on a machine of this process.
class VectorRun {
public:
  VectorRun(const LoadedTarget &on, const plan::Plan &planned, llvm::ArrayRef<unsigned> layers,
            spec::Machine &with, runtime::HostSteps steps)
      : target(on), plan(planned), machine(with), host(std::move(steps)), recorder(with, layers) {
    while (target.description.memories[memory].name != plan.bundle.memory)
      ++memory;
  }

  llvm::Error run(llvm::ArrayRef<reference::Tensor> inputs) {
    for (const runtime::Segment &segment : plan.bundle.constants)
      if (llvm::Error error = write(segment.location, segment.content))
        return error;
    for (auto [tensor, input] : llvm::zip_equal(plan.bundle.inputs, inputs))
      if (llvm::Error error = write(
              tensor.location, {reinterpret_cast<const uint8_t *>(input.bytes.data()), input.bytes.size()}))
        return error;
    runtime::DeviceMemory device{
        [&](uint64_t at, llvm::MutableArrayRef<uint8_t> bytes) { return machine.read(memory, at, bytes); },
        [&](uint64_t at, llvm::ArrayRef<uint8_t> bytes) { return machine.write(memory, at, bytes); }};
    for (const plan::PlannedStep &step : plan.steps) {
      if (step.host)
        if (llvm::Error error = host.run(*step.host, device))
          return error;
      for (const isa::Instruction &instruction : step.instructions)
        if (llvm::Error error = recorder.execute(instruction))
          return withPlace(std::move(error), "", plan.layers[instruction.origin].name);
    }
    return llvm::Error::success();
  }

  llvm::Expected<std::vector<reference::Tensor>> outputs(llvm::ArrayRef<ModelTensor> described) {
    std::vector<reference::Tensor> all;
    for (auto [tensor, known] : llvm::zip_equal(plan.bundle.outputs, described)) {
      std::vector<uint8_t> bytes(tensor.location.bytes);
      llvm::Error error = tensor.location.hostBuffer ? host.read(*tensor.location.hostBuffer, bytes)
                                                     : machine.read(memory, tensor.location.address, bytes);
      if (error)
        return withPlace(std::move(error), "", "output " + known.name);
      all.push_back({known.type, known.shape, std::vector<char>(bytes.begin(), bytes.end())});
    }
    return all;
  }

  const vectors::LayerState &state(unsigned layer) const { return recorder.state(layer); }

private:
  llvm::Error write(const runtime::Location &location, llvm::ArrayRef<uint8_t> bytes) {
    return location.hostBuffer ? host.write(*location.hostBuffer, bytes)
                               : machine.write(memory, location.address, bytes);
  }

  const LoadedTarget &target;
  const plan::Plan &plan;
  spec::Machine &machine;
  unsigned memory = 0; ///< the global one's number
  runtime::HostSteps host;
  vectors::Recorder recorder;
};

/// Runs one inference, and holds its outputs to the reference's.
llvm::Error runAndVerify(VectorRun &run, const LoadedModel &loaded, const InputOptions &input) {
  auto inferences = readInputs(loaded.signature.inputs, input);
  if (!inferences)
    return inferences.takeError();
  if (llvm::Error error = run.run(inferences->front()))
    return error;
  auto got = run.outputs(loaded.signature.outputs);
  if (!got)
    return got.takeError();
  auto want = reference::run(loaded.program, inferences->front(), {});
  if (!want)
    return want.takeError();
  std::vector<std::vector<reference::Tensor>> gotAll = {std::move(*got)}, wantAll = {std::move(*want)};
  return verifyOutputs(loaded.signature.outputs, gotAll, wantAll);
}

nlohmann::json inputsJson(const InputOptions &input) {
  if (input.files.empty())
    return {{"random_seed", input.seed}};
  return {{"files", input.files}};
}

} // namespace

llvm::Expected<WrittenVectors> writeModelVectors(const LoadedModel &loaded, const LoadedTarget &target,
                                                 const plan::Plan &plan, const VectorOptions &options,
                                                 const std::string &programPath) {
  std::vector<LayerIdentity> identities = identify(loaded.optimised.program, plan.layers);
  auto layers = chosenLayers(options.layers, plan, identities);
  if (!layers)
    return layers.takeError();
  auto worker = runtime::findWorker(programPath);
  if (!worker)
    return worker.takeError();
  runtime::HostLibraryOptions hostOptions;
  hostOptions.worker.program = *worker;
  auto host = runtime::HostSteps::start(plan.bundle, hostOptions);
  if (!host)
    return host.takeError();
  auto machine = spec::Machine::create(target.description);
  if (!machine)
    return machine.takeError();
  VectorRun run(target, plan, *layers, **machine, std::move(*host));
  if (llvm::Error error = runAndVerify(run, loaded, options.input))
    return withPlace(std::move(error), loaded.path);
  auto streams = vectors::layerStreams(target.description, plan, *layers);
  if (!streams)
    return streams.takeError();
  vectors::VectorSet set{
      loaded.path, target.description.name, target.parameters, inputsJson(options.input), {}, {}};
  for (vectors::LayerStream &stream : *streams) {
    const LayerIdentity &identity = identities[stream.layer];
    if (llvm::Error error = vectors::replay(target.description, stream.bytes, run.state(stream.layer)))
      return withPlace(std::move(error), loaded.path, plan.layers[stream.layer].name);
    set.layers.push_back({vectors::folderName(stream.layer, identity.op), identity.name, identity.op,
                          identity.nodes, plan.layers[stream.layer].macs, std::move(stream),
                          run.state(stream.layer)});
  }
  for (auto [layer, identity] : llvm::zip_equal(plan.layers, identities))
    if (!layer.lowering)
      set.hostLayers.push_back(identity.name);
  if (llvm::Error error = vectors::writeVectors(target.description, set, options.folder))
    return std::move(error);
  return WrittenVectors{set.layers.size(), set.hostLayers.size()};
}

} // namespace tenon::driver
