// The parts of a description, each read from a tree that has been held against the table of keys.
#pragma once

#include "core/isa/Semantics.h"
#include "core/isa/loader/Keys.h"
#include "core/isa/loader/Values.h"

namespace tenon::isa::loader {

/// Reports keys that the kind of a memory or sync does not have, and those that it must have and are missing.
void checkKindKeys(Reading &reading, const TreeNode &node, Section section, llvm::StringRef kind,
                   llvm::ArrayRef<llvm::StringRef> needed, const std::string &what);

void readParameters(Reading &reading, const TreeNode &section, const LoadOptions &options);
void readMemories(Reading &reading, const TreeNode &section);
void readQueues(Reading &reading, const TreeNode &section);
void readWords(Reading &reading, const TreeNode &section);
void readRegisters(Reading &reading, const TreeNode &section);
/// After queues and words.
void readSyncs(Reading &reading, const TreeNode &section);

/// Whether it may be the name of a processor or a feature, which go to LLVM as they are.
bool isLlvmName(llvm::StringRef text);
void readCode(Reading &reading, const TreeNode &section);
/// Libraries and levels come after the code.
void readLibraries(Reading &reading, const TreeNode &list);
void readLevels(Reading &reading, const TreeNode &section);
/// In a memory whose bytes are known.
void readSwizzle(Reading &reading, Memory &memory, Piece text, const std::string &what);

void readHost(Reading &reading, const TreeNode &section);

/// Where a text of a family has been replaced, in columns after the replacement.
struct Replacement {
  unsigned line = 0;
  unsigned begin = 0, end = 0; ///< of the new text
  unsigned last = 0;           ///< column after the scalar that it is part of
  unsigned oldLength = 0;
};

/// One intrinsic of the file as trees: the members of its family, with texts replaced.
struct Member {
  TreeNode node;
  std::vector<Replacement> replacements;
  std::string name, family;
  std::map<std::string, std::string> choices;
  std::map<std::string, int64_t> codes;
  Place place;
};
/// `like` resolved and families expanded.
std::vector<Member> expandIntrinsics(TreeNode &section, Mistakes &mistakes);

/// Puts mistakes from number `first` on where the file has them, not where the replaced texts would.
void restoreColumns(const Member &member, Mistakes &mistakes, size_t first);

/// After everything else.
void readIntrinsic(Reading &reading, const Member &member);
/// In an intrinsic whose sizes and values are read.
void readOperands(Reading &reading, Intrinsic &intrinsic, const TreeNode &section);
/// In an intrinsic whose operands are read: where, prefer, needs, sets, encodings, timing.
void readEncoding(Reading &reading, Intrinsic &intrinsic, const TreeNode &node);

/// llvm:, asm:, call:, requires: and numerics: of an intrinsic whose operands are read.
void readTexts(Reading &reading, Intrinsic &intrinsic, const TreeNode &node);

/// word: and field: of a command; `known` are the names of its expressions, `reserved` keys that are no
/// fields.
std::optional<Command> readCommand(Reading &reading, const TreeNode &node, const NameSet &known,
                                   llvm::ArrayRef<llvm::StringRef> reserved, const std::string &what);

/// What concerns several parts, once all of them are read.
void checkDescription(Reading &reading);

} // namespace tenon::isa::loader
