// Whether an instruction keeps to its declaration: every bound, clause, address and stride.
#include "core/isa/Instruction.h"

#include "core/isa/FilePlace.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <set>

namespace tenon::isa {

namespace {

std::string describe(const Size &size) {
  if (!size.choices.empty())
    return llvm::join(llvm::map_range(size.choices, [](int64_t n) { return std::to_string(n); }), ", ");
  std::string text = std::to_string(size.low) + ".." + std::to_string(size.high);
  return size.step == 1 ? text : text + " by " + std::to_string(size.step);
}

class Checker {
public:
  Checker(const Description &description, const Instruction &instruction)
      : description(description), instruction(instruction),
        intrinsic(description.intrinsics[instruction.intrinsic]) {}

  llvm::Error check() const {
    if (llvm::Error error = checkNumbers())
      return error;
    for (unsigned operand = 0; operand < intrinsic.operands.size(); ++operand)
      if (llvm::Error error = checkOperand(operand))
        return error;
    if (llvm::Error error = checkClauses())
      return error;
    return checkCells();
  }

private:
  llvm::Error cannot(const llvm::Twine &message) const {
    return failure(ExitCode::TargetCannot, (intrinsic.name + ": " + message).str());
  }
  llvm::Error miscounted(llvm::StringRef what, size_t found, size_t wanted) const {
    return failure(ExitCode::OwnFault, intrinsic.name + ": an instruction with " + std::to_string(found) +
                                           " " + what.str() + ", the intrinsic has " +
                                           std::to_string(wanted));
  }

  llvm::Error checkNumbers() const;
  llvm::Error checkOperand(unsigned number) const;
  llvm::Error checkAddress(unsigned number, llvm::ArrayRef<int64_t> shape) const;
  llvm::Error checkStride(unsigned number, size_t axis, int64_t dense) const;
  std::optional<int64_t> unitsUsed(unsigned number, llvm::ArrayRef<int64_t> shape) const;
  llvm::Error checkClauses() const;
  llvm::Error checkCells() const;
  llvm::Error checkSlots() const;

  const Description &description;
  const Instruction &instruction;
  const Intrinsic &intrinsic;
};

llvm::Error Checker::checkNumbers() const {
  if (instruction.sizes.size() != intrinsic.sizes.size())
    return miscounted("sizes", instruction.sizes.size(), intrinsic.sizes.size());
  if (instruction.values.size() != intrinsic.values.size())
    return miscounted("values", instruction.values.size(), intrinsic.values.size());
  if (instruction.operands.size() != intrinsic.operands.size())
    return miscounted("operands", instruction.operands.size(), intrinsic.operands.size());
  for (auto [size, value] : llvm::zip(intrinsic.sizes, instruction.sizes))
    if (!size.allows(value))
      return cannot("size " + size.name + " is " + llvm::Twine(value) + ", the range is " + describe(size));
  for (auto [declared, value] : llvm::zip(intrinsic.values, instruction.values))
    if (value < declared.low || value > declared.high)
      return cannot("value " + declared.name + " is " + llvm::Twine(value) + ", the range is " +
                    llvm::Twine(declared.low) + ".." + llvm::Twine(declared.high));
  if (intrinsic.queue >= 0 && instruction.queue != unsigned(intrinsic.queue))
    return failure(ExitCode::OwnFault, intrinsic.name + ": an instruction in queue " +
                                           std::to_string(instruction.queue) + ", the intrinsic's is " +
                                           std::to_string(intrinsic.queue));
  return llvm::Error::success();
}

llvm::Error Checker::checkOperand(unsigned number) const {
  const OperandDeclaration &declared = intrinsic.operands[number];
  const OperandUse &use = instruction.operands[number];
  if (!llvm::is_contained(declared.memories, use.memory))
    return cannot("operand " + declared.name + " is in " +
                  (use.memory < description.memories.size() ? description.memories[use.memory].name
                                                            : "memory " + std::to_string(use.memory)) +
                  ", which is none of its memories");
  auto shape = extents(description, intrinsic, number, instruction.sizes, instruction.values);
  if (!shape)
    return shape.takeError();
  size_t wanted = declared.holds ? 0 : declared.axes.size();
  if (use.strides.size() != wanted)
    return miscounted("strides of " + declared.name, use.strides.size(), wanted);
  llvm::SmallVector<int64_t, 4> dense =
      denseStrides(description, intrinsic, number, use.memory, instruction.sizes, instruction.values);
  if (dense.size() != wanted)
    return cannot("operand " + declared.name + " has no dense strides: the extent of axis " +
                  declared.axes.back().name + " is unknown at its largest size");
  for (size_t axis = 0; axis < wanted; ++axis)
    if (llvm::Error error = checkStride(number, axis, dense[axis]))
      return error;
  return checkAddress(number, *shape);
}

llvm::Error Checker::checkStride(unsigned number, size_t axis, int64_t dense) const {
  const OperandDeclaration &declared = intrinsic.operands[number];
  const Stride &stride = declared.axes[axis].stride;
  int64_t value = instruction.operands[number].strides[axis];
  bool alongRow = axis + 1 == declared.axes.size() &&
                  description.memories[instruction.operands[number].memory].unit == Memory::Unit::Row;
  std::string what =
      "stride of " + declared.axes[axis].name + " in " + declared.name + " is " + std::to_string(value);
  if (value < 0)
    return cannot(what + ", the least is 0");
  if (alongRow)
    return value == 1 ? llvm::Error::success() : cannot(what + ", the axis runs along the row: 1");
  switch (stride.kind) {
  case Stride::Kind::Dense:
    return value == dense ? llvm::Error::success()
                          : cannot(what + ", the dense stride is " + llvm::Twine(dense));
  case Stride::Kind::Any:
    return value % stride.multiple == 0
               ? llvm::Error::success()
               : cannot(what + ", which is no multiple of " + llvm::Twine(stride.multiple));
  case Stride::Kind::Fixed: {
    llvm::Expected<int64_t> wanted = evaluate(
        stride.value, [&](llvm::StringRef name) { return attribute(description, instruction, name); });
    if (!wanted)
      return withFile(wanted.takeError(), description, intrinsic.name + ": " + what);
    return value == *wanted ? llvm::Error::success()
                            : cannot(what + ", the declared stride is " + llvm::Twine(*wanted));
  }
  }
  llvm_unreachable("a kind that is not listed");
}

/// How many units after its address the operand ends; nothing where that does not fit 64 bits. An operand
/// with a layout takes at least its bytes; whether its places are in the memory is for those who compute
/// them.
std::optional<int64_t> Checker::unitsUsed(unsigned number, llvm::ArrayRef<int64_t> shape) const {
  const OperandDeclaration &declared = intrinsic.operands[number];
  const OperandUse &use = instruction.operands[number];
  const Memory &memory = description.memories[use.memory];
  bool inRows = memory.unit == Memory::Unit::Row;
  int64_t bytes = declared.type.scalar.storageBytes(); // of what has no stride: an element, or the last axis
  int64_t end = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (declared.holds || (inRows && axis + 1 == shape.size())) {
      if (llvm::MulOverflow(bytes, shape[axis], bytes))
        return std::nullopt;
      continue;
    }
    int64_t distance = 0;
    if (llvm::MulOverflow(shape[axis] - 1, use.strides[axis], distance) ||
        llvm::AddOverflow(end, distance, end))
      return std::nullopt;
  }
  int64_t last = bytes / memory.unitBytes() + (bytes % memory.unitBytes() != 0 ? 1 : 0);
  return llvm::AddOverflow(end, last, end) ? std::nullopt : std::optional(end);
}

llvm::Error Checker::checkAddress(unsigned number, llvm::ArrayRef<int64_t> shape) const {
  const OperandDeclaration &declared = intrinsic.operands[number];
  const OperandUse &use = instruction.operands[number];
  const Memory &memory = description.memories[use.memory];
  std::string what = "address of " + declared.name + " is " + std::to_string(use.address);
  llvm::StringRef units = memory.unit == Memory::Unit::Row ? " rows" : " bytes";
  if (use.address < 0)
    return cannot(what + ", the least is 0");
  if (use.address % memory.align != 0)
    return cannot(what + ", which is no multiple of " + memory.name + "'s alignment " +
                  llvm::Twine(memory.align));
  std::optional<int64_t> used = unitsUsed(number, shape);
  if (!used)
    return cannot("operand " + declared.name + " ends beyond 2^63" + units);
  if (uint64_t(use.address) > memory.units() || uint64_t(*used) > memory.units() - uint64_t(use.address))
    return cannot(what + " and it takes " + llvm::Twine(*used) + units + ", " + memory.name + " has " +
                  llvm::Twine(memory.units()) + units);
  return llvm::Error::success();
}

llvm::Error Checker::checkClauses() const {
  auto lookup = [&](llvm::StringRef name) { return attribute(description, instruction, name); };
  for (const Clause &clause : intrinsic.where) {
    llvm::Expected<int64_t> holds = evaluate(clause.condition, lookup);
    if (!holds)
      return withFile(holds.takeError(), description, intrinsic.name + ": where " + clause.text);
    if (*holds != 0)
      continue;
    std::vector<std::string> names, known;
    std::set<std::string> seen;
    clause.condition.collectNames(names);
    for (const std::string &name : names)
      if (std::optional<int64_t> value = lookup(name); value && seen.insert(name).second)
        known.push_back(name + " = " + std::to_string(*value));
    return cannot("where " + clause.text + " does not hold" +
                  (known.empty() ? "" : " for " + llvm::join(known, ", ")));
  }
  return llvm::Error::success();
}

llvm::Error Checker::checkCells() const {
  if (intrinsic.sets < 0)
    return instruction.cells.empty() ? checkSlots() : miscounted("cells", instruction.cells.size(), 0);
  const Register &reg = description.registers[size_t(intrinsic.sets)];
  if (instruction.cells.size() != reg.cells.size())
    return miscounted("cells", instruction.cells.size(), reg.cells.size());
  for (auto [cell, value] : llvm::zip(reg.cells, instruction.cells))
    if (!fits(cell.type, value))
      return cannot("cell " + reg.name + "." + cell.name + " is " + llvm::Twine(value) +
                    ", which is outside " + cell.type.str());
  if (instruction.setsSlot < 0 || instruction.setsSlot >= reg.count)
    return cannot("slot of " + reg.name + " is " + llvm::Twine(instruction.setsSlot) + ", there are " +
                  llvm::Twine(reg.count));
  return checkSlots();
}

llvm::Error Checker::checkSlots() const {
  for (const Need &need : intrinsic.needs) {
    if (need.slot.empty())
      continue;
    const Register &reg = description.registers[need.reg];
    auto slot = instruction.slots.find(need.slot);
    if (slot == instruction.slots.end())
      return failure(ExitCode::OwnFault,
                     intrinsic.name + ": no slot of " + reg.name + " is chosen for " + need.slot);
    if (slot->second < 0 || slot->second >= reg.count)
      return cannot("slot " + need.slot + " of " + reg.name + " is " + llvm::Twine(slot->second) +
                    ", there are " + llvm::Twine(reg.count));
  }
  return llvm::Error::success();
}

/// Whether a wait or a signal is one that the queue can do.
llvm::Error checkSync(const Description &description, const SyncUse &use, unsigned queue) {
  if (use.sync >= description.syncs.size())
    return failure(ExitCode::OwnFault, "an instruction with sync " + std::to_string(use.sync) +
                                           ", the description has " +
                                           std::to_string(description.syncs.size()));
  const Sync &sync = description.syncs[use.sync];
  std::string what = (use.isWait ? "wait for " : "signal to ") + sync.name;
  if (sync.kind == Sync::Kind::Interlock)
    return failure(ExitCode::OwnFault, what + ", which is an interlock");
  if (sync.kind == Sync::Kind::Semaphore && (use.id < 0 || use.id >= sync.count))
    return failure(ExitCode::TargetCannot, what + ": counter " + std::to_string(use.id) + ", there are " +
                                               std::to_string(sync.count));
  if (use.count < 1 || use.count > sync.max)
    return failure(ExitCode::TargetCannot, what + ": count " + std::to_string(use.count) +
                                               ", the range is 1.." + std::to_string(sync.max));
  unsigned wanted = use.isWait ? sync.to : sync.from;
  if (sync.kind == Sync::Kind::Tokens && queue != wanted)
    return failure(ExitCode::TargetCannot, what + " from queue " + std::to_string(queue) +
                                               ", which only queue " + std::to_string(wanted) + " can do");
  return llvm::Error::success();
}

llvm::Error checkSyncInstruction(const Description &description, const Instruction &instruction) {
  if (instruction.syncCommand >= description.syncCommands.size() || instruction.syncs.size() != 1)
    return failure(ExitCode::OwnFault, "a sync instruction without its command or its one wait or signal");
  const SyncCommand &command = description.syncCommands[instruction.syncCommand];
  const SyncUse &use = instruction.syncs.front();
  if (use.sync != command.sync || use.isWait != command.isWait ||
      (command.queue >= 0 && instruction.queue != unsigned(command.queue)))
    return failure(ExitCode::OwnFault, "a sync instruction that is not what its command does");
  return checkSync(description, use, instruction.queue);
}

} // namespace

llvm::Error check(const Description &description, const Instruction &instruction) {
  if (instruction.kind == Instruction::Kind::Sync)
    return checkSyncInstruction(description, instruction);
  if (instruction.intrinsic >= description.intrinsics.size())
    return failure(ExitCode::OwnFault, "an instruction with intrinsic " +
                                           std::to_string(instruction.intrinsic) + ", the description has " +
                                           std::to_string(description.intrinsics.size()));
  for (const SyncUse &use : instruction.syncs)
    if (llvm::Error error = checkSync(description, use, instruction.queue))
      return error;
  return Checker(description, instruction).check();
}

} // namespace tenon::isa
