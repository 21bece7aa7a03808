// Native results against the reference's: integers bit for bit, floats within their derived bounds.
#pragma once

#include "core/driver/ModelTensors.h"
#include "core/driver/RunReport.h"
#include "core/reference/ErrorBound.h"
#include "core/support/Error.h"

namespace tenon::driver {

/// What may differ on the described machine: functions of its own round otherwise than the C library's.
reference::BoundOptions boundOptionsOf(const isa::Description &description);

/// What the reference computes, with bounds, for every inference.
struct BoundedReference {
  std::vector<reference::BoundedRun> inferences;
  struct Watched {
    reference::Tensor value;
    reference::Bounds bounds;
  };
  std::map<int64_t, Watched> tensors; ///< of the first inference, by the tensor's number in the model
};

/// Of a machine that computes all that the program does, in its order and with its roundings: nothing may
/// differ.
llvm::Expected<BoundedReference> exactReference(const reference::Program &program,
                                                llvm::ArrayRef<std::vector<reference::Tensor>> inferences,
                                                bool keepTensors, const reference::RunOptions &options);

llvm::Expected<BoundedReference> boundedReference(const reference::Program &program,
                                                  llvm::ArrayRef<std::vector<reference::Tensor>> inferences,
                                                  bool keepTensors, const reference::RunOptions &options,
                                                  const reference::BoundOptions &bounds);

/// How a tensor lies beyond its bounds, on one line; nothing where it does not. What was found is added to
/// `found`.
std::optional<std::string> beyondBounds(const reference::Tensor &got, const reference::Tensor &want,
                                        llvm::ArrayRef<double> bounds, VerifiedOutputs &found);

/// ExitCode::ResultDiffers with a diagnostic for each output that is wrong; `first` is told first.
llvm::Expected<VerifiedOutputs> verifyBounded(llvm::ArrayRef<ModelTensor> outputs,
                                              llvm::ArrayRef<std::vector<reference::Tensor>> got,
                                              const BoundedReference &want,
                                              std::optional<Diagnostic> first = std::nullopt);

} // namespace tenon::driver
