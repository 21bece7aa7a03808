// Printing what a description declares.
#include "core/driver/DescriptionText.h"

#include "core/isa/Semantics.h"

#include "llvm/ADT/StringExtras.h"

#include <fmt/format.h>

namespace tenon::driver {

namespace {

using namespace isa;
using Rows = std::vector<std::vector<std::string>>;

llvm::StringRef kindText(Memory::Kind kind) {
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
  return "";
}

std::string rowText(const Memory &memory) {
  return memory.rowBytes ? memory.rowElement.str() + "[" + std::to_string(memory.rowElements) + "]" : "-";
}

std::string sizeText(const Size &size) {
  if (!size.choices.empty()) {
    std::string text;
    for (int64_t choice : size.choices)
      text += (text.empty() ? "" : ", ") + std::to_string(choice);
    return size.name + " in " + text;
  }
  if (size.low == size.high)
    return size.name + " = " + std::to_string(size.low);
  return fmt::format("{} {}..{}{}", size.name, size.low, size.high,
                     size.step == 1 ? "" : " by " + std::to_string(size.step));
}

std::string strideText(const Stride &stride) {
  switch (stride.kind) {
  case Stride::Kind::Dense:
    return "";
  case Stride::Kind::Any:
    return stride.multiple == 1 ? "any" : "any by " + std::to_string(stride.multiple);
  case Stride::Kind::Fixed:
    return stride.value.str();
  }
  return "";
}

std::string typeText(const OperandDeclaration &operand) {
  std::string axes;
  for (const Axis &axis : operand.axes)
    axes += (axes.empty() ? "" : ", ") + axis.name;
  return operand.type.str() + "[" + axes + "]";
}

std::string memoriesText(const Description &description, const OperandDeclaration &operand) {
  std::string text;
  for (unsigned memory : operand.memories)
    text += (text.empty() ? "" : " or ") + description.memories[memory].name;
  return text;
}

llvm::StringRef accessText(OperandDeclaration::Access access) {
  return access == OperandDeclaration::Access::Read    ? "read"
         : access == OperandDeclaration::Access::Write ? "write"
                                                       : "update";
}

llvm::StringRef accessText(HostRegister::Access access) {
  switch (access) {
  case HostRegister::Access::Read:
    return "read";
  case HostRegister::Access::Write:
    return "write";
  case HostRegister::Access::ReadWrite:
    return "read_write";
  }
  llvm_unreachable("an access that is not listed");
}

std::string outsideText(const Outside &outside) {
  switch (outside.kind) {
  case Outside::Kind::None:
    return "";
  case Outside::Kind::Value:
    return outside.value.str();
  case Outside::Kind::Keep:
    return "keep";
  case Outside::Kind::Undefined:
    return "undefined";
  }
  return "";
}

std::string operandText(const Description &description, const OperandDeclaration &operand) {
  std::string text = fmt::format("  {} {}: {} in {}", accessText(operand.access).str(), operand.name,
                                 typeText(operand), memoriesText(description, operand));
  for (const Axis &axis : operand.axes) {
    if (axis.extent && axis.extent->str() != axis.name)
      text += ", " + axis.name + " has extent " + axis.extent->str();
    if (std::string stride = strideText(axis.stride); !stride.empty())
      text += ", stride of " + axis.name + " " + stride;
  }
  if (std::string outside = outsideText(operand.outside); !outside.empty())
    text += ", outside " + outside;
  if (operand.holds)
    text += ", holds " + operand.holds->text;
  return text + "\n";
}

std::string commandText(const Description &description, const Command &command) {
  const Word &word = description.words[command.word];
  std::string text = word.name;
  for (const FieldAssignment &field : command.fields)
    text += fmt::format(", {} = {}", word.fields[field.field].name, field.value.str());
  return text;
}

std::string slotText(const std::string &reg, const std::string &slot) {
  return slot.empty() ? reg : reg + "[" + slot + "]";
}

/// An encoding of several lines is printed below its name.
std::string encodingLines(llvm::StringRef name, llvm::StringRef encoding) {
  llvm::SmallVector<llvm::StringRef> lines;
  encoding.split(lines, '\n', -1, /*KeepEmpty=*/false);
  std::string text = "  " + name.str();
  for (llvm::StringRef line : lines)
    text += (lines.size() == 1 ? " " : "\n    ") + line.trim().str();
  return text + "\n";
}

std::string encodingText(const Description &description, const Intrinsic &intrinsic) {
  std::string text;
  for (const Need &need : intrinsic.needs) {
    const Register &reg = description.registers[need.reg];
    text += fmt::format("  needs {}.{} = {}\n", slotText(reg.name, need.slot), reg.cells[need.cell].name,
                        need.value.str());
  }
  if (intrinsic.sets >= 0)
    text +=
        "  sets " + slotText(description.registers[size_t(intrinsic.sets)].name, intrinsic.setsSlot) + "\n";
  for (unsigned memory : intrinsic.advances)
    text += "  advances " + description.memories[memory].name + "\n";
  if (intrinsic.command)
    text += "  command " + commandText(description, *intrinsic.command) + "\n";
  for (const auto &[name, encoding] :
       {std::pair("llvm", &intrinsic.llvm), std::pair("asm", &intrinsic.assembly),
        std::pair("call", &intrinsic.call)})
    if (!encoding->empty())
      text += encodingLines(name, *encoding);
  if (!intrinsic.requiredFeatures.empty())
    text += "  requires " + llvm::join(intrinsic.requiredFeatures, ", ") + "\n";
  if (intrinsic.numerics.fused)
    text += "  fused: a product and the sum after it are rounded once\n";
  if (intrinsic.numerics.anyOrder)
    text += "  sums in any order\n";
  if (intrinsic.timing.latency)
    text += "  latency " + intrinsic.timing.latency->str() + "\n";
  for (const auto &[unit, cycles] : intrinsic.timing.busy)
    text += "  busy " + unit + " " + cycles.str() + "\n";
  if (intrinsic.timing.extra)
    text += "  extra " + intrinsic.timing.extra->str() + "\n";
  return text;
}

std::string intrinsicText(const Description &description, const Intrinsic &intrinsic) {
  std::string text = "\n" + intrinsic.name + (intrinsic.doc.empty() ? "" : ": " + intrinsic.doc) + "\n";
  if (intrinsic.queue >= 0)
    text += "  queue " + description.queues[size_t(intrinsic.queue)].name + "\n";
  for (const Size &size : intrinsic.sizes)
    text += "  size " + sizeText(size) + "\n";
  for (const ValueDeclaration &value : intrinsic.values)
    text += fmt::format("  value {}: {}, {}..{}\n", value.name, value.type.str(), value.low, value.high);
  for (const OperandDeclaration &operand : intrinsic.operands)
    text += operandText(description, operand);
  llvm::SmallVector<llvm::StringRef> lines;
  std::string meaning = str(intrinsic);
  llvm::StringRef(meaning).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines)
    text += "  " + line.ltrim().str() + "\n";
  for (const Clause &clause : intrinsic.where)
    text += "  where " + clause.text + "\n";
  for (const Clause &clause : intrinsic.prefer)
    text += "  prefer " + clause.text + "\n";
  return text + encodingText(description, intrinsic);
}

std::string syncText(const Description &description, const Sync &sync) {
  auto queue = [&](unsigned number) { return description.queues[number].name; };
  if (sync.kind == Sync::Kind::Semaphore)
    return fmt::format("{} counters up to {}", sync.count, sync.max);
  if (sync.kind == Sync::Kind::Tokens)
    return fmt::format("tokens from {} to {}, up to {}", queue(sync.from), queue(sync.to), sync.max);
  std::string names;
  for (unsigned number : sync.queues)
    names += (names.empty() ? "" : ", ") + queue(number);
  return "the hardware orders " + names;
}

std::string memoryTable(const Description &description) {
  Rows rows = {{"memory", "kind", "bytes", "row", "copies", "banks", "align", "base"}};
  for (const Memory &memory : description.memories)
    rows.push_back({memory.name, kindText(memory.kind).str(), grouped(memory.bytes), rowText(memory),
                    std::to_string(memory.copies), std::to_string(memory.banks), std::to_string(memory.align),
                    fmt::format("{:#x}", uint64_t(memory.base))});
  return "\n" + table(rows, "llrlrrrr");
}

llvm::StringRef kindText(Level::Kind kind) {
  switch (kind) {
  case Level::Kind::Threads:
    return "threads";
  case Level::Kind::Grid:
    return "grid";
  case Level::Kind::Group:
    return "group";
  case Level::Kind::Lanes:
    return "lanes";
  }
  llvm_unreachable("a kind that is not listed");
}

/// What native code needs; nothing where a chip takes command words.
std::string codeText(const Description &description) {
  if (!description.code)
    return "";
  const Code &code = *description.code;
  std::string text = "  native code for " + code.triple;
  if (!code.processor.empty())
    text += ", processor " + code.processor;
  if (!code.features.empty())
    text += ", features " + llvm::join(code.features, ", ");
  text += fmt::format(", vectors of {} bytes\n", code.vectorBytes);
  if (!code.libraries.empty())
    text += "  libraries " + llvm::join(code.libraries, ", ") + "\n";
  Rows rows = {{"level", "kind", "most"}};
  for (const Level &level : description.levels)
    rows.push_back({level.name, kindText(level.kind).str(), std::to_string(level.most)});
  return text + (rows.size() > 1 ? "\n" + table(rows, "llr") : "");
}

std::string queueTable(const Description &description) {
  Rows rows = {{"queue", "depth"}};
  for (const Queue &queue : description.queues)
    rows.push_back({queue.name, std::to_string(queue.depth)});
  std::string text = rows.size() > 1 ? "\n" + table(rows, "lr") : "";
  Rows syncs = {{"sync", "what"}};
  for (const Sync &sync : description.syncs)
    syncs.push_back({sync.name, syncText(description, sync)});
  for (const SyncCommand &command : description.syncCommands)
    syncs.push_back({description.syncs[command.sync].name,
                     (command.isWait ? "wait: " : "signal: ") + commandText(description, command.command)});
  return text + (syncs.size() > 1 ? "\n" + table(syncs, "ll") : "");
}

std::string stateTable(const Description &description) {
  Rows words = {{"word", "bits", "fields"}};
  for (const Word &word : description.words) {
    std::string fields;
    for (const Field &field : word.fields)
      fields += (fields.empty() ? "" : ", ") + fmt::format("{} {}..{}", field.name, field.high, field.low) +
                (field.constant ? " = " + std::to_string(*field.constant) : "");
    words.push_back({word.name, std::to_string(word.bits), fields});
  }
  Rows registers = {{"register", "slots", "cells"}};
  for (const Register &reg : description.registers) {
    std::string cells;
    for (const RegisterCell &cell : reg.cells)
      cells += (cells.empty() ? "" : ", ") + cell.name + " " + cell.type.str() +
               (cell.atReset ? " = " + std::to_string(*cell.atReset) : "");
    registers.push_back({reg.name, std::to_string(reg.count), cells});
  }
  return (words.size() > 1 ? "\n" + table(words, "lrl") : "") +
         (registers.size() > 1 ? "\n" + table(registers, "lrl") : "");
}

std::string hostTable(const Description &description) {
  const Host &host = description.host;
  Rows registers = {{"host register", "offset", "count", "access", "fields"}};
  for (const HostRegister &each : host.registers) {
    std::string fields;
    for (const HostField &field : each.fields)
      fields += (fields.empty() ? "" : ", ") + fmt::format("{} {}..{}", field.name, field.high, field.low) +
                (field.codes < 0 ? "" : " of " + host.codes[size_t(field.codes)].name);
    registers.push_back({each.name, fmt::format("{:#05x}", uint64_t(each.offset)),
                         std::to_string(each.count.value_or(1)), accessText(each.access).str(), fields});
  }
  Rows codes = {{"codes", "names"}};
  for (const HostCodes &group : host.codes) {
    std::string names;
    for (const HostCode &code : group.codes)
      names += (names.empty() ? "" : ", ") + fmt::format("{} {}", code.number, code.name);
    codes.push_back({group.name, names});
  }
  return (registers.size() > 1 ? "\n" + table(registers, "lrrll") : "") +
         (codes.size() > 1 ? "\n" + table(codes, "ll") : "");
}

Json codeJson(const Description &description) {
  if (!description.code)
    return nullptr;
  const Code &code = *description.code;
  Json levels = Json::array();
  for (const Level &level : description.levels)
    levels.push_back({{"name", level.name}, {"kind", kindText(level.kind).str()}, {"most", level.most}});
  return {{"triple", code.triple},       {"processor", code.processor},
          {"features", code.features},   {"vector_bytes", code.vectorBytes},
          {"libraries", code.libraries}, {"levels", std::move(levels)}};
}

Json operandsJson(const Description &description, const Intrinsic &intrinsic) {
  Json list = Json::array();
  for (const OperandDeclaration &operand : intrinsic.operands) {
    Json memories = Json::array();
    for (unsigned memory : operand.memories)
      memories.push_back(description.memories[memory].name);
    list.push_back({{"name", operand.name},
                    {"type", typeText(operand)},
                    {"memories", std::move(memories)},
                    {"access", accessText(operand.access).str()}});
  }
  return list;
}

} // namespace

std::string descriptionText(const Description &description) {
  std::string text = description.name + (description.doc.empty() ? "" : ": " + description.doc) + "\n";
  for (const Parameter &parameter : description.parameters)
    text += fmt::format("  {} = {}\n", parameter.name, parameter.value);
  text += codeText(description);
  text +=
      memoryTable(description) + queueTable(description) + stateTable(description) + hostTable(description);
  for (const Intrinsic &intrinsic : description.intrinsics)
    text += intrinsicText(description, intrinsic);
  return text;
}

Json descriptionJson(const Description &description) {
  Json parameters = Json::object(), memories = Json::array(), queues = Json::array(),
       intrinsics = Json::array();
  for (const Parameter &parameter : description.parameters)
    parameters[parameter.name] = parameter.value;
  for (const Memory &memory : description.memories)
    memories.push_back({{"name", memory.name},
                        {"kind", kindText(memory.kind).str()},
                        {"bytes", memory.bytes},
                        {"row_bytes", memory.rowBytes},
                        {"copies", memory.copies},
                        {"banks", memory.banks}});
  for (const Queue &queue : description.queues)
    queues.push_back({{"name", queue.name}, {"depth", queue.depth}});
  for (const Intrinsic &intrinsic : description.intrinsics) {
    Json sizes = Json::object();
    for (const Size &size : intrinsic.sizes)
      sizes[size.name] = {size.low, size.high};
    intrinsics.push_back({{"name", intrinsic.name},
                          {"family", intrinsic.family},
                          {"sizes", std::move(sizes)},
                          {"operands", operandsJson(description, intrinsic)},
                          {"semantics", str(intrinsic)}});
  }
  return {{"schema", "tenon.description/1"}, {"target", description.name},
          {"hash", description.hash()},      {"parameters", std::move(parameters)},
          {"memories", std::move(memories)}, {"queues", std::move(queues)},
          {"code", codeJson(description)},   {"intrinsics", std::move(intrinsics)}};
}

} // namespace tenon::driver
