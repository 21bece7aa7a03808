// Cases of several commands over all queues: each works on what earlier ones left, and synchronisation makes
// them legal.
#pragma once

#include "core/check/Draws.h"

namespace tenon::check {

/// A case of 2 to `most` commands, `draws` being those of the intrinsics that may occur; nothing where fewer
/// than two were legal. The reference is left as the commands leave it.
llvm::Expected<std::optional<Case>> drawSequence(const isa::Description &description,
                                                 llvm::ArrayRef<Draws *> draws, Reference &reference,
                                                 const GlobalLimits &limits, uint64_t seed, uint64_t number,
                                                 unsigned most = 12);

} // namespace tenon::check
