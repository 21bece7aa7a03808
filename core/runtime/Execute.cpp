// Steps in order, and what callers are told between them.
#include "core/runtime/Execute.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <chrono>

namespace tenon::runtime {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

} // namespace

llvm::Expected<Executor> Executor::start(const Bundle &bundle, const ExecuteOptions &options) {
  if (llvm::Error error = checkBundle(bundle))
    return std::move(error);
  DeviceOptions deviceOptions = options.device;
  deviceOptions.description = bundle.description;
  deviceOptions.parameters = bundle.parameters;
  llvm::Expected<DeviceProcess> device = DeviceProcess::open(deviceOptions);
  if (!device)
    return device.takeError();
  Executor executor(bundle, std::move(*device));
  if (bundle.memoryBytes > 0) {
    llvm::Expected<uint64_t> address = executor.device.allocate(bundle.memoryBytes, 1, 0);
    if (!address)
      return address.takeError();
  }
  llvm::Expected<HostSteps> host = HostSteps::start(bundle, options.host);
  if (!host)
    return host.takeError();
  executor.host = std::move(*host);
  if (llvm::Error error = executor.placeConstants())
    return std::move(error);
  return executor;
}

llvm::Error Executor::placeConstants() {
  for (const Segment &segment : bundle->constants)
    if (llvm::Error error = write(segment.location, segment.content))
      return error;
  return llvm::Error::success();
}

llvm::Error Executor::write(const Location &location, llvm::ArrayRef<uint8_t> bytes) {
  return location.hostBuffer ? host.write(*location.hostBuffer, bytes)
                             : device.copyIn(location.address, bytes);
}

llvm::Expected<Bytes> Executor::read(const Location &location) {
  Bytes bytes(location.bytes);
  llvm::Error error =
      location.hostBuffer ? host.read(*location.hostBuffer, bytes) : device.copyOut(location.address, bytes);
  if (error)
    return std::move(error);
  return bytes;
}

llvm::Error Executor::runDevice(const DeviceStep &step) {
  llvm::ArrayRef<uint8_t> all(bundle->commands);
  if (llvm::Error error = device.submit(all.slice(step.offset, step.bytes)))
    return error;
  return device.wait();
}

/// Those that are complete now that so many steps are done.
llvm::Error Executor::showTensors(unsigned steps, const ExecuteCallbacks &callbacks) {
  if (!callbacks.onTensor)
    return llvm::Error::success();
  for (const WatchedTensor &watched : bundle->tensors) {
    if (watched.steps != steps)
      continue;
    llvm::Expected<Bytes> bytes = read(watched.tensor.location);
    if (!bytes)
      return bytes.takeError();
    if (llvm::Error error = callbacks.onTensor(watched, *bytes))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error Executor::runStep(unsigned number, const ExecuteCallbacks &callbacks) {
  const Step &step = bundle->steps[number];
  Clock::time_point start = Clock::now();
  DeviceMemory memory{
      [&](uint64_t address, llvm::MutableArrayRef<uint8_t> bytes) { return device.copyOut(address, bytes); },
      [&](uint64_t address, llvm::ArrayRef<uint8_t> bytes) { return device.copyIn(address, bytes); }};
  if (llvm::Error error = step.device ? runDevice(*step.device) : host.run(*step.host, memory)) {
    std::string place = "step " + std::to_string(number);
    return withPlace(std::move(error), "",
                     step.host ? place + ", " + bundle->layers[step.host->layer].name : place);
  }
  double seconds = secondsSince(start);
  if (llvm::Error error = showTensors(number + 1, callbacks))
    return error;
  if (!callbacks.afterStep)
    return llvm::Error::success();
  llvm::Expected<std::vector<Counter>> counters = addedToCounters();
  if (!counters)
    return counters.takeError();
  return callbacks.afterStep(number, seconds, *counters);
}

llvm::Expected<std::vector<Counter>> Executor::addedToCounters() {
  llvm::Expected<std::vector<Counter>> counters = device.counters();
  if (!counters)
    return counters.takeError();
  for (Counter &counter : *counters) {
    uint64_t &before = counted[counter.name]; // one that is new counts from 0
    uint64_t now = counter.value;
    counter.value -= before;
    before = now;
  }
  return counters;
}

llvm::Expected<ExecuteResult> Executor::run(llvm::ArrayRef<Bytes> inputs, const ExecuteCallbacks &callbacks) {
  if (inputs.size() != bundle->inputs.size())
    return failure(ExitCode::WrongUse, std::to_string(inputs.size()) + " inputs are given, the bundle has " +
                                           std::to_string(bundle->inputs.size()));
  for (auto [given, input] : llvm::zip(inputs, bundle->inputs))
    if (given.size() != input.location.bytes)
      return failure(ExitCode::WrongUse, "input " + input.name + " is given with " +
                                             std::to_string(given.size()) + " bytes, it has " +
                                             std::to_string(input.location.bytes));
  Clock::time_point start = Clock::now();
  llvm::Expected<std::vector<Counter>> before = addedToCounters();
  if (!before)
    return before.takeError();
  std::map<std::string, uint64_t> atStart = counted;
  for (auto [given, input] : llvm::zip(inputs, bundle->inputs))
    if (llvm::Error error = write(input.location, given))
      return std::move(error);
  if (llvm::Error error = showTensors(0, callbacks))
    return std::move(error);
  for (unsigned number = 0; number < bundle->steps.size(); ++number)
    if (llvm::Error error = runStep(number, callbacks))
      return std::move(error);
  ExecuteResult result;
  for (const BundleTensor &output : bundle->outputs) {
    llvm::Expected<Bytes> bytes = read(output.location);
    if (!bytes)
      return withPlace(bytes.takeError(), "", "output " + output.name);
    result.outputs.push_back(std::move(*bytes));
  }
  llvm::Expected<std::vector<Counter>> after = addedToCounters();
  if (!after)
    return after.takeError();
  for (Counter &counter : *after)
    counter.value = counted[counter.name] - atStart[counter.name];
  result.counters = std::move(*after);
  result.seconds = secondsSince(start);
  return result;
}

llvm::Error Executor::stop() { return device.close(); }

} // namespace tenon::runtime
