// The order of the passes, and what becomes of MLIR's diagnostics.
#include "core/graph/Pipeline.h"

#include "core/graph/Passes.h"
#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

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

namespace {

/// Runs the manager; what its passes say is the error's.
llvm::Error runPasses(mlir::PassManager &manager, mlir::ModuleOp module, ExitCode code) {
  std::vector<Diagnostic> wrong;
  mlir::ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &found) {
    if (found.getSeverity() != mlir::DiagnosticSeverity::Error)
      return;
    Diagnostic &diagnostic = wrong.emplace_back();
    diagnostic.message = found.str();
    if (ir::NodeAttr node = ir::nodeOf(found.getLocation()))
      diagnostic.node = ir::nodeText(node);
  });
  if (mlir::succeeded(manager.run(module)))
    return llvm::Error::success();
  if (wrong.empty())
    wrong.emplace_back().message = "a pass on the graph failed and does not say why";
  return failure(code, std::move(wrong));
}

/// Passes that others wrote, from their libraries.
llvm::Error runOthers(mlir::ModuleOp module, const GraphOptions &options) {
  for (const std::string &file : options.plugins) {
    llvm::Expected<mlir::PassPlugin> plugin = mlir::PassPlugin::load(file);
    if (!plugin)
      return failure(ExitCode::WrongUse,
                     file + " is no plugin with passes: " + llvm::toString(plugin.takeError()));
    plugin->registerPassRegistryCallbacks();
  }
  if (options.passes.empty())
    return llvm::Error::success();
  std::string reason;
  llvm::raw_string_ostream stream(reason);
  mlir::PassManager manager(module.getContext());
  if (mlir::failed(mlir::parsePassPipeline(options.passes, manager, stream))) {
    // The parser writes a place, "error: " and what is wrong, then lines that point at it.
    llvm::StringRef line = llvm::StringRef(reason).split('\n').first;
    llvm::StringRef message = line.contains("error: ") ? line.split("error: ").second : line;
    return failure(ExitCode::WrongUse,
                   "--passes " + options.passes + " is no pipeline of passes: " + message.str());
  }
  return runPasses(manager, module, ExitCode::WrongUse);
}

} // namespace

llvm::Error optimise(mlir::ModuleOp module, const GraphOptions &options) {
  if (options.run) {
    mlir::PassManager manager(module.getContext());
    addPasses(manager, options);
    if (llvm::Error wrong = runPasses(manager, module, ExitCode::OwnFault))
      return wrong;
  }
  return runOthers(module, options);
}

void registerPasses() {
  registerGraphPasses();
  mlir::PassPipelineRegistration<PipelineOptions>(
      "tenon-optimise-graph", "all passes between import and planning, in their order",
      [](mlir::OpPassManager &manager, const PipelineOptions &options) {
        GraphOptions chosen;
        chosen.keepTensors = options.keepTensors;
        addPasses(manager, chosen);
      });
}

} // namespace tenon::graph
