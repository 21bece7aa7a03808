// Blocks run one after the other, the groups of a block in turn from barrier to barrier.
#include "core/lanes/LaneInterpreter.h"

#include "core/lanes/Warp.h"
#include "core/support/Error.h"

namespace tenon::lanes {

llvm::Expected<std::unique_ptr<LaneInterpreter>>
LaneInterpreter::create(const isa::Description &description, llvm::StringRef text, DeviceMemory &memory) {
  auto machine = laneMachine(description);
  if (!machine)
    return machine.takeError();
  std::unique_ptr<LaneInterpreter> interpreter(new LaneInterpreter(std::move(*machine), memory));
  auto code = Code::create(interpreter->target, text, memory);
  if (!code)
    return code.takeError();
  interpreter->code = std::move(*code);
  return interpreter;
}

llvm::Error LaneInterpreter::launch(const Launch &launch) {
  const Function *kernel = code->find(launch.kernel);
  if (!kernel)
    return failure(ExitCode::OwnFault, "the module has no kernel " + launch.kernel);
  if (launch.arguments.size() != kernel->arguments.size())
    return failure(ExitCode::OwnFault, launch.kernel + " has " + std::to_string(kernel->arguments.size()) +
                                           " arguments, the launch " +
                                           std::to_string(launch.arguments.size()));
  int64_t most = target.lanes * target.mostGroups;
  if (launch.threadsPerBlock < 1 || launch.threadsPerBlock > most ||
      launch.threadsPerBlock % target.lanes != 0)
    return failure(ExitCode::OwnFault, launch.kernel + ": a block of " +
                                           std::to_string(launch.threadsPerBlock) +
                                           " threads; the machine takes multiples of " +
                                           std::to_string(target.lanes) + " up to " + std::to_string(most));
  if (launch.blocks < 1 || launch.blocks > target.mostBlocks)
    return failure(ExitCode::OwnFault, launch.kernel + ": " + std::to_string(launch.blocks) +
                                           " blocks; the machine takes 1 to " +
                                           std::to_string(target.mostBlocks));
  std::vector<SharedVariable> variables = code->sharedOf(*kernel);
  uint64_t bytes = 0;
  for (const SharedVariable &variable : variables)
    bytes += variable.bytes;
  if (bytes > target.scratchBytes)
    return failure(ExitCode::OwnFault, launch.kernel + " needs " + std::to_string(bytes) +
                                           " bytes of the scratchpad, the machine has " +
                                           std::to_string(target.scratchBytes));
  DeviceMemory shared;
  std::vector<Allocation *> allocations;
  for (const SharedVariable &variable : variables)
    allocations.push_back(&shared.allocateAt(variable.address, variable.name, variable.bytes));
  uint64_t steps = launch.mostSteps;
  ++launches;
  for (int64_t number = 0; number < launch.blocks; ++number) {
    for (Allocation *allocation : allocations)
      std::ranges::fill(allocation->content.defined, 0);
    BlockState block;
    block.machine = &target;
    block.kernel = kernel;
    block.memory = &device;
    block.shared = &shared;
    block.rows = &rows;
    block.launch = launches;
    block.sharedUse = ++blocks;
    block.block = number;
    block.steps = &steps;
    if (llvm::Error error = runBlock(launch, block))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error LaneInterpreter::runBlock(const Launch &launch, BlockState &block) {
  std::vector<Warp> warps;
  for (int64_t i = 0; i < launch.threadsPerBlock / target.lanes; ++i)
    warps.emplace_back(block, i, launch.arguments);
  while (true) {
    size_t ended = 0;
    for (Warp &warp : warps) {
      auto state = warp.run();
      if (!state)
        return state.takeError();
      ended += *state == Warp::State::Ended;
    }
    if (ended == warps.size())
      return llvm::Error::success();
    if (ended > 0) {
      std::string where;
      for (auto [i, warp] : llvm::enumerate(warps))
        where += (i ? "; group " : "group ") + std::to_string(i) + " " + warp.positionText();
      return failure(ExitCode::OwnFault, launch.kernel + ": block " + std::to_string(block.block) +
                                             ": not all groups reach the barrier: " + where);
    }
    ++block.barriers;
    for (Warp &warp : warps)
      warp.passBarrier();
  }
}

} // namespace tenon::lanes
