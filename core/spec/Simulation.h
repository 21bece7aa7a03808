// One run: commands are dispatched in stream order into queues of finite depth; each queue runs its commands
// in order, the first of them as soon as its waits are satisfied.
#pragma once

#include "core/spec/Machine.h"
#include "core/spec/RaceDetector.h"

#include <deque>
#include <random>

namespace tenon::spec {

class Simulation {
public:
  Simulation(const isa::Description &machine, Executor &with, SyncCounters &counts, Counters &count,
             llvm::ArrayRef<isa::Instruction> all, std::optional<uint64_t> seed);

  /// Until all commands are done.
  Found run();

private:
  struct Pending {
    uint64_t number = 0;
    PreparedCommand command;
    bool hasRun = false; ///< only signals are left
    size_t nextSync = 0; ///< signals before it are given
  };
  /// Puts the next command into its queue, if there is room. Sets `moved`.
  Found dispatch(bool &moved);
  /// Runs the first command of a queue, if nothing blocks it. Sets `moved`.
  Found step(unsigned queue, bool &moved);
  Found stepInOrder(bool &moved);
  Found stepAtRandom(std::mt19937_64 &generator, bool &moved);
  Found execute(Pending &pending);
  bool giveSignals(Pending &pending);
  /// A command before it in the stream that an interlock lets go first.
  const Pending *interlockedWith(const Pending &pending) const;
  Found asRace(Finding finding) const;
  Finding deadlock() const;
  std::string blockedText(unsigned queue) const;
  uint64_t depthOf(unsigned queue) const;

  const isa::Description &description;
  Executor &executor;
  SyncCounters &syncs;
  Counters &counters;
  llvm::ArrayRef<isa::Instruction> instructions;
  std::optional<std::mt19937_64> random;
  RaceDetector races;
  std::vector<std::deque<Pending>> queues;
  uint64_t next = 0; ///< command to be dispatched
};

} // namespace tenon::spec
