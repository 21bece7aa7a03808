// Whether a description's commands can be encoded and told apart again.
#pragma once

#include "core/isa/encoding/CommandPlan.h"

namespace tenon::isa {

/// Appends what is wrong, each with its place and repair: fields that overlap or leave their word, constants
/// and expressions that do not fit, commands that decode alike, what cannot be read back from the words and
/// registers, cells that commands of another queue set.
void checkEncoding(const Description &description, std::vector<Diagnostic> &mistakes);

/// Only the words: whether everything else may rely on them.
bool checkWords(const Description &description, std::vector<Diagnostic> &mistakes);

/// The first pair of commands that nothing tells apart and so on: over the constant bits of the shorter one.
void checkDistinct(const Description &description, llvm::ArrayRef<CommandPlan> plans,
                   std::vector<Diagnostic> &mistakes);

} // namespace tenon::isa
