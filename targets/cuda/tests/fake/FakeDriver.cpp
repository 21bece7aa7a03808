// A libcuda.so.1 without a GPU: it notes every call, and runs kernels lane by lane from their LLVM text and
// the description, for what the driver would compile from PTX is not to be executed here.
//
//   TENON_FAKE_DESCRIPTION: the machine's target.yaml.
//   TENON_FAKE_MODULES: a folder of modules as LLVM text (.ll); the one that defines the first kernel of what
//   is loaded is taken. Without it, what is loaded is the text. TENON_FAKE_LEVEL: the device's level of the
//   architecture, such as 80. TENON_FAKE_FAILS: "cuInit=100": this call gives this result.
#include "core/lanes/LaneInterpreter.h"
#include "core/support/Error.h"
#include "targets/cuda/runtime/DriverApi.h"

#include "llvm/Support/MemoryBuffer.h"

#include <cstring>
#include <filesystem>

using namespace tenon;

struct DriverFunction {
  std::string name;
};
struct DriverModule {
  std::unique_ptr<lanes::LaneInterpreter> interpreter;
  std::map<std::string, DriverFunction> functions;
};
struct DriverContext {};

namespace {

struct FakeDriver {
  isa::Description description;
  lanes::DeviceMemory memory;
  std::map<DriverFunction *, DriverModule *> owners;
  DriverContext context;
  std::string calls; ///< one a line
  std::string said;  ///< of the last failure, for cuGetErrorString
};

FakeDriver &fake() {
  static FakeDriver driver;
  return driver;
}

std::string variable(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// Notes a call; gives the result that it is told to have.
DriverResult note(const std::string &name, const std::string &arguments = "") {
  fake().calls += name + "(" + arguments + ")\n";
  std::string fails = variable("TENON_FAKE_FAILS");
  return fails.starts_with(name + "=") ? std::atoi(fails.c_str() + name.size() + 1) : 0;
}

DriverResult resultOf(llvm::Error error, DriverResult result) {
  if (!error)
    return 0;
  fake().said = toString(report(std::move(error)).diagnostics.front());
  return result;
}

llvm::Expected<std::string> moduleOf(const std::string &text, const std::string &folder) {
  if (!llvm::StringRef(text).contains(".entry ")) // nothing to launch: a model that only names its input anew
    return std::string();
  llvm::StringRef kernel = llvm::StringRef(text).split(".entry ").second.split('(').first.trim();
  for (const auto &entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".ll")
      continue;
    auto buffer = llvm::MemoryBuffer::getFile(entry.path().string());
    if (buffer && (*buffer)->getBuffer().contains((" @" + kernel + "(").str()))
      return (*buffer)->getBuffer().str();
  }
  return failure(ExitCode::SystemFailed,
                 "no module in " + folder + " defines the kernel '" + kernel.str() + "'");
}

llvm::Error loadText(DriverModule &module, std::string text) {
  std::string folder = variable("TENON_FAKE_MODULES");
  if (!folder.empty())
    if (llvm::Error error = moduleOf(text, folder).moveInto(text))
      return error;
  auto description = isa::loadDescription(variable("TENON_FAKE_DESCRIPTION"));
  if (!description)
    return description.takeError();
  fake().description = std::move(*description);
  auto interpreter = lanes::LaneInterpreter::create(fake().description, text, fake().memory);
  if (!interpreter)
    return interpreter.takeError();
  module.interpreter = std::move(*interpreter);
  return llvm::Error::success();
}

} // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are the driver's
extern "C" {

const char *tenonFakeDriverCalls() { return fake().calls.c_str(); }

DriverResult cuInit(unsigned flags) { return note("cuInit"); }
DriverResult cuDriverGetVersion(int *version) {
  *version = 13000;
  return note("cuDriverGetVersion");
}
DriverResult cuDeviceGetCount(int *count) {
  *count = 1;
  return note("cuDeviceGetCount");
}
DriverResult cuDeviceGet(DriverDevice *device, int number) {
  *device = number;
  return note("cuDeviceGet", std::to_string(number));
}
DriverResult cuDeviceGetName(char *name, int bytes, DriverDevice) {
  std::strncpy(name, "lane interpreter", size_t(bytes));
  return note("cuDeviceGetName");
}
DriverResult cuDeviceGetAttribute(int *value, int attribute, DriverDevice) {
  std::string level = variable("TENON_FAKE_LEVEL");
  int number = level.empty() ? 80 : std::stoi(level);
  *value = attribute == DRIVER_ATTRIBUTE_MAJOR ? number / 10 : number % 10;
  return note("cuDeviceGetAttribute", std::to_string(attribute));
}
DriverResult cuDevicePrimaryCtxRetain(DriverContext **context, DriverDevice) {
  *context = &fake().context;
  return note("cuDevicePrimaryCtxRetain");
}
DriverResult cuDevicePrimaryCtxRelease_v2(DriverDevice) { return note("cuDevicePrimaryCtxRelease_v2"); }
DriverResult cuCtxSetCurrent(DriverContext *) { return 0; }
DriverResult cuCtxSynchronize() { return note("cuCtxSynchronize"); }

DriverResult cuModuleLoadDataEx(DriverModule **module, const void *text, unsigned count, int *options,
                                void **values) {
  if (DriverResult result = note("cuModuleLoadDataEx"))
    return result;
  *module = new DriverModule;
  DriverResult result = resultOf(loadText(**module, static_cast<const char *>(text)), DRIVER_INVALID_TEXT);
  for (unsigned i = 0; result != 0 && i + 1 < count; ++i)
    if (options[i] == DRIVER_JIT_ERROR_LOG && options[i + 1] == DRIVER_JIT_ERROR_LOG_BYTES)
      std::snprintf(static_cast<char *>(values[i]), size_t(reinterpret_cast<uintptr_t>(values[i + 1])), "%s",
                    fake().said.c_str());
  return result;
}
DriverResult cuModuleUnload(DriverModule *module) {
  delete module;
  return note("cuModuleUnload");
}
DriverResult cuModuleGetFunction(DriverFunction **function, DriverModule *module, const char *name) {
  if (DriverResult result = note("cuModuleGetFunction", name))
    return result;
  if (!module->interpreter->hasKernel(name))
    return DRIVER_NOT_FOUND;
  *function = &module->functions[name];
  (*function)->name = name;
  fake().owners[*function] = module;
  return 0;
}
DriverResult cuFuncSetAttribute(DriverFunction *, int attribute, int value) {
  return note("cuFuncSetAttribute", std::to_string(attribute) + ", " + std::to_string(value));
}

DriverResult cuMemAlloc_v2(DriverAddress *address, size_t bytes) {
  if (DriverResult result = note("cuMemAlloc_v2", std::to_string(bytes)))
    return result;
  *address = fake().memory.allocate("allocation of " + std::to_string(bytes), bytes);
  return 0;
}
DriverResult cuMemFree_v2(DriverAddress address) {
  note("cuMemFree_v2");
  return resultOf(fake().memory.free(address), 1);
}
DriverResult cuMemcpyHtoD_v2(DriverAddress address, const void *data, size_t bytes) {
  note("cuMemcpyHtoD_v2", std::to_string(bytes));
  return resultOf(fake().memory.write(address, {static_cast<const uint8_t *>(data), bytes}), 1);
}
DriverResult cuMemcpyDtoH_v2(void *data, DriverAddress address, size_t bytes) {
  note("cuMemcpyDtoH_v2", std::to_string(bytes));
  auto found = fake().memory.read(address, bytes);
  if (!found)
    return resultOf(found.takeError(), 1);
  std::memcpy(data, found->data(), bytes);
  return 0;
}

DriverResult cuLaunchKernel(DriverFunction *function, unsigned gridX, unsigned gridY, unsigned gridZ,
                            unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes, void *,
                            void **parameters, void **) {
  if (DriverResult result =
          note("cuLaunchKernel", function->name + ", " + std::to_string(gridX) + ", " +
                                     std::to_string(blockX) + ", " + std::to_string(sharedBytes)))
    return result;
  if (gridY != 1 || gridZ != 1 || blockY != 1 || blockZ != 1)
    return 1;
  lanes::LaneInterpreter &interpreter = *fake().owners.at(function)->interpreter;
  lanes::Launch launch;
  launch.kernel = function->name;
  launch.blocks = gridX;
  launch.threadsPerBlock = blockX;
  for (size_t i = 0; i < interpreter.argumentCount(function->name); ++i) {
    launch.arguments.emplace_back();
    std::memcpy(&launch.arguments.back(), parameters[i], sizeof(uint64_t));
  }
  // The last one is the status, at which lanes may store without order.
  if (!launch.arguments.empty())
    if (DriverResult result = resultOf(fake().memory.allowUnordered(launch.arguments.back(), 4), 1))
      return result;
  return resultOf(interpreter.launch(launch), 700);
}

DriverResult cuGetErrorName(DriverResult result, const char **name) {
  static std::string text;
  text = "FAKE_ERROR_" + std::to_string(result);
  *name = text.c_str();
  return 0;
}
DriverResult cuGetErrorString(DriverResult, const char **text) {
  *text = fake().said.empty() ? "what the fake driver was told to say" : fake().said.c_str();
  return 0;
}
}
// NOLINTEND(readability-identifier-naming)
