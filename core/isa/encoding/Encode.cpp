// Fills a word's fields from an instruction, and reads it back to see that nothing was lost.
#include "core/isa/encoding/Encode.h"

#include "core/isa/encoding/Check.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa {

namespace {

/// What the instruction says of a field or a cell.
llvm::Expected<int64_t> wanted(const CommandPlan &plan, const Description &description,
                               const Instruction &instruction, const Equation &equation) {
  return evaluate(*equation.expression, [&](llvm::StringRef name) -> std::optional<int64_t> {
    if (std::optional<int64_t> fixed = plan.fixed(name))
      return fixed;
    return attribute(description, instruction, name);
  });
}

llvm::Error fieldMisfit(const CommandPlan &plan, const Description &description, const Equation &equation,
                        int64_t value) {
  const Field &field = plan.word().fields[equation.number];
  const Wide one = 1;
  const int width = static_cast<int>(field.width());
  const Wide low = equation.isSigned ? -(one << (width - 1)) : Wide(0);
  const Wide high = equation.isSigned ? (one << (width - 1)) - 1 : (one << width) - 1;
  if (value >= low && value <= high)
    return llvm::Error::success();
  return failure(ExitCode::TargetCannot, plan.reference().name(description) + ": " +
                                             equation.expression->str() + " is " + std::to_string(value) +
                                             ", " + equation.what + " holds " + str(low) + ".." + str(high));
}

std::string difference(const std::string &what, int64_t given, int64_t read) {
  return what + " is " + std::to_string(given) + ", its word and cells say " + std::to_string(read);
}

/// The first thing that the words and cells do not say as the instruction does.
std::string firstDifference(const CommandPlan &plan, const Description &description, const Instruction &given,
                            const Instruction &read) {
  for (const Unknown &unknown : plan.unknowns().list) {
    std::optional<int64_t> left = attribute(description, given, unknown.name);
    std::optional<int64_t> right = attribute(description, read, unknown.name);
    if (left && right && *left != *right)
      return difference(unknown.what, *left, *right);
  }
  for (auto [number, use] : llvm::enumerate(given.operands))
    for (size_t axis = 0; number < read.operands.size() && axis < use.strides.size(); ++axis)
      if (axis < read.operands[number].strides.size() &&
          use.strides[axis] != read.operands[number].strides[axis]) {
        const OperandDeclaration &operand = description.intrinsics[given.intrinsic].operands[number];
        return difference("stride of axis " + operand.axes[axis].name + " of " + operand.name,
                          use.strides[axis], read.operands[number].strides[axis]);
      }
  if (given.queue != read.queue)
    return difference("queue", given.queue, read.queue);
  for (const SyncUse &use : given.syncs)
    if (!llvm::is_contained(read.syncs, use))
      return std::string(use.isWait ? "it waits for " : "it signals ") + description.syncs[use.sync].name +
             " (id " + std::to_string(use.id) + ", count " + std::to_string(use.count) +
             "), its word has no way to say so; use a sync command";
  if (given.syncs != read.syncs)
    return "its waits come first, then its signals, each in the order of the description";
  return "its word and cells do not say all of it";
}

/// Nothing that was encoded may be lost: the word and the needed cells must give the instruction back.
llvm::Error readsBack(const CommandPlan &plan, const Description &description, const Instruction &instruction,
                      const WordBits &bits, llvm::ArrayRef<int64_t> cells) {
  llvm::Expected<Instruction> read =
      plan.bind([&](const Equation &equation, int64_t) -> llvm::Expected<Wide> {
        if (equation.isCell)
          return cells[equation.number];
        return fieldValue(plan.word().fields[equation.number], equation.isSigned, bits);
      });
  auto wrong = [&](const std::string &why) {
    return failure(ExitCode::TargetCannot, plan.reference().name(description) + ": " + why);
  };
  if (!read) {
    FailureReport found = report(read.takeError());
    return wrong("does not read back: " +
                 (found.diagnostics.empty() ? "" : found.diagnostics.front().message));
  }
  read->origin = instruction.origin;
  return *read == instruction ? llvm::Error::success()
                              : wrong(firstDifference(plan, description, instruction, *read));
}

} // namespace

llvm::Expected<CommandSet> CommandSet::create(const Description &description) {
  std::vector<Diagnostic> mistakes;
  CommandSet set;
  set.target = &description;
  set.ofIntrinsic.assign(description.intrinsics.size(), -1);
  set.ofSyncCommand.assign(description.syncCommands.size(), -1);
  if (checkWords(description, mistakes)) {
    for (CommandReference reference : commandsOf(description)) {
      bool isSync = reference.kind == Instruction::Kind::Sync;
      (isSync ? set.ofSyncCommand : set.ofIntrinsic)[reference.number] = static_cast<int>(set.list.size());
      set.list.emplace_back(description, reference, mistakes);
    }
    checkDistinct(description, set.list, mistakes);
  }
  if (!mistakes.empty())
    return failure(ExitCode::WrongInput, std::move(mistakes));
  set.commands = CommandTree(set.list);
  return set;
}

const CommandPlan *CommandSet::planOf(const Instruction &instruction) const {
  bool isSync = instruction.kind == Instruction::Kind::Sync;
  const std::vector<int> &numbers = isSync ? ofSyncCommand : ofIntrinsic;
  const size_t number = isSync ? instruction.syncCommand : instruction.intrinsic;
  return number < numbers.size() && numbers[number] >= 0 ? &list[static_cast<size_t>(numbers[number])]
                                                         : nullptr;
}

llvm::Error encode(const CommandSet &commands, const Instruction &instruction, std::vector<uint8_t> &bytes) {
  const Description &description = commands.description();
  if (llvm::Error error = check(description, instruction))
    return error;
  const CommandPlan *plan = commands.planOf(instruction);
  if (!plan)
    return failure(ExitCode::TargetCannot, description.intrinsics[instruction.intrinsic].name +
                                               " has no command word to encode it in");
  WordBits bits = plan->constantBits;
  for (const Equation &equation : plan->equations()) {
    if (equation.isCell)
      continue;
    llvm::Expected<int64_t> value = wanted(*plan, description, instruction, equation);
    if (!value)
      return withPlace(value.takeError(), description.path, plan->reference().name(description));
    if (llvm::Error error = fieldMisfit(*plan, description, equation, *value))
      return error;
    const Field &field = plan->word().fields[equation.number];
    bits.set(field.low, field.width(), static_cast<uint64_t>(*value));
  }
  auto cells = neededCells(description, instruction);
  if (!cells)
    return cells.takeError();
  if (llvm::Error error = readsBack(*plan, description, instruction, bits, *cells))
    return error;
  for (unsigned byte = 0; byte < plan->bytes(); ++byte)
    bytes.push_back(static_cast<uint8_t>(bits.get(8 * byte, 8)));
  return llvm::Error::success();
}

llvm::Expected<std::vector<uint8_t>> encode(const Description &description, const Instruction &instruction) {
  auto commands = CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  std::vector<uint8_t> bytes;
  if (llvm::Error error = encode(*commands, instruction, bytes))
    return std::move(error);
  return bytes;
}

llvm::Expected<std::vector<uint8_t>> encodeAll(const Description &description,
                                               llvm::ArrayRef<Instruction> instructions) {
  auto commands = CommandSet::create(description);
  if (!commands)
    return commands.takeError();
  std::vector<uint8_t> bytes;
  for (auto [number, instruction] : llvm::enumerate(instructions))
    if (llvm::Error error = encode(*commands, instruction, bytes))
      return withPlace(std::move(error), "", "instruction " + std::to_string(number));
  return bytes;
}

} // namespace tenon::isa
