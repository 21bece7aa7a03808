// The words that semantics have for the operations of nests: printing uses them, and so does whoever explains
// a meaning to the people who write it.
#pragma once

#include "core/ir/nest/Nest.h"

namespace tenon::isa {

/// "==", "<=", ...; of CmpI and CmpF alone.
llvm::StringRef comparisonWord(const nest::Node &node);

/// "+", "<<", ...; empty for what is not written between its arguments.
llvm::StringRef infixWord(nest::Opcode op);

/// "max", "round_shift_half_up", ...; empty for what is no function of the language.
llvm::StringRef functionWord(const nest::Node &node);

} // namespace tenon::isa
