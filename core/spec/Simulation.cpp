// The schedule: by default whatever is first in the stream among what can run; by seed anything that can.
#include "core/spec/Simulation.h"

#include "core/spec/CommandText.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace tenon::spec {
namespace {

/// A machine without declared queues runs its commands one after the other.
unsigned queueCount(const isa::Description &description) {
  return std::max(1U, unsigned(description.queues.size()));
}

} // namespace

Simulation::Simulation(const isa::Description &machine, Executor &with, SyncCounters &counts, Counters &count,
                       llvm::ArrayRef<isa::Instruction> all, std::optional<uint64_t> seed)
    : description(machine), executor(with), syncs(counts), counters(count), instructions(all),
      races(machine, all, queueCount(machine)), queues(queueCount(machine)) {
  if (seed)
    random.emplace(*seed);
  syncs.begin(all, queueCount(machine));
}

uint64_t Simulation::depthOf(unsigned queue) const {
  return queue < description.queues.size() ? uint64_t(std::max<int64_t>(1, description.queues[queue].depth))
                                           : 1;
}

Found Simulation::dispatch(bool &moved) {
  if (next == instructions.size())
    return std::nullopt;
  const isa::Instruction &instruction = instructions[next];
  if (instruction.queue >= queues.size()) {
    Finding finding;
    finding.command = next;
    finding.message = "goes down queue " + std::to_string(instruction.queue) + ", there are " +
                      std::to_string(queues.size());
    return finding;
  }
  std::deque<Pending> &queue = queues[instruction.queue];
  if (queue.size() >= depthOf(instruction.queue))
    return std::nullopt;
  Pending pending;
  pending.number = next;
  if (Found wrong = executor.prepare(instruction, pending.command)) {
    wrong->command = next;
    return wrong;
  }
  queue.push_back(std::move(pending));
  ++next;
  moved = true;
  return std::nullopt;
}

const Simulation::Pending *Simulation::interlockedWith(const Pending &pending) const {
  unsigned own = pending.command.instruction->queue;
  for (unsigned queue = 0; queue < queues.size(); ++queue) {
    if (queue == own || !races.areInterlocked(queue, own))
      continue;
    for (const Pending &other : queues[queue]) {
      if (other.number > pending.number)
        break;
      if (!other.hasRun && races.conflict(other.command, pending.command))
        return &other;
    }
  }
  return nullptr;
}

/// An undefined read of what a command of another queue, earlier in the stream, is about to write is a race
/// that this schedule lost.
Found Simulation::asRace(Finding finding) const {
  if (!finding.memory || !finding.byteAddress)
    return finding;
  unsigned memory = *finding.memory, own = instructions[finding.command].queue;
  auto byte = int64_t(*finding.byteAddress);
  for (unsigned queue = 0; queue < queues.size(); ++queue)
    for (const Pending &pending : queues[queue]) {
      if (queue == own || pending.hasRun || pending.number > finding.command)
        continue;
      for (const Touched &touched : pending.command.touched) {
        int64_t address = byte - executor.copyStart(touched.memory, touched.isWrite);
        bool writesIt = touched.isWrite && touched.memory == memory &&
                        firstCommon(touched.ranges, ByteRange{address, address + 1});
        if (writesIt)
          return races.race(finding.command, /*writes=*/false, {pending.number, true, byte}, memory);
      }
    }
  return finding;
}

Found Simulation::execute(Pending &pending) {
  const isa::Instruction &instruction = *pending.command.instruction;
  Clock &clock = races.clock(instruction.queue);
  syncs.takeAll(instruction, clock);
  executor.advance(instruction);
  Found wrong = races.begin(pending.number, pending.command, executor);
  if (!wrong)
    wrong = executor.execute(pending.command);
  if (wrong) {
    wrong->command = pending.number;
    if (wrong->kind == Finding::Kind::UndefinedRead)
      return asRace(std::move(*wrong));
    return wrong;
  }
  ++counters.commands;
  ++counters.queues[instruction.queue];
  if (instruction.kind == isa::Instruction::Kind::Intrinsic)
    ++counters.intrinsics[instruction.intrinsic];
  pending.hasRun = true;
  return std::nullopt;
}

/// Whether all were given.
bool Simulation::giveSignals(Pending &pending) {
  const isa::Instruction &instruction = *pending.command.instruction;
  for (; pending.nextSync < instruction.syncs.size(); ++pending.nextSync) {
    const isa::SyncUse &use = instruction.syncs[pending.nextSync];
    if (use.isWait)
      continue;
    if (!syncs.canSignal(use))
      return false;
    syncs.signal(use, instruction.queue, races.clock(instruction.queue));
  }
  return true;
}

Found Simulation::step(unsigned queue, bool &moved) {
  if (queues[queue].empty())
    return std::nullopt;
  Pending &first = queues[queue].front();
  if (!first.hasRun) {
    if (syncs.blockedWait(*first.command.instruction) >= 0 || interlockedWith(first))
      return std::nullopt;
    moved = true;
    if (Found wrong = execute(first))
      return wrong;
  }
  size_t before = first.nextSync;
  bool isDone = giveSignals(first);
  moved = moved || first.nextSync > before || isDone;
  if (isDone)
    queues[queue].pop_front();
  return std::nullopt;
}

Found Simulation::stepInOrder(bool &moved) {
  for (bool dispatched = true; dispatched;) {
    dispatched = false;
    if (Found wrong = dispatch(dispatched))
      return wrong;
    moved = moved || dispatched;
  }
  llvm::SmallVector<unsigned, 8> order;
  for (unsigned queue = 0; queue < queues.size(); ++queue)
    if (!queues[queue].empty())
      order.push_back(queue);
  llvm::sort(order,
             [&](unsigned a, unsigned b) { return queues[a].front().number < queues[b].front().number; });
  for (unsigned queue : order) {
    bool ran = false;
    if (Found wrong = step(queue, ran))
      return wrong;
    moved = moved || ran;
    if (ran)
      return std::nullopt;
  }
  return std::nullopt;
}

Found Simulation::stepAtRandom(std::mt19937_64 &generator, bool &moved) {
  llvm::SmallVector<unsigned, 8> actors; // the queues, and the dispatcher
  for (unsigned actor = 0; actor <= queues.size(); ++actor)
    actors.push_back(actor);
  while (!actors.empty() && !moved) {
    size_t chosen = generator() % actors.size();
    unsigned actor = actors[chosen];
    actors.erase(actors.begin() + chosen);
    if (Found wrong = actor == queues.size() ? dispatch(moved) : step(actor, moved))
      return wrong;
  }
  return std::nullopt;
}

Found Simulation::run() {
  while (true) {
    bool moved = false;
    if (Found wrong = random ? stepAtRandom(*random, moved) : stepInOrder(moved))
      return wrong;
    if (moved)
      continue;
    bool isDone = next == instructions.size() &&
                  llvm::all_of(queues, [](const std::deque<Pending> &queue) { return queue.empty(); });
    return isDone ? Found() : Found(deadlock());
  }
}

/// What the first command of a queue waits for.
std::string Simulation::blockedText(unsigned queue) const {
  const Pending &first = queues[queue].front();
  const isa::Instruction &instruction = *first.command.instruction;
  std::string text =
      "command " + std::to_string(first.number) + " (" + commandText(description, instruction) + ") waits ";
  auto counterText = [&](const isa::SyncUse &use) {
    return waitText(description, use) + ", which holds " + std::to_string(syncs.count(use));
  };
  if (first.hasRun) {
    const isa::SyncUse &use = instruction.syncs[first.nextSync];
    return text + "to signal " + counterText(use) + ", the most";
  }
  if (int wait = syncs.blockedWait(instruction); wait >= 0)
    return text + "for " + counterText(instruction.syncs[size_t(wait)]);
  const Pending *other = interlockedWith(first);
  return text + "for command " + std::to_string(other->number) + " (" +
         commandText(description, *other->command.instruction) + "), which an interlock lets go first";
}

Finding Simulation::deadlock() const {
  Finding finding;
  finding.kind = Finding::Kind::Deadlock;
  finding.command = instructions.size();
  std::string list;
  for (unsigned queue = 0; queue < queues.size(); ++queue) {
    if (queues[queue].empty())
      continue;
    list += (list.empty() ? "" : "; ") + blockedText(queue);
    finding.command = std::min(finding.command, queues[queue].front().number);
  }
  if (next < instructions.size())
    list += "; command " + std::to_string(next) + " (" + commandText(description, instructions[next]) +
            ") waits for a place in its queue of " + std::to_string(depthOf(instructions[next].queue));
  finding.message = "no queue can go on: " + list;
  finding.repair = "signal what is waited for, in a command that does not itself wait for these";
  return finding;
}

} // namespace tenon::spec
