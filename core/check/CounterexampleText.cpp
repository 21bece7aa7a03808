// Long data is cut: the whole of it is in the file of a counterexample.
#include "core/check/CounterexampleText.h"

#include "core/isa/encoding/Assembly.h"
#include "core/spec/Finding.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace tenon::check {

namespace {

constexpr uint64_t bytesOfLine = 16, mostLines = 8;

std::string counted(uint64_t number, const char *what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string byteText(uint8_t byte) { return fmt::format("0x{:02x} ({})", byte, int(int8_t(byte))); }

/// The bytes that are not zero, a few lines of them.
std::string dataText(const isa::Memory &memory, const Fill &fill) {
  std::string text;
  uint64_t lines = 0;
  for (uint64_t at = 0; at < fill.bytes.size(); at += bytesOfLine) {
    auto line = llvm::ArrayRef(fill.bytes).slice(at, std::min<uint64_t>(bytesOfLine, fill.bytes.size() - at));
    if (llvm::all_of(line, [](uint8_t byte) { return byte == 0; }))
      continue;
    if (lines++ == mostLines)
      return text + "    and more\n";
    text += fmt::format("    from {}:", spec::placeText(memory, fill.address + at));
    for (uint8_t byte : line)
      text += fmt::format(" {:02x}", byte);
    text += "\n";
  }
  return text.empty() ? fmt::format("    {} from {}, all zero\n", counted(fill.bytes.size(), "byte"),
                                    spec::placeText(memory, fill.address))
                      : text;
}

std::string inputText(const isa::Description &description, const Case &of) {
  std::string text = of.background == 0
                         ? "  memories hold zeros at the start, but for\n"
                         : "  memories hold random bytes at the start, of the seed alone, but for\n";
  if (of.fills.empty())
    return of.background == 0 ? "  memories hold zeros at the start\n"
                              : "  memories hold random bytes at the start, of the seed alone\n";
  for (const Fill &fill : of.fills)
    text += dataText(description.memories[fill.memory], fill);
  return text;
}

std::string indexText(llvm::ArrayRef<int64_t> extents, uint64_t element) {
  llvm::SmallVector<std::string> index(extents.size());
  for (size_t axis = extents.size(); axis-- > 0;) {
    index[axis] = std::to_string(element % uint64_t(extents[axis]));
    element /= uint64_t(extents[axis]);
  }
  return extents.empty() ? "" : "[" + llvm::join(index, ", ") + "]";
}

} // namespace

std::string elementText(const isa::Description &description, const Case &of, unsigned memory,
                        uint64_t address) {
  for (const isa::Instruction &instruction : llvm::reverse(of.commands)) {
    const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
    for (auto [operand, declared] : llvm::enumerate(intrinsic.operands)) {
      if (!writes(declared) || declared.holds || instruction.operands[operand].memory != memory ||
          description.memories[memory].kind == isa::Memory::Kind::Rotating)
        continue;
      auto addresses = elementsOf(description, instruction, unsigned(operand));
      auto shape =
          isa::extents(description, intrinsic, unsigned(operand), instruction.sizes, instruction.values);
      if (!addresses || !shape) {
        llvm::consumeError(addresses.takeError()); // the case has run: it has places
        llvm::consumeError(shape.takeError());
        continue;
      }
      for (auto [element, at] : llvm::enumerate(*addresses))
        if (at <= address && address < at + declared.type.scalar.storageBytes())
          return declared.name + indexText(*shape, element) + " of " + intrinsic.name;
      auto reach = reachOf(description, instruction, unsigned(operand));
      if (reach && reach->begin <= address && address < reach->end)
        return "beside the elements of " + declared.name + " of " + intrinsic.name;
    }
  }
  return "";
}

std::string outcomeText(const isa::Description &description, const Counterexample &example) {
  const Outcome &outcome = example.outcome;
  if (outcome.kind == Outcome::Kind::DeviceFailed)
    return "the device fails: " + outcome.message;
  std::string element = elementText(description, example.smallest, outcome.memory, outcome.address);
  return fmt::format("{} ({}) is {} by the description, {} on the device",
                     spec::placeText(description.memories[outcome.memory], outcome.address),
                     element.empty() ? "which no command writes" : element, byteText(outcome.expected),
                     byteText(outcome.found));
}

std::string counterexampleText(const isa::Description &description, const Counterexample &example) {
  std::string text = fmt::format("case {}: {}\n", example.number,
                                 example.outcome.kind == Outcome::Kind::DeviceFailed ? "the device fails"
                                                                                     : "the device differs");
  if (!example.shown)
    text +=
        "  it was seen once, and neither a fresh device nor the cases before it show it again: this is the "
        "whole case\n";
  else
    text += fmt::format("  made smaller: {} of {}, {} {}\n", example.smallest.commands.size(),
                        counted(example.original.commands.size(), "command"), example.tried,
                        example.tried == 1 ? "try" : "tries");
  if (!example.before.empty()) {
    text += "  a fresh device does not show it; these cases must run before: ";
    text += llvm::join(
                llvm::map_range(example.before, [](const Case &one) { return std::to_string(one.number); }),
                ", ") +
            "\n";
  }
  text += "commands:\n";
  for (const isa::Instruction &instruction : example.stream.instructions)
    text += "  " + isa::print(description, instruction) + "\n";
  text += "inputs:\n" + inputText(description, example.smallest);
  text += "result:\n  " + outcomeText(description, example) + "\n";
  if (example.outcome.kind == Outcome::Kind::Differs)
    text += fmt::format("  {} of {} compared differ\n", example.outcome.differing,
                        counted(example.outcome.compared, "byte"));
  if (!example.waveform.empty())
    text += "  waveform: " + example.waveform + "\n";
  if (!example.waveformProblem.empty())
    text += "  no waveform: " + example.waveformProblem + "\n";
  return text;
}

} // namespace tenon::check
