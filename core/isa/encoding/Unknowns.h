// What a command's bits and needed cells have to say: everything about an instruction that differs from one
// use of its intrinsic to another, with its range.
#pragma once

#include "core/isa/Instruction.h"
#include "core/isa/encoding/Interval.h"

#include "llvm/ADT/StringMap.h"

namespace tenon::isa {

/// low, low + step, ... up to high; or without an end, where only the field bounds it.
struct Domain {
  int64_t low = 0, high = 0, step = 1;
  bool bounded = true;

  bool isSingle() const { return bounded && low == high; }
  /// How many steps above `low`, at most; nothing without an end.
  std::optional<Wide> steps() const;
  std::optional<Interval> interval() const;
  bool contains(Wide value) const;
  std::string str() const;
};

struct Unknown {
  enum class Kind : uint8_t {
    Size,
    Value,
    Address,  ///< of operand `index`, with the memory's base
    Choice,   ///< which of its memories operand `index` is in
    Stride,   ///< of axis `axis` of operand `index`; only strides that are free
    Slot,     ///< `name`, a slot that `needs` mentions
    SetsSlot, ///< the slot that the command sets
    SetsCell,
    Wait, ///< of sync `index`: whether the command waits, and so on
    WaitId,
    WaitCount,
    Signal,
    SignalId,
    Queue, ///< that a sync command goes down
  };
  Kind kind = Kind::Size;
  std::string name; ///< as expressions call it
  unsigned index = 0, axis = 0;
  Domain domain;
  std::string what; ///< for messages: "size m of mvin"
};

/// A command of the description: an intrinsic with a word, or a sync's.
struct CommandReference {
  Instruction::Kind kind = Instruction::Kind::Intrinsic;
  unsigned number = 0; ///< in description.intrinsics or description.syncCommands

  const Command &command(const Description &description) const;
  std::string name(const Description &description) const; ///< "mvin", "wait sem"
  Place place(const Description &description) const;
  bool operator==(const CommandReference &) const = default;
};

/// Every command that has a word, intrinsics first.
std::vector<CommandReference> commandsOf(const Description &description);

struct Unknowns {
  std::vector<Unknown> list;
  llvm::StringMap<unsigned> byName;

  int find(llvm::StringRef name) const;
};

/// Those of one command. What has only one value is there too; its domain is single.
Unknowns unknownsOf(const Description &description, CommandReference reference);

/// Names whose number is the same in every use: parameters and family keys. Nothing for all others.
std::optional<int64_t> fixedName(const Description &description, CommandReference reference,
                                 llvm::StringRef name);

/// The axis has a stride of its own to choose (in a memory of rows the last axis has none).
bool strideIsFree(const Description &description, const Intrinsic &intrinsic, unsigned operand,
                  unsigned axis);

} // namespace tenon::isa
