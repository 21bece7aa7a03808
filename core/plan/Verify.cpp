// What must hold of every plan, looked at without the code that made it.
#include "core/plan/Plan.h"

#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

llvm::Error fault(std::string message) { return failure(ExitCode::OwnFault, std::move(message)); }

/// Every step with a nest is in one layer, and no layer runs before what it reads is made.
llvm::Error verifyCover(const reference::Program &program, const Plan &plan) {
  std::vector<int> layerOf(program.steps.size(), -1);
  for (auto [number, layer] : llvm::enumerate(plan.layers))
    for (unsigned step : layer.steps) {
      if (step >= layerOf.size() || layerOf[step] >= 0)
        return fault(fmt::format("step {} is in layer {} and in another one", step, number));
      layerOf[step] = int(number);
    }
  std::vector<int> madeBy(program.buffers.size(), -1);
  for (auto [number, step] : llvm::enumerate(program.steps)) {
    if (!step.nest)
      continue;
    if (layerOf[number] < 0)
      return fault(fmt::format("step {} is in no layer", number));
    for (unsigned value : step.results)
      madeBy[program.values[value].buffer] = layerOf[number];
  }
  for (auto [number, step] : llvm::enumerate(program.steps))
    for (unsigned value : step.operands) {
      int maker = madeBy[program.values[value].buffer];
      if (step.nest && maker > layerOf[number])
        return fault(fmt::format("layer {} reads what layer {} makes later", layerOf[number], maker));
    }
  return llvm::Error::success();
}

/// No wait takes more than was signalled before it in the stream, and no counter passes its maximum: then the
/// oldest command that is not done can always go on, and no stream blocks for ever.
llvm::Error verifySyncs(const isa::Description &description, llvm::ArrayRef<isa::Instruction> stream) {
  std::map<std::pair<unsigned, int64_t>, int64_t> counters;
  for (auto [number, instruction] : llvm::enumerate(stream))
    for (bool waits : {true, false})
      for (const isa::SyncUse &use : instruction.syncs) {
        if (use.isWait != waits)
          continue;
        int64_t &counter = counters[{use.sync, use.id}];
        counter += waits ? -use.count : 1;
        const isa::Sync &sync = description.syncs[use.sync];
        if (counter < 0)
          return fault(fmt::format("command {} waits for {} of {}, which nobody before it has signalled",
                                   number, use.id, sync.name));
        if (counter > sync.max)
          return failure(ExitCode::TargetCannot,
                         fmt::format("command {} leaves {} signals of {} waiting, its counters go to {}",
                                     number, counter, sync.name, sync.max));
      }
  return llvm::Error::success();
}

} // namespace

llvm::Error verify(const isa::Description &description, const reference::Program &program, const Plan &plan) {
  if (llvm::Error error = verifyCover(program, plan))
    return error;
  for (const PlannedStep &step : plan.steps) {
    for (const isa::Instruction &instruction : step.instructions)
      if (instruction.kind == isa::Instruction::Kind::Intrinsic)
        if (llvm::Error error = isa::check(description, instruction))
          return error;
    if (llvm::Error error = verifySyncs(description, step.instructions))
      return error;
  }
  return llvm::Error::success();
}

} // namespace tenon::plan
