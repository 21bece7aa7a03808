// A plugin for tests: a memory of 1 MiB whose commands, 32 bytes each, are {1, from, to, count}: to[i] =
// from[i] + 1. The option `fault` names what goes wrong, and where: "abort at submit".
#include "core/runtime/tenon_device.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

struct TenonDevice {
  std::vector<unsigned char> memory;
  std::string fault, error;
  std::map<uint64_t, uint64_t> ranges;
  uint64_t commands = 0;
  TenonDeviceCounter counter = {"commands", 0};
};

namespace {

std::string openError;

int32_t refuse(TenonDevice *device, int32_t status, const char *text) {
  device->error = text;
  return status;
}

/// What the option asks for at this call.
int32_t strike(TenonDevice *device, const char *call) {
  size_t at = device->fault.find(" at ");
  if (at == std::string::npos || device->fault.substr(at + 4) != call)
    return TENON_DEVICE_DONE;
  std::string what = device->fault.substr(0, at);
  std::fprintf(stderr, "the test device is going to %s\n", what.c_str());
  if (what == "crash") {
    // A sanitizer has put its own handler there, which would turn the crash into an exit.
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
  }
  if (what == "abort")
    std::abort();
  if (what == "exit")
    std::exit(0);
  if (what == "hang")
    for (;;)
      ::sleep(1);
  if (what == "flood")
    for (int line = 0; line < 20000; ++line)
      std::printf("line %d of much text\n", line);
  if (what == "silence")
    return refuse(device, TENON_DEVICE_FAILED, "");
  if (what == "refuse")
    return refuse(device, TENON_DEVICE_FAILED, "the command 7 is not one of this device");
  return TENON_DEVICE_DONE;
}

int32_t openDevice(const TenonDeviceOpenOptions *options, TenonDevice **device) {
  *device = nullptr;
  std::string fault;
  for (uint64_t i = 0; i < options->optionCount; ++i) {
    if (std::strcmp(options->options[i].name, "fault") != 0) {
      openError = std::string("the device has no option ") + options->options[i].name;
      return TENON_DEVICE_WRONG_USE;
    }
    fault = options->options[i].value;
  }
  *device = new TenonDevice{std::vector<unsigned char>(1 << 20), fault, "", {}, 0, {"commands", 0}};
  return strike(*device, "open");
}

void closeDevice(TenonDevice *device) {
  strike(device, "close");
  delete device;
}

int32_t allocate(TenonDevice *device, TenonDeviceAllocation *allocation) {
  if (int32_t status = strike(device, "allocate"))
    return status;
  if (!allocation->fixed)
    allocation->address = device->ranges.empty() ? 0 : device->ranges.rbegin()->second;
  if (allocation->address + allocation->bytes > device->memory.size())
    return refuse(device, TENON_DEVICE_OUT_OF_MEMORY, "the memory has 1048576 bytes");
  device->ranges[allocation->address] = allocation->address + allocation->bytes;
  return TENON_DEVICE_DONE;
}

int32_t freeRange(TenonDevice *device, uint64_t address) {
  return device->ranges.erase(address)
             ? TENON_DEVICE_DONE
             : refuse(device, TENON_DEVICE_WRONG_USE, "nothing was allocated there");
}

int32_t copyIn(TenonDevice *device, uint64_t address, const void *data, uint64_t bytes) {
  if (int32_t status = strike(device, "copyIn"))
    return status;
  std::memcpy(device->memory.data() + address, data, bytes);
  return TENON_DEVICE_DONE;
}

int32_t copyOut(TenonDevice *device, uint64_t address, void *data, uint64_t bytes) {
  std::memcpy(data, device->memory.data() + address, bytes);
  return TENON_DEVICE_DONE;
}

int32_t submit(TenonDevice *device, const void *commands, uint64_t bytes) {
  if (int32_t status = strike(device, "submit"))
    return status;
  for (uint64_t at = 0; at + 32 <= bytes; at += 32, ++device->commands) {
    uint64_t word[4];
    std::memcpy(word, static_cast<const char *>(commands) + at, sizeof(word));
    if (word[0] != 1)
      return refuse(device, TENON_DEVICE_FAILED, "a command is not 1");
    for (uint64_t i = 0; i < word[3]; ++i)
      device->memory[word[2] + i] = static_cast<unsigned char>(device->memory[word[1] + i] + 1);
  }
  return TENON_DEVICE_DONE;
}

int32_t waitForAll(TenonDevice *device) { return strike(device, "wait"); }

int32_t readCounters(TenonDevice *device, TenonDeviceCounters *counters) {
  device->counter.value = device->commands;
  counters->items = &device->counter;
  counters->count = 1;
  return TENON_DEVICE_DONE;
}

const char *lastError(const TenonDevice *device) {
  return device ? device->error.c_str() : openError.c_str();
}

#ifndef TEST_DEVICE_VERSION
#define TEST_DEVICE_VERSION TENON_DEVICE_VERSION
#endif
#ifndef TEST_DEVICE_BYTES
#define TEST_DEVICE_BYTES sizeof(TenonDeviceInterface)
#endif

const TenonDeviceInterface table = {TEST_DEVICE_BYTES,
                                    TEST_DEVICE_VERSION,
                                    openDevice,
                                    closeDevice,
                                    allocate,
                                    freeRange,
                                    copyIn,
                                    copyOut,
                                    submit,
                                    waitForAll,
                                    readCounters,
                                    nullptr,
                                    nullptr,
                                    lastError};

} // namespace

#ifndef TEST_DEVICE_WITHOUT_SYMBOL
const TenonDeviceInterface *tenonDeviceInterface(uint32_t) { return &table; }
#else
const TenonDeviceInterface *anotherName() { return &table; }
#endif
