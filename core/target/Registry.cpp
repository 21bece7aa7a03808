// Making the registry and looking a target up.
#include "core/target/Registry.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::target {

Registry makeRegistry() {
  Registry registry;
  registry.targets.push_back({referenceName, "built in", "", ""});
  return registry;
}

llvm::Expected<const TargetEntry *> Registry::find(const std::string &name) const {
  for (const TargetEntry &entry : targets)
    if (entry.name == name)
      return &entry;
  Diagnostic diagnostic;
  diagnostic.message = "there is no target '" + name + "'";
  diagnostic.repair =
      "known: " + llvm::join(llvm::map_range(targets, [](const TargetEntry &e) { return e.name; }), ", ");
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

} // namespace tenon::target
