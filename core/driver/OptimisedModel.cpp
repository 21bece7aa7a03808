// Running the passes on a copy of the module.
#include "core/driver/OptimisedModel.h"

#include "core/support/Error.h"

namespace tenon::driver {

llvm::Error optimise(LoadedModel &loaded, const graph::GraphOptions &options) {
  OptimisedModel &made = loaded.optimised;
  made.module = loaded.module->clone();
  if (llvm::Error wrong = graph::optimise(*made.module, options))
    return withPlace(std::move(wrong), loaded.path);
  made.function = made.module->lookupSymbol<mlir::func::FuncOp>(loaded.function.getSymName());
  llvm::Expected<reference::Program> program = reference::programOf(made.function);
  if (!program) { // the imported one has a program
    FailureReport found = report(program.takeError());
    return withPlace(failure(ExitCode::OwnFault, std::move(found.diagnostics)), loaded.path);
  }
  made.program = std::move(*program);
  return llvm::Error::success();
}

} // namespace tenon::driver
