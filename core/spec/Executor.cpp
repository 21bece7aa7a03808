// Preparation: checks, places, and what a command touches.
#include "core/spec/Executor.h"

#include "core/spec/SharedBytes.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::spec {
namespace {

Found outOfBounds(const isa::Memory &memory, unsigned number, const std::string &operand, ByteRange reach) {
  Finding finding;
  finding.kind = Finding::Kind::OutOfBounds;
  finding.memory = number;
  bool below = reach.first < 0;
  finding.byteAddress = below ? 0 : memory.bytes;
  std::string bytes = std::to_string(memory.bytes) + " bytes";
  if (memory.unit == isa::Memory::Unit::Row)
    bytes += " (" + std::to_string(memory.units()) + " rows)";
  finding.message = "operand " + operand + " takes bytes " + std::to_string(reach.first) + " to " +
                    std::to_string(reach.end - 1) + " of " + memory.name + ", which has " + bytes;
  finding.repair = below ? "give it a higher address" : "give it a lower address or smaller sizes or strides";
  return finding;
}

bool leaves(const isa::Memory &memory, ByteRange reach) {
  return reach.first < 0 || uint64_t(reach.end) > memory.bytes;
}

} // namespace

Executor::Executor(const isa::Description &machine, const MeaningLimits &limits, uint64_t mostBytes)
    : description(machine), memoryBytes(mostBytes), operandBytes(limits.operandBytes), budget{mostBytes},
      current(machine.memories.size(), 0), meanings(machine, limits) {
  for (size_t i = 0; i < machine.memories.size(); ++i)
    images.emplace_back(budget);
}

void Executor::reset() {
  for (auto [memory, image] : llvm::zip_equal(description.memories, images))
    if (memory.kind != isa::Memory::Kind::Global)
      image.clear();
  current.assign(current.size(), 0);
}

void Executor::clear() {
  for (MemoryImage &image : images)
    image.clear();
}

int64_t Executor::copyStart(unsigned memory, bool next) const {
  const isa::Memory &declared = description.memories[memory];
  if (declared.kind != isa::Memory::Kind::Rotating)
    return 0;
  return (current[memory] + (next ? 1 : 0)) % declared.copies * int64_t(declared.bytes);
}

void Executor::advance(const isa::Instruction &instruction) {
  if (instruction.kind == isa::Instruction::Kind::Intrinsic)
    for (unsigned memory : description.intrinsics[instruction.intrinsic].advances)
      current[memory] = (current[memory] + 1) % description.memories[memory].copies;
}

/// Of a command that isa::check refuses: whether it is because an operand leaves its memory.
Found Executor::checkPlaces(const isa::Instruction &instruction) const {
  if (instruction.kind == isa::Instruction::Kind::Sync ||
      instruction.intrinsic >= description.intrinsics.size())
    return std::nullopt;
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  if (instruction.operands.size() != intrinsic.operands.size() ||
      instruction.sizes.size() != intrinsic.sizes.size() ||
      instruction.values.size() != intrinsic.values.size())
    return std::nullopt;
  for (auto [i, use] : llvm::enumerate(instruction.operands)) {
    const isa::OperandDeclaration &operand = intrinsic.operands[i];
    if (operand.holds || use.memory >= description.memories.size())
      continue;
    const isa::Memory &memory = description.memories[use.memory];
    auto extents = isa::extents(description, intrinsic, unsigned(i), instruction.sizes, instruction.values);
    if (!extents) {
      llvm::consumeError(extents.takeError()); // isa::check's own message says it
      return std::nullopt;
    }
    auto places = stridedPlaces(memory, use, *extents, operand.type.scalar.storageBytes());
    if (!places) {
      llvm::consumeError(places.takeError());
      return std::nullopt;
    }
    if (leaves(memory, places->reach))
      return outOfBounds(memory, use.memory, operand.name, places->reach);
  }
  return std::nullopt;
}

const HeldPlaces &Executor::heldOf(const PreparedCommand &command, unsigned operand) const {
  return command.meaning->held.at({operand, command.instruction->operands[operand].memory});
}

/// The runs of an operand with a layout, at its address.
Found Executor::placeHeld(PreparedCommand &command, unsigned operand, Runs &runs) {
  const isa::Instruction &instruction = *command.instruction;
  const isa::OperandUse &use = instruction.operands[operand];
  const isa::Memory &memory = description.memories[use.memory];
  auto &held = command.meaning->held;
  if (!held.contains({operand, use.memory})) {
    auto made = heldPlaces(memory, description.intrinsics[instruction.intrinsic].operands[operand],
                           command.meaning->extents[operand], [&](llvm::StringRef name) {
                             return isa::attribute(description, instruction, name);
                           });
    if (!made)
      return asFinding(Finding::Kind::IllegalCommand, made.takeError());
    held.emplace(std::pair(operand, use.memory), std::move(*made));
  }
  runs = heldOf(command, operand).runs;
  for (Run &run : runs)
    run.address += use.address * memory.unitBytes();
  return std::nullopt;
}

/// The list of runs needs memory too.
Found Executor::tooManyRuns(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents,
                            const isa::OperandDeclaration &operand) const {
  int64_t count = runCount(places, extents, operand.type.scalar.storageBytes());
  auto most = int64_t(operandBytes / sizeof(Run));
  if (count <= most)
    return std::nullopt;
  Finding finding;
  finding.kind = Finding::Kind::Limit;
  finding.message = "operand " + operand.name + " lies in " + std::to_string(count) +
                    " pieces, the most is " + std::to_string(most);
  finding.repair = "allow more bytes for one command";
  return finding;
}

Found Executor::placeOperands(PreparedCommand &command, std::vector<StridedPlaces> &places,
                              std::vector<Runs> &runs) {
  const isa::Instruction &instruction = *command.instruction;
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  for (auto [i, use] : llvm::enumerate(instruction.operands)) {
    const isa::OperandDeclaration &operand = intrinsic.operands[i];
    const isa::Memory &memory = description.memories[use.memory];
    int64_t elementBytes = operand.type.scalar.storageBytes();
    runs.emplace_back();
    if (operand.holds) {
      if (Found wrong = placeHeld(command, unsigned(i), runs.back()))
        return wrong;
      int64_t start = use.address * memory.unitBytes();
      places.push_back({start, {}, {start, start + heldOf(command, unsigned(i)).bytes}});
    } else {
      auto strided = stridedPlaces(memory, use, command.meaning->extents[i], elementBytes);
      if (!strided)
        return asFinding(Finding::Kind::OutOfBounds, strided.takeError());
      if (Found wrong = tooManyRuns(*strided, command.meaning->extents[i], operand))
        return wrong;
      appendRuns(*strided, command.meaning->extents[i], elementBytes, runs.back());
      places.push_back(std::move(*strided));
    }
    if (leaves(memory, places.back().reach))
      return outOfBounds(memory, use.memory, operand.name, places.back().reach);
  }
  return std::nullopt;
}

Found Executor::addTransfers(PreparedCommand &command, const std::vector<StridedPlaces> &places,
                             const std::vector<Runs> &runs) {
  const isa::Instruction &instruction = *command.instruction;
  std::optional<FlatGroups> groups;
  if (Found wrong = findSharedBytes(description, instruction, *command.meaning, places, runs, groups))
    return wrong;
  if (groups) {
    llvm::Expected<std::shared_ptr<Meaning>> flat = meanings.get(instruction, &groups->layout);
    if (!flat)
      return asFinding(Finding::Kind::IllegalCommand, flat.takeError());
    (*flat)->held = command.meaning->held;
    command.meaning = *flat;
  }
  const Meaning &meaning = *command.meaning;
  std::vector<bool> done(meaning.buffers.size(), false);
  for (auto [i, use] : llvm::enumerate(instruction.operands)) {
    unsigned buffer = meaning.bufferOf[i];
    if (done[buffer])
      continue;
    done[buffer] = true;
    PreparedCommand::Transfer transfer;
    transfer.memory = use.memory;
    transfer.buffer = buffer;
    transfer.operand = unsigned(i);
    Runs whole;
    if (groups) {
      const std::optional<FlatPart> &part = groups->layout.parts[i];
      transfer.isFlat = part.has_value();
      if (part) {
        ByteRange reach = groups->reach[part->group];
        whole.push_back({reach.first, 0, reach.end - reach.first});
      }
    }
    const ElementUse &elements = meaning.buffers[buffer].use;
    int64_t elementBytes = meaning.buffers[buffer].type.storageBytes();
    selectRuns(transfer.isFlat ? whole : runs[i], elements.reads, elementBytes, transfer.reads);
    selectRuns(transfer.isFlat ? whole : runs[i], elements.writes, elementBytes, transfer.writes);
    if (!transfer.isFlat && description.intrinsics[instruction.intrinsic].operands[i].holds) {
      Runs copies = heldOf(command, unsigned(i)).copies;
      for (Run &run : copies)
        run.address += places[i].start;
      selectRuns(copies, elements.reads, elementBytes, transfer.copies);
      selectRuns(copies, elements.writes, elementBytes, transfer.writes);
    }
    command.transfers.push_back(std::move(transfer));
  }
  return std::nullopt;
}

void Executor::addRests(PreparedCommand &command, const std::vector<StridedPlaces> &places) const {
  const isa::Instruction &instruction = *command.instruction;
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  for (auto [i, operand] : llvm::enumerate(intrinsic.operands)) {
    bool isFilled = operand.outside.kind == isa::Outside::Kind::Value ||
                    operand.outside.kind == isa::Outside::Kind::Undefined;
    if (!isFilled || operand.access == isa::OperandDeclaration::Access::Read)
      continue;
    PreparedCommand::Rest rest;
    rest.memory = instruction.operands[i].memory;
    rest.operand = unsigned(i);
    rest.isUndefined = operand.outside.kind == isa::Outside::Kind::Undefined;
    if (operand.holds) {
      rest.ranges = heldOf(command, unsigned(i)).outside;
      for (ByteRange &range : rest.ranges)
        range = {range.first + places[i].start, range.end + places[i].start};
    } else {
      rest.ranges = restsOfRows(description.memories[rest.memory], places[i], command.meaning->extents[i],
                                operand.type.scalar.storageBytes());
    }
    if (!rest.ranges.empty())
      command.rests.push_back(std::move(rest));
  }
}

/// Joins all reads and all writes of one memory.
void Executor::addTouched(PreparedCommand &command) const {
  auto of = [&](unsigned memory, bool isWrite) -> std::vector<ByteRange> & {
    for (Touched &touched : command.touched)
      if (touched.memory == memory && touched.isWrite == isWrite)
        return touched.ranges;
    command.touched.push_back({memory, isWrite, {}});
    return command.touched.back().ranges;
  };
  auto add = [&](unsigned memory, bool isWrite, const Runs &runs) {
    if (runs.empty())
      return;
    std::vector<ByteRange> &ranges = of(memory, isWrite);
    for (const Run &run : runs)
      ranges.push_back({run.address, run.address + run.bytes});
  };
  for (const PreparedCommand::Transfer &transfer : command.transfers) {
    add(transfer.memory, false, transfer.reads);
    add(transfer.memory, false, transfer.copies);
    add(transfer.memory, true, transfer.writes);
  }
  for (const PreparedCommand::Rest &rest : command.rests)
    llvm::append_range(of(rest.memory, true), rest.ranges);
  for (Touched &touched : command.touched)
    normalise(touched.ranges);
}

Found Executor::prepare(const isa::Instruction &instruction, PreparedCommand &command) {
  command = PreparedCommand();
  command.instruction = &instruction;
  if (llvm::Error error = isa::check(description, instruction)) {
    if (Found outside = checkPlaces(instruction)) {
      llvm::consumeError(std::move(error)); // the finding says more
      return outside;
    }
    return asFinding(Finding::Kind::IllegalCommand, std::move(error));
  }
  for (const isa::SyncUse &use : instruction.syncs)
    if (!use.isWait && use.count != 1) {
      Finding finding;
      finding.message = "a signal to " + description.syncs[use.sync].name + " of " +
                        std::to_string(use.count) + ", a signal adds one";
      finding.repair = "signal that often";
      return finding;
    }
  if (instruction.kind == isa::Instruction::Kind::Sync)
    return std::nullopt;
  llvm::Expected<std::shared_ptr<Meaning>> meaning = meanings.get(instruction);
  if (!meaning)
    return asFinding(Finding::Kind::IllegalCommand, meaning.takeError());
  command.meaning = *meaning;
  if (command.meaning->buffers.empty())
    return std::nullopt;
  std::vector<StridedPlaces> places;
  std::vector<Runs> runs;
  if (Found wrong = placeOperands(command, places, runs))
    return wrong;
  if (Found wrong = addTransfers(command, places, runs))
    return wrong;
  addRests(command, places);
  addTouched(command);
  return std::nullopt;
}

} // namespace tenon::spec
