// The option --require-intrinsic: operators that must not fall back.
#pragma once

#include "core/driver/Layers.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace tenon::driver {

/// ExitCode::TargetCannot with every layer that a pattern names and that fell back: those for which
/// `fellBack` gives a reason. ExitCode::WrongUse for what is no pattern or names nothing of the model as it
/// was imported: a node of which the passes on the graph left nothing to compute falls back to nothing.
llvm::Error checkRequiredIntrinsics(llvm::ArrayRef<std::string> patterns, llvm::ArrayRef<Layer> imported,
                                    llvm::ArrayRef<Layer> layers,
                                    llvm::function_ref<std::string(const Layer &)> fellBack);

} // namespace tenon::driver
