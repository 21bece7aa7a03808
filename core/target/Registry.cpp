// Making the registry and looking a target up.
#include "core/target/Registry.h"

#include "core/isa/Description.h"
#include "core/isa/loader/Variants.h"
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
  registry.host = hostMachine();
  registry.targets.push_back({referenceName, "built in", "", {}});
  for (const TargetFolder &folder : targetFolders())
    registry.targets.push_back({folder.name, folder.description, folder.description, {}});
  return registry;
}

namespace {

std::string firstMessage(llvm::Error error) {
  FailureReport found = report(std::move(error));
  return toString(found.diagnostics.front());
}

/// The variant's entry, with what this host lacks.
VariantEntry variantEntry(const std::string &target, const isa::Variant &variant, const HostMachine &host) {
  auto description = isa::loadDescription(variant.path);
  if (!description)
    return {target + "/" + variant.name, variant.path, firstMessage(description.takeError())};
  return {target + "/" + variant.name, variant.path, whyHostCannotRun(host, *description),
          description->level(isa::Level::Kind::Grid) != nullptr};
}

/// The last variant that the host can run.
llvm::Expected<TargetEntry> chooseByHost(const std::string &target, const isa::Variants &variants,
                                         const HostMachine &host) {
  std::vector<std::string> reasons;
  for (const isa::Variant &variant : llvm::reverse(variants.list)) {
    // A mistake in a description is told, not passed over.
    auto description = isa::loadDescription(variant.path);
    if (!description)
      return description.takeError();
    std::string whyNot = whyHostCannotRun(host, *description);
    if (whyNot.empty())
      return describedTarget(target + "/" + variant.name, variant.path);
    reasons.insert(reasons.begin(), variant.name + ": " + whyNot);
  }
  Diagnostic diagnostic;
  diagnostic.message =
      "this host can run no variant of the target " + target + " (" + llvm::join(reasons, "; ") + ")";
  diagnostic.repair = "name the variant to compile for: " + target + "/" + variants.list.front().name;
  return failure(ExitCode::TargetCannot, std::move(diagnostic));
}

std::string variantNames(const isa::Variants &variants) {
  return llvm::join(llvm::map_range(variants.list, [](const isa::Variant &variant) { return variant.name; }),
                    ", ");
}

/// The target that the file at `path` describes, or that of its variants that is named or chosen. `wanted`:
/// a variant's name, or empty.
llvm::Expected<TargetEntry> entryOf(const std::string &name, const std::string &path,
                                    const std::string &wanted, const HostMachine &host) {
  auto variants = isa::loadVariants(path);
  if (!variants)
    return variants.takeError();
  if (!*variants && wanted.empty())
    return describedTarget(name, path);
  if (!*variants)
    return unknown("the target " + name + " has no variants, --target " + name + "/" + wanted + " names one",
                   "write --target " + name);
  const isa::Variants &list = **variants;
  std::string choice = wanted.empty() ? list.choose : wanted;
  if (choice.empty() || choice == isa::chooseHost)
    return chooseByHost(name, list, host);
  for (const isa::Variant &variant : list.list)
    if (variant.name == choice)
      return describedTarget(name + "/" + variant.name, variant.path);
  return unknown("the target " + name + " has no variant '" + choice + "'",
                 "it has: " + variantNames(list) + "; or " + isa::chooseHost +
                     ", the last that this host can run");
}

/// The description in a folder; nothing where it is no folder of a target.
std::optional<std::string> descriptionIn(llvm::StringRef folder) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, descriptionName);
  if (folder.empty() || !llvm::sys::fs::is_directory(folder) || !llvm::sys::fs::exists(path))
    return std::nullopt;
  return path.str().str();
}

} // namespace

llvm::Expected<std::vector<VariantEntry>> Registry::variantsOf(const TargetEntry &entry) const {
  std::vector<VariantEntry> entries;
  if (entry.description.empty())
    return entries;
  auto variants = isa::loadVariants(entry.description);
  if (!variants)
    return variants.takeError();
  if (*variants)
    for (const isa::Variant &variant : (*variants)->list)
      entries.push_back(variantEntry(entry.name, variant, host));
  return entries;
}

llvm::Expected<TargetEntry> Registry::find(const std::string &name) const {
  for (const TargetEntry &entry : targets)
    if (entry.name == name)
      return entry.description.empty() ? entry : entryOf(name, entry.description, "", host);
  auto [folder, variant] = llvm::StringRef(name).rsplit('/');
  for (const TargetEntry &entry : targets)
    if (entry.name == folder && !variant.empty() && !entry.description.empty())
      return entryOf(entry.name, entry.description, variant.str(), host);
  if (llvm::sys::fs::is_directory(name)) {
    if (auto description = descriptionIn(name))
      return entryOf(llvm::StringRef(name).rtrim('/').str(), *description, "", host);
    return unknown("the folder '" + name + "' holds no " + descriptionName, "give the path of a description");
  }
  if (llvm::sys::fs::exists(name)) {
    auto variants = isa::loadVariants(name);
    if (!variants)
      return variants.takeError();
    // A list's variants are named after its folder, as if that had been given.
    bool isList = variants->has_value() && !folder.empty();
    return entryOf(isList ? folder.str() : name, name, "", host);
  }
  bool isFile = variant.empty() || variant.ends_with(".yaml") || variant.ends_with(".yml");
  if (auto description = isFile ? std::nullopt : descriptionIn(folder))
    return entryOf(folder.str(), *description, variant.str(), host);
  bool isPath = llvm::StringRef(name).contains('/') || llvm::StringRef(name).ends_with(".yaml") ||
                llvm::StringRef(name).ends_with(".yml");
  std::string known =
      llvm::join(llvm::map_range(targets, [](const TargetEntry &entry) { return entry.name; }), ", ");
  return unknown(isPath ? "there is no file '" + name + "'" : "there is no target '" + name + "'",
                 "known: " + known + "; or the path of a " + descriptionName);
}

} // namespace tenon::target
