// Making the registry and looking a target up.
#include "core/target/Registry.h"

#include "core/support/Error.h"
#include "core/target/TargetFolders.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace tenon::target {

namespace {

llvm::Error unknown(std::string message, std::string repair) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

} // namespace

std::string engineNames(const TargetEntry &entry) {
  return llvm::join(llvm::map_range(entry.engines, [](const Engine &engine) { return engine.name; }), ", ");
}

llvm::Expected<std::optional<Engine>> TargetEntry::engine(const std::string &wanted) const {
  if (engines.empty()) {
    if (wanted.empty())
      return std::nullopt;
    return unknown("the target " + name + " has no engines, --engine " + wanted + " chooses none",
                   "leave --engine out");
  }
  if (wanted.empty())
    return engines.front();
  auto found = llvm::find_if(engines, [&](const Engine &engine) { return engine.name == wanted; });
  if (found == engines.end())
    return unknown("the target " + name + " has no engine '" + wanted + "'", "it has: " + engineNames(*this));
  return *found;
}

llvm::Expected<TargetEntry> describedTarget(const std::string &name, const std::string &path) {
  auto engines = enginesOf(path);
  if (!engines)
    return engines.takeError();
  return TargetEntry{name, path, path, std::move(*engines)};
}

Registry makeRegistry(PluginPath plugins) {
  Registry registry;
  registry.plugins = std::move(plugins);
  registry.targets.push_back({referenceName, "built in", "", {}});
  for (const TargetFolder &folder : targetFolders())
    registry.targets.push_back({folder.name, folder.description, folder.description, {}});
  return registry;
}

llvm::Expected<TargetEntry> Registry::find(const std::string &name) const {
  for (const TargetEntry &entry : targets)
    if (entry.name == name)
      return entry.description.empty() ? entry : describedTarget(name, entry.description);
  llvm::SmallString<128> path(name);
  if (llvm::sys::fs::is_directory(path)) {
    llvm::sys::path::append(path, descriptionName);
    if (llvm::sys::fs::exists(path))
      return describedTarget(name, path.str().str());
    return unknown("the folder '" + name + "' holds no " + descriptionName, "give the path of a description");
  }
  if (llvm::sys::fs::exists(path))
    return describedTarget(name, name);
  bool isPath = llvm::StringRef(name).contains('/') || llvm::StringRef(name).ends_with(".yaml");
  std::string known =
      llvm::join(llvm::map_range(targets, [](const TargetEntry &entry) { return entry.name; }), ", ");
  return unknown(isPath ? "there is no file '" + name + "'" : "there is no target '" + name + "'",
                 "known: " + known + "; or the path of a " + descriptionName);
}

} // namespace tenon::target
