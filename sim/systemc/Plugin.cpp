// The table that the worker loads: tenon_device.h on one side, Device.h on the other.
#include "core/runtime/worker/DeviceSupport.h"
#include "sim/systemc/Device.h"

#include <algorithm>

namespace tenon::sim {
namespace {

using runtime::isOurs;
using runtime::keep;

std::string openError; ///< why the last open failed

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
  return runtime::allocateRange(device->ranges, allocation, device->error);
}

int32_t freeMemory(TenonDevice *device, uint64_t address) {
  return runtime::freeRange(device->ranges, address, device->error);
}

bool isAllocated(TenonDevice *device, uint64_t address, uint64_t bytes) {
  return runtime::isAllocated(device->ranges, address, bytes, device->error);
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
                                             freeMemory,
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
