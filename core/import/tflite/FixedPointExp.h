// exp for the fixed-point softmax, on integers at import: what becomes a table.
#pragma once

#include "core/import/tflite/NodeConversion.h"

namespace tenon::import::tflite {

/// Entry d is exp(-d * scale * beta) in Q0.31 for d = 0 to 255, by the reference's integer steps; 0 where the
/// reference takes the difference for too large. An error where scale * beta has no multiplier above 1.
llvm::Expected<llvm::SmallVector<int32_t>> softmaxExponentials(const NodeConversion &c, float beta,
                                                               double scale);

} // namespace tenon::import::tflite
