// A plugin for tests that measures time: the simulator made from the description, with made-up cycles for
// every command by its number. The option `account` makes its counters wrong in one way or another, or has it
// say when commands ran (spans).
#include "core/isa/Description.h"
#include "core/isa/encoding/Decode.h"
#include "core/runtime/worker/SpecDevice.h"

#include <map>
#include <string>
#include <vector>

namespace {

using namespace tenon;

/// The one device of the process.
struct State {
  std::string account;
  isa::Description description;
  std::map<std::string, uint64_t> counts;
  std::vector<TenonDeviceCounter> items;
  std::string error;
};
State state;

const TenonDeviceInterface &simulator() { return *runtime::specDevice(); }

int32_t openDevice(const TenonDeviceOpenOptions *options, TenonDevice **device) {
  state = {};
  TenonDeviceOpenOptions own = *options;
  for (uint64_t i = 0; i < options->optionCount; ++i) {
    if (std::string("account") != options->options[i].name)
      return simulator().open(options, device); // which refuses the name
    state.account = options->options[i].value;
  }
  own.optionCount = 0;
  isa::LoadOptions load;
  for (uint64_t i = 0; i < options->parameterCount; ++i)
    load.parameters[options->parameters[i].name] = std::stoll(options->parameters[i].value);
  auto description = isa::parseDescription({options->description, options->descriptionBytes}, "", load);
  if (!description) {
    llvm::consumeError(description.takeError());
    return simulator().open(options, device); // which says what is wrong with it
  }
  state.description = std::move(*description);
  return simulator().open(&own, device);
}

/// Command n takes 7 cycles and n % 5 more of waiting.
void count(uint64_t command) {
  std::string name = "command." + std::to_string(command);
  if (state.account == "unattributed")
    state.counts["outside.unattributed"] += 7;
  else
    state.counts[name + ".busy"] += 7;
  state.counts[name + ".operand"] += command % 5;
  state.counts["cycles"] += 7 + command % 5;
  if (state.account == "spans") { // command n is at work in the cycles 3n and 3n + 1
    state.counts["span." + std::to_string(command) + ".begin"] += 3 * command;
    state.counts["span." + std::to_string(command) + ".end"] += 3 * command + 2;
  }
}

int32_t submit(TenonDevice *device, const void *commands, uint64_t bytes) {
  auto set = isa::CommandSet::create(state.description);
  auto decoded =
      set ? isa::decodeAll(*set, {static_cast<const uint8_t *>(commands), bytes}) : set.takeError();
  if (decoded) {
    for (uint64_t command = 0; command < decoded->size() + (state.account == "stranger"); ++command)
      count(command);
    state.counts["outside.fetch"] += 50;
    state.counts["cycles"] += state.account == "short" ? 49 : 50;
    state.counts["requests"] += 3; // a counter of something else
  } else {
    llvm::consumeError(decoded.takeError()); // the simulator says it better
  }
  return simulator().submit(device, commands, bytes);
}

int32_t readCounters(TenonDevice *, TenonDeviceCounters *counters) {
  state.items.clear();
  for (const auto &[name, value] : state.counts)
    state.items.push_back({name.c_str(), value});
  counters->items = state.items.data();
  counters->count = state.items.size();
  return TENON_DEVICE_DONE;
}

} // namespace

const TenonDeviceInterface *tenonDeviceInterface(uint32_t) {
  static const TenonDeviceInterface table = [] {
    TenonDeviceInterface own = simulator();
    own.open = openDevice;
    own.submit = submit;
    own.counters = readCounters;
    return own;
  }();
  return &table;
}
