// Engine, plugin and options together.
#include "core/driver/DeviceChoice.h"

#include "core/driver/WrongUse.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace tenon::driver {

namespace {

/// --engine-option NAME=VALUE, over the options that are there.
llvm::Error addOptions(llvm::ArrayRef<std::string> arguments, std::map<std::string, std::string> &options) {
  std::map<std::string, std::string> given;
  for (const std::string &argument : arguments) {
    auto [name, value] = llvm::StringRef(argument).split('=');
    if (name.empty() || !llvm::StringRef(argument).contains('='))
      return wrongUse("--engine-option " + argument + " is no NAME=VALUE", "write --engine-option seed=7");
    if (!given.emplace(name.str(), value.str()).second)
      return wrongUse("--engine-option gives " + name.str() + " twice", "leave one of them out");
  }
  for (const auto &[name, value] : given)
    options[name] = value;
  return llvm::Error::success();
}

llvm::Expected<DeviceChoice> devicePlugin(const TargetChoice &choice) {
  if (!choice.engine.empty())
    return wrongUse("--device " + choice.device + " is run instead of an engine, --engine names " +
                        choice.engine,
                    "leave one of them out");
  if (!llvm::sys::fs::is_regular_file(choice.device))
    return wrongUse("--device " + choice.device + " is no file", "give the path of a shared library");
  DeviceChoice device;
  device.name = llvm::sys::path::filename(choice.device).str();
  device.plugin = choice.device;
  return device;
}

} // namespace

void DeviceChoice::addTo(runtime::DeviceOptions &device) const {
  device.engine = name;
  device.plugin = plugin;
  device.options = options;
}

llvm::Expected<DeviceChoice> chooseDevice(const TargetChoice &choice, const target::TargetEntry &entry,
                                          const target::PluginPath &plugins) {
  DeviceChoice device;
  if (!choice.device.empty()) {
    auto plugin = devicePlugin(choice);
    if (!plugin)
      return plugin.takeError();
    device = std::move(*plugin);
  } else {
    auto found = entry.engine(choice.engine);
    if (!found)
      return found.takeError();
    std::optional<target::Engine> engine = std::move(*found);
    if (!engine)
      return wrongUse("the target " + entry.name + " has no engines", "choose a described chip");
    auto plugin = target::findPlugin(*engine, plugins);
    if (!plugin)
      return plugin.takeError();
    device.name = engine->name;
    device.plugin = std::move(*plugin);
    device.options = engine->options;
    device.engine = std::move(engine);
  }
  if (llvm::Error wrong = addOptions(choice.engineOptions, device.options))
    return std::move(wrong);
  return device;
}

} // namespace tenon::driver
