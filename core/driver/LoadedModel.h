// A model from its name to a program: what every command that takes one begins with.
#pragma once

#include "core/driver/LayoutChoice.h"
#include "core/driver/ModelTensors.h"
#include "core/import/ModelFile.h"

namespace tenon::driver {

/// The model as planners see it: a copy of the module after the passes on the graph.
struct OptimisedModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  reference::Program program; ///< refers to the module
  LayoutChoice layout;
  /// The layers for the target, where they are known already.
  std::optional<std::vector<plan::PlannedLayer>> planned;
  std::optional<std::vector<native::NativeLayer>> native;
};

/// `module`, `function` and `program` are the model as imported: the reference, which every engine is
/// compared with.
struct LoadedModel {
  std::string path;
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function; ///< what is run
  ModelSignature signature;
  reference::Program program; ///< refers to the module
  OptimisedModel optimised;   ///< empty until optimise()
};

/// Finds, imports and takes apart the model; `main`, or the only function, is what is run.
/// `bindings`: each NAME=SIZE, as given.
llvm::Expected<LoadedModel> loadModel(const std::string &model, const import::ImportLimits &limits,
                                      llvm::ArrayRef<std::string> bindings = {});

} // namespace tenon::driver
