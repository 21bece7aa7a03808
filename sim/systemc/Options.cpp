// With random timing the given latency and back-pressure are the most, and without them the ranges are wide.
#include "sim/systemc/Options.h"

#include <charconv>

namespace tenon::sim {
namespace {

constexpr const char *known =
    "seed, latency (cycles), bandwidth (1 to 16 bytes a cycle), backpressure (0 to 99 "
    "percent), order (issue, ready or random), random (0 or 1), assertions (0 or 1), error-at (number of a "
    "transaction), watchdog (cycles), waveform (a file), waveform-commands (FIRST..LAST)";

std::string readNumber(const DeviceOption &option, std::string_view text, uint64_t least, uint64_t most,
                       uint64_t &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most)
    return "";
  return option.name + " is '" + std::string(text) + "', it must be a whole number from " +
         std::to_string(least) + " to " + std::to_string(most);
}

std::string readOrder(const DeviceOption &option, BridgeOptions::Order &order) {
  if (option.value == "issue")
    order = BridgeOptions::Order::Issue;
  else if (option.value == "ready")
    order = BridgeOptions::Order::Ready;
  else if (option.value == "random")
    order = BridgeOptions::Order::Random;
  else
    return "order is '" + option.value + "', it must be issue, ready or random";
  return "";
}

std::string readRange(const DeviceOption &option, WaveformOptions &waveform) {
  size_t dots = option.value.find("..");
  if (dots == std::string::npos)
    return option.name + " is '" + option.value + "', it must be FIRST..LAST";
  std::string_view text = option.value;
  std::string wrong = readNumber(option, text.substr(0, dots), 0, 65535, waveform.firstCommand);
  if (wrong.empty())
    wrong = readNumber(option, text.substr(dots + 2), 0, 65535, waveform.lastCommand);
  return wrong;
}

/// What the texts say.
struct Numbers {
  uint64_t seed = 0, random = 0, assertions = 0, latency = 40, bandwidth = 16, backPressure = 0,
           watchdog = 100000;
  std::optional<uint64_t> errorAt;
};

std::string readOption(const DeviceOption &option, Numbers &numbers, BenchOptions &options) {
  const std::string &name = option.name;
  if (name == "seed")
    return readNumber(option, option.value, 0, UINT64_MAX, numbers.seed);
  if (name == "random")
    return readNumber(option, option.value, 0, 1, numbers.random);
  if (name == "assertions")
    return readNumber(option, option.value, 0, 1, numbers.assertions);
  if (name == "latency")
    return readNumber(option, option.value, 0, 100000, numbers.latency);
  if (name == "bandwidth")
    return readNumber(option, option.value, 1, busBytes, numbers.bandwidth);
  if (name == "backpressure")
    return readNumber(option, option.value, 0, 99, numbers.backPressure);
  if (name == "error-at")
    return readNumber(option, option.value, 0, UINT64_MAX, numbers.errorAt.emplace());
  if (name == "watchdog")
    return readNumber(option, option.value, 1, UINT32_MAX, numbers.watchdog);
  if (name == "order")
    return readOrder(option, options.bridge.order);
  if (name == "waveform-commands")
    return readRange(option, options.waveform);
  if (name != "waveform")
    return "the device has no option '" + name + "', it has: " + known;
  options.waveform.path = option.value;
  return option.value.empty() ? "waveform is '', it must be a file" : "";
}

} // namespace

std::string readOptions(const std::vector<DeviceOption> &given, BenchOptions &options) {
  Numbers numbers;
  for (const DeviceOption &option :
       given) // first, as it decides what the others are where they are not given
    if (option.name == "random" && option.value == "1") {
      numbers.latency = 200;
      numbers.backPressure = 90;
    }
  for (const DeviceOption &option : given)
    if (std::string wrong = readOption(option, numbers, options); !wrong.empty())
      return wrong;
  bool random = numbers.random == 1;
  options.random = options.memory.random = options.bridge.random = random;
  options.assertions = numbers.assertions == 1;
  options.seed = options.memory.seed = options.bridge.seed = numbers.seed;
  options.memory.latency = unsigned(numbers.latency);
  options.memory.bandwidth = unsigned(numbers.bandwidth);
  options.memory.errorAt = numbers.errorAt;
  options.bridge.backPressure = unsigned(numbers.backPressure);
  options.watchdog = numbers.watchdog;
  return "";
}

} // namespace tenon::sim
