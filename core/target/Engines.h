// What a target runs on: the engines that the manifest beside its description lists, or the simulator that
// every description has.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon::target {

/// Names of two options with which an engine can be made to behave randomly: the one that turns it on and the
/// seed.
struct RandomOptions {
  std::string option, seed;
  bool operator==(const RandomOptions &) const = default;
};

struct Engine {
  std::string name;
  std::string plugin;                         ///< a library's file name; empty: the worker has the engine
  std::map<std::string, std::string> options; ///< that it is opened with
  std::optional<RandomOptions> random;
  std::vector<std::string> sources; ///< files and folders that it is built from, as paths
  std::string folder;               ///< the manifest's: the first place where the plugin is looked for
  bool operator==(const Engine &) const = default;
};

/// The file beside a description that lists engines.
inline constexpr const char *manifestName = "device.json";

/// The engine that needs no plugin: the simulator that is made from the description.
inline constexpr const char *builtInEngine = "spec";

/// The engines of the description at this path, the default first. Without a manifest: the built-in one.
/// ExitCode::WrongInput, with the manifest's path, for a manifest that is wrong.
llvm::Expected<std::vector<Engine>> enginesOf(llvm::StringRef description);

/// The engines of a manifest's text; `folder` is where it lies.
llvm::Expected<std::vector<Engine>> parseEngines(llvm::StringRef text, llvm::StringRef folder);

/// Folders in which plugins are looked for, besides the manifest's own.
struct PluginPath {
  std::vector<std::string> folders;
};

/// The folders of a list as in an environment variable ("a:b"), then the library folder beside the folder
/// that holds `program`.
PluginPath pluginPath(llvm::StringRef variable, llvm::StringRef program);

/// The environment variable that lists folders of plugins.
inline constexpr const char *pluginPathVariable = "TENON_PLUGIN_PATH";

/// The path of the engine's plugin; empty where it needs none. ExitCode::DeviceFailed with every place that
/// was looked at where it is nowhere.
llvm::Expected<std::string> findPlugin(const Engine &engine, const PluginPath &path);

} // namespace tenon::target
