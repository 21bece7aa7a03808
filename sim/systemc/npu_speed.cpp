// How fast the RTL is simulated: runs a compiled model on it a few times and prints cycles, seconds and MHz.
//   tenon compile MODEL --target npu-sim -o BUNDLE && npu_speed BUNDLE [NAME=VALUE ...]
// NAME=VALUE are options of the device. Seconds are those that the
// device's thread had of a processor in its runs: no start, no copies.
#include "core/runtime/Execute.h"
#include "core/support/Error.h"

#include <fmt/format.h>
#include <random>

using namespace tenon;

namespace {

constexpr unsigned runs = 5;

llvm::Expected<uint64_t> counter(const runtime::ExecuteResult &result, const std::string &name) {
  for (const runtime::Counter &each : result.counters)
    if (each.name == name)
      return each.value;
  return failure(ExitCode::DeviceFailed, "the device has no counter " + name);
}

llvm::Error measure(llvm::ArrayRef<char *> arguments) {
  auto bundle = runtime::readBundle(arguments.front());
  if (!bundle)
    return bundle.takeError();
  runtime::ExecuteOptions options;
  options.device.plugin = NPU_PLUGIN;
  options.device.worker.program = NPU_WORKER;
  options.host.worker = options.device.worker;
  for (llvm::StringRef argument : arguments.drop_front()) {
    auto [name, value] = argument.split('=');
    options.device.options[name.str()] = value.str();
  }
  auto executor = runtime::Executor::start(*bundle, options);
  if (!executor)
    return executor.takeError();
  std::mt19937 random(1);
  std::vector<runtime::Bytes> inputs;
  for (const runtime::BundleTensor &input : bundle->inputs) {
    runtime::Bytes bytes(input.location.bytes);
    for (uint8_t &byte : bytes)
      byte = uint8_t(random());
    inputs.push_back(std::move(bytes));
  }
  for (unsigned run = 0; run < runs; ++run) {
    auto result = executor->run(inputs);
    if (!result)
      return result.takeError();
    auto cycles = counter(*result, "simulation.cycles"), spent = counter(*result, "simulation.nanoseconds");
    if (!cycles)
      return cycles.takeError();
    if (!spent)
      return spent.takeError();
    fmt::print("{} cycles in {:.3f} s of a processor: {:.2f} MHz\n", *cycles, double(*spent) * 1e-9,
               double(*cycles) * 1e3 / double(*spent));
  }
  return executor->stop();
}

} // namespace

int main(int count, char **arguments) {
  if (count < 2) {
    fmt::print(stderr, "npu_speed: BUNDLE [NAME=VALUE ...]\n");
    return int(ExitCode::WrongUse);
  }
  llvm::Error error = measure(llvm::ArrayRef(arguments + 1, size_t(count - 1)));
  if (!error)
    return 0;
  FailureReport failed = report(std::move(error));
  for (const Diagnostic &diagnostic : failed.diagnostics)
    fmt::print(stderr, "npu_speed: {}\n", toString(diagnostic));
  return int(failed.code);
}
