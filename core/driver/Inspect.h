// tenon inspect and tenon targets: what a model is made of, and where it can run.
#pragma once

#include "core/driver/Report.h"
#include "core/import/ModelFile.h"
#include "core/target/Registry.h"

namespace tenon::driver {

struct InspectCommand {
  std::string model;
  bool printIr = false; ///< --ir: the imported module as text without large constants, instead of the table
  std::string saveIr;   ///< --save-ir: the whole module into a file that run, inspect and tenon-opt read
  import::ImportLimits limits;
  ReportOptions report;
};

/// Nodes with their shapes, types, quantisation, MACs and live memory; tenon.inspect/1.
llvm::Error inspect(const InspectCommand &command);

/// Every target, where it comes from and whether this host can run it; tenon.targets/1.
llvm::Error listTargets(const target::Registry &registry, const ReportOptions &options);

} // namespace tenon::driver
