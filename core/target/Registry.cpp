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

/// What every description runs on: the simulator that is generated from it.
constexpr const char *everyDescriptionsEngines = "spec";

llvm::Error unknown(std::string message, std::string repair) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.repair = std::move(repair);
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

TargetEntry describedBy(const std::string &name, const std::string &path) {
  return {name, path, everyDescriptionsEngines, "", path};
}

} // namespace

llvm::Expected<std::string> TargetEntry::engine(const std::string &wanted) const {
  llvm::SmallVector<llvm::StringRef> known;
  llvm::StringRef(engines).split(known, ',', -1, /*KeepEmpty=*/false);
  if (known.empty()) {
    if (wanted.empty())
      return "";
    return unknown("the target " + name + " has no engines, --engine " + wanted + " chooses none",
                   "leave --engine out");
  }
  if (wanted.empty())
    return known.front().trim().str();
  if (llvm::none_of(known, [&](llvm::StringRef engine) { return engine.trim() == wanted; }))
    return unknown("the target " + name + " has no engine '" + wanted + "'", "it has: " + engines);
  return wanted;
}

Registry makeRegistry() {
  Registry registry;
  registry.targets.push_back({referenceName, "built in", "", "", ""});
  for (const TargetFolder &folder : targetFolders())
    registry.targets.push_back(describedBy(folder.name, folder.description));
  return registry;
}

llvm::Expected<TargetEntry> Registry::find(const std::string &name) const {
  for (const TargetEntry &entry : targets)
    if (entry.name == name)
      return entry;
  llvm::SmallString<128> path(name);
  if (llvm::sys::fs::is_directory(path)) {
    llvm::sys::path::append(path, descriptionName);
    if (llvm::sys::fs::exists(path))
      return describedBy(name, path.str().str());
    return unknown("the folder '" + name + "' holds no " + descriptionName, "give the path of a description");
  }
  if (llvm::sys::fs::exists(path))
    return describedBy(name, name);
  bool isPath = llvm::StringRef(name).contains('/') || llvm::StringRef(name).ends_with(".yaml");
  std::string known =
      llvm::join(llvm::map_range(targets, [](const TargetEntry &entry) { return entry.name; }), ", ");
  return unknown(isPath ? "there is no file '" + name + "'" : "there is no target '" + name + "'",
                 "known: " + known + "; or the path of a " + descriptionName);
}

} // namespace tenon::target
