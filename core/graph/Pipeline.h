// The passes between import and planning, in their order: what a target gets to see of a model. Whatever they
// do, the function computes the same: bit for bit in integers, within the bounds of
// core/reference/ErrorBound.h in floats.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Error.h"

namespace tenon::graph {

/// How tensors lie: as the model has them, with the channels of products innermost, or whichever of both
/// costs a target less, which its driver finds out (the pipeline alone then leaves them as they are).
enum class Layouts : uint8_t { Model, ChannelsInnermost, Cheaper };

struct GraphOptions {
  bool run = true;          ///< false: the module stays as it is (--no-graph-passes)
  bool keepTensors = false; ///< every tensor that the model names stays a value (--dump-tensors)
  Layouts layouts = Layouts::Cheaper;
  std::vector<std::string> plugins; ///< libraries with passes of others (--pass-plugin)
  std::string passes;               ///< run behind our own: a pipeline as tenon-opt takes it (--passes)

  /// Whether anything but keepTensors is not as it is without options.
  bool asksForSomething() const {
    return !run || layouts != Layouts::Cheaper || !plugins.empty() || !passes.empty();
  }
};

/// Appends the passes; the manager's operation is the module.
void addPasses(mlir::OpPassManager &manager, const GraphOptions &options);

/// Runs the passes on every function of the module. Operations keep the locations of all nodes that they
/// stand for. Errors: ExitCode::OwnFault for a pass of ours that fails, since an imported module verifies;
/// ExitCode::WrongUse for plugins that are none, pipelines that name no pass, and passes of others that fail.
llvm::Error optimise(mlir::ModuleOp module, const GraphOptions &options);

/// Makes the passes, and the pipeline of all (--tenon-optimise-graph), known to tenon-opt.
void registerPasses();

} // namespace tenon::graph
