// One pass in program order. Each queue has a clock: the last command of every other queue that is known to
// be done.
#include "core/plan/Synchronise.h"

#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

constexpr int64_t never = -1;
using Clock =
    std::vector<int64_t>; ///< queue -> number of a command that is done, and all before it in the queue

/// Who last wrote and read each byte of a memory, as intervals.
class History {
public:
  explicit History(size_t queues) : queues(queues) {}

  /// Calls `found` with every earlier command that a touch depends on.
  void conflicts(const Touch &touch, llvm::function_ref<void(unsigned queue, int64_t command)> found) const {
    for (auto at = firstAt(touch.begin); at != intervals.end() && at->first < touch.end; ++at) {
      for (unsigned queue = 0; queue < queues; ++queue) {
        if (at->second.writers[queue] != never)
          found(queue, at->second.writers[queue]);
        if (touch.writes && at->second.readers[queue] != never)
          found(queue, at->second.readers[queue]);
      }
    }
  }

  void record(const Touch &touch, unsigned queue, int64_t command) {
    split(touch.begin);
    split(touch.end);
    int64_t at = touch.begin;
    auto next = intervals.lower_bound(touch.begin);
    while (at < touch.end) {
      if (next == intervals.end() || next->first > at) {
        int64_t end = next == intervals.end() ? touch.end : std::min(touch.end, next->first);
        next = intervals.emplace(at, Interval{end, Clock(queues, never), Clock(queues, never)}).first;
      }
      Interval &interval = next->second;
      if (touch.writes) {
        // Whoever comes later depends on this write, which itself came after all before it.
        interval.writers.assign(queues, never);
        interval.readers.assign(queues, never);
        interval.writers[queue] = command;
      } else {
        interval.readers[queue] = command;
      }
      at = interval.end;
      ++next;
    }
  }

private:
  struct Interval {
    int64_t end = 0;
    Clock writers, readers;
  };

  std::map<int64_t, Interval>::const_iterator firstAt(int64_t place) const {
    auto at = intervals.upper_bound(place);
    if (at != intervals.begin() && std::prev(at)->second.end > place)
      --at;
    return at;
  }

  void split(int64_t place) {
    auto at = intervals.upper_bound(place);
    if (at == intervals.begin())
      return;
    --at;
    if (at->first == place || at->second.end <= place)
      return;
    Interval rest = at->second;
    at->second.end = place;
    intervals.emplace(place, std::move(rest));
  }

  size_t queues;
  std::map<int64_t, Interval> intervals; ///< begin -> interval
};

/// The names that a command's fields mention.
std::vector<std::string> namesOf(const isa::Command &command) {
  std::vector<std::string> names;
  for (const isa::FieldAssignment &field : command.fields)
    field.value.collectNames(names);
  return names;
}

/// The declared way from one queue to another.
struct Channel {
  unsigned sync = 0;
  int64_t id = 0;
  bool interlocked = false; ///< nothing to do
};

class Synchroniser {
public:
  Synchroniser(const isa::Description &description) : description(description), history() {
    size_t queues = description.queues.size();
    clocks.assign(queues, Clock(queues, never));
    for (size_t memory = 0; memory < description.memories.size(); ++memory)
      history.emplace_back(queues);
    for (const isa::Intrinsic &intrinsic : description.intrinsics)
      mentioned.push_back(intrinsic.command ? namesOf(*intrinsic.command) : std::vector<std::string>());
  }

  llvm::Expected<std::vector<isa::Instruction>> run(std::vector<isa::Instruction> instructions) {
    for (isa::Instruction &instruction : instructions)
      if (llvm::Error error = order(std::move(instruction)))
        return error;
    return assemble();
  }

private:
  /// A command of the result; signals are known only when somebody waits for it. A relay has no command: its
  /// queue passes on, from one queue to another, that something is done.
  struct Entry {
    isa::Instruction instruction;
    bool relay = false;
    Clock done; ///< what is done once it is
    std::vector<isa::SyncUse> waits, signals;
  };

  llvm::Error order(isa::Instruction instruction) {
    unsigned queue = instruction.queue;
    Clock needed(description.queues.size(), never);
    std::vector<Touch> places = touches(description, instruction);
    for (const Touch &touch : places)
      history[touch.memory].conflicts(touch, [&](unsigned other, int64_t command) {
        if (other != queue)
          needed[other] = std::max(needed[other], command);
      });
    Entry entry;
    entry.instruction = std::move(instruction);
    for (unsigned other = 0; other < needed.size(); ++other)
      if (needed[other] > clocks[queue][other])
        if (llvm::Error error = waitFor(other, needed[other], queue, entry))
          return error;
    int64_t number = finish(std::move(entry));
    for (const Touch &touch : places)
      history[touch.memory].record(touch, queue, number);
    return llvm::Error::success();
  }

  /// Appends the entry to its queue; gives its number.
  int64_t finish(Entry entry) {
    int64_t number = int64_t(entries.size());
    unsigned queue = entry.instruction.queue;
    entry.done = clocks[queue];
    entry.done[queue] = number;
    entries.push_back(std::move(entry));
    return number;
  }

  /// Makes the entry, the next of `queue`, wait for a command of another queue: by the sync between the two,
  /// or by way of a queue that has one with both.
  llvm::Error waitFor(unsigned from, int64_t command, unsigned queue, Entry &entry) {
    auto direct = channelFrom(from, queue);
    if (!direct) {
      for (unsigned between = 0; between < description.queues.size(); ++between) {
        if (between == from || between == queue || !channelFrom(from, between) ||
            !channelFrom(between, queue))
          continue;
        Entry relay;
        relay.relay = true;
        relay.instruction.queue = between;
        relay.instruction.origin = entry.instruction.origin;
        if (command > clocks[between][from])
          if (llvm::Error error = waitFor(from, command, between, relay))
            return error;
        return waitFor(between, finish(std::move(relay)), queue, entry);
      }
      return failure(
          ExitCode::TargetCannot,
          fmt::format(
              "a command of queue {} must wait for one of queue {}, and nothing under sync orders them",
              description.queues[queue].name, description.queues[from].name));
    }
    const Clock &done = entries[size_t(command)].done;
    for (unsigned third = 0; third < done.size(); ++third)
      clocks[queue][third] = std::max(clocks[queue][third], done[third]);
    clocks[queue][from] = std::max(clocks[queue][from], command);
    if (direct->interlocked)
      return llvm::Error::success();
    entry.waits.push_back({direct->sync, true, direct->id, 1});
    entries[size_t(command)].signals.push_back({direct->sync, false, direct->id, 1});
    return llvm::Error::success();
  }

  std::optional<Channel> channelFrom(unsigned from, unsigned to) {
    auto known = channels.find({from, to});
    if (known != channels.end())
      return known->second;
    for (auto [number, sync] : llvm::enumerate(description.syncs)) {
      std::optional<Channel> channel;
      if (sync.kind == isa::Sync::Kind::Interlock && llvm::is_contained(sync.queues, from) &&
          llvm::is_contained(sync.queues, to))
        channel = Channel{unsigned(number), 0, true};
      else if (sync.kind == isa::Sync::Kind::Tokens && sync.from == from && sync.to == to)
        channel = Channel{unsigned(number), 0, false};
      else if (sync.kind == isa::Sync::Kind::Semaphore && nextCounter[unsigned(number)] < sync.count)
        channel = Channel{unsigned(number), nextCounter[unsigned(number)]++, false};
      if (channel)
        return channels[{from, to}] = *channel;
    }
    return std::nullopt;
  }

  /// Whether the command has a field for it that is not taken.
  bool fits(const Entry &entry, const isa::SyncUse &use) const {
    if (entry.relay || entry.instruction.kind != isa::Instruction::Kind::Intrinsic)
      return false;
    for (const isa::SyncUse &other : entry.instruction.syncs)
      if (other.sync == use.sync && other.isWait == use.isWait)
        return false;
    std::string name = description.syncs[use.sync].name + (use.isWait ? ".wait" : ".signal");
    return llvm::any_of(mentioned[entry.instruction.intrinsic], [&](const std::string &text) {
      return text == name || text.starts_with(name + ".");
    });
  }

  llvm::Expected<isa::Instruction> syncCommand(const isa::SyncUse &use,
                                               const isa::Instruction &beside) const {
    for (auto [number, command] : llvm::enumerate(description.syncCommands))
      if (command.sync == use.sync && command.isWait == use.isWait &&
          (command.queue < 0 || unsigned(command.queue) == beside.queue)) {
        isa::Instruction instruction;
        instruction.kind = isa::Instruction::Kind::Sync;
        instruction.syncCommand = unsigned(number);
        instruction.queue = beside.queue;
        instruction.origin = beside.origin;
        instruction.syncs = {use};
        return instruction;
      }
    return failure(
        ExitCode::TargetCannot,
        fmt::format(
            "a command of queue {} must {} {} and has no field for it, and {} has no command of its own",
            description.queues[beside.queue].name, use.isWait ? "wait for" : "signal",
            description.syncs[use.sync].name, description.syncs[use.sync].name));
  }

  static std::vector<isa::SyncUse> inOrder(std::vector<isa::SyncUse> uses) {
    llvm::sort(uses, [](const isa::SyncUse &a, const isa::SyncUse &b) {
      return std::pair(a.sync, a.id) < std::pair(b.sync, b.id);
    });
    return uses;
  }

  llvm::Expected<std::vector<isa::Instruction>> assemble() {
    std::vector<isa::Instruction> result;
    result.reserve(entries.size());
    for (Entry &entry : entries) {
      std::vector<isa::Instruction> behind;
      for (bool wait : {true, false})
        for (const isa::SyncUse &use : inOrder(wait ? entry.waits : entry.signals)) {
          if (fits(entry, use)) {
            entry.instruction.syncs.push_back(use);
            continue;
          }
          auto command = syncCommand(use, entry.instruction);
          if (!command)
            return command.takeError();
          (wait ? result : behind).push_back(std::move(*command));
        }
      if (!entry.relay)
        result.push_back(std::move(entry.instruction));
      std::move(behind.begin(), behind.end(), std::back_inserter(result));
    }
    return result;
  }

  const isa::Description &description;
  std::vector<History> history;
  std::vector<Entry> entries;
  std::vector<Clock> clocks;
  std::map<std::pair<unsigned, unsigned>, Channel> channels;
  std::map<unsigned, int64_t> nextCounter;
  std::vector<std::vector<std::string>> mentioned;
};

} // namespace

std::vector<Touch> touches(const isa::Description &description, const isa::Instruction &instruction) {
  std::vector<Touch> found;
  if (instruction.kind != isa::Instruction::Kind::Intrinsic)
    return found;
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  for (auto [number, use] : llvm::enumerate(instruction.operands)) {
    const isa::OperandDeclaration &operand = intrinsic.operands[number];
    const isa::Memory &memory = description.memories[use.memory];
    auto shape =
        isa::extents(description, intrinsic, unsigned(number), instruction.sizes, instruction.values);
    int64_t begin = 0, end = int64_t(memory.bytes);
    if (shape && memory.kind != isa::Memory::Kind::Rotating && !operand.holds) {
      begin = use.address * memory.unitBytes();
      end = begin;
      bool rows = memory.unit == isa::Memory::Unit::Row;
      for (auto [axis, extent] : llvm::enumerate(*shape)) {
        bool lane = rows && axis + 1 == shape->size();
        int64_t step = lane ? operand.type.scalar.storageBytes() : use.strides[axis] * memory.unitBytes();
        end += (extent - 1) * step;
      }
      end += operand.type.scalar.storageBytes();
      // A write may also fill the rest of its last row.
      if (rows)
        end = (end + int64_t(memory.rowBytes) - 1) / int64_t(memory.rowBytes) * int64_t(memory.rowBytes);
    } else if (!shape) {
      llvm::consumeError(shape.takeError()); // isa::check() reports it; all of the memory is a safe answer
    }
    if (operand.access != isa::OperandDeclaration::Access::Write)
      found.push_back({use.memory, begin, end, false});
    if (operand.access != isa::OperandDeclaration::Access::Read)
      found.push_back({use.memory, begin, end, true});
  }
  return found;
}

llvm::Expected<std::vector<isa::Instruction>> synchronise(const isa::Description &description,
                                                          std::vector<isa::Instruction> instructions) {
  return Synchroniser(description).run(std::move(instructions));
}

} // namespace tenon::plan
