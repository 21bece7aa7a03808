// A bundle's inferences on an engine, in a process of its own.
#pragma once

#include "core/driver/Account.h"
#include "core/driver/DeviceChoice.h"
#include "core/driver/Run.h"
#include "core/runtime/Execute.h"

namespace tenon::driver {

/// What is run, and on what.
struct EngineRun {
  const runtime::Bundle *bundle = nullptr;
  llvm::ArrayRef<ModelTensor> outputs; ///< of the model, in the bundle's order
  DeviceChoice device;
  std::string descriptionPath; ///< for messages
  /// Sees every watched tensor of the first inference.
  std::function<llvm::Error(const runtime::WatchedTensor &, llvm::ArrayRef<uint8_t>)> onTensor;
};

struct EngineResult {
  std::vector<std::vector<reference::Tensor>> outputs; ///< of each inference
  double seconds = 0;                                  ///< of the last one
  StepCounters counters;                               ///< of the last one
};

llvm::Expected<EngineResult> runOnEngine(const RunCommand &command, const EngineRun &what,
                                         llvm::ArrayRef<std::vector<reference::Tensor>> inferences);

} // namespace tenon::driver
