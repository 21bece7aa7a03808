// Finds a run that will not end: nothing is transferred, dispatched or worked on any more.
#pragma once

#include "sim/systemc/Account.h"

namespace tenon::sim {

class Watchdog {
public:
  /// `limit`: cycles in which all units wait or are idle and the bus is still. A unit that says it works may
  /// be right for long: it gets a hundred times as many.
  Watchdog(const CauseNames &names, uint64_t limit) : causes(names), waitLimit(limit) {}

  void begin() { still = 0; }
  /// Whether the limit is reached with this cycle.
  bool observe(const NpuOutputs &outputs, bool busMoved);
  uint64_t stillCycles() const { return still; }
  /// What the units did in the last cycle, a line for each.
  std::string report() const;

private:
  bool isWaiting(const Activity &unit) const {
    return unit.cause() == causes.idle || unit.cause() == causes.wait;
  }

  const CauseNames &causes;
  uint64_t waitLimit;
  uint64_t still = 0;
  NpuOutputs last;
};

} // namespace tenon::sim
