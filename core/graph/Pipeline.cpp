// The order of the passes, and what becomes of MLIR's diagnostics.
#include "core/graph/Pipeline.h"

#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassRegistry.h"

namespace tenon::graph {

namespace {

/// The pipeline's options for tenon-opt: GraphOptions without the choice to do nothing.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  Option<bool> keepTensors{
      *this, "keep-tensors",
      llvm::cl::desc("keep every tensor that the model names as a value of the function"),
      llvm::cl::init(false)};
};

} // namespace

void addPasses(mlir::OpPassManager &manager, const GraphOptions &options) {
  mlir::OpPassManager &function = manager.nest<mlir::func::FuncOp>();
  function.addPass(createFoldConstants({.keepTensors = options.keepTensors}));
  function.addPass(createEliminateDeadCode({options.keepTensors}));
  function.addPass(createFoldBatchNorm({options.keepTensors}));
  function.addPass(createFuseElementwise({options.keepTensors}));
}

llvm::Error optimise(mlir::ModuleOp module, const GraphOptions &options) {
  if (!options.run)
    return llvm::Error::success();
  std::vector<Diagnostic> wrong;
  mlir::ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &found) {
    if (found.getSeverity() != mlir::DiagnosticSeverity::Error)
      return;
    Diagnostic &diagnostic = wrong.emplace_back();
    diagnostic.message = found.str();
    if (ir::NodeAttr node = ir::nodeOf(found.getLocation()))
      diagnostic.node = ir::nodeText(node);
  });
  mlir::PassManager manager(module.getContext());
  addPasses(manager, options);
  if (mlir::succeeded(manager.run(module)))
    return llvm::Error::success();
  if (wrong.empty())
    wrong.emplace_back().message = "a pass on the graph failed and does not say why";
  return failure(ExitCode::OwnFault, std::move(wrong));
}

void registerPasses() {
  registerGraphPasses();
  mlir::PassPipelineRegistration<PipelineOptions>(
      "tenon-optimise-graph", "all passes between import and planning, in their order",
      [](mlir::OpPassManager &manager, const PipelineOptions &options) {
        addPasses(manager, {.keepTensors = options.keepTensors});
      });
}

} // namespace tenon::graph
