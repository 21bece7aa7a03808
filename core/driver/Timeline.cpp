// A step's commands are those of the plan: the encoder writes them in that order, one after the other.
#include "core/driver/Timeline.h"

#include "core/support/Error.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

/// What a step's counters say of its commands.
struct StepTimes {
  std::optional<uint64_t> cycles;
  std::vector<Causes> causes;
  std::vector<std::optional<uint64_t>> begin, end;
  bool spans = false;
};

StepTimes timesOf(llvm::ArrayRef<runtime::Counter> counters, size_t commands) {
  StepTimes times;
  times.causes.resize(commands);
  times.begin.resize(commands);
  times.end.resize(commands);
  for (const runtime::Counter &counter : counters) {
    llvm::StringRef name(counter.name);
    unsigned number = 0;
    if (name == "cycles") {
      times.cycles = counter.value;
    } else if (name.consume_front("command.")) {
      if (!name.consumeInteger(10, number) && name.consume_front(".") && number < commands && counter.value)
        times.causes[number][name.str()] = counter.value;
    } else if (name.consume_front("span.")) {
      if (name.consumeInteger(10, number) || number >= commands)
        continue;
      if (name == ".begin")
        times.begin[number] = counter.value;
      else if (name == ".end" && counter.value) // 0: the step has no such command, or no cycle was its own
        times.end[number] = counter.value;
      times.spans = true;
    }
  }
  return times;
}

std::string nameOf(const isa::Description &description, const isa::Instruction &instruction) {
  if (instruction.kind == isa::Instruction::Kind::Intrinsic)
    return description.intrinsics[instruction.intrinsic].family;
  const isa::SyncCommand &command = description.syncCommands[instruction.syncCommand];
  return description.syncs[command.sync].name + (command.isWait ? ".wait" : ".signal");
}

uint64_t sum(const Causes &causes) {
  uint64_t total = 0;
  for (const auto &[cause, cycles] : causes)
    total += cycles;
  return total;
}

class Layout {
public:
  Layout(const isa::Description &description, Timeline &timeline)
      : description(description), timeline(timeline) {}

  llvm::Error addStep(unsigned number, const plan::PlannedStep &step, const StepTimes &times) {
    std::vector<double> clocks(description.queues.size(), 0);
    double counted = 0, longest = 0;
    for (auto [command, instruction] : llvm::enumerate(step.instructions)) {
      TimedCommand timed{
          number, instruction.origin, queueOf(instruction), nameOf(description, instruction), 0, 0, {}};
      timed.causes = times.causes[command];
      if (timeline.basis == TimeBasis::Measured) {
        uint64_t begin = times.begin[command].value_or(0), end = times.end[command].value_or(begin);
        if (begin > end || end > times.cycles.value_or(0))
          return failure(ExitCode::DeviceFailed,
                         fmt::format("the device says that command {} was at work from cycle {} to {}, the "
                                     "stream took {}",
                                     command, begin, end, times.cycles.value_or(0)));
        timed.begin = double(begin);
        timed.end = double(end);
      } else if (timeline.basis == TimeBasis::Counted) {
        timed.begin = counted;
        timed.end = counted += double(sum(timed.causes));
      } else {
        auto cost = isa::cost(description, instruction);
        if (!cost)
          return cost.takeError();
        double &clock = clocks[instruction.queue];
        timed.begin = clock;
        timed.end = clock += cost->bound();
      }
      longest = std::max(longest, timed.end);
      timed.begin += timeline.end;
      timed.end += timeline.end;
      timeline.commands.push_back(std::move(timed));
    }
    timeline.end += times.cycles ? double(*times.cycles) : longest;
    return llvm::Error::success();
  }

private:
  std::string queueOf(const isa::Instruction &instruction) const {
    return instruction.queue < description.queues.size() ? description.queues[instruction.queue].name
                                                         : "commands";
  }

  const isa::Description &description;
  Timeline &timeline;
};

} // namespace

llvm::Expected<Timeline> makeTimeline(const isa::Description &description, const plan::Plan &plan,
                                      const StepCounters &counters) {
  std::vector<StepTimes> times;
  bool counts = false, spans = true;
  for (auto [number, step] : llvm::enumerate(plan.steps)) {
    llvm::ArrayRef<runtime::Counter> added;
    if (number < counters.size())
      added = counters[number];
    times.push_back(timesOf(added, step.instructions.size()));
    counts = counts || times.back().cycles;
    spans = spans && (step.host || times.back().spans);
  }
  Timeline timeline;
  timeline.basis = !counts ? TimeBasis::Declared : spans ? TimeBasis::Measured : TimeBasis::Counted;
  Layout layout(description, timeline);
  for (auto [number, step] : llvm::enumerate(plan.steps)) {
    if (step.host) {
      timeline.host.push_back({unsigned(number), step.host->layer, timeline.end});
      continue;
    }
    if (llvm::Error error = layout.addStep(unsigned(number), step, times[number]))
      return withPlace(std::move(error), "", "step " + std::to_string(number));
  }
  return timeline;
}

} // namespace tenon::driver
