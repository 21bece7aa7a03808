// The keys of the language: one table that the loader reads by, and of which the JSON Schema and the language
// reference are made.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::isa::loader {

/// A mapping with keys of its own.
enum class Section : uint8_t {
  None,
  Description,
  Variants,
  Parameters,
  Memories,
  Memory,
  Queues,
  Queue,
  Syncs,
  Sync,
  SyncCommand,
  Words,
  Word,
  Registers,
  Register,
  Intrinsics,
  Intrinsic,
  Families,
  FamilyCodes,
  Sizes,
  Values,
  Operands,
  Operand,
  Extents,
  Strides,
  Needs,
  Timing,
  Busy,
  Command,
  Numerics,
  Code,
  Levels,
  Level,
  Host,
  HostRegisters,
  HostRegister,
  HostCodes,
  HostCodeGroup,
};

/// What stands behind a key.
enum class Form : uint8_t {
  Version,
  Name,
  Names,
  Choice,
  Number,
  Bytes,
  Row,
  Text,
  Texts,
  Expression,
  Bits,
  Cell,
  Slot,
  SizeRange,
  ValueRange,
  Choices,
  OperandType,
  Stride,
  Outside,
  Holds,
  HostField,
  Codes,
  Mapping, ///< of the section `inner`
};

/// What may stand as a key where a section has no fixed one.
enum class Naming : uint8_t {
  Fixed,   ///< the row is for one key
  Name,    ///< a name
  Label,   ///< a name that no expression uses: also a word of the language
  Number,  ///< a name or a number
  Counted, ///< name or name[count]
  Cell,    ///< register.cell or register[slot].cell
  Dotted,  ///< names with dots
  Variant, ///< letters, digits, -, _ and dots: part of a command line
};

/// Copied: required, and may come from what an intrinsic is like; a schema, which sees no copies, cannot ask
/// for it.
enum class Presence : uint8_t { Optional, Required, Copied, NotYet };

struct Key {
  Section section;
  llvm::StringLiteral name; ///< of a Fixed key; else what the reference calls it ("NAME")
  Form form;
  Presence presence;
  llvm::StringLiteral meaning;
  llvm::StringLiteral words =
      ""; ///< Choice: which, separated by spaces; those that are not yet supported after |
  llvm::StringLiteral kinds = ""; ///< the kinds of memory or sync that have the key; empty: all
  Section inner = Section::None;
  Naming naming = Naming::Fixed;
};

struct FormText {
  Form form;
  llvm::StringLiteral what; ///< "a number"
  llvm::StringLiteral syntax;
  bool scalar, sequence, mapping; ///< which YAML nodes it may be
};

struct SectionText {
  Section section;
  llvm::StringLiteral name;    ///< "memory"
  llvm::StringLiteral meaning; ///< a sentence or two
  llvm::StringLiteral example;
};

llvm::ArrayRef<Key> keyTable();
llvm::ArrayRef<FormText> formTable();
llvm::ArrayRef<SectionText> sectionTable();

std::vector<const Key *> keysOf(Section section);
/// The row for a key that stands in the section; null where there is none.
const Key *findKey(Section section, llvm::StringRef name);
const FormText &textOf(Form form);
const SectionText &textOf(Section section);

/// The words of a Choice: those that are supported, or those that are not yet.
std::vector<std::string> choicesOf(const Key &key, bool supported = true);

} // namespace tenon::isa::loader
