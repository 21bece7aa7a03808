// Words for kinds, ranges, strides and tables.
#include "core/isa/encoding/ManualText.h"

#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

std::string markdown(llvm::StringRef text) { return printable(text.trim().str()); }

std::string tableCell(llvm::StringRef text) {
  std::string safe;
  for (char c : printable(text.str())) {
    if (c == '|')
      safe += '\\';
    safe += c == '\n' ? ' ' : c;
  }
  return safe;
}

std::string markdownTable(llvm::ArrayRef<std::string> heading,
                          llvm::ArrayRef<std::vector<std::string>> rows) {
  if (rows.empty())
    return "";
  auto line = [](llvm::ArrayRef<std::string> cells) {
    return "| " +
           llvm::join(llvm::map_range(cells, [](const std::string &one) { return tableCell(one); }), " | ") +
           " |\n";
  };
  std::string text = line(heading) + "|";
  for (size_t i = 0; i < heading.size(); ++i)
    text += " --- |";
  text += "\n";
  for (const std::vector<std::string> &row : rows)
    text += line(row);
  return text + "\n";
}

std::string bytesText(uint64_t bytes) {
  constexpr llvm::StringLiteral units[] = {"bytes", "KiB", "MiB", "GiB"};
  size_t unit = 0;
  while (unit + 1 < std::size(units) && bytes >= 1024 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + " " + units[unit].str();
}

std::string kindText(Memory::Kind kind) {
  switch (kind) {
  case Memory::Kind::Global:
    return "global";
  case Memory::Kind::Scratchpad:
    return "scratchpad";
  case Memory::Kind::Registers:
    return "registers";
  case Memory::Kind::Rotating:
    return "rotating";
  case Memory::Kind::Table:
    return "table";
  case Memory::Kind::Cache:
    return "cache";
  }
  llvm_unreachable("a kind that is not listed");
}

std::string unitText(const Memory &memory) {
  if (memory.unit == Memory::Unit::Byte)
    return "byte";
  return "row of " + std::to_string(memory.rowElements) + " " + memory.rowElement.str() + " (" +
         std::to_string(memory.rowBytes) + " bytes)";
}

std::string rangeText(const Size &size) {
  if (!size.choices.empty())
    return llvm::join(llvm::map_range(size.choices, [](int64_t choice) { return std::to_string(choice); }),
                      ", ");
  std::string text = std::to_string(size.low);
  if (size.high != size.low)
    text += ".." + std::to_string(size.high);
  return size.step == 1 ? text : text + " by " + std::to_string(size.step);
}

std::string accessText(OperandDeclaration::Access access) {
  switch (access) {
  case OperandDeclaration::Access::Read:
    return "read";
  case OperandDeclaration::Access::Write:
    return "written";
  case OperandDeclaration::Access::Update:
    return "read and written";
  }
  llvm_unreachable("an access that is not listed");
}

std::string accessText(HostRegister::Access access) {
  switch (access) {
  case HostRegister::Access::Read:
    return "reads";
  case HostRegister::Access::Write:
    return "writes";
  case HostRegister::Access::ReadWrite:
    return "reads and writes";
  }
  llvm_unreachable("an access that is not listed");
}

std::string bitsText(unsigned high, unsigned low) {
  return high == low ? std::to_string(low) : std::to_string(high) + ".." + std::to_string(low);
}

std::string strideText(const Stride &stride) {
  switch (stride.kind) {
  case Stride::Kind::Dense:
    return "dense";
  case Stride::Kind::Any:
    return stride.multiple == 1 ? "any" : "any multiple of " + std::to_string(stride.multiple);
  case Stride::Kind::Fixed:
    return stride.value.str();
  }
  llvm_unreachable("a kind that is not listed");
}

std::string outsideText(const OperandDeclaration &operand) {
  const bool isWritten = operand.access != OperandDeclaration::Access::Read;
  switch (operand.outside.kind) {
  case Outside::Kind::None:
    return "";
  case Outside::Kind::Value:
    return (isWritten ? "the rest of the row becomes " : "reads as ") + operand.outside.value.str();
  case Outside::Kind::Keep:
    return "the rest of the row is kept";
  case Outside::Kind::Undefined:
    return "the rest of the row is unknown";
  }
  llvm_unreachable("a kind that is not listed");
}

std::string syncText(const Description &description, const Sync &sync) {
  auto queue = [&](unsigned number) { return description.queues[number].name; };
  switch (sync.kind) {
  case Sync::Kind::Interlock:
    return "interlock: the hardware orders whatever touches the same place, in program order, between " +
           llvm::join(llvm::map_range(sync.queues, queue), ", ");
  case Sync::Kind::Semaphore:
    return std::to_string(sync.count) + " semaphores that count to " + std::to_string(sync.max) +
           ": a wait takes n from one, a signal adds one; a signal at the maximum waits";
  case Sync::Kind::Tokens:
    return "tokens from queue " + queue(sync.from) + " to queue " + queue(sync.to) + ", at most " +
           std::to_string(sync.max) + "; a signal at the maximum waits";
  }
  llvm_unreachable("a kind that is not listed");
}

} // namespace tenon::isa
