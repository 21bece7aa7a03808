// tenon run: a model on a target, its outputs, and what it cost by layer.
#pragma once

#include "core/driver/ModelTensors.h"
#include "core/driver/Report.h"
#include "core/import/ModelFile.h"
#include "core/target/Registry.h"

namespace tenon::driver {

struct RunCommand {
  std::string model;
  std::string target = target::referenceName;
  std::string engine; ///< empty: the target's first
  InputOptions input;
  std::vector<std::string> outputs;  ///< --output, as given
  std::string outputFolder;          ///< --output-dir
  std::string tensorFolder;          ///< --dump-tensors
  std::vector<std::string> bindings; ///< --bind N=1
  std::vector<std::string> requireIntrinsic;
  bool verify = true;
  unsigned threads = 1;
  uint64_t memoryBytes = reference::RunOptions().memoryBytes;
  import::ImportLimits limits;
  ReportOptions report;
};

/// Runs the command and prints its report; errors are those of every step on the way.
llvm::Error run(const RunCommand &command, const target::Registry &registry);

} // namespace tenon::driver
