// Where a run's cycles went: what the device counted for each command, gathered by the model's layers, beside
// what the description's timing says of the same commands.
#pragma once

#include "core/isa/Description.h"
#include "core/runtime/Bundle.h"
#include "core/runtime/DeviceProcess.h"

namespace tenon::driver {

/// The counters that each step of a bundle added, in the order of its steps.
using StepCounters = std::vector<std::vector<runtime::Counter>>;

/// Cycles by what the device was doing or waiting for.
using Causes = std::map<std::string, uint64_t>;

/// The cause of the cycles in which a command did its work; every other one is a stall.
inline constexpr const char *workCause = "busy";

struct LayerAccount {
  Causes measured;         ///< work and stalls
  double boundCycles = 0;  ///< of the unit that is busy longest, by the description's timing
  std::string busiestUnit; ///< that unit; empty where no timing is declared
  double extraCycles = 0;  ///< that are declared besides: between commands, no unit is busy in them

  uint64_t cycles() const;
  /// The stalls alone.
  Causes stalls() const;
};

struct Account {
  bool measured = false;            ///< the device counts cycles
  uint64_t cycles = 0;              ///< of all steps; the layers' and those outside add up to it
  std::vector<LayerAccount> layers; ///< in the bundle's order
  Causes outside;                   ///< what belongs to no layer

  uint64_t outsideCycles() const;
};

/// Gathers them; with no counters only what is declared. ExitCode::DeviceFailed where the counters contradict
/// each other or the stream: a command that it does not have, causes that do not add up to the cycles.
llvm::Expected<Account> makeAccount(const isa::Description &description, const runtime::Bundle &bundle,
                                    const StepCounters &counters);

} // namespace tenon::driver
