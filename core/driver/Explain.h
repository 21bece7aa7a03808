// tenon explain: which intrinsic takes which operator and how, and why the others do not.
#pragma once

#include "core/driver/LoadedModel.h"
#include "core/driver/Report.h"
#include "core/driver/TargetDescription.h"
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"
#include "core/native/Cover.h"
#include "core/plan/Plan.h"

namespace tenon::driver {

struct ExplainCommand {
  std::string model;
  TargetChoice machine;
  std::vector<std::string> operators; ///< --op: patterns of operators or names; empty: all
  std::vector<std::string> bindings;  ///< --bind, as in tenon run
  import::ImportLimits limits;
  graph::GraphOptions graph;
  ReportOptions report;
};

/// tenon.explain/1 of all layers of a plan.
Json explainJson(const LoadedModel &model, const LoadedTarget &target,
                 llvm::ArrayRef<plan::PlannedLayer> layers);
Json explainJson(const LoadedModel &model, const LoadedTarget &target,
                 llvm::ArrayRef<native::NativeLayer> layers);

/// A text for each layer of the model's plan; tenon.explain/1.
llvm::Error explain(const ExplainCommand &command, const target::Registry &registry);

} // namespace tenon::driver
