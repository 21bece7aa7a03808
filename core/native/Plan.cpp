// From layers to launches.
#include "core/native/Plan.h"

#include "core/ir/ModelNodes.h"
#include "core/native/ParallelKernel.h"
#include "core/native/Portable.h"
#include "core/native/RegisterKernel.h"
#include "core/native/Weights.h"
#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <climits>

namespace tenon::native {

namespace {

/// A block of the arena: of a buffer of the program, or a layer's temporary.
struct BlockLife {
  int first = INT_MAX, last = INT_MIN;

  void touch(int launch) {
    first = std::min(first, launch);
    last = std::max(last, launch);
  }
};

class NativePlanner {
public:
  NativePlanner(const isa::Description &description, const reference::Program &program,
                const NativeOptions &options)
      : description(description), program(program), options(options), module(description),
        lives(program.buffers.size()), blockOfBuffer(program.buffers.size(), -1) {}

  llvm::Expected<NativePlan> plan(std::vector<NativeLayer> layers) {
    result.layers = std::move(layers);
    for (unsigned layer = 0; layer < result.layers.size(); ++layer)
      if (llvm::Error wrong = addLayer(layer))
        return withPlace(std::move(wrong), "", result.layers[layer].name);
    if (llvm::Error wrong = bringConstantsAlong())
      return std::move(wrong);
    findLives();
    if (llvm::Error wrong = placeArena())
      return std::move(wrong);
    describeEdge();
    result.module = module.text();
    result.weights = weights.take();
    return std::move(result);
  }

private:
  /// Where an argument will lie: known at once in the weights, in the arena only when all lives are known.
  struct Pending {
    unsigned launch, argument;
    int buffer = -1;  ///< of the program
    int scratch = -1; ///< number in scratchBlocks
    bool writes = false;
  };
  struct ScratchBlock {
    std::string name;
    uint64_t bytes = 0;
    BlockLife life;
  };

  llvm::Expected<LayerCode> codeOf(unsigned number) {
    NativeLayer &layer = result.layers[number];
    std::string name = options.name + "_layer" + std::to_string(number);
    LayerResult &told = result.results.emplace_back();
    told.reason = layer.reason;
    if (layer.match) {
      auto code = isParallelMachine(description) ? parallelKernels(description, layer, name)
                                                 : registerKernels(description, layer, name);
      if (code) {
        told.intrinsics = code->intrinsics;
        told.reason.clear();
        return code;
      }
      // A match that cannot be expanded is left to portable code, and the report says so.
      FailureReport failed = report(code.takeError());
      if (failed.code != ExitCode::TargetCannot)
        return failure(failed.code, std::move(failed.diagnostics));
      told.reason = description.intrinsics[layer.match->intrinsic].name +
                    " matches, but: " + failed.diagnostics.front().message;
      layer.match = nullptr;
    }
    return portableLayer(description, program, layer, name);
  }

  llvm::Error addLayer(unsigned number) {
    auto code = codeOf(number);
    if (!code)
      return code.takeError();
    size_t firstScratch = scratchBlocks.size();
    for (auto [scratch, bytes] : llvm::enumerate(code->scratchBytes))
      scratchBlocks.push_back(
          {result.layers[number].name + ", temporary " + std::to_string(scratch), bytes, {}});
    for (const Kernel &kernel : code->kernels)
      if (llvm::Error wrong = addLaunch(kernel, int(number), firstScratch))
        return wrong;
    return llvm::Error::success();
  }

  llvm::Error addLaunch(const Kernel &kernel, int layer, size_t firstScratch) {
    module.add(kernel);
    Launch launch;
    launch.kernel = kernel.name;
    launch.layer = layer;
    launch.items = kernel.items;
    launch.threadsPerBlock = kernel.threadsPerBlock;
    launch.sharedBytes = kernel.sharedBytes;
    launch.what = kernel.what;
    unsigned number = unsigned(result.launches.size());
    for (const KernelArgument &argument : kernel.arguments) {
      auto placed = argumentOf(argument, number, unsigned(launch.arguments.size()), firstScratch);
      if (!placed)
        return placed.takeError();
      launch.arguments.push_back(*placed);
    }
    result.launches.push_back(std::move(launch));
    return llvm::Error::success();
  }

  llvm::Expected<NativeArgument> argumentOf(const KernelArgument &argument, unsigned launch, unsigned number,
                                            size_t firstScratch) {
    NativeArgument placed;
    placed.writes = argument.writes;
    Pending later{launch, number, -1, -1, argument.writes};
    switch (argument.kind) {
    case KernelArgument::Kind::Constant:
      return NativeArgument{NativeArgument::Place::Weights, weights.add(argument.constant->bytes),
                            argument.constant->bytes.size()};
    case KernelArgument::Kind::Scratch:
      later.scratch = int(firstScratch + argument.scratch);
      if (size_t(later.scratch) >= scratchBlocks.size())
        return failure(ExitCode::OwnFault, "a kernel uses temporary " + std::to_string(argument.scratch) +
                                               ", its layer has " +
                                               std::to_string(scratchBlocks.size() - firstScratch));
      break;
    case KernelArgument::Kind::Value:
      later.buffer = int(program.values[argument.value].buffer);
      if (program.buffers[unsigned(later.buffer)].constant && !argument.writes)
        return NativeArgument{NativeArgument::Place::Weights, constantOffset(unsigned(later.buffer)),
                              program.buffers[unsigned(later.buffer)].bytes};
      break;
    }
    pending.push_back(later);
    return placed;
  }

  uint64_t constantOffset(unsigned buffer) {
    const reference::Buffer &constant = program.buffers[buffer];
    std::vector<char> bytes(constant.bytes);
    reference::writeConstant(constant.constant, constant.type, bytes.data());
    return weights.add(bytes);
  }

  /// A constant that is an output (or a tensor that is watched) is copied into the arena by a launch.
  llvm::Error bringConstantsAlong() {
    std::vector<unsigned> wanted(program.outputs.begin(), program.outputs.end());
    if (options.keepTensors)
      for (const reference::Step &step : program.steps)
        if (step.tensor)
          wanted.push_back(step.results.front());
    std::vector<bool> copied(program.buffers.size(), false);
    for (unsigned value : wanted) {
      unsigned buffer = program.values[value].buffer;
      if (!program.buffers[buffer].constant || copied[buffer])
        continue;
      copied[buffer] = true;
      if (llvm::Error wrong = copyConstant(value))
        return wrong;
    }
    return llvm::Error::success();
  }

  llvm::Error copyConstant(unsigned value) {
    const reference::Value &what = program.values[value];
    mlir::MLIRContext *context = program.buffers[what.buffer].constant.getContext();
    nest::Nest nest;
    nest::Statement statement;
    for (auto [dimension, extent] : llvm::enumerate(what.shape)) {
      nest.loops.push_back({"i" + std::to_string(dimension), extent, false});
      statement.loops.push_back(unsigned(dimension));
    }
    nest.operands = {{"constant", what.type, what.shape, false}, {"copy", what.type, what.shape, false}};
    nest::Node read;
    read.op = nest::Opcode::Read;
    read.type = what.type;
    read.access.indices = mlir::AffineMap::getMultiDimIdentityMap(unsigned(what.shape.size()), context);
    statement.destination = read.access;
    statement.destination.operand = 1;
    statement.body = {read};
    nest.statements.push_back(std::move(statement));
    auto code =
        portableKernels(description, nest, options.name + "_copy" + std::to_string(result.launches.size()));
    if (!code)
      return code.takeError();
    size_t firstScratch = scratchBlocks.size();
    for (uint64_t bytes : code->scratchBytes)
      scratchBlocks.push_back({"a copy's temporary", bytes, {}});
    for (Kernel &kernel : code->kernels) {
      for (KernelArgument &argument : kernel.arguments)
        if (argument.kind == KernelArgument::Kind::Value)
          argument.value = value; // read from the weights, written into the arena
      if (llvm::Error wrong = addLaunch(kernel, -1, firstScratch))
        return wrong;
    }
    return llvm::Error::success();
  }

  void findLives() {
    int end = int(result.launches.size());
    for (const Pending &one : pending)
      (one.buffer >= 0 ? lives[unsigned(one.buffer)] : scratchBlocks[unsigned(one.scratch)].life)
          .touch(int(one.launch));
    for (unsigned input : program.inputs)
      lives[program.values[input].buffer].touch(-1);
    for (unsigned output : program.outputs)
      lives[program.values[output].buffer].touch(end);
    if (options.keepTensors)
      for (const reference::Step &step : program.steps)
        if (step.tensor && lives[program.values[step.results.front()].buffer].last != INT_MIN)
          lives[program.values[step.results.front()].buffer].touch(end);
  }

  llvm::Error placeArena() {
    ArenaProblem problem;
    problem.reserved = reservedBytes;
    for (auto [number, life] : llvm::enumerate(lives))
      if (life.last != INT_MIN) {
        blockOfBuffer[number] = int(problem.blocks.size());
        problem.blocks.push_back(
            {"buffer " + std::to_string(number), program.buffers[number].bytes, life.first, life.last});
      }
    size_t firstScratch = problem.blocks.size();
    for (const ScratchBlock &block : scratchBlocks) {
      bool used = block.life.last != INT_MIN;
      problem.blocks.push_back(
          {block.name, used ? block.bytes : 0, used ? block.life.first : 0, used ? block.life.last : 0});
    }
    auto placement = placeBlocks(problem);
    if (!placement)
      return placement.takeError();
    if (llvm::Error wrong = verify(problem, *placement))
      return wrong;
    result.arenaBytes = placement->bytes;
    result.arenaLeast = leastBytes(problem);
    offsets = placement->offsets;
    for (const Pending &one : pending) {
      size_t block =
          one.buffer >= 0 ? size_t(blockOfBuffer[unsigned(one.buffer)]) : firstScratch + size_t(one.scratch);
      NativeArgument &argument = result.launches[one.launch].arguments[one.argument];
      argument.place = NativeArgument::Place::Arena;
      argument.offset = offsets[block];
      argument.bytes = problem.blocks[block].bytes;
      argument.block = unsigned(block);
    }
    listBlocks(problem, firstScratch);
    return llvm::Error::success();
  }

  void listBlocks(const ArenaProblem &problem, size_t firstScratch) {
    for (auto [number, block] : llvm::enumerate(problem.blocks))
      result.blocks.push_back(
          {number < firstScratch ? PlacedBlock::Kind::Tensor : PlacedBlock::Kind::Temporary, offsets[number],
           block.bytes, block.first, block.last});
    for (unsigned input : program.inputs)
      result.blocks[unsigned(blockOfBuffer[program.values[input].buffer])].kind = PlacedBlock::Kind::Input;
    for (unsigned output : program.outputs)
      result.blocks[unsigned(blockOfBuffer[program.values[output].buffer])].kind = PlacedBlock::Kind::Output;
  }

  NativeTensor tensorOf(unsigned value) const {
    const reference::Value &what = program.values[value];
    NativeTensor tensor;
    tensor.type = what.type.str();
    tensor.shape.assign(what.shape.begin(), what.shape.end());
    tensor.bytes = program.buffers[what.buffer].bytes;
    tensor.offset = offsets[unsigned(blockOfBuffer[what.buffer])];
    return tensor;
  }

  void describeEdge() {
    for (unsigned input : program.inputs)
      result.inputs.push_back(tensorOf(input));
    for (unsigned output : program.outputs)
      result.outputs.push_back(tensorOf(output));
    if (options.keepTensors || options.listTensors)
      listTensors();
  }

  void listTensors() {
    std::map<int, unsigned> written; ///< buffer -> launches that must have run
    for (const Pending &one : pending)
      if (one.buffer >= 0 && one.writes)
        written[one.buffer] = one.launch + 1;
    for (const reference::Step &step : program.steps) {
      if (!step.tensor)
        continue;
      unsigned value = step.results.front();
      int buffer = int(program.values[value].buffer);
      // An input has no launch that writes it, and is there all the time where all are kept.
      if (!options.keepTensors && !written.contains(buffer))
        continue;
      WatchedTensor watched{tensorOf(value), written[buffer], int64_t(step.tensor.getIndex())};
      watched.tensor.name = step.tensor.getName().str();
      result.tensors.push_back(std::move(watched));
    }
  }

  const isa::Description &description;
  const reference::Program &program;
  const NativeOptions &options;
  NativePlan result;
  IrModule module;
  Weights weights;
  std::vector<Pending> pending;
  std::vector<BlockLife> lives; ///< of the program's buffers
  std::vector<ScratchBlock> scratchBlocks;
  std::vector<int> blockOfBuffer;
  std::vector<uint64_t> offsets; ///< of the arena's blocks
};

} // namespace

llvm::Expected<NativePlan> planNative(const isa::Description &description, const reference::Program &program,
                                      const NativeOptions &options) {
  auto layers = cover(description, program, {.keepTensors = options.keepTensors});
  if (!layers)
    return layers.takeError();
  return planNative(description, program, options, std::move(*layers));
}

llvm::Expected<NativePlan> planNative(const isa::Description &description, const reference::Program &program,
                                      const NativeOptions &options, std::vector<NativeLayer> layers) {
  return NativePlanner(description, program, options).plan(std::move(layers));
}

} // namespace tenon::native
