// Writes instructions as text.
#include "core/isa/encoding/Assembly.h"

#include "core/isa/encoding/Strides.h"
#include "core/isa/encoding/Unknowns.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

std::string number(int64_t value) { return std::to_string(value); }

std::string syncText(const Description &description, const SyncUse &use) {
  const Sync &sync = description.syncs[use.sync];
  std::string text = (use.isWait ? "wait " : "signal ") + sync.name;
  if (sync.kind == Sync::Kind::Semaphore)
    text += "[" + number(use.id) + "]";
  if (use.isWait || use.count != 1)
    text += " x" + number(use.count);
  return text;
}

class Printer {
public:
  Printer(const Description &of, const Instruction &printed) : description(of), instruction(printed) {}

  std::string sync() {
    const SyncUse &use = instruction.syncs.front();
    text = syncText(description, use);
    if (!description.queues.empty())
      text += " on " + description.queues[instruction.queue].name;
    // The first command that does this is the one that a reader of the line would take.
    for (const auto &[number, command] : llvm::enumerate(description.syncCommands)) {
      const bool same = command.sync == use.sync && command.isWait == use.isWait &&
                        (command.queue < 0 || command.queue == static_cast<int>(instruction.queue));
      if (same && number != instruction.syncCommand)
        text += " command=" + std::to_string(instruction.syncCommand);
      if (same)
        break;
    }
    return std::move(text);
  }

  std::string intrinsic() {
    const Intrinsic &of = description.intrinsics[instruction.intrinsic];
    text = of.name;
    for (auto [size, value] : llvm::zip(of.sizes, instruction.sizes))
      item(size.name, number(value));
    for (auto [declared, value] : llvm::zip(of.values, instruction.values))
      item(declared.name, number(value));
    for (unsigned operand = 0; operand < of.operands.size() && operand < instruction.operands.size();
         ++operand)
      this->operand(of, operand);
    for (const auto &[slot, value] : instruction.slots)
      item(slot, number(value));
    if (of.sets >= 0)
      cells(description.registers[static_cast<size_t>(of.sets)]);
    for (const SyncUse &use : instruction.syncs)
      text += " " + syncText(description, use);
    return std::move(text);
  }

private:
  void item(llvm::StringRef name, llvm::StringRef value) { text += (" " + name + "=" + value).str(); }

  void operand(const Intrinsic &of, unsigned number) {
    const OperandDeclaration &declared = of.operands[number];
    const OperandUse &use = instruction.operands[number];
    const Memory &memory = description.memories[use.memory];
    const bool inBytes = memory.unit == Memory::Unit::Byte && use.address >= 0;
    item(declared.name, memory.name + "[" +
                            (inBytes ? "0x" + llvm::utohexstr(static_cast<uint64_t>(use.address), true)
                                     : std::to_string(use.address)) +
                            "]");
    auto usual = defaultStrides(description, instruction, number);
    if (!usual)
      llvm::consumeError(usual.takeError()); // every stride is printed then
    for (unsigned axis = 0; axis < use.strides.size() && axis < declared.axes.size(); ++axis)
      if (!usual || axis >= usual->size() || use.strides[axis] != (*usual)[axis] ||
          (strideIsFree(description, of, number, axis) && !alongRow(memory, declared, axis)))
        item(declared.name + ".stride." + declared.axes[axis].name, std::to_string(use.strides[axis]));
  }

  static bool alongRow(const Memory &memory, const OperandDeclaration &operand, unsigned axis) {
    return memory.unit == Memory::Unit::Row && axis + 1 == operand.axes.size();
  }

  void cells(const Register &sets) {
    std::string slot = sets.count > 1 ? "[" + number(instruction.setsSlot) + "]" : "";
    for (auto [cell, value] : llvm::zip(sets.cells, instruction.cells))
      item(sets.name + slot + "." + cell.name, number(value));
  }

  const Description &description;
  const Instruction &instruction;
  std::string text;
};

} // namespace

std::string print(const Description &description, const Instruction &instruction) {
  Printer printer(description, instruction);
  return instruction.kind == Instruction::Kind::Sync ? printer.sync() : printer.intrinsic();
}

} // namespace tenon::isa
