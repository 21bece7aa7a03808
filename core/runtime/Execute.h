// Runs a bundle: constants once, then for every set of inputs the steps in order, the device's by submitting
// their commands, the host's by calling their functions.
#pragma once

#include "core/runtime/Bundle.h"
#include "core/runtime/DeviceProcess.h"
#include "core/runtime/HostSteps.h"

#include <functional>

namespace tenon::runtime {

struct ExecuteOptions {
  DeviceOptions device;    ///< engine or plugin; description and parameters are the bundle's
  HostLibraryOptions host; ///< used if the bundle has host steps or host buffers
};

/// What a run may tell on the way. Any of them may stop it with an error.
struct ExecuteCallbacks {
  /// After each step, with what it added to the counters (only asked for if this is set).
  std::function<llvm::Error(unsigned step, double seconds, llvm::ArrayRef<Counter> added)> afterStep;
  /// With every watched tensor of the bundle after its step.
  std::function<llvm::Error(const WatchedTensor &tensor, llvm::ArrayRef<uint8_t> bytes)> onTensor;
};

using Bytes = std::vector<uint8_t>;

struct ExecuteResult {
  std::vector<Bytes> outputs;    ///< in the bundle's order
  std::vector<Counter> counters; ///< what this run added to each
  double seconds = 0;
};

class Executor {
public:
  /// Checks the bundle, opens the device, compiles the host's functions and copies the constants. The bundle
  /// must outlive the executor.
  static llvm::Expected<Executor> start(const Bundle &bundle, const ExecuteOptions &options);

  /// Runs once. `inputs` have the bytes of the bundle's inputs, in its order (ExitCode::WrongUse otherwise).
  /// After a failure of the device nothing more can be run.
  llvm::Expected<ExecuteResult> run(llvm::ArrayRef<Bytes> inputs, const ExecuteCallbacks &callbacks = {});

  llvm::Error stop();

private:
  Executor(const Bundle &source, DeviceProcess opened) : bundle(&source), device(std::move(opened)) {}

  llvm::Error placeConstants();
  llvm::Error write(const Location &location, llvm::ArrayRef<uint8_t> bytes);
  llvm::Expected<Bytes> read(const Location &location);
  llvm::Error runDevice(const DeviceStep &step);
  llvm::Error showTensors(unsigned steps, const ExecuteCallbacks &callbacks);
  llvm::Error runStep(unsigned number, const ExecuteCallbacks &callbacks);
  /// What was added to each counter since the last call in this run.
  llvm::Expected<std::vector<Counter>> addedToCounters();

  const Bundle *bundle;
  DeviceProcess device;
  HostSteps host;
  std::map<std::string, uint64_t> counted; ///< the counters' values when they were last read in this run
};

} // namespace tenon::runtime
