// A description is served if it is the one that the design was generated from, with parameters of which a
// model was built.
#include "sim/systemc/Device.h"

#include "core/support/Error.h"
#include "sim/systemc/FailureText.h"
#include "sim/systemc/Options.h"
#include "sim/systemc/npu_sim.h"

#include "llvm/ADT/STLExtras.h"

#include <ctime>

namespace tenon::sim {
namespace {

llvm::Error refused(ExitCode code, std::string message, std::string repair) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  return failure(code, std::move(diagnostic));
}

constexpr uint64_t commandBytes = 16; ///< a stream is whole words of these

llvm::Error readParameters(const TenonDeviceOpenOptions &options, isa::LoadOptions &load) {
  for (uint64_t i = 0; i < options.parameterCount; ++i) {
    const TenonDeviceSetting &setting = options.parameters[i];
    if (llvm::StringRef(setting.value).getAsInteger(10, load.parameters[setting.name]))
      return failure(ExitCode::WrongUse, std::string(setting.name) + " is '" + setting.value +
                                             "', it must be a whole number in decimal");
  }
  return llvm::Error::success();
}

std::string parameterText(const isa::Description &description) {
  std::string text;
  for (const isa::Parameter &parameter : description.parameters)
    text += (text.empty() ? "" : " ") + parameter.name + "=" + std::to_string(parameter.value);
  return text;
}

/// The parameters of the description as a model has them; some follow from others.
llvm::Expected<std::string> parametersOf(const NpuVariant &variant, const isa::Description &description) {
  isa::LoadOptions load;
  for (const NpuParameter &parameter : variant.parameters)
    load.parameters[parameter.name] = parameter.value;
  auto other = isa::parseDescription(description.text, description.path, load);
  if (!other)
    return other.takeError();
  return parameterText(*other);
}

/// The model whose parameters are the description's.
llvm::Expected<const NpuVariant *> findVariant(const isa::Description &description,
                                               const BenchOptions &options) {
  std::string built, given = parameterText(description);
  bool mustWatch = options.assertions || !options.waveform.path.empty();
  bool wantsWatch = mustWatch || options.random; // whose use is to find faults
  const NpuVariant *found = nullptr;
  for (const NpuVariant &variant : npuVariants()) {
    auto text = parametersOf(variant, description);
    if (!text)
      return text.takeError();
    if (*text == given && (!found || variant.isWatched == wantsWatch))
      found = &variant;
    if (!llvm::StringRef(built).contains(*text))
      built += (built.empty() ? "" : "; ") + *text;
  }
  if (found && mustWatch && !found->isWatched)
    return refused(ExitCode::TargetCannot,
                   "the model of " + given + " was built without assertions and waveforms",
                   "configure with TENON_RTL_WATCHED=ON and build again");
  if (found)
    return found;
  return refused(ExitCode::TargetCannot, "the description has " + given + ", models were built for: " + built,
                 "add the parameters to sim/systemc/CMakeLists.txt and build again");
}

/// What this thread has had of a processor: on a machine that does other things too, time says little.
uint64_t threadNanoseconds() {
  timespec time = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return uint64_t(time.tv_sec) * 1000000000 + uint64_t(time.tv_nsec);
}

CauseNames causeNames(const isa::Description &description) {
  CauseNames causes;
  causes.idle = npu_sim::code::cause::idle;
  causes.wait = npu_sim::code::cause::wait;
  for (const isa::HostCodes &group : description.host.codes)
    if (group.name == "cause")
      for (const isa::HostCode &code : group.codes) {
        causes.names.resize(std::max(causes.names.size(), size_t(code.number) + 1));
        causes.names[size_t(code.number)] = code.name;
      }
  return causes;
}

llvm::Error checkHash(const isa::Description &description) {
  if (description.hash() == npu_sim::descriptionHash)
    return llvm::Error::success();
  return refused(ExitCode::WrongInput,
                 "the description's hash is " + description.hash() + ", the design was generated from " +
                     npu_sim::descriptionHash,
                 "build again, so that both are of one description");
}

/// Gives the device its memories.
llvm::Error addMemories(TenonDevice &device) {
  auto isGlobal = [](const isa::Memory &memory) { return memory.kind == isa::Memory::Kind::Global; };
  auto global = llvm::find_if(device.description.memories, isGlobal);
  if (global == device.description.memories.end())
    return failure(ExitCode::WrongInput, "the description has no memory of kind global");
  device.global = &*global;
  device.ranges = runtime::RangeAllocator(global->bytes);
  device.bench->memory().addRange(0, global->bytes);
  std::optional<int64_t> dimension = device.description.parameter("DIM");
  if (!dimension)
    return failure(ExitCode::WrongInput, "the description has no parameter DIM");
  device.locals = std::make_unique<LocalMemories>(device.bench->model(), unsigned(*dimension));
  return llvm::Error::success();
}

/// Keeps a range of the global memory for streams, at its end if that is free.
llvm::Error placeStream(TenonDevice &device, uint64_t bytes) {
  if (bytes <= device.streamBytes)
    return llvm::Error::success();
  if (device.streamBytes)
    device.ranges.free(device.streamAddress);
  device.streamBytes = 0;
  uint64_t all = device.global->bytes, address = (all - std::min(all, bytes)) / commandBytes * commandBytes;
  if (!device.ranges.reserve(address, bytes)) {
    auto found = device.ranges.allocate(bytes, commandBytes);
    if (!found)
      return failure(ExitCode::DeviceFailed, "the stream has " + std::to_string(bytes) + " bytes, and " +
                                                 device.global->name + ", of " + std::to_string(all) +
                                                 " bytes, has no gap for it");
    address = *found;
  }
  device.streamAddress = address;
  device.streamBytes = bytes;
  return llvm::Error::success();
}

llvm::Error outside(const TenonDevice &device, llvm::StringRef memory, uint64_t address, uint64_t bytes) {
  std::string text =
      std::to_string(bytes) + " bytes from byte " + std::to_string(address) + " of " + memory.str() + ": ";
  for (const isa::Memory &each : device.description.memories)
    if (each.name == memory)
      return failure(ExitCode::WrongUse, text + "it has " + std::to_string(each.bytes));
  return failure(ExitCode::WrongUse, text + "the description has no such memory");
}

bool isGlobalPart(const TenonDevice &device, llvm::StringRef memory, uint64_t address, uint64_t bytes) {
  return memory == device.global->name && address <= device.global->bytes &&
         bytes <= device.global->bytes - address;
}

} // namespace

llvm::Expected<std::unique_ptr<TenonDevice>> openDevice(const TenonDeviceOpenOptions &options) {
  isa::LoadOptions load;
  if (llvm::Error error = readParameters(options, load))
    return std::move(error);
  std::vector<DeviceOption> given;
  given.reserve(options.optionCount);
  for (uint64_t i = 0; i < options.optionCount; ++i)
    given.push_back({options.options[i].name, options.options[i].value});
  BenchOptions benchOptions;
  if (std::string wrong = readOptions(given, benchOptions); !wrong.empty())
    return failure(ExitCode::WrongUse, wrong);
  llvm::StringRef text(options.description, options.descriptionBytes);
  auto description = isa::parseDescription(text, options.descriptionPath, load);
  if (!description)
    return description.takeError();
  if (llvm::Error error = checkHash(*description))
    return std::move(error);
  auto variant = findVariant(*description, benchOptions);
  if (!variant)
    return variant.takeError();
  static bool isElaborated = false;
  if (isElaborated)
    return refused(ExitCode::TargetCannot,
                   "SystemC elaborates once in a process, and this one has had a device",
                   "open a device in a worker of its own");
  isElaborated = true;
  auto device = std::make_unique<TenonDevice>();
  device->description = std::move(*description);
  auto model = (*variant)->make({benchOptions.random, benchOptions.seed});
  const std::string &waveform = benchOptions.waveform.path;
  if (!waveform.empty() && !model->openWaveform(waveform))
    return failure(ExitCode::WrongUse, "the waveform " + waveform + " cannot be written");
  device->bench =
      std::make_unique<Bench>("bench", benchOptions, std::move(model), causeNames(device->description));
  if (llvm::Error error = addMemories(*device))
    return std::move(error);
  device->bench->idle(1); // the reset comes now, and not when somebody has written memories from outside
  return device;
}

llvm::Error runStream(TenonDevice &device, llvm::ArrayRef<uint8_t> stream) {
  if (stream.empty())
    return llvm::Error::success();
  if (stream.size() % commandBytes != 0)
    return failure(ExitCode::DeviceFailed, "the stream has " + std::to_string(stream.size()) +
                                               " bytes, commands are whole words of " +
                                               std::to_string(commandBytes));
  if (llvm::Error error = placeStream(device, stream.size()))
    return error;
  Bench &bench = *device.bench;
  bench.memory().write(device.streamAddress, stream.data(), stream.size());
  uint64_t begin = threadNanoseconds();
  RunResult result = bench.run(uint32_t(device.streamAddress), uint32_t(stream.size()));
  device.hostNanoseconds += threadNanoseconds() - begin;
  device.simulated += result.cycles;
  if (result.end == RunResult::End::Done)
    return llvm::Error::success();
  return failure(ExitCode::DeviceFailed,
                 failureText(device.description, result, stream, bench.account().dispatched()));
}

llvm::Error readMemory(TenonDevice &device, llvm::StringRef memory, uint64_t address,
                       llvm::MutableArrayRef<uint8_t> data) {
  if (isGlobalPart(device, memory, address, data.size()))
    device.bench->memory().read(address, data.data(), data.size());
  else if (!device.locals->missing().empty())
    return failure(ExitCode::TargetCannot, "the design has " + device.locals->missing());
  else if (!device.locals->read(memory.str(), address, data.data(), data.size()))
    return outside(device, memory, address, data.size());
  return llvm::Error::success();
}

llvm::Error writeMemory(TenonDevice &device, llvm::StringRef memory, uint64_t address,
                        llvm::ArrayRef<uint8_t> data) {
  if (isGlobalPart(device, memory, address, data.size()))
    device.bench->memory().write(address, data.data(), data.size());
  else if (!device.locals->missing().empty())
    return failure(ExitCode::TargetCannot, "the design has " + device.locals->missing());
  else if (!device.locals->write(memory.str(), address, data.data(), data.size()))
    return outside(device, memory, address, data.size());
  return llvm::Error::success();
}

void count(TenonDevice &device) {
  const Bench &bench = *device.bench;
  device.counted = bench.account().totals();
  device.counted.merge(bench.account().spans());
  device.counted["cycles"] = bench.account().cycles();
  device.counted["bus.transactions"] = bench.memory().transactions();
  device.counted["bus.errors"] = bench.memory().errors();
  device.counted["simulation.cycles"] = device.simulated;
  device.counted["simulation.nanoseconds"] = device.hostNanoseconds;
  device.counters.clear();
  for (const auto &[name, value] : device.counted)
    device.counters.push_back({name.c_str(), value});
}

} // namespace tenon::sim
