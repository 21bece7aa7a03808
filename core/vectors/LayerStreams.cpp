// Commands by their origin. The planner's own steps put settings and order back.
#include "core/vectors/LayerStreams.h"

#include "core/isa/encoding/Encode.h"
#include "core/plan/Settings.h"
#include "core/plan/Synchronise.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

namespace tenon::vectors {
namespace {

/// Whether the command does something, and does not only prepare or order others.
bool isWork(const isa::Description &description, const isa::Instruction &instruction) {
  return instruction.kind == isa::Instruction::Kind::Intrinsic &&
         description.intrinsics[instruction.intrinsic].sets < 0;
}

llvm::Expected<LayerStream> standAlone(const isa::CommandSet &commands, unsigned layer,
                                       llvm::ArrayRef<StreamCommand> work) {
  const isa::Description &description = commands.description();
  std::vector<isa::Instruction> instructions;
  for (const StreamCommand &command : work) {
    isa::Instruction bare = command.instruction;
    bare.syncs.clear();
    bare.slots.clear();
    instructions.push_back(std::move(bare));
  }
  auto settled = plan::insertSettings(description, std::move(instructions));
  if (!settled)
    return settled.takeError();
  auto ordered = plan::synchronise(description, std::move(*settled));
  if (!ordered)
    return ordered.takeError();
  LayerStream stream;
  stream.layer = layer;
  size_t next = 0;
  for (isa::Instruction &instruction : *ordered) {
    stream.offsets.push_back(stream.bytes.size());
    if (llvm::Error error = isa::encode(commands, instruction, stream.bytes))
      return std::move(error);
    StreamCommand command{std::move(instruction), std::nullopt};
    if (isWork(description, command.instruction))
      command.number = work[next++].number;
    stream.commands.push_back(std::move(command));
  }
  return stream;
}

} // namespace

llvm::Expected<std::vector<LayerStream>>
layerStreams(const isa::Description &description, const plan::Plan &plan, llvm::ArrayRef<unsigned> wanted) {
  auto commands = isa::CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  std::map<unsigned, std::vector<StreamCommand>> work;
  uint64_t number = 0;
  for (const plan::PlannedStep &step : plan.steps)
    for (const isa::Instruction &instruction : step.instructions) {
      if (isWork(description, instruction) && llvm::is_contained(wanted, instruction.origin))
        work[instruction.origin].push_back({instruction, number});
      ++number;
    }
  std::vector<LayerStream> streams;
  for (const auto &[layer, list] : work) {
    auto stream = standAlone(*commands, layer, list);
    if (!stream)
      return withPlace(stream.takeError(), "", plan.layers[layer].name);
    streams.push_back(std::move(*stream));
  }
  return streams;
}

} // namespace tenon::vectors
