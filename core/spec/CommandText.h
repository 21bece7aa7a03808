// Commands and queues as messages name them.
#pragma once

#include "core/isa/Instruction.h"

namespace tenon::spec {

/// "queue load".
std::string queueText(const isa::Description &description, unsigned queue);
/// "matmul{update: +=}, queue execute"; the instruction may be illegal.
std::string commandText(const isa::Description &description, const isa::Instruction &instruction);
/// "2 of sem[3]", "1 of l2c".
std::string waitText(const isa::Description &description, const isa::SyncUse &use);

} // namespace tenon::spec
