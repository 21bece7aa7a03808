// tenon explain: which intrinsic takes which operator and how, and why the others do not.
#pragma once

#include "core/driver/Report.h"
#include "core/driver/TargetDescription.h"
#include "core/import/ModelFile.h"

namespace tenon::driver {

struct ExplainCommand {
  std::string model;
  TargetChoice machine;
  std::vector<std::string> operators; ///< --op: patterns of operators or names; empty: all
  std::vector<std::string> bindings;  ///< --bind, as in tenon run
  import::ImportLimits limits;
  ReportOptions report;
};

/// A text for each layer of the model's plan; tenon.explain/1.
llvm::Error explain(const ExplainCommand &command, const target::Registry &registry);

} // namespace tenon::driver
