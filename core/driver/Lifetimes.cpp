// One pass over the commands; each memory is a map from addresses to the write that they hold now.
#include "core/driver/Lifetimes.h"

#include "core/plan/Synchronise.h"

namespace tenon::driver {

namespace {

/// Which lifetime each byte of a memory belongs to.
class Holder {
public:
  void write(int64_t begin, int64_t end, size_t value) {
    split(begin);
    split(end);
    parts.erase(parts.lower_bound(begin), parts.lower_bound(end));
    parts[begin] = {end, value};
  }

  void read(int64_t begin, int64_t end, llvm::function_ref<void(size_t)> found) const {
    auto at = parts.upper_bound(begin);
    if (at != parts.begin() && std::prev(at)->second.end > begin)
      --at;
    for (; at != parts.end() && at->first < end; ++at)
      found(at->second.value);
  }

private:
  struct Part {
    int64_t end = 0;
    size_t value = 0;
  };

  void split(int64_t place) {
    auto at = parts.upper_bound(place);
    if (at == parts.begin())
      return;
    --at;
    if (at->first == place || at->second.end <= place)
      return;
    Part rest = at->second;
    at->second.end = place;
    parts.emplace(place, rest);
  }

  std::map<int64_t, Part> parts; ///< by their first byte
};

class Tracker {
public:
  explicit Tracker(const isa::Description &description)
      : description(description), holders(description.memories.size()) {}

  void write(unsigned memory, int64_t begin, int64_t end, Lifetime life) {
    life.memory = memory;
    life.address = uint64_t(begin);
    life.bytes = uint64_t(end - begin);
    holders[memory].write(begin, end, found.size());
    found.push_back(std::move(life));
  }

  void read(unsigned memory, int64_t begin, int64_t end, double until) {
    holders[memory].read(begin, end,
                         [&](size_t value) { found[value].end = std::max(found[value].end, until); });
  }

  void command(const isa::Instruction &instruction, const TimedCommand &timed) {
    std::vector<plan::Touch> touches = plan::touches(description, instruction);
    for (const plan::Touch &touch : touches)
      if (!touch.writes)
        read(touch.memory, touch.begin, touch.end, timed.end);
    for (const plan::Touch &touch : touches)
      if (touch.writes)
        write(touch.memory, touch.begin, touch.end,
              {0, 0, 0, timed.begin, timed.end, timed.layer, timed.name});
  }

  std::vector<Lifetime> found;

private:
  const isa::Description &description;
  std::vector<Holder> holders;
};

/// The memory that a bundle's locations are in.
std::optional<unsigned> sharedMemory(const isa::Description &description, const runtime::Bundle &bundle) {
  for (auto [number, memory] : llvm::enumerate(description.memories))
    if (memory.name == bundle.memory)
      return unsigned(number);
  return std::nullopt;
}

void hostStep(Tracker &tracker, std::optional<unsigned> shared, const runtime::HostStep &step, double at) {
  for (bool writes : {false, true})
    for (const runtime::HostOperand &operand : step.operands) {
      if (operand.location.hostBuffer || !shared || !(writes ? operand.writes : operand.reads))
        continue;
      auto begin = int64_t(operand.location.address), end = begin + int64_t(operand.location.bytes);
      if (writes)
        tracker.write(*shared, begin, end, {0, 0, 0, at, at, step.layer, "host"});
      else
        tracker.read(*shared, begin, end, at);
    }
}

} // namespace

std::vector<Lifetime> lifetimes(const isa::Description &description, const plan::Plan &plan,
                                const Timeline &timeline) {
  Tracker tracker(description);
  std::optional<unsigned> shared = sharedMemory(description, plan.bundle);
  auto placed = [&](const runtime::Location &location, const char *what, double until) {
    if (!location.hostBuffer && shared && location.bytes)
      tracker.write(*shared, int64_t(location.address), int64_t(location.address + location.bytes),
                    {0, 0, 0, 0, until, std::nullopt, what});
  };
  for (const runtime::Segment &segment : plan.bundle.constants)
    placed(segment.location, "constant", timeline.end); // there before every run, so never given up
  for (const runtime::BundleTensor &input : plan.bundle.inputs)
    placed(input.location, "input", 0);
  const TimedCommand *command = timeline.commands.data();
  const HostMoment *moment = timeline.host.data();
  for (const plan::PlannedStep &step : plan.steps) {
    if (step.host)
      hostStep(tracker, shared, *step.host, (moment++)->at);
    for (const isa::Instruction &instruction : step.instructions)
      tracker.command(instruction, *command++);
  }
  if (shared)
    for (const runtime::BundleTensor &output : plan.bundle.outputs)
      if (!output.location.hostBuffer)
        tracker.read(*shared, int64_t(output.location.address),
                     int64_t(output.location.address + output.location.bytes), timeline.end);
  llvm::sort(tracker.found, [](const Lifetime &a, const Lifetime &b) {
    return std::tuple(a.memory, a.begin, a.address, a.end) < std::tuple(b.memory, b.begin, b.address, b.end);
  });
  return std::move(tracker.found);
}

} // namespace tenon::driver
