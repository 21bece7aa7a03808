// Whether what a target computes is what the reference computes.
#pragma once

#include "core/driver/ModelTensors.h"
#include "core/support/Error.h"

namespace tenon::driver {

/// How a tensor differs, on one line; nothing where every element is the same bits (or NaN on both sides).
std::optional<std::string> difference(const reference::Tensor &got, const reference::Tensor &want);

/// Elements that are NaN. Two tensors of nothing else agree without a number having been compared.
size_t notNumbersIn(const reference::Tensor &tensor);

/// An element as a double, and its place in the tensor: "[0, 3]".
double realElement(const reference::Tensor &tensor, size_t number);
std::string placeText(llvm::ArrayRef<int64_t> shape, size_t number);

/// ExitCode::ResultDiffers with a diagnostic for each output that differs in some inference. `first` is a
/// difference inside the model that is known already; it is told first.
llvm::Error verifyOutputs(llvm::ArrayRef<ModelTensor> outputs,
                          llvm::ArrayRef<std::vector<reference::Tensor>> got,
                          llvm::ArrayRef<std::vector<reference::Tensor>> want,
                          std::optional<Diagnostic> first = std::nullopt);

} // namespace tenon::driver
