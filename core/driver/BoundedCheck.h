// Native results against the reference's: integers bit for bit, floats within their derived bounds.
//
// A bound of the whole model says nothing once it is deep: fifty layers, each of which may double what came
// in, allow more than the values themselves. So tensors that the code keeps in memory anyway are compared
// too, and the reference goes on from what the code has: every bound is of one layer.
#pragma once

#include "core/driver/ModelTensors.h"
#include "core/driver/RunReport.h"
#include "core/reference/ErrorBound.h"
#include "core/support/Error.h"

namespace tenon::driver {

/// What may differ on the described machine: functions of its own round otherwise than the C library's.
reference::BoundOptions boundOptionsOf(const isa::Description &description);

/// How a tensor lies beyond its bounds, on one line; nothing where it does not. What was found is added to
/// `found`.
std::optional<std::string> beyondBounds(const reference::Tensor &got, const reference::Tensor &want,
                                        llvm::ArrayRef<double> bounds, VerifiedOutputs &found);

class BoundedCheck {
public:
  /// The program is the model's as it was read. `options` are those of its run.
  BoundedCheck(const reference::Program &program, llvm::ArrayRef<ModelTensor> outputs,
               reference::RunOptions options, const reference::BoundOptions &boundOptions);

  /// One inference, the next of `count`. `tensors` are what the code has of the model's tensors, by their
  /// numbers in it. Errors are those of the reference's run; differences come with result().
  llvm::Error add(llvm::ArrayRef<reference::Tensor> inputs, llvm::ArrayRef<reference::Tensor> outputs,
                  const std::map<int64_t, reference::Tensor> &tensors, size_t count);

  /// ExitCode::ResultDiffers with a diagnostic for the first tensor and every output that is wrong.
  llvm::Expected<VerifiedOutputs> result();

private:
  llvm::Expected<const reference::Tensor *> compare(ir::TensorAttr tensor, const reference::BufferView &view,
                                                    const reference::Bounds &bounds,
                                                    const std::map<int64_t, reference::Tensor> &tensors);
  bool isOutput(int64_t tensor) const;
  void addOutput(size_t output, const reference::Tensor &got, const reference::BoundedRun &run, size_t count);
  llvm::Error measure(llvm::ArrayRef<reference::Tensor> inputs, llvm::ArrayRef<reference::Tensor> outputs);

  const reference::Program &program;
  llvm::ArrayRef<ModelTensor> outputs;
  reference::RunOptions options;
  const reference::BoundOptions boundOptions;
  VerifiedOutputs found;
  std::vector<Diagnostic> wrong;
  bool wrongInside = false; ///< a tensor that is no output
  bool moved = false;       ///< this inference's reference goes on from something else than its own
  size_t inference = 0;
};

} // namespace tenon::driver
