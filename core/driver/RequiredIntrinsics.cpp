// Patterns against the layers that fell back.
#include "core/driver/RequiredIntrinsics.h"

#include "core/driver/WrongUse.h"

#include "llvm/Support/GlobPattern.h"

namespace tenon::driver {

llvm::Error checkRequiredIntrinsics(llvm::ArrayRef<std::string> patterns, llvm::ArrayRef<Layer> layers,
                                    llvm::function_ref<std::string(const Layer &)> fellBack) {
  std::vector<Diagnostic> fallen;
  for (const std::string &pattern : patterns) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return wrongUse("--require-intrinsic " + pattern +
                      " is no pattern: " + llvm::toString(glob.takeError()));
    bool any = false;
    for (const Layer &layer : layers) {
      if (!glob->match(layer.op) && !glob->match(layer.name))
        continue;
      any = true;
      Diagnostic diagnostic;
      diagnostic.message = fellBack(layer);
      diagnostic.node = layer.node;
      if (!diagnostic.message.empty())
        fallen.push_back(std::move(diagnostic));
    }
    if (!any)
      return wrongUse("--require-intrinsic " + pattern + " names no operator of the model");
  }
  return fallen.empty() ? llvm::Error::success() : failure(ExitCode::TargetCannot, std::move(fallen));
}

} // namespace tenon::driver
