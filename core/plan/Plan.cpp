// From covered layers to steps, commands and the bundle.
#include "core/plan/Plan.h"

#include "core/host/EmitC.h"
#include "core/isa/encoding/Encode.h"
#include "core/plan/GlobalSpace.h"
#include "core/plan/Settings.h"
#include "core/plan/Synchronise.h"
#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

/// Whether a result is stored, and whether it stays on the chip until a layer.
struct Stay {
  bool store = true, keep = false;
  unsigned lastReader = 0;
};

struct Choices {
  bool residence = true; ///< results may stay on the chip
  bool keepTensors = false;
};

class Planner {
public:
  Planner(const isa::Description &description, const reference::Program &program,
          const isa::CommandSet &commands, GlobalSpace space, Choices choices, Plan &result)
      : description(description), program(program), commands(commands), space(std::move(space)),
        choices(choices), allocator(description), result(result) {
    view.home = [this](unsigned value, llvm::ArrayRef<int64_t> shape) {
      return this->space.home(value, shape);
    };
    view.constant = [this](std::vector<char> bytes, int64_t align) {
      return this->space.constant(std::move(bytes), align);
    };
    view.isInput = [this](unsigned value) {
      return llvm::any_of(this->program.inputs, [&](unsigned input) {
        return this->program.values[input].buffer == this->program.values[value].buffer;
      });
    };
    view.resident = [this](unsigned value) -> const Resident * {
      auto found = residents.find(this->program.values[value].buffer);
      return found == residents.end() ? nullptr : &found->second.tensor;
    };
    findReaders();
  }

  llvm::Error run() {
    if (llvm::Error error = placeEdges())
      return error;
    for (unsigned value : program.inputs)
      if (llvm::Error error = copyHome(program.values[value].buffer, true, 0))
        return error;
    for (unsigned number = 0; number < result.layers.size(); ++number)
      if (llvm::Error error = addLayer(number))
        return error;
    if (llvm::Error error = closeStream())
      return error;
    if (choices.keepTensors)
      if (llvm::Error error = watchTensors())
        return error;
    return finishBundle();
  }

private:
  llvm::Error placeEdges() {
    for (bool inputs : {true, false})
      for (unsigned value : inputs ? program.inputs : program.outputs) {
        auto place = space.dense(program.values[value].buffer);
        if (!place)
          return place.takeError();
        runtime::BundleTensor tensor;
        tensor.type = program.values[value].type.str();
        tensor.shape.assign(program.values[value].shape.begin(), program.values[value].shape.end());
        tensor.location = *place;
        (inputs ? result.bundle.inputs : result.bundle.outputs).push_back(std::move(tensor));
      }
    return llvm::Error::success();
  }

  llvm::Error addLayer(unsigned number) {
    const PlannedLayer &layer = result.layers[number];
    result.bundle.layers.push_back({layer.name});
    if (!layer.lowering) {
      for (unsigned step : layer.steps)
        if (llvm::Error error = addHostStep(program.steps[step], number))
          return error;
      for (unsigned value : program.steps[layer.steps.back()].results)
        if (llvm::Error error = copyHome(program.values[value].buffer, true, number))
          return error;
      return llvm::Error::success();
    }
    unsigned buffer = resultOf(number);
    Stay stay = choices.residence ? stayOf(number) : Stay{};
    size_t before = stream.size();
    auto emitted = emit(inputOf(number, stay), view, allocator, stream);
    if (!emitted && residents.empty()) {
      // The layer fits an empty chip, or it would not be here; only where its space begins is different.
      llvm::consumeError(emitted.takeError());
      stream.resize(before);
      allocator = Allocator(description);
      emitted = emit(inputOf(number, stay), view, allocator, stream);
    }
    if (!emitted)
      return withPlace(emitted.takeError(), "", layer.name);
    if (emitted->kept)
      residents[buffer] = {std::move(*emitted->kept), stay.lastReader};
    for (auto at = residents.begin(); at != residents.end();) {
      if (at->second.lastReader > number) {
        ++at;
        continue;
      }
      allocator.release(at->second.tensor.memory, at->second.tensor.address);
      at = residents.erase(at);
    }
    if (!stay.store)
      return llvm::Error::success();
    const match::Computation &computation = layer.lowering->computation();
    bool padded = space.usesPadded(buffer, computation.nest.operands[computation.result].shape);
    return padded && !space.needsDense(buffer) ? llvm::Error::success() : copyHome(buffer, !padded, number);
  }

  unsigned resultOf(unsigned number) const {
    const match::Computation &computation = result.layers[number].lowering->computation();
    return program.values[computation.sources[computation.result].value].buffer;
  }

  EmissionInput inputOf(unsigned number, const Stay &stay) const {
    const PlannedLayer &layer = result.layers[number];
    EmissionInput input;
    input.description = &description;
    input.lowering = &*layer.lowering;
    input.tiling = layer.tiling;
    input.origin = number;
    input.store = stay.store;
    input.keep = stay.keep;
    return input;
  }

  void findReaders() {
    for (unsigned number = 0; number < result.layers.size(); ++number) {
      const PlannedLayer &layer = result.layers[number];
      if (layer.lowering) {
        for (const match::TensorSource &source : layer.lowering->computation().sources)
          if (source.kind == match::TensorSource::Kind::Value)
            readers[program.values[source.value].buffer].push_back(number);
        continue;
      }
      for (unsigned step : layer.steps)
        for (unsigned value : program.steps[step].operands)
          readers[program.values[value].buffer].push_back(number);
    }
    for (unsigned value : program.outputs)
      readers[program.values[value].buffer].push_back(unsigned(result.layers.size()));
  }

  /// Tries the layer with its result left on the chip, and every layer up to the last reader beside it.
  Stay stayOf(unsigned number) {
    unsigned buffer = resultOf(number);
    Allocator trial = allocator;
    std::vector<isa::Instruction> dropped;
    auto emitted = emit(inputOf(number, {true, true, 0}), view, trial, dropped);
    if (!emitted) {
      llvm::consumeError(emitted.takeError()); // without keeping it may fit; if not, that error is reported
      return {};
    }
    if (!emitted->kept)
      return {};
    const auto saved = residents;
    residents[buffer] = {std::move(*emitted->kept), 0};
    Stay stay{false, true, 0};
    unsigned last = number;
    for (unsigned reader : readers[buffer]) {
      if (reader <= number)
        continue;
      bool inPlace = reader < result.layers.size() && result.layers[reader].lowering &&
                     readsInPlace(reader, buffer) && fitsBeside(last + 1, reader, trial);
      if (!inPlace)
        stay.store = true;
      else
        last = stay.lastReader = reader;
    }
    residents = saved;
    if (stay.lastReader == 0)
      return {};
    stay.store |= choices.keepTensors;
    return stay;
  }

  bool readsInPlace(unsigned reader, unsigned buffer) const {
    const Lowering &lowering = *result.layers[reader].lowering;
    auto found = residentReads(description, lowering, view);
    auto reads = [&](const match::Match &match) {
      for (const match::OperandBinding *binding : sources(description, match)) {
        const match::TensorSource &source = lowering.computation().sources[binding->tensor];
        if (source.kind == match::TensorSource::Kind::Value &&
            program.values[source.value].buffer == buffer && !llvm::is_contained(found, binding))
          return false;
      }
      return true;
    };
    return reads(lowering.main()) && (!lowering.final || reads(*lowering.final));
  }

  /// Whether the layers can be expanded with what is on the chip now.
  bool fitsBeside(unsigned first, unsigned last, const Allocator &taken) {
    for (unsigned number = first; number <= last; ++number) {
      if (!result.layers[number].lowering)
        continue;
      Allocator trial = taken;
      std::vector<isa::Instruction> dropped;
      auto emitted = emit(inputOf(number, {}), view, trial, dropped);
      if (!emitted) {
        llvm::consumeError(emitted.takeError()); // then the tensor does not stay
        return false;
      }
    }
    return true;
  }

  /// Between a buffer's dense and its padded home, where it has both.
  llvm::Error copyHome(unsigned buffer, bool toPadded, unsigned layer) {
    auto padded = space.padded(buffer);
    if (!padded)
      return llvm::Error::success();
    auto dense = space.dense(buffer);
    if (!dense)
      return dense.takeError();
    HomeCopy copy = space.copy(buffer, toPadded, *program.steps.front().operation->getContext());
    runtime::HostStep step;
    step.layer = layer;
    step.operands = {{toPadded ? *dense : *padded, true, false}, {toPadded ? *padded : *dense, false, true}};
    return addHost(std::move(step), std::move(copy.nest), toPadded ? "pad" : "unpad");
  }

  llvm::Error addHostStep(const reference::Step &source, unsigned layer) {
    runtime::HostStep step;
    step.layer = layer;
    std::vector<bool> writes(source.nest->operands.size(), false), reads(source.nest->operands.size(), false);
    for (const nest::Statement &statement : source.nest->statements) {
      writes[statement.destination.operand] = true;
      if (statement.update != nest::Update::Assign && !statement.start)
        reads[statement.destination.operand] = true;
      for (const nest::Node &node : statement.body) {
        if (node.op == nest::Opcode::Read)
          reads[node.access.operand] = true;
        if (node.op == nest::Opcode::TableRead)
          reads[node.table] = true;
      }
    }
    unsigned next = 0;
    for (auto [number, operand] : llvm::enumerate(source.nest->operands)) {
      if (operand.local)
        continue;
      unsigned buffer = program.values[source.operands[next++]].buffer;
      auto place = space.dense(buffer);
      if (!place)
        return place.takeError();
      if (llvm::Error error = placeConstant(buffer, operand.type, *place))
        return error;
      step.operands.push_back({*place, bool(reads[number]), bool(writes[number])});
    }
    return addHost(std::move(step), *source.nest, "layer");
  }

  llvm::Error placeConstant(unsigned buffer, nest::ScalarType type, const runtime::Location &place) {
    if (!program.buffers[buffer].constant || !placedConstants.insert(buffer).second)
      return llvm::Error::success();
    runtime::Segment segment;
    segment.location = place;
    segment.content.resize(place.bytes);
    reference::writeConstant(program.buffers[buffer].constant, type,
                             reinterpret_cast<char *>(segment.content.data()));
    space.segments.push_back(std::move(segment));
    return llvm::Error::success();
  }

  llvm::Error addHost(runtime::HostStep step, nest::Nest nest, llvm::StringRef what) {
    if (llvm::Error error = closeStream())
      return error;
    step.function = fmt::format("{}_{}", what.str(), functions.size());
    functions.push_back({step.function, std::move(nest)});
    runtime::Step bundled;
    bundled.host = step;
    result.bundle.steps.push_back(std::move(bundled));
    result.steps.push_back({{}, std::move(step)});
    return llvm::Error::success();
  }

  /// Settles, synchronises and encodes what has been emitted since the last step.
  llvm::Error closeStream() {
    if (stream.empty())
      return llvm::Error::success();
    auto settled = insertSettings(description, std::move(stream));
    stream.clear();
    if (!settled)
      return settled.takeError();
    auto ordered = synchronise(description, std::move(*settled));
    if (!ordered)
      return ordered.takeError();
    runtime::DeviceStep step;
    step.offset = result.bundle.commands.size();
    for (const isa::Instruction &instruction : *ordered) {
      uint64_t at = result.bundle.commands.size() - step.offset;
      if (llvm::Error error = isa::encode(commands, instruction, result.bundle.commands))
        return withPlace(std::move(error), "", result.layers[instruction.origin].name);
      if (step.ranges.empty() || step.ranges.back().layer != instruction.origin)
        step.ranges.push_back({at, 0, instruction.origin});
      step.ranges.back().bytes = result.bundle.commands.size() - step.offset - step.ranges.back().offset;
    }
    step.bytes = result.bundle.commands.size() - step.offset;
    runtime::Step bundled;
    bundled.device = std::move(step);
    result.bundle.steps.push_back(std::move(bundled));
    result.steps.push_back({std::move(*ordered), std::nullopt});
    return llvm::Error::success();
  }

  /// Tensors of the model, in its order; all are complete when the last step is done.
  llvm::Error watchTensors() {
    for (const reference::Step &step : program.steps) {
      if (!step.tensor)
        continue;
      const reference::Value &value = program.values[step.results.front()];
      auto place = space.dense(value.buffer);
      if (!place)
        return place.takeError();
      if (llvm::Error error = placeConstant(value.buffer, value.type, *place))
        return error;
      runtime::WatchedTensor watched;
      watched.tensor.name = step.tensor.getName().str();
      watched.tensor.type = value.type.str();
      watched.tensor.shape.assign(value.shape.begin(), value.shape.end());
      watched.tensor.location = *place;
      watched.steps = unsigned(result.bundle.steps.size());
      result.bundle.tensors.push_back(std::move(watched));
    }
    return llvm::Error::success();
  }

  llvm::Error finishBundle() {
    runtime::Bundle &bundle = result.bundle;
    bundle.target = description.name;
    bundle.description = description.text;
    bundle.descriptionHash = description.hash();
    bundle.memory = description.memories[space.memory].name;
    bundle.memoryBytes = space.end();
    bundle.hostBuffers = space.hostBuffers;
    bundle.constants = std::move(space.segments);
    if (functions.empty())
      return llvm::Error::success();
    auto source = host::emitC(functions);
    if (!source)
      return source.takeError();
    bundle.hostSource = std::move(*source);
    return llvm::Error::success();
  }

  const isa::Description &description;
  const reference::Program &program;
  const isa::CommandSet &commands;
  GlobalSpace space;
  Choices choices;
  Allocator allocator;
  GlobalView view;
  Plan &result;
  std::vector<isa::Instruction> stream;
  std::vector<host::HostFunction> functions;
  std::set<unsigned> placedConstants;
  struct Stays {
    Resident tensor;
    unsigned lastReader = 0;
  };
  std::map<unsigned, Stays> residents; ///< by buffer
  std::map<unsigned, std::vector<unsigned>>
      readers; ///< buffer -> layers, ascending; one past the last: an output
};

} // namespace

llvm::Expected<Plan> plan(const isa::Description &description, const reference::Program &program,
                          const PlanOptions &options) {
  auto layers = cover(description, program, options);
  if (!layers)
    return layers.takeError();
  return plan(description, program, options, *layers);
}

llvm::Expected<Plan> plan(const isa::Description &description, const reference::Program &program,
                          const PlanOptions &options, const std::vector<PlannedLayer> &layers) {
  auto commands = isa::CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  // Tensors that stay on the chip can cut its space into pieces too small for a later layer; then none stays.
  for (bool residence : {true, false}) {
    Plan result;
    result.layers = layers;
    auto space = GlobalSpace::create(description, program, result.layers, options.keepTensors);
    if (!space)
      return space.takeError();
    llvm::Error error =
        Planner(description, program, *commands, std::move(*space), {residence, options.keepTensors}, result)
            .run();
    if (!error)
      error = verify(description, program, result);
    if (!error)
      return result;
    if (!residence)
      return error;
    FailureReport failed = report(std::move(error));
    if (failed.code != ExitCode::TargetCannot)
      return failure(failed.code, std::move(failed.diagnostics));
  }
  llvm_unreachable("the second attempt returns");
}

} // namespace tenon::plan
