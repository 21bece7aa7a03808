// The table that the worker loads: tenon_device.h on one side, Device.h on the other.
#include "core/support/Error.h"
#include "sim/systemc/Device.h"

namespace tenon::sim {
namespace {

std::string openError; ///< why the last open failed

int32_t statusOf(ExitCode code) {
  switch (code) {
  case ExitCode::WrongUse:
    return TENON_DEVICE_WRONG_USE;
  case ExitCode::WrongInput:
    return TENON_DEVICE_WRONG_INPUT;
  case ExitCode::TargetCannot:
    return TENON_DEVICE_UNSUPPORTED;
  default:
    return TENON_DEVICE_FAILED;
  }
}

int32_t keep(std::string &text, llvm::Error error) {
  text.clear();
  if (!error)
    return TENON_DEVICE_DONE;
  FailureReport failed = report(std::move(error));
  for (const Diagnostic &diagnostic : failed.diagnostics)
    text += (text.empty() ? "" : "\n") + toString(diagnostic);
  return statusOf(failed.code);
}

/// Whether a structure is of our version; says both if not.
template <class Structure> bool isOurs(const Structure *structure, std::string &text) {
  if (structure->version == TENON_DEVICE_VERSION && structure->size >= sizeof(Structure))
    return true;
  text = "the structure has version " + std::to_string(structure->version) + " and " +
         std::to_string(structure->size) + " bytes, this device has version " +
         std::to_string(TENON_DEVICE_VERSION) + " and " + std::to_string(sizeof(Structure)) + " bytes";
  return false;
}

int32_t refuse(TenonDevice *device, int32_t status, std::string message) {
  device->error = std::move(message);
  return status;
}

int32_t open(const TenonDeviceOpenOptions *options, TenonDevice **device) {
  *device = nullptr;
  if (!isOurs(options, openError))
    return TENON_DEVICE_WRONG_USE;
  auto made = openDevice(*options);
  if (!made)
    return keep(openError, made.takeError());
  *device = made->release();
  return TENON_DEVICE_DONE;
}

/// SystemC's objects stay as they are until the process ends: it does not take them apart.
void close(TenonDevice *device) { device->bench->model().closeWaveform(); }

int32_t allocate(TenonDevice *device, TenonDeviceAllocation *allocation) {
  if (!isOurs(allocation, device->error))
    return TENON_DEVICE_WRONG_USE;
  if (allocation->bytes == 0 || allocation->alignment == 0)
    return refuse(device, TENON_DEVICE_WRONG_USE, "an allocation has at least 1 byte and alignment 1");
  std::string size = std::to_string(allocation->bytes) + " bytes";
  if (allocation->fixed) {
    if (allocation->address % allocation->alignment != 0)
      return refuse(device, TENON_DEVICE_WRONG_USE,
                    "address " + std::to_string(allocation->address) + " is no multiple of " +
                        std::to_string(allocation->alignment));
    if (device->ranges.reserve(allocation->address, allocation->bytes))
      return TENON_DEVICE_DONE;
    return refuse(device, TENON_DEVICE_OUT_OF_MEMORY,
                  size + " at address " + std::to_string(allocation->address) +
                      " are not free, or past the memory's end");
  }
  auto found = device->ranges.allocate(allocation->bytes, allocation->alignment);
  if (!found)
    return refuse(device, TENON_DEVICE_OUT_OF_MEMORY, "the memory has no gap of " + size);
  allocation->address = *found;
  return TENON_DEVICE_DONE;
}

int32_t freeRange(TenonDevice *device, uint64_t address) {
  if (device->ranges.free(address))
    return TENON_DEVICE_DONE;
  return refuse(device, TENON_DEVICE_WRONG_USE,
                "no allocated range starts at address " + std::to_string(address));
}

bool isAllocated(TenonDevice *device, uint64_t address, uint64_t bytes) {
  if (device->ranges.contains(address, bytes))
    return true;
  device->error = std::to_string(bytes) + " bytes at address " + std::to_string(address) +
                  " do not lie in one allocated range";
  return false;
}

int32_t copyIn(TenonDevice *device, uint64_t address, const void *data, uint64_t bytes) {
  if (!isAllocated(device, address, bytes))
    return TENON_DEVICE_WRONG_USE;
  device->bench->memory().write(address, static_cast<const uint8_t *>(data), bytes);
  return TENON_DEVICE_DONE;
}

int32_t copyOut(TenonDevice *device, uint64_t address, void *data, uint64_t bytes) {
  if (!isAllocated(device, address, bytes))
    return TENON_DEVICE_WRONG_USE;
  device->bench->memory().read(address, static_cast<uint8_t *>(data), bytes);
  return TENON_DEVICE_DONE;
}

int32_t submit(TenonDevice *device, const void *commands, uint64_t bytes) {
  return keep(device->error, runStream(*device, {static_cast<const uint8_t *>(commands), bytes}));
}

int32_t waitForAll(TenonDevice *) { return TENON_DEVICE_DONE; } // submit returns when the stream has run

int32_t readCounters(TenonDevice *device, TenonDeviceCounters *counters) {
  if (!isOurs(counters, device->error))
    return TENON_DEVICE_WRONG_USE;
  count(*device);
  counters->items = device->counters.data();
  counters->count = device->counters.size();
  return TENON_DEVICE_DONE;
}

int32_t readInside(TenonDevice *device, const char *memory, uint64_t address, void *data, uint8_t *known,
                   uint64_t bytes) {
  if (known)
    std::fill(known, known + bytes, uint8_t(1));
  return keep(device->error, readMemory(*device, memory, address, {static_cast<uint8_t *>(data), bytes}));
}

int32_t writeInside(TenonDevice *device, const char *memory, uint64_t address, const void *data,
                    uint64_t bytes) {
  return keep(device->error,
              writeMemory(*device, memory, address, {static_cast<const uint8_t *>(data), bytes}));
}

const char *lastError(const TenonDevice *device) {
  return device ? device->error.c_str() : openError.c_str();
}

} // namespace
} // namespace tenon::sim

const TenonDeviceInterface *tenonDeviceInterface(uint32_t) {
  using namespace tenon::sim;
  static const TenonDeviceInterface table = {sizeof(TenonDeviceInterface),
                                             TENON_DEVICE_VERSION,
                                             open,
                                             close,
                                             allocate,
                                             freeRange,
                                             copyIn,
                                             copyOut,
                                             submit,
                                             waitForAll,
                                             readCounters,
                                             readInside,
                                             writeInside,
                                             lastError};
  return &table;
}
