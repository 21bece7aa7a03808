// Makes instructions of a description, within what it declares, and streams in which registers hold what is
// needed.
#include "tests/isa/encoding/RandomDescription.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

int64_t anySize(const Size &size, Draw &draw) {
  if (!size.choices.empty())
    return draw.from(size.choices);
  return size.low + size.step * draw.between(0, (size.high - size.low) / size.step);
}

bool mentions(const Intrinsic &intrinsic, const std::string &wanted) {
  for (const FieldAssignment &field : intrinsic.command->fields) {
    std::vector<std::string> names;
    field.value.collectNames(names);
    if (llvm::is_contained(names, wanted))
      return true;
  }
  for (const Need &need : intrinsic.needs) {
    std::vector<std::string> names;
    need.value.collectNames(names);
    if (llvm::is_contained(names, wanted))
      return true;
  }
  return false;
}

OperandUse anyUse(const Description &description, const Instruction &instruction, unsigned number,
                  Draw &draw) {
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  const OperandDeclaration &operand = intrinsic.operands[number];
  OperandUse use;
  use.memory = draw.from(operand.memories);
  const Memory &memory = description.memories[use.memory];
  if (memory.kind != Memory::Kind::Rotating)
    use.address = draw.between(0, static_cast<int64_t>(memory.units()) / memory.align / 2) * memory.align;
  use.strides =
      denseStrides(description, intrinsic, number, use.memory, instruction.sizes, instruction.values);
  const bool inRows = memory.unit == Memory::Unit::Row;
  for (size_t axis = 0; axis < use.strides.size(); ++axis) {
    const Stride &stride = operand.axes[axis].stride;
    if (inRows && axis + 1 == use.strides.size())
      continue;
    if (stride.kind == Stride::Kind::Any)
      use.strides[axis] = draw.between(0, draw.oneIn(2) ? 4 : 1000) * stride.multiple;
    if (stride.kind != Stride::Kind::Fixed)
      continue;
    auto value = evaluate(stride.value,
                          [&](llvm::StringRef name) { return attribute(description, instruction, name); });
    if (value)
      use.strides[axis] = *value;
    else
      ADD_FAILURE() << llvm::toString(value.takeError());
  }
  return use;
}

void addSyncs(const Description &description, Instruction &instruction, Draw &draw) {
  const Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  for (bool isWait : {true, false})
    for (unsigned number = 0; number < description.syncs.size(); ++number) {
      const Sync &sync = description.syncs[number];
      const std::string key = sync.name + (isWait ? ".wait" : ".signal");
      const bool counted = mentions(intrinsic, key + ".count");
      if ((!mentions(intrinsic, key) && !counted) || draw.oneIn(2))
        continue;
      int64_t id = sync.kind == Sync::Kind::Semaphore ? draw.between(0, sync.count - 1) : 0;
      instruction.syncs.push_back({number, isWait, id, counted ? draw.between(1, sync.max) : 1});
    }
}

int64_t anyOf(const ElementType &type, Draw &draw) {
  int64_t value = draw.oneIn(2) ? draw.between(-1000, 1000) : draw.between(INT64_MIN, INT64_MAX);
  while (!fits(type, value))
    value = value < 0 ? draw.between(0, INT64_MAX) : value / 2;
  return value;
}

/// The command that sets the cells of a slot: `values` where they are given, else anything.
Instruction setting(const Description &description, unsigned reg, int64_t slot,
                    const std::map<unsigned, int64_t> &values, Draw &draw) {
  Instruction instruction;
  auto setter = llvm::find_if(description.intrinsics,
                              [&](const Intrinsic &one) { return one.sets == static_cast<int>(reg); });
  instruction.intrinsic = static_cast<unsigned>(setter - description.intrinsics.begin());
  instruction.queue = static_cast<unsigned>(setter->queue);
  instruction.setsSlot = slot;
  for (auto [number, cell] : llvm::enumerate(description.registers[reg].cells)) {
    auto given = values.find(static_cast<unsigned>(number));
    instruction.cells.push_back(given != values.end() ? given->second : anyOf(cell.type, draw));
  }
  return instruction;
}

} // namespace

std::optional<Instruction> randomInstruction(const Description &description, unsigned intrinsic, Draw &draw) {
  const Intrinsic &of = description.intrinsics[intrinsic];
  constexpr int tries = 200;
  for (int attempt = 0; attempt < tries; ++attempt) {
    Instruction instruction;
    instruction.intrinsic = intrinsic;
    instruction.queue = static_cast<unsigned>(of.queue);
    for (const Size &size : of.sizes)
      instruction.sizes.push_back(anySize(size, draw));
    for (const ValueDeclaration &value : of.values)
      instruction.values.push_back(draw.between(value.low, value.high));
    for (unsigned operand = 0; operand < of.operands.size(); ++operand)
      instruction.operands.push_back(anyUse(description, instruction, operand, draw));
    for (const Need &need : of.needs)
      if (!need.slot.empty())
        instruction.slots.try_emplace(need.slot, draw.between(0, description.registers[need.reg].count - 1));
    if (of.sets >= 0) {
      const Register &sets = description.registers[static_cast<size_t>(of.sets)];
      instruction.setsSlot = draw.between(0, sets.count - 1);
      for (const RegisterCell &cell : sets.cells)
        instruction.cells.push_back(anyOf(cell.type, draw));
    }
    addSyncs(description, instruction, draw);
    llvm::Error error = check(description, instruction);
    if (!error)
      return instruction;
    llvm::consumeError(std::move(error)); // another try
  }
  return std::nullopt;
}

Instruction randomSync(const Description &description, unsigned command, Draw &draw) {
  const SyncCommand &of = description.syncCommands[command];
  const Sync &sync = description.syncs[of.sync];
  Instruction instruction;
  instruction.kind = Instruction::Kind::Sync;
  instruction.syncCommand = command;
  if (sync.kind == Sync::Kind::Tokens)
    instruction.queue = of.isWait ? sync.to : sync.from;
  else
    instruction.queue =
        of.queue >= 0
            ? static_cast<unsigned>(of.queue)
            : static_cast<unsigned>(draw.between(0, static_cast<int64_t>(description.queues.size()) - 1));
  const bool isSemaphore = sync.kind == Sync::Kind::Semaphore;
  instruction.syncs.push_back({of.sync, of.isWait, isSemaphore ? draw.between(0, sync.count - 1) : 0,
                               isSemaphore && of.isWait ? draw.between(1, sync.max) : 1});
  return instruction;
}

std::vector<Instruction> randomStream(const Description &description, Draw &draw, unsigned count) {
  std::vector<Instruction> stream;
  while (count-- > 0) {
    if (!description.syncCommands.empty() && draw.oneIn(6)) {
      stream.push_back(randomSync(
          description,
          static_cast<unsigned>(draw.between(0, static_cast<int64_t>(description.syncCommands.size()) - 1)),
          draw));
      continue;
    }
    const auto number =
        static_cast<unsigned>(draw.between(0, static_cast<int64_t>(description.intrinsics.size()) - 1));
    std::optional<Instruction> instruction = randomInstruction(description, number, draw);
    if (!instruction)
      continue;
    auto needed = neededCells(description, *instruction);
    if (!needed) {
      llvm::consumeError(needed.takeError()); // a stride that no cell holds
      continue;
    }
    std::map<std::pair<unsigned, int64_t>, std::map<unsigned, int64_t>> settings;
    for (auto [need, value] : llvm::zip(description.intrinsics[number].needs, *needed)) {
      int64_t slot = need.slot.empty() ? 0 : instruction->slots.at(need.slot);
      settings[{need.reg, slot}][need.cell] = value;
    }
    for (const auto &[where, values] : settings)
      stream.push_back(setting(description, where.first, where.second, values, draw));
    stream.push_back(std::move(*instruction));
  }
  return stream;
}

} // namespace tenon::isa::test
