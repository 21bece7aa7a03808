// Why a run failed, in a sentence for people.
#pragma once

#include "core/isa/Description.h"
#include "sim/systemc/Bench.h"

#include "llvm/ADT/ArrayRef.h"

namespace tenon::sim {

/// `stream` is what ran, at `address` in memory; `dispatched` is how many of its commands were begun.
std::string failureText(const isa::Description &description, const RunResult &result,
                        llvm::ArrayRef<uint8_t> stream, uint64_t dispatched);

} // namespace tenon::sim
