// Patterns against the layers that fell back.
#include "core/driver/RequiredIntrinsics.h"

#include "core/driver/WrongUse.h"

#include "llvm/Support/GlobPattern.h"

namespace tenon::driver {

namespace {

/// The layer's own names, and those of each of its nodes.
bool names(const llvm::GlobPattern &glob, const Layer &layer) {
  return glob.match(layer.op) || glob.match(layer.name) || llvm::any_of(layer.nodes, [&](ir::NodeAttr node) {
           return glob.match(node.getOp()) || glob.match(node.getName());
         });
}

} // namespace

llvm::Error checkRequiredIntrinsics(llvm::ArrayRef<std::string> patterns, llvm::ArrayRef<Layer> imported,
                                    llvm::ArrayRef<Layer> layers,
                                    llvm::function_ref<std::string(const Layer &)> fellBack) {
  std::vector<Diagnostic> fallen;
  for (const std::string &pattern : patterns) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return wrongUse("--require-intrinsic " + pattern +
                      " is no pattern: " + llvm::toString(glob.takeError()));
    if (llvm::none_of(imported, [&](const Layer &layer) { return names(*glob, layer); }))
      return wrongUse("--require-intrinsic " + pattern + " names no operator of the model");
    for (const Layer &layer : layers) {
      if (!names(*glob, layer))
        continue;
      Diagnostic diagnostic;
      diagnostic.message = fellBack(layer);
      diagnostic.node = layer.node;
      if (!diagnostic.message.empty())
        fallen.push_back(std::move(diagnostic));
    }
  }
  return fallen.empty() ? llvm::Error::success() : failure(ExitCode::TargetCannot, std::move(fallen));
}

} // namespace tenon::driver
