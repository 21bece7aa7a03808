// Vector clocks, one component for each queue.
#include "core/spec/RaceDetector.h"

#include "core/spec/CommandText.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::spec {
namespace {

constexpr ByteRange pointerRange{0, 1};

llvm::ArrayRef<unsigned> advancesOf(const isa::Description &description,
                                    const isa::Instruction &instruction) {
  if (instruction.kind != isa::Instruction::Kind::Intrinsic)
    return {};
  return description.intrinsics[instruction.intrinsic].advances;
}

} // namespace

RaceDetector::RaceDetector(const isa::Description &machine, llvm::ArrayRef<isa::Instruction> all,
                           unsigned queues)
    : description(machine), instructions(all), clocks(queues, Clock(queues, 0)), ticks(all.size(), 0),
      bytes(machine.memories.size(), AccessHistory(queues)),
      pointers(machine.memories.size(), AccessHistory(queues)),
      interlocked(queues, std::vector<bool>(queues, false)) {
  for (const isa::Sync &sync : machine.syncs)
    if (sync.kind == isa::Sync::Kind::Interlock)
      for (unsigned queue : sync.queues)
        for (unsigned other : sync.queues)
          if (queue != other && queue < queues && other < queues)
            interlocked[queue][other] = hasInterlocks = true;
  if (hasInterlocks)
    clockOf.resize(all.size());
}

bool RaceDetector::areInterlocked(unsigned queue, unsigned other) const { return interlocked[queue][other]; }

bool RaceDetector::conflict(const PreparedCommand &first, const PreparedCommand &second) const {
  auto uses = [](const PreparedCommand &command, unsigned memory) {
    return llvm::any_of(command.touched, [&](const Touched &touched) { return touched.memory == memory; });
  };
  auto movesUnder = [&](const PreparedCommand &mover, const PreparedCommand &user) {
    return llvm::any_of(advancesOf(description, *mover.instruction), [&](unsigned memory) {
      return uses(user, memory) || llvm::is_contained(advancesOf(description, *user.instruction), memory);
    });
  };
  if (movesUnder(first, second) || movesUnder(second, first))
    return true;
  for (const Touched &one : first.touched)
    for (const Touched &other : second.touched) {
      if (one.memory != other.memory || (!one.isWrite && !other.isWrite))
        continue;
      const isa::Memory &memory = description.memories[one.memory];
      bool otherCopy =
          memory.kind == isa::Memory::Kind::Rotating && memory.copies > 1 && one.isWrite != other.isWrite;
      if (!otherCopy && firstCommon(one.ranges, other.ranges))
        return true;
    }
  return false;
}

/// Whether the earlier access is certainly done; one that an interlock orders is, and with it all before it.
bool RaceDetector::check(uint64_t number, const AccessHistory::Earlier &earlier) {
  unsigned queue = instructions[number].queue, other = instructions[earlier.command].queue;
  if (queue == other || clocks[queue][other] >= ticks[earlier.command])
    return true;
  if (!interlocked[queue][other])
    return false;
  join(clocks[queue], clockOf[earlier.command]);
  return true;
}

std::string RaceDetector::repair(uint64_t first, uint64_t second) const {
  unsigned from = instructions[first].queue, to = instructions[second].queue;
  std::string names;
  for (const isa::Sync &sync : description.syncs) {
    bool fits = sync.kind == isa::Sync::Kind::Semaphore ||
                (sync.kind == isa::Sync::Kind::Tokens && sync.from == from && sync.to == to);
    if (fits)
      names += (names.empty() ? "" : " or ") + sync.name;
  }
  std::string queues = queueText(description, from) + " to " + queueText(description, to);
  if (names.empty())
    return "no sync of the description leads from " + queues + "; declare one";
  return "wait in command " + std::to_string(second) + ", or before it in " + queueText(description, to) +
         ", for a signal of " + names + " given by command " + std::to_string(first) + " or behind it in " +
         queueText(description, from);
}

Finding RaceDetector::race(uint64_t number, bool writes, const AccessHistory::Earlier &earlier,
                           unsigned memory) const {
  Finding finding;
  finding.kind = Finding::Kind::Race;
  finding.command = number;
  finding.other = earlier.command;
  finding.memory = memory;
  finding.byteAddress = uint64_t(earlier.address);
  finding.message = std::string(writes ? "writes " : "reads ") +
                    placeText(description.memories[memory], uint64_t(earlier.address)) + ", which command " +
                    std::to_string(earlier.command) + " (" +
                    commandText(description, instructions[earlier.command]) + ") " +
                    (earlier.wrote ? "writes" : "reads") + ", and nothing orders the two";
  finding.repair = repair(std::min(number, earlier.command), std::max(number, earlier.command));
  return finding;
}

/// A race for which copy is current, and so for where a fill goes and what is read.
Found RaceDetector::pointerRace(uint64_t number, bool writes, const AccessHistory::Earlier &earlier,
                                unsigned memory) const {
  Finding finding = race(number, writes, earlier, memory);
  finding.byteAddress.reset();
  finding.message = std::string(writes ? "advances " : "uses ") + description.memories[memory].name +
                    ", which command " + std::to_string(earlier.command) + " (" +
                    commandText(description, instructions[earlier.command]) + ") " +
                    (earlier.wrote ? "advances" : "uses") +
                    ", and nothing orders the two: which copy is meant depends on time";
  return finding;
}

Found RaceDetector::begin(uint64_t number, const PreparedCommand &command, const Executor &executor) {
  unsigned queue = command.instruction->queue;
  ticks[number] = ++clocks[queue][queue];
  Found wrong;
  auto touch = [&](AccessHistory &history, llvm::ArrayRef<ByteRange> ranges, bool isWrite, auto describe) {
    history.access(ranges, isWrite, number, queue, [&](const AccessHistory::Earlier &earlier) {
      if (!check(number, earlier))
        wrong = describe(earlier);
      return !wrong;
    });
  };
  for (unsigned memory : advancesOf(description, *command.instruction)) {
    touch(pointers[memory], pointerRange, true,
          [&](const auto &earlier) { return pointerRace(number, true, earlier, memory); });
    if (wrong)
      return wrong;
  }
  for (const Touched &touched : command.touched) {
    bool isRotating = description.memories[touched.memory].kind == isa::Memory::Kind::Rotating;
    if (isRotating)
      touch(pointers[touched.memory], pointerRange, false,
            [&](const auto &earlier) { return pointerRace(number, false, earlier, touched.memory); });
    if (wrong)
      return wrong;
    std::vector<ByteRange> moved;
    if (isRotating)
      for (ByteRange range : touched.ranges) {
        int64_t start = executor.copyStart(touched.memory, touched.isWrite);
        moved.push_back({range.first + start, range.end + start});
      }
    touch(bytes[touched.memory], isRotating ? moved : touched.ranges, touched.isWrite,
          [&](const auto &earlier) { return race(number, touched.isWrite, earlier, touched.memory); });
    if (wrong)
      return wrong;
  }
  if (hasInterlocks)
    clockOf[number] = clocks[queue];
  return std::nullopt;
}

} // namespace tenon::spec
