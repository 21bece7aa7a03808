// A command is shown as the disassembler shows it, and as its bytes where it is none.
#include "sim/systemc/FailureText.h"

#include "core/isa/encoding/Assembly.h"
#include "core/isa/encoding/Decode.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

namespace tenon::sim {
namespace {

constexpr uint64_t shownCommands = 4; ///< of those before the end of a run that stands still
constexpr uint64_t wordBytes = 16;

/// The text of each command from `first` to `last`.
std::string commandTexts(const isa::Description &description, llvm::ArrayRef<uint8_t> stream, uint64_t first,
                         uint64_t last) {
  auto commands = isa::CommandSet::create(description);
  if (!commands)
    return llvm::toString(commands.takeError());
  isa::RegisterState registers(description);
  std::string text;
  uint64_t offset = 0;
  for (uint64_t number = 0; offset < stream.size() && number <= last; ++number) {
    auto decoded = isa::decode(*commands, stream, offset, registers);
    std::string name = (text.empty() ? "command " : "\ncommand ") + std::to_string(number) + " at byte " +
                       std::to_string(offset) + ": ";
    if (!decoded) {
      llvm::consumeError(decoded.takeError());
      return text + name + "no command of " + description.name + ", its bytes are " +
             llvm::toHex(stream.slice(offset).take_front(wordBytes), true);
    }
    if (number >= first)
      text += name + isa::print(description, decoded->instruction);
    registers.apply(decoded->instruction);
    offset += decoded->bytes;
  }
  return text.empty() ? "the stream ends at byte " + std::to_string(stream.size()) : text;
}

std::string commandsBefore(const isa::Description &description, llvm::ArrayRef<uint8_t> stream,
                           uint64_t dispatched) {
  uint64_t last = dispatched == 0 ? 0 : dispatched - 1;
  uint64_t first = last < shownCommands ? 0 : last - shownCommands + 1;
  return "the last commands that were dispatched:\n" + commandTexts(description, stream, first, last);
}

std::string codeName(const isa::Description &description, uint32_t code) {
  for (const isa::HostCodes &group : description.host.codes)
    if (group.name == "error")
      for (const isa::HostCode &each : group.codes)
        if (each.number == code)
          return each.name;
  return "code " + std::to_string(code) + ", which the description does not name";
}

/// The number in the stream of which the low 16 bits are known.
uint64_t wholeNumber(uint64_t low, uint64_t dispatched) {
  uint64_t back = uint16_t(uint16_t(dispatched) - uint16_t(low));
  return dispatched >= back ? dispatched - back : low;
}

} // namespace

std::string failureText(const isa::Description &description, const RunResult &result,
                        llvm::ArrayRef<uint8_t> stream, uint64_t dispatched) {
  switch (result.end) {
  case RunResult::End::Done:
    return "";
  case RunResult::End::Error: {
    uint64_t number = wholeNumber(result.command, dispatched);
    return "the chip stopped with " + codeName(description, result.code) + ", address " +
           std::to_string(result.address) + " (0x" + llvm::utohexstr(result.address, true) + "); " +
           commandTexts(description, stream, number, number);
  }
  case RunResult::End::Refused:
    return result.text;
  case RunResult::End::Broken:
    return "the design is wrong, as was seen after " + std::to_string(result.cycles) +
           " cycles: " + result.text + "\n" + result.units + "\n" +
           commandsBefore(description, stream, dispatched);
  case RunResult::End::Hang:
    break;
  }
  return "the run stands still after " + std::to_string(result.cycles) + " cycles: " + result.text + "\n" +
         result.units + "\n" + commandsBefore(description, stream, dispatched);
}

} // namespace tenon::sim
