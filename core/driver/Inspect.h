// tenon inspect: what a model is made of.
#pragma once

#include "core/driver/Report.h"
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"

namespace tenon::driver {

struct InspectCommand {
  std::string model;
  bool printIr = false; ///< --ir: the imported module as text without large constants, instead of the table
  bool optimised =
      false;          ///< --optimised: the module after the passes on the graph, instead of the imported one
  std::string saveIr; ///< --save-ir: the whole module into a file that run, inspect and tenon-opt read
  std::vector<std::string> bindings; ///< --bind, as in tenon run
  import::ImportLimits limits;
  graph::GraphOptions graph;
  ReportOptions report;
};

/// Nodes with their shapes, types, quantisation, MACs and live memory; tenon.inspect/1.
llvm::Error inspect(const InspectCommand &command);

} // namespace tenon::driver
