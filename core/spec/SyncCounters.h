// The counters of semaphores and tokens, and the order that waits and signals give.
//
// A wait is certainly behind a signal if it could not have been satisfied without it, in any order that the
// queues may take. With one signalling queue that is the signal that the wait takes. With several, a signal
// of one queue counts only as far as all signals of the others in the whole run cannot stand in for it. The
// same holds for a signal that had to wait because its counter was full. This may miss an order that a longer
// argument would prove, and never claims one that is not there.
#pragma once

#include "core/isa/Instruction.h"

#include <map>

namespace tenon::spec {

/// How many commands of each queue are certainly done.
using Clock = llvm::SmallVector<uint64_t, 8>;

void join(Clock &into, const Clock &other);

class SyncCounters {
public:
  explicit SyncCounters(const isa::Description &machine) : description(machine) {}

  /// All zero.
  void reset() { counters.clear(); }
  /// Begins a run of these commands, which know nothing of the order in earlier ones. What a command claims
  /// wrongly (isa::check) is not counted; it stops the run when it is dispatched.
  void begin(llvm::ArrayRef<isa::Instruction> instructions, unsigned queues);

  /// The first wait of the command that cannot be satisfied now; -1 if all can.
  int blockedWait(const isa::Instruction &instruction) const;
  /// Takes what all waits of the command ask for; `clock` is the queue's and learns what is certainly done.
  void takeAll(const isa::Instruction &instruction, Clock &clock);
  bool canSignal(const isa::SyncUse &use) const;
  void signal(const isa::SyncUse &use, unsigned queue, Clock &clock);

  int64_t count(const isa::SyncUse &use) const;

private:
  struct Take {
    int64_t sum = 0; ///< taken by this queue, this one included
    Clock clock;     ///< of what was done before the command that takes
  };
  /// One queue's part in a counter in this run.
  struct Part {
    int64_t allSignals = 0, allTakes = 0; ///< in the whole run
    std::vector<Clock> signals;           ///< done so far
    std::vector<Take> takes;
  };
  struct Counter {
    int64_t count = 0;
    int64_t atStart = 0;
    std::vector<Part> parts; ///< by queue
  };
  using Key = std::pair<unsigned, int64_t>;
  static Key keyOf(const isa::SyncUse &use, const isa::Description &description);
  Counter &counterOf(const isa::SyncUse &use);

  const isa::Description &description;
  std::map<Key, Counter> counters;
  unsigned queueCount = 0;
};

} // namespace tenon::spec
