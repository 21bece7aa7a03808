// One machine for each open device; global memory is the description's first memory of that kind.
#include "core/runtime/worker/SpecDevice.h"

#include "core/runtime/worker/DeviceSupport.h"
#include "core/spec/Machine.h"

#include "llvm/ADT/StringRef.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

/// What the interface calls a device.
struct TenonDevice {
  std::unique_ptr<tenon::spec::Machine> machine;
  unsigned memory = 0; ///< the global one's number
  tenon::runtime::RangeAllocator ranges{0};
  std::string error;
  std::vector<std::string> counterNames;
  std::vector<TenonDeviceCounter> counters;
};

namespace tenon::runtime {
namespace {

/// Why the last open of this thread failed: the interface asks for it without a device.
thread_local std::string openError;

/// A whole text as a number.
template <class Number> llvm::Error parse(const TenonDeviceSetting &setting, Number &number) {
  if (!llvm::StringRef(setting.value).getAsInteger(10, number))
    return llvm::Error::success();
  return failure(ExitCode::WrongUse, std::string(setting.name) + " is '" + setting.value +
                                         "', it must be a whole number in decimal");
}

llvm::Error readOptions(const TenonDeviceOpenOptions &options, isa::LoadOptions &load,
                        spec::MachineOptions &machine) {
  for (uint64_t i = 0; i < options.parameterCount; ++i)
    if (llvm::Error error = parse(options.parameters[i], load.parameters[options.parameters[i].name]))
      return error;
  for (uint64_t i = 0; i < options.optionCount; ++i) {
    const TenonDeviceSetting &option = options.options[i];
    llvm::StringRef name(option.name);
    llvm::Error error = llvm::Error::success();
    if (name == "seed")
      error = parse(option, machine.seed.emplace());
    else if (name == "memory-bytes")
      error = parse(option, machine.memoryBytes);
    else if (name == "most-commands")
      error = parse(option, machine.mostCommands);
    else
      error = failure(ExitCode::WrongUse, "the engine has no option '" + name.str() +
                                              "', it has: seed, memory-bytes, most-commands");
    if (error)
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<TenonDevice>> makeDevice(const TenonDeviceOpenOptions &options) {
  isa::LoadOptions load;
  spec::MachineOptions machineOptions;
  if (llvm::Error error = readOptions(options, load, machineOptions))
    return std::move(error);
  llvm::StringRef text(options.description, options.descriptionBytes);
  llvm::Expected<isa::Description> description = isa::parseDescription(text, options.descriptionPath, load);
  if (!description)
    return description.takeError();
  auto device = std::make_unique<TenonDevice>();
  size_t memory = 0;
  while (memory < description->memories.size() &&
         description->memories[memory].kind != isa::Memory::Kind::Global)
    ++memory;
  if (memory == description->memories.size())
    return failure(ExitCode::WrongInput, "the description of " + description->name +
                                             " has no memory of kind global, a device has one");
  device->memory = unsigned(memory);
  device->ranges = RangeAllocator(description->memories[memory].bytes);
  device->counterNames.push_back("commands");
  for (const isa::Intrinsic &intrinsic : description->intrinsics)
    device->counterNames.push_back("intrinsic." + intrinsic.name);
  for (const isa::Queue &queue : description->queues)
    device->counterNames.push_back("queue." + queue.name);
  llvm::Expected<std::unique_ptr<spec::Machine>> machine =
      spec::Machine::create(std::move(*description), machineOptions);
  if (!machine)
    return machine.takeError();
  device->machine = std::move(*machine);
  return std::move(device);
}

int32_t openDevice(const TenonDeviceOpenOptions *options, TenonDevice **device) {
  *device = nullptr;
  if (!isOurs(options, openError))
    return TENON_DEVICE_WRONG_USE;
  llvm::Expected<std::unique_ptr<TenonDevice>> made = makeDevice(*options);
  if (!made)
    return keep(openError, made.takeError());
  *device = made->release();
  return TENON_DEVICE_DONE;
}

void closeDevice(TenonDevice *device) { delete device; }

int32_t allocate(TenonDevice *device, TenonDeviceAllocation *allocation) {
  return allocateRange(device->ranges, allocation, device->error);
}

int32_t freeMemory(TenonDevice *device, uint64_t address) {
  return freeRange(device->ranges, address, device->error);
}

int32_t copyIn(TenonDevice *device, uint64_t address, const void *data, uint64_t bytes) {
  if (!isAllocated(device->ranges, address, bytes, device->error))
    return TENON_DEVICE_WRONG_USE;
  llvm::ArrayRef<uint8_t> source(static_cast<const uint8_t *>(data), bytes);
  return keep(device->error, device->machine->write(device->memory, address, source));
}

int32_t copyOut(TenonDevice *device, uint64_t address, void *data, uint64_t bytes) {
  if (!isAllocated(device->ranges, address, bytes, device->error))
    return TENON_DEVICE_WRONG_USE;
  llvm::MutableArrayRef<uint8_t> target(static_cast<uint8_t *>(data), bytes);
  return keep(device->error, device->machine->read(device->memory, address, target));
}

int32_t submit(TenonDevice *device, const void *commands, uint64_t bytes) {
  llvm::ArrayRef<uint8_t> stream(static_cast<const uint8_t *>(commands), bytes);
  return keep(device->error, device->machine->run(stream));
}

int32_t waitForAll(TenonDevice *) { return TENON_DEVICE_DONE; } // submit returns when the stream has run

int32_t readCounters(TenonDevice *device, TenonDeviceCounters *counters) {
  if (!isOurs(counters, device->error))
    return TENON_DEVICE_WRONG_USE;
  const spec::Counters &found = device->machine->counters();
  std::vector<uint64_t> values = {found.commands};
  values.insert(values.end(), found.intrinsics.begin(), found.intrinsics.end());
  values.insert(values.end(), found.queues.begin(), found.queues.end());
  if (values.size() != device->counterNames.size())
    return refuse(device->error, TENON_DEVICE_FAILED,
                  "the machine has " + std::to_string(values.size()) + " counters, the description names " +
                      std::to_string(device->counterNames.size()));
  device->counters.clear();
  for (size_t i = 0; i < values.size(); ++i)
    device->counters.push_back({device->counterNames[i].c_str(), values[i]});
  counters->items = device->counters.data();
  counters->count = device->counters.size();
  return TENON_DEVICE_DONE;
}

/// The number of the memory of this name, or the count of memories.
unsigned memoryNumber(TenonDevice *device, const char *name) {
  const std::vector<isa::Memory> &memories = device->machine->description().memories;
  unsigned number = 0;
  while (number < memories.size() && memories[number].name != name)
    ++number;
  if (number == memories.size()) {
    device->error = std::string("the description has no memory ") + name + ", it has:";
    for (const isa::Memory &memory : memories)
      device->error += " " + memory.name;
  }
  return number;
}

int32_t readMemory(TenonDevice *device, const char *memory, uint64_t address, void *data, uint8_t *known,
                   uint64_t bytes) {
  unsigned number = memoryNumber(device, memory);
  if (number == device->machine->description().memories.size())
    return TENON_DEVICE_WRONG_USE;
  llvm::MutableArrayRef<uint8_t> target(static_cast<uint8_t *>(data), bytes);
  llvm::MutableArrayRef<uint8_t> marks(known, known ? bytes : 0);
  return keep(device->error, device->machine->peek(number, address, target, marks));
}

int32_t writeMemory(TenonDevice *device, const char *memory, uint64_t address, const void *data,
                    uint64_t bytes) {
  unsigned number = memoryNumber(device, memory);
  if (number == device->machine->description().memories.size())
    return TENON_DEVICE_WRONG_USE;
  llvm::ArrayRef<uint8_t> source(static_cast<const uint8_t *>(data), bytes);
  return keep(device->error, device->machine->poke(number, address, source));
}

const char *lastError(const TenonDevice *device) {
  return device ? device->error.c_str() : openError.c_str();
}

} // namespace

const TenonDeviceInterface *specDevice() {
  static const TenonDeviceInterface table = {sizeof(TenonDeviceInterface),
                                             TENON_DEVICE_VERSION,
                                             openDevice,
                                             closeDevice,
                                             allocate,
                                             freeMemory,
                                             copyIn,
                                             copyOut,
                                             submit,
                                             waitForAll,
                                             readCounters,
                                             readMemory,
                                             writeMemory,
                                             lastError};
  return &table;
}

} // namespace tenon::runtime
