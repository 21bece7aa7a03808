// tenon compile --vectors: runs the planned model on the machine that the description is, keeps what every
// layer finds and leaves, and writes it as plain files.
#pragma once

#include "core/driver/ModelTensors.h"
#include "core/driver/PlannedModel.h"

namespace tenon::driver {

struct VectorOptions {
  std::string folder;              ///< --vectors; empty: none are wanted
  std::vector<std::string> layers; ///< --vectors-layer: patterns; all layers without
  InputOptions input;              ///< --input, --seed
};

/// What was written.
struct WrittenVectors {
  size_t layers = 0, hostLayers = 0;
};

/// The model's outputs must be the reference's (ExitCode::ResultDiffers), and every layer alone must give
/// what it gives in the model. `programPath`: of the running program, beside which the worker lies.
llvm::Expected<WrittenVectors> writeModelVectors(const LoadedModel &loaded, const LoadedTarget &target,
                                                 const plan::Plan &plan, const VectorOptions &options,
                                                 const std::string &programPath);

} // namespace tenon::driver
