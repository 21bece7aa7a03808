// A description that is another one with rows of its own: `extends`.
//
// The tree of the whole is the base's, in which the file's rows replace those of the same name and the others
// follow; `without` takes rows of the base out first. Features of `code` and libraries are added to the
// base's; doc, target and host are the file's own. `like` and `for` see the whole.
//
// A description that extends another is written out as one text (flatten), which bundles carry and whose hash
// they are known by: it needs no other file, and a comment in a base changes nothing.
#pragma once

#include "core/isa/loader/Tree.h"

namespace tenon::isa::loader {

struct ExtendOptions {
  bool mayExtend = false;
  uint64_t mostBytes = 0; ///< of one file
};

/// How many files may extend one another.
inline constexpr size_t extendLimit = 16;

/// The tree of the text with all that it extends. Its files are added to `files`; places count lines through
/// all of them. Nothing where there is no tree.
std::optional<TreeNode> readExtended(llvm::StringRef text, llvm::StringRef path, const ExtendOptions &options,
                                     std::vector<SourceFile> &files, Mistakes &mistakes);

/// The tree as a text whose tree it is.
std::string flatten(const TreeNode &tree);

} // namespace tenon::isa::loader
