// The device that a command runs on, from what the command line says of it.
#pragma once

#include "core/driver/TargetDescription.h"
#include "core/runtime/DeviceProcess.h"

namespace tenon::driver {

struct DeviceChoice {
  std::string name;                           ///< the engine's; a plugin's file name where --device names one
  std::string plugin;                         ///< its path; empty: an engine of the worker's own
  std::map<std::string, std::string> options; ///< the manifest's, with those of the command line over them
  std::optional<target::Engine> engine;       ///< of the target; nothing where --device names a plugin

  /// Puts the choice into what a device is opened with.
  void addTo(runtime::DeviceOptions &device) const;
};

/// Finds the engine and its plugin. ExitCode::WrongUse for an engine that the target does not have, options
/// that say nothing and a plugin that is no file; ExitCode::DeviceFailed for an engine whose plugin is
/// nowhere.
llvm::Expected<DeviceChoice> chooseDevice(const TargetChoice &choice, const target::TargetEntry &entry,
                                          const target::PluginPath &plugins);

} // namespace tenon::driver
