// Finds commands of different queues that touch the same byte, one of them writing, without anything that
// orders them. The order is that of the queues, of signals with the waits behind them, and of interlocks;
// which came first in this run says nothing.
#pragma once

#include "core/spec/AccessHistory.h"
#include "core/spec/Executor.h"
#include "core/spec/SyncCounters.h"

namespace tenon::spec {

class RaceDetector {
public:
  RaceDetector(const isa::Description &machine, llvm::ArrayRef<isa::Instruction> all, unsigned queues);

  /// The clock of a queue: what is certainly done before its next command.
  Clock &clock(unsigned queue) { return clocks[queue]; }

  /// Before the command's waits are over nothing is known; call it then, with the rotating memories advanced
  /// as the command will advance them. `executor` tells where copies are.
  Found begin(uint64_t number, const PreparedCommand &command, const Executor &executor);

  /// Two commands of different queues whose accesses an interlock orders.
  bool areInterlocked(unsigned queue, unsigned other) const;
  /// Whether the second command must not begin before the first one is done, if they are interlocked.
  bool conflict(const PreparedCommand &first, const PreparedCommand &second) const;

  /// The race of two commands at a place, in words.
  Finding race(uint64_t number, bool writes, const AccessHistory::Earlier &earlier, unsigned memory) const;

private:
  bool check(uint64_t number, const AccessHistory::Earlier &earlier);
  Found pointerRace(uint64_t number, bool writes, const AccessHistory::Earlier &earlier,
                    unsigned memory) const;
  std::string repair(uint64_t first, uint64_t second) const;

  const isa::Description &description;
  llvm::ArrayRef<isa::Instruction> instructions;
  std::vector<Clock> clocks;           ///< by queue
  std::vector<uint64_t> ticks;         ///< of each command begun: its number in its queue, from 1
  std::vector<Clock> clockOf;          ///< of each command begun, where there are interlocks
  std::vector<AccessHistory> bytes;    ///< by memory
  std::vector<AccessHistory> pointers; ///< by memory: which copy of a rotating one is current
  std::vector<std::vector<bool>> interlocked;
  bool hasInterlocks = false;
};

} // namespace tenon::spec
