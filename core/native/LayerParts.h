// What a layer's code is made of besides its main kernel: temporaries, and the kernels that fill them.
#pragma once

#include "core/native/Arrange.h"
#include "core/native/Kernel.h"

namespace tenon::isa {
struct Description;
} // namespace tenon::isa

namespace tenon::native {

KernelArgument constantArgument(match::ConstantTensor tensor);
KernelArgument scratchArgument(LayerCode &code, int64_t bytes);
int64_t bytesOf(const nest::Operand &operand);

/// The kernels of a nest as a part of a layer: `operands` says what the nest's operands are, in order.
llvm::Error addPortable(const isa::Description &description, const nest::Nest &nest, const std::string &name,
                        llvm::ArrayRef<KernelArgument> operands, LayerCode &code);

/// What a tensor is as an argument; a gathered one is made into a temporary by kernels that are added.
llvm::Expected<KernelArgument> argumentOf(const isa::Description &description,
                                          const match::TensorSource &source, const std::string &name,
                                          LayerCode &code);

/// A tensor of the computation in another order: a constant is arranged at once, anything else by kernels
/// that are added.
llvm::Expected<KernelArgument> arrangedArgument(const isa::Description &description,
                                                const match::Computation &computation, unsigned operand,
                                                mlir::AffineMap access, const Arrangement &arrangement,
                                                const std::string &name, LayerCode &code);

} // namespace tenon::native
