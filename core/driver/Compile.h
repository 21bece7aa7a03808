// tenon compile: a model planned for a described chip, as a folder that a runtime executes.
#pragma once

#include "core/driver/Report.h"
#include "core/driver/TargetDescription.h"
#include "core/driver/Vectors.h"
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"

namespace tenon::driver {

struct CompileCommand {
  std::string model;
  TargetChoice machine;
  std::string folder;                                    ///< --output
  std::string planFile;                                  ///< --dump-plan
  std::vector<std::pair<std::string, std::string>> emit; ///< --emit KIND FILE
  std::vector<std::string> bindings;                     ///< --bind, as in tenon run
  import::ImportLimits limits;
  graph::GraphOptions graph;
  VectorOptions vectors; ///< of a target with commands
  ReportOptions report;
  ProgramIdentity program;
};

/// Writes the bundle; tenon.compile/1.
llvm::Error compile(const CompileCommand &command, const target::Registry &registry);

} // namespace tenon::driver
