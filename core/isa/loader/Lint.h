// What is allowed in a description and looks forgotten.
#pragma once

#include "core/isa/Description.h"
#include "core/support/Error.h"

namespace tenon::isa {

/// Operands, sizes and values that a meaning never mentions; memories, queues, words, registers and
/// parameters that nothing uses; intrinsics without an encoding or a timing. In the file's order.
std::vector<Diagnostic> lint(const Description &description);

} // namespace tenon::isa
