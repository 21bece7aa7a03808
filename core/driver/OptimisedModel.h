// From the model as imported to the model as planned: the passes on the graph, on a copy.
#pragma once

#include "core/driver/LoadedModel.h"
#include "core/graph/Pipeline.h"

namespace tenon::driver {

/// Fills loaded.optimised; the imported module stays as it is.
llvm::Error optimise(LoadedModel &loaded, const graph::GraphOptions &options);

} // namespace tenon::driver
