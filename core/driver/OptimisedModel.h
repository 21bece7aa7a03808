// From the model as imported to the model as planned: the passes on the graph, on a copy.
#pragma once

#include "core/driver/LoadedModel.h"
#include "core/driver/TargetDescription.h"
#include "core/graph/Pipeline.h"

namespace tenon::driver {

/// Fills loaded.optimised; the imported module stays as it is. Tensors that like another layout get it only
/// where that is asked for.
llvm::Error optimise(LoadedModel &loaded, const graph::GraphOptions &options);

/// The same for a target: where nobody asks for a layout, both are planned and the cheaper one is kept.
llvm::Error optimise(LoadedModel &loaded, const graph::GraphOptions &options, const LoadedTarget &target,
                     bool quiet);

/// Whether floats may lie further from the reference (BoundOptions::foldsIntoSums).
bool foldsIntoSums(const OptimisedModel &model);

/// Whether passes changed how floats are rounded: by that, or by the order in which the dimensions of a sum
/// lie.
bool roundsOtherwise(const OptimisedModel &model);

} // namespace tenon::driver
