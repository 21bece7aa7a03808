// dlopen, and nothing of the table is used before its version is known.
#include "core/runtime/worker/Plugin.h"

#include "core/runtime/FileFailure.h"
#include "core/support/Error.h"

#include <dlfcn.h>

namespace tenon::runtime {
namespace {

llvm::Error refused(llvm::StringRef path, std::string message, std::string repair = "") {
  return failureAt(ExitCode::DeviceFailed, path.str(), std::move(message), std::move(repair));
}

} // namespace

llvm::Expected<const TenonDeviceInterface *> loadPlugin(llvm::StringRef path) {
  std::string name = path.str();
  if (!path.contains('/')) // or dlopen would search the system's folders
    name = "./" + name;
  void *library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return refused(path, std::string("the plugin cannot be loaded: ") + dlerror());
  auto function = reinterpret_cast<decltype(&tenonDeviceInterface)>(dlsym(library, TENON_DEVICE_SYMBOL));
  if (!function)
    return refused(path, "the library exports no " TENON_DEVICE_SYMBOL, "build it against tenon_device.h");
  const TenonDeviceInterface *table = function(TENON_DEVICE_VERSION);
  if (!table)
    return refused(path, "the plugin does not serve version " + std::to_string(TENON_DEVICE_VERSION) +
                             " of tenon_device.h, and does not say which it has");
  if (table->version != TENON_DEVICE_VERSION)
    return refused(path,
                   "the plugin has version " + std::to_string(table->version) +
                       " of tenon_device.h, this program has version " + std::to_string(TENON_DEVICE_VERSION),
                   "build both against the same version");
  if (table->size < sizeof(TenonDeviceInterface))
    return refused(path, "the plugin's table has " + std::to_string(table->size) + " bytes, version " +
                             std::to_string(TENON_DEVICE_VERSION) + " has " +
                             std::to_string(sizeof(TenonDeviceInterface)));
  bool complete = table->open && table->close && table->allocate && table->free && table->copyIn &&
                  table->copyOut && table->submit && table->wait && table->counters && table->lastError;
  if (!complete)
    return refused(path, "a function of the plugin's table is missing");
  return table;
}

} // namespace tenon::runtime
