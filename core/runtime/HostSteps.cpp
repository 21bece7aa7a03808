// Tensors of the device that a host function needs are copied out to the host's worker before its call and
// back after it; host buffers stay there.
#include "core/runtime/HostSteps.h"

#include "core/host/HostStatus.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace tenon::runtime {

llvm::Expected<HostSteps> HostSteps::start(const Bundle &bundle, const HostLibraryOptions &options) {
  HostSteps steps;
  for (const Step &step : bundle.steps)
    if (step.host && !llvm::is_contained(steps.functions, step.host->function))
      steps.functions.push_back(step.host->function);
  if (steps.functions.empty() && bundle.hostBuffers.empty())
    return steps;
  llvm::Expected<HostLibrary> loaded = HostLibrary::load(bundle.hostSource, steps.functions, options);
  if (!loaded)
    return loaded.takeError();
  steps.host.emplace(std::move(*loaded));
  for (uint64_t bytes : bundle.hostBuffers) {
    llvm::Expected<unsigned> buffer = steps.host->allocate(bytes);
    if (!buffer)
      return buffer.takeError();
    steps.hostBuffers.push_back(*buffer);
  }
  return steps;
}

llvm::Error HostSteps::write(unsigned hostBuffer, llvm::ArrayRef<uint8_t> bytes) {
  return host->write(hostBuffers[hostBuffer], bytes);
}

llvm::Error HostSteps::read(unsigned hostBuffer, llvm::MutableArrayRef<uint8_t> bytes) {
  return host->read(hostBuffers[hostBuffer], bytes);
}

/// The buffer that the host function gets for an operand, with its content where it is read.
llvm::Expected<unsigned> HostSteps::stage(const HostOperand &operand, const DeviceMemory &device,
                                          std::map<uint64_t, unsigned> &taken) {
  const Location &location = operand.location;
  if (location.hostBuffer)
    return hostBuffers[*location.hostBuffer];
  std::vector<unsigned> &buffers = staging[location.bytes];
  unsigned use = taken[location.bytes]++;
  if (use == buffers.size()) {
    llvm::Expected<unsigned> made = host->allocate(location.bytes);
    if (!made)
      return made.takeError();
    buffers.push_back(*made);
  }
  if (operand.reads) {
    std::vector<uint8_t> bytes(location.bytes);
    if (llvm::Error error = device.read(location.address, bytes))
      return std::move(error);
    if (llvm::Error error = host->write(buffers[use], bytes))
      return std::move(error);
  }
  return buffers[use];
}

llvm::Error HostSteps::run(const HostStep &step, const DeviceMemory &device) {
  std::map<uint64_t, unsigned> taken;
  std::vector<unsigned> buffers;
  for (const HostOperand &operand : step.operands) {
    llvm::Expected<unsigned> buffer = stage(operand, device, taken);
    if (!buffer)
      return buffer.takeError();
    buffers.push_back(*buffer);
  }
  auto function = unsigned(llvm::find(functions, step.function) - functions.begin());
  llvm::Expected<int32_t> status = host->call(function, buffers);
  if (!status)
    return status.takeError();
  if (*status != int32_t(host::HostStatus::Done))
    return wrongInput("the host function " + step.function +
                      " has no result: " + host::hostStatusText(*status));
  for (auto [operand, buffer] : llvm::zip(step.operands, buffers)) {
    if (!operand.writes || operand.location.hostBuffer)
      continue;
    std::vector<uint8_t> bytes(operand.location.bytes);
    if (llvm::Error error = host->read(buffer, bytes))
      return error;
    if (llvm::Error error = device.write(operand.location.address, bytes))
      return error;
  }
  return llvm::Error::success();
}

} // namespace tenon::runtime
