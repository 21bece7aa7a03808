// When each command of a run was at work: as the device says, or laid out from what is known instead.
#pragma once

#include "core/driver/Account.h"
#include "core/plan/Plan.h"

namespace tenon::driver {

/// What the times are made of; a reader must be told.
enum class TimeBasis : uint8_t {
  Measured, ///< the device says when each command began and ended
  Counted,  ///< it counts each command's cycles: they are laid out one after the other
  Declared, ///< the description's timing, each queue's commands one after the other, without waiting
};

struct TimedCommand {
  unsigned step = 0;  ///< of the plan
  unsigned layer = 0; ///< of the plan
  std::string queue, name;
  double begin = 0, end = 0; ///< cycles from the start of the inference
  Causes causes;             ///< its cycles in the account, where they are counted
};

/// A step that the host does takes no cycles: where it stands among those that do.
struct HostMoment {
  unsigned step = 0, layer = 0;
  double at = 0;
};

struct Timeline {
  TimeBasis basis = TimeBasis::Declared;
  double end = 0;                     ///< of the inference
  std::vector<TimedCommand> commands; ///< in the order of the streams
  std::vector<HostMoment> host;
};

/// `counters` as makeAccount takes them. ExitCode::DeviceFailed where a span ends before it begins or after
/// its submit.
llvm::Expected<Timeline> makeTimeline(const isa::Description &description, const plan::Plan &plan,
                                      const StepCounters &counters);

} // namespace tenon::driver
