// Commands are numbered by decoding a step's stream; the bundle says which of its bytes are whose.
#include "core/driver/Account.h"

#include "core/isa/Instruction.h"
#include "core/isa/encoding/Decode.h"
#include "core/support/Error.h"

#include <algorithm>

namespace tenon::driver {

namespace {

uint64_t sum(const Causes &causes) {
  uint64_t total = 0;
  for (const auto &[cause, cycles] : causes)
    total += cycles;
  return total;
}

/// Commands between two ranges of a step; a planner makes none.
constexpr const char *noLayersCommands = "commands of no layer";

class Accountant {
public:
  Accountant(const isa::Description &description, const runtime::Bundle &bundle)
      : description(description), bundle(bundle), busy(bundle.layers.size()) {
    account.layers.resize(bundle.layers.size());
  }

  llvm::Error addStep(const isa::CommandSet &commands, const runtime::DeviceStep &step,
                      llvm::ArrayRef<runtime::Counter> counters) {
    layerOfCommand.clear();
    if (llvm::Error error = readStream(commands, step))
      return error;
    return addCounters(counters);
  }

  Account finish() {
    for (auto [layer, units] : llvm::zip_equal(account.layers, busy))
      for (const auto &[unit, cycles] : units)
        if (cycles > layer.boundCycles) {
          layer.boundCycles = cycles;
          layer.busiestUnit = unit;
        }
    return std::move(account);
  }

private:
  llvm::Error readStream(const isa::CommandSet &commands, const runtime::DeviceStep &step) {
    auto stream = llvm::ArrayRef(bundle.commands).slice(step.offset, step.bytes);
    isa::RegisterState registers(description);
    const runtime::CommandRange *range = step.ranges.data(), *end = range + step.ranges.size();
    for (uint64_t offset = 0; offset < stream.size();) {
      auto decoded = isa::decode(commands, stream, offset, registers);
      if (!decoded)
        return decoded.takeError();
      registers.apply(decoded->instruction);
      while (range != end && range->offset + range->bytes <= offset)
        ++range;
      bool isLayers = range != end && range->offset <= offset;
      layerOfCommand.push_back(isLayers ? std::optional(range->layer) : std::nullopt);
      if (isLayers)
        if (llvm::Error error = addDeclared(decoded->instruction, range->layer))
          return error;
      offset += decoded->bytes;
    }
    return llvm::Error::success();
  }

  llvm::Error addDeclared(const isa::Instruction &instruction, unsigned layer) {
    auto cost = isa::cost(description, instruction);
    if (!cost)
      return cost.takeError();
    for (const auto &[unit, cycles] : cost->busy)
      busy[layer][unit] += cycles;
    account.layers[layer].extraCycles += cost->extra;
    return llvm::Error::success();
  }

  llvm::Error addCounters(llvm::ArrayRef<runtime::Counter> counters) {
    const auto *cycles = llvm::find_if(counters, [](auto &counter) { return counter.name == "cycles"; });
    if (cycles == counters.end())
      return llvm::Error::success();
    account.measured = true;
    account.cycles += cycles->value;
    uint64_t byCause = 0;
    for (const runtime::Counter &counter : counters) {
      std::string cause;
      auto causes = place(counter, cause);
      if (!causes)
        return causes.takeError();
      if (!*causes || counter.value == 0)
        continue;
      (**causes)[cause] += counter.value;
      byCause += counter.value;
    }
    if (byCause != cycles->value)
      return failure(ExitCode::DeviceFailed, "the device counts " + std::to_string(cycles->value) +
                                                 " cycles, and by cause " + std::to_string(byCause));
    return llvm::Error::success();
  }

  /// Where the counter belongs, and its cause; nullptr where it counts no cycles of this step.
  llvm::Expected<Causes *> place(const runtime::Counter &counter, std::string &cause) {
    llvm::StringRef name(counter.name);
    if (name.consume_front("outside.")) {
      cause = name.str();
      return &account.outside;
    }
    if (!name.consume_front("command."))
      return nullptr;
    unsigned number = 0;
    if (name.consumeInteger(10, number) || !name.consume_front(".") || name.empty())
      return failure(ExitCode::DeviceFailed,
                     "the device's counter " + counter.name + " is no command.<number>.<cause>");
    if (number >= layerOfCommand.size()) {
      if (counter.value == 0)
        return nullptr; // of a longer stream
      return failure(ExitCode::DeviceFailed, "the device counts " + std::to_string(counter.value) +
                                                 " cycles of command " + std::to_string(number) +
                                                 ", the stream has " + std::to_string(layerOfCommand.size()) +
                                                 " commands");
    }
    std::optional<unsigned> layer = layerOfCommand[number];
    cause = layer ? name.str() : noLayersCommands;
    return layer ? &account.layers[*layer].measured : &account.outside;
  }

  const isa::Description &description;
  const runtime::Bundle &bundle;
  std::vector<std::map<std::string, double>> busy; ///< of each layer, by unit
  std::vector<std::optional<unsigned>> layerOfCommand;
  Account account;
};

} // namespace

uint64_t LayerAccount::cycles() const { return sum(measured); }

Causes LayerAccount::stalls() const {
  Causes stalls = measured;
  stalls.erase(workCause);
  return stalls;
}

uint64_t Account::outsideCycles() const { return sum(outside); }

llvm::Expected<Account> makeAccount(const isa::Description &description, const runtime::Bundle &bundle,
                                    const StepCounters &counters) {
  auto commands = isa::CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  Accountant accountant(description, bundle);
  for (auto [number, step] : llvm::enumerate(bundle.steps)) {
    if (!step.device)
      continue;
    llvm::ArrayRef<runtime::Counter> added;
    if (number < counters.size())
      added = counters[number];
    if (llvm::Error error = accountant.addStep(*commands, *step.device, added))
      return withPlace(std::move(error), "", "step " + std::to_string(number));
  }
  return accountant.finish();
}

} // namespace tenon::driver
