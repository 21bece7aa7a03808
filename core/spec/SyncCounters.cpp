// Counts, and joins clocks along what must have happened.
#include "core/spec/SyncCounters.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace tenon::spec {

void join(Clock &into, const Clock &other) {
  for (auto [mine, theirs] : llvm::zip_equal(into, other))
    mine = std::max(mine, theirs);
}

SyncCounters::Key SyncCounters::keyOf(const isa::SyncUse &use, const isa::Description &description) {
  bool hasMany = description.syncs[use.sync].kind == isa::Sync::Kind::Semaphore;
  return {use.sync, hasMany ? use.id : 0};
}

SyncCounters::Counter &SyncCounters::counterOf(const isa::SyncUse &use) {
  Counter &counter = counters[keyOf(use, description)];
  if (counter.parts.size() != queueCount)
    counter.parts.resize(queueCount);
  return counter;
}

void SyncCounters::begin(llvm::ArrayRef<isa::Instruction> instructions, unsigned queues) {
  queueCount = queues;
  for (auto &[key, counter] : counters) {
    counter.atStart = counter.count;
    counter.parts.assign(queues, {});
  }
  for (const isa::Instruction &instruction : instructions)
    for (const isa::SyncUse &use : instruction.syncs) {
      if (use.sync >= description.syncs.size() || instruction.queue >= queues || use.count < 1 ||
          use.count > description.syncs[use.sync].max)
        continue;
      Part &part = counterOf(use).parts[instruction.queue];
      // Saturates: larger sums only mean that less is certain.
      int64_t &all = use.isWait ? part.allTakes : part.allSignals;
      all = std::min(all, INT64_MAX / 4) + std::min(use.count, INT64_MAX / 4);
    }
}

int64_t SyncCounters::count(const isa::SyncUse &use) const {
  auto found = counters.find(keyOf(use, description));
  return found == counters.end() ? 0 : found->second.count;
}

int SyncCounters::blockedWait(const isa::Instruction &instruction) const {
  for (auto [i, use] : llvm::enumerate(instruction.syncs)) {
    if (!use.isWait)
      continue;
    __int128 wanted = 0;
    for (const isa::SyncUse &other : llvm::ArrayRef(instruction.syncs).take_front(i + 1))
      if (other.isWait && keyOf(other, description) == keyOf(use, description))
        wanted += other.count;
    if (count(use) < wanted)
      return int(i);
  }
  return -1;
}

void SyncCounters::takeAll(const isa::Instruction &instruction, Clock &clock) {
  for (const isa::SyncUse &use : instruction.syncs) {
    if (!use.isWait)
      continue;
    Counter &counter = counterOf(use);
    counter.count -= use.count;
    Part &own = counter.parts[instruction.queue];
    int64_t taken = (own.takes.empty() ? 0 : own.takes.back().sum) + use.count;
    __int128 all = 0;
    for (const Part &part : counter.parts)
      all += part.allSignals;
    for (const Part &part : counter.parts) {
      __int128 certain = __int128(taken) - counter.atStart - (all - part.allSignals);
      if (certain > 0)
        join(clock, part.signals[size_t(certain) - 1]);
    }
    own.takes.push_back({taken, clock});
  }
}

bool SyncCounters::canSignal(const isa::SyncUse &use) const {
  return count(use) < description.syncs[use.sync].max;
}

void SyncCounters::signal(const isa::SyncUse &use, unsigned queue, Clock &clock) {
  Counter &counter = counterOf(use);
  ++counter.count;
  Part &own = counter.parts[queue];
  __int128 needed = __int128(own.signals.size()) + 1 + counter.atStart - description.syncs[use.sync].max;
  __int128 all = 0;
  for (const Part &part : counter.parts)
    all += part.allTakes;
  for (const Part &part : counter.parts) {
    __int128 certain = needed - (all - part.allTakes);
    if (certain <= 0)
      continue;
    auto take = llvm::partition_point(part.takes, [&](const Take &t) { return t.sum < certain; });
    join(clock, take->clock);
  }
  own.signals.push_back(clock);
}

} // namespace tenon::spec
