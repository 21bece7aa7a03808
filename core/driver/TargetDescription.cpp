// Loading the description of a target.
#include "core/driver/TargetDescription.h"

#include "core/driver/WrongUse.h"

namespace tenon::driver {

llvm::Expected<std::map<std::string, int64_t>> parametersOf(llvm::ArrayRef<std::string> arguments) {
  std::map<std::string, int64_t> parameters;
  for (const std::string &argument : arguments) {
    auto [name, number] = llvm::StringRef(argument).split('=');
    int64_t value = 0;
    bool hexadecimal = number.starts_with("0x");
    if (name.empty() || number.drop_front(hexadecimal ? 2 : 0).getAsInteger(hexadecimal ? 16 : 10, value))
      return wrongUse("--param " + argument + " is no NAME=VALUE with a whole number", "write --param DIM=8");
    if (!parameters.emplace(name.str(), value).second)
      return wrongUse("--param gives " + name.str() + " twice", "leave one of them out");
  }
  return parameters;
}

llvm::Expected<LoadedTarget> loadTarget(const TargetChoice &choice, target::TargetEntry entry) {
  LoadedTarget loaded;
  loaded.entry = std::move(entry);
  auto parameters = parametersOf(choice.parameters);
  if (!parameters)
    return parameters.takeError();
  loaded.parameters = std::move(*parameters);
  isa::LoadOptions options;
  options.parameters = loaded.parameters;
  auto description = isa::loadDescription(loaded.entry.description, options);
  if (!description)
    return description.takeError();
  loaded.description = std::move(*description);
  return loaded;
}

llvm::Expected<LoadedTarget> loadTarget(const TargetChoice &choice, const target::Registry &registry,
                                        const std::string &purpose) {
  llvm::Expected<target::TargetEntry> entry = registry.find(choice.name());
  if (!entry)
    return entry.takeError();
  if (entry->description.empty())
    return wrongUse(purpose + " needs a described chip, the target " + entry->name + " has no description",
                    "give --target the path of a target.yaml");
  return loadTarget(choice, std::move(*entry));
}

} // namespace tenon::driver
