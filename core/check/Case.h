// One question to the hardware: what memories hold, and commands. Settings of registers and synchronisation
// are no part of it: they follow from the commands, so that a case stays legal while it is made smaller.
#pragma once

#include "core/isa/encoding/Encode.h"

namespace tenon::check {

/// Bytes [begin, end) of a memory that a case sets before it runs and compares afterwards. A rotating memory
/// counts as its copies one after the other.
struct Window {
  unsigned memory = 0;
  uint64_t begin = 0, end = 0;
  uint64_t bytes() const { return end - begin; }
  bool operator==(const Window &) const = default;
};

/// What some bytes hold before the commands run.
struct Fill {
  unsigned memory = 0;
  uint64_t address = 0;
  std::vector<uint8_t> bytes;
  bool operator==(const Fill &) const = default;
};

/// A signal and a wait that no command needs: counters and counts that the order alone would never use.
struct ExtraSync {
  unsigned signal = 0, wait = 0;             ///< numbers of sync commands in the description
  unsigned signalQueue = 0, waitQueue = 0;   ///< they go down
  unsigned beforeSignal = 0, beforeWait = 0; ///< commands that they stand before; the first one may be equal
  int64_t id = 0, count = 1;
  bool operator==(const ExtraSync &) const = default;
};

struct Case {
  uint64_t number = 0;
  uint64_t background = 0; ///< seed of what windows hold beneath the fills; 0: zeros
  std::vector<Window> windows;
  std::vector<Fill> fills;                ///< inside windows; the later ones win
  std::vector<isa::Instruction> commands; ///< without settings and syncs
  std::vector<ExtraSync> extras;          ///< as the signals come in the stream
  bool operator==(const Case &) const = default;
};

/// What a window holds before the commands run.
std::vector<uint8_t> contentsBefore(const Case &of, const Window &window);

struct Stream {
  std::vector<isa::Instruction> instructions; ///< `origin`: the number of the case's command it is there for
  std::vector<uint8_t> bytes;
};

/// With settings and synchronisation, encoded. Errors: what the chip cannot express.
llvm::Expected<Stream> assemble(const isa::CommandSet &commands, const Case &of);

} // namespace tenon::check
