// A native bundle's inferences: tenon-run as a child, which needs no compiler and may crash alone.
#pragma once

#include "core/driver/NativeModel.h"
#include "core/reference/Program.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace tenon::driver {

struct NativeProcess {
  std::string bundle;  ///< folder
  std::string scratch; ///< folder for its inputs, outputs and reports
  unsigned threads = 1;
  bool dumpTensors = false; ///< those that the bundle lists
  std::string program;      ///< path of tenon: tenon-run lies beside it
};

struct NativeResult {
  std::vector<std::vector<reference::Tensor>> outputs; ///< of each inference
  double seconds = 0;                                  ///< of the last inference
  std::vector<double> layerSeconds;                    ///< of one more run of it, where they were measured
  std::vector<double> launchSeconds;                   ///< of the same
  std::string device;                                  ///< the machine's name, where a launcher knows it
};

/// The name of the machine behind a launcher plugin. Errors: what tenon-run said of it; `program` is the path
/// of tenon.
llvm::Expected<std::string> machineBehind(const std::string &launcher, const std::string &program);

/// Sees an inference that is done: its number, its outputs, and what was dumped, in the bundle's order.
using InferenceWatch = llvm::function_ref<llvm::Error(
    size_t number, llvm::ArrayRef<reference::Tensor> outputs, std::vector<reference::Tensor> tensors)>;

/// Errors: with the exit code of tenon-run, and what it said; ExitCode::SystemFailed where it lies nowhere;
/// and the watch's.
llvm::Expected<NativeResult> runNativeBundle(const NativeProcess &process,
                                             const runtime::NativeBundle &bundle,
                                             llvm::ArrayRef<std::vector<reference::Tensor>> inferences,
                                             InferenceWatch watch = nullptr);

} // namespace tenon::driver
