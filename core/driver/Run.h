// tenon run: a model on a target, its outputs, and what it cost by layer.
#pragma once

#include "core/driver/ModelTensors.h"
#include "core/driver/Report.h"
#include "core/driver/TargetDescription.h"
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"

namespace tenon::driver {

struct RunCommand {
  std::string model;
  TargetChoice machine;
  InputOptions input;
  std::vector<std::string> outputs;                      ///< --output, as given
  std::string outputFolder;                              ///< --output-dir
  std::string tensorFolder;                              ///< --dump-tensors
  std::string planFile;                                  ///< --dump-plan: "-" for standard output
  std::string reportFolder;                              ///< --report-dir: what tenon report reads
  std::vector<std::pair<std::string, std::string>> emit; ///< --emit KIND FILE: llvm or asm
  std::vector<std::string> bindings;                     ///< --bind N=1
  std::vector<std::string> requireIntrinsic;
  bool verify = true;
  unsigned threads = 1;
  uint64_t memoryBytes = reference::RunOptions().memoryBytes;
  import::ImportLimits limits;
  graph::GraphOptions graph;
  ReportOptions report;
  ProgramIdentity program;
};

/// Runs the command and prints its report; errors are those of every step on the way.
llvm::Error run(const RunCommand &command, const target::Registry &registry);

} // namespace tenon::driver
