// Running the passes on a copy of the module, and planning what is laid out in two ways.
#include "core/driver/OptimisedModel.h"

#include "core/driver/Progress.h"
#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

namespace tenon::driver {

namespace {

llvm::Error takeApart(const LoadedModel &loaded, OptimisedModel &made) {
  made.function =
      made.module->lookupSymbol<mlir::func::FuncOp>(mlir::func::FuncOp(loaded.function).getSymName());
  llvm::Expected<reference::Program> program = reference::programOf(made.function);
  if (!program) { // the imported one has a program
    FailureReport found = report(program.takeError());
    return withPlace(failure(ExitCode::OwnFault, std::move(found.diagnostics)), loaded.path);
  }
  made.program = std::move(*program);
  return llvm::Error::success();
}

/// The model laid out anew, as a copy; nothing where no tensor likes another layout.
llvm::Expected<std::optional<OptimisedModel>> laidOut(const LoadedModel &loaded, bool keepTensors) {
  OptimisedModel made;
  made.module = loaded.optimised.module.get().clone();
  made.function =
      made.module->lookupSymbol<mlir::func::FuncOp>(mlir::func::FuncOp(loaded.function).getSymName());
  made.layout.changes = graph::chooseLayouts(made.function, keepTensors);
  if (!made.layout.changes.any())
    return std::nullopt;
  made.layout.anew = true;
  if (llvm::Error wrong = takeApart(loaded, made))
    return std::move(wrong);
  return std::optional(std::move(made));
}

llvm::Expected<DeclaredCost> coverOf(OptimisedModel &model, const LoadedTarget &target, bool keepTensors) {
  if (target.description.code) {
    auto layers = native::cover(target.description, model.program, {.keepTensors = keepTensors});
    if (!layers)
      return layers.takeError();
    model.native = std::move(*layers);
    return costOf(model.program, *model.native);
  }
  plan::PlanOptions options;
  options.keepTensors = keepTensors;
  auto layers = plan::cover(target.description, model.program, options);
  if (!layers)
    return layers.takeError();
  model.planned = std::move(*layers);
  return costOf(model.program, *model.planned);
}

} // namespace

llvm::Error optimise(LoadedModel &loaded, const graph::GraphOptions &options) {
  OptimisedModel &made = loaded.optimised;
  made.module = loaded.module->clone();
  // A module that was saved after the passes is a model of its own: its tensors lie as they lie.
  made.module->walk([](mlir::Operation *operation) { operation->removeAttr(ir::layoutAttributeName); });
  if (llvm::Error wrong = graph::optimise(*made.module, options))
    return withPlace(std::move(wrong), loaded.path);
  if (llvm::Error wrong = takeApart(loaded, made))
    return wrong;
  if (!options.run || options.layouts != graph::Layouts::ChannelsInnermost)
    return llvm::Error::success();
  auto anew = laidOut(loaded, options.keepTensors);
  if (!anew)
    return anew.takeError();
  if (*anew)
    made = std::move(**anew);
  return llvm::Error::success();
}

llvm::Error optimise(LoadedModel &loaded, const graph::GraphOptions &options, const LoadedTarget &target,
                     bool quiet) {
  if (llvm::Error wrong = optimise(loaded, options))
    return wrong;
  if (!options.run || options.layouts != graph::Layouts::Cheaper)
    return llvm::Error::success();
  auto anew = laidOut(loaded, options.keepTensors);
  if (!anew)
    return anew.takeError();
  if (!*anew)
    return llvm::Error::success();
  Progress progress(quiet);
  progress.step(0, 2, "planning tensors as the model has them");
  auto asModel = coverOf(loaded.optimised, target, options.keepTensors);
  if (!asModel)
    return withPlace(asModel.takeError(), loaded.path);
  progress.step(1, 2, "planning tensors with channels innermost");
  auto asLaidOut = coverOf(**anew, target, options.keepTensors);
  if (!asLaidOut)
    return withPlace(asLaidOut.takeError(), loaded.path);
  LayoutChoice choice = (*anew)->layout;
  choice.anew = asLaidOut->total() < asModel->total();
  choice.asModel = *asModel;
  choice.asLaidOut = *asLaidOut;
  if (choice.anew)
    loaded.optimised = std::move(**anew);
  loaded.optimised.layout = std::move(choice);
  return llvm::Error::success();
}

bool foldsIntoSums(const OptimisedModel &model) {
  return mlir::func::FuncOp(model.function)->hasAttr(ir::foldsIntoSumsAttributeName);
}

bool roundsOtherwise(const OptimisedModel &model) { return foldsIntoSums(model) || model.layout.anew; }

} // namespace tenon::driver
