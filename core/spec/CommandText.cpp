// Names from the description, numbers where it has none.
#include "core/spec/CommandText.h"

namespace tenon::spec {

std::string queueText(const isa::Description &description, unsigned queue) {
  return "queue " +
         (queue < description.queues.size() ? description.queues[queue].name : std::to_string(queue));
}

std::string commandText(const isa::Description &description, const isa::Instruction &instruction) {
  std::string name;
  if (instruction.kind == isa::Instruction::Kind::Sync) {
    name = "a sync command";
    if (!instruction.syncs.empty() && instruction.syncs[0].sync < description.syncs.size())
      name = (instruction.syncs[0].isWait ? "wait for " : "signal of ") +
             waitText(description, instruction.syncs[0]);
  } else if (instruction.intrinsic < description.intrinsics.size()) {
    name = description.intrinsics[instruction.intrinsic].name;
  } else {
    name = "intrinsic " + std::to_string(instruction.intrinsic);
  }
  return description.queues.empty() ? name : name + ", " + queueText(description, instruction.queue);
}

std::string waitText(const isa::Description &description, const isa::SyncUse &use) {
  const isa::Sync &sync = description.syncs[use.sync];
  std::string text = std::to_string(use.count) + " of " + sync.name;
  return sync.kind == isa::Sync::Kind::Semaphore ? text + "[" + std::to_string(use.id) + "]" : text;
}

} // namespace tenon::spec
