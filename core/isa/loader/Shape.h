// Holds the tree against the table of keys: afterwards whatever is still in it has the form that the table
// gives it, and everything else has been reported.
#pragma once

#include "core/isa/loader/Keys.h"
#include "core/isa/loader/Tree.h"

namespace tenon::isa::loader {

/// "memory 'spad'": what the mapping is, for messages about it.
void checkShape(TreeNode &mapping, Section section, const std::string &what, Mistakes &mistakes);

/// As checkShape, but leaves what is inside each entry of `intrinsics` alone: `like` is resolved first.
void checkOuterShape(TreeNode &description, Mistakes &mistakes);

} // namespace tenon::isa::loader
