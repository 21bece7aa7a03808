// A model planned as native code, and what is written of it: the module's text, machine code, the bundle.
#pragma once

#include "core/driver/LoadedModel.h"
#include "core/driver/PlannedModel.h"
#include "core/native/Plan.h"
#include "core/runtime/native/NativeBundle.h"

namespace tenon::driver {

struct NativeModel {
  native::NativePlan plan;
  runtime::NativeBundle bundle; ///< without its code
  std::string module;           ///< LLVM IR: the kernels, and on a processor the model's entry
  double seconds = 0;           ///< of planning
};

/// What a plan says of a bundle: arena, weights (which it gives away), tensors, launches. Layers are named by
/// their nodes, tensors at the edge have no names.
runtime::NativeBundle bundleOfPlan(const reference::Program &program, native::NativePlan &plan);

/// Which of the model's named tensors a bundle lists.
enum class TensorsInside : uint8_t {
  None,
  Listed, ///< those that reach memory anyway
  Kept,   ///< all, and no layer is fused across one
};

/// Plans the optimised model; what comes of it is named after its file.
llvm::Expected<NativeModel> planNativeModel(const LoadedModel &loaded, const LoadedTarget &target,
                                            TensorsInside inside, const std::string &version);

/// What --emit writes: the module's text (llvm) or the assembly that comes of it (asm).
struct EmitRequest {
  std::string kind, file;
};
llvm::Error emitText(const EmitRequest &request, const LoadedTarget &target, const NativeModel &model,
                     const ProgramIdentity &program);

/// Generates the code and writes the bundle; gives the warnings.
llvm::Expected<std::vector<std::string>> writeNative(NativeModel &model, const LoadedTarget &target,
                                                     const ProgramIdentity &program,
                                                     const std::string &folder);

/// Why portable code does a layer: the cover's reason, or the nearest intrinsic's.
std::string portableReason(const isa::Description &description, const native::NativePlan &plan,
                           unsigned layer);

/// The model's nodes of every layer.
std::vector<LayerIdentity> identify(const reference::Program &program, const native::NativePlan &plan);

} // namespace tenon::driver
