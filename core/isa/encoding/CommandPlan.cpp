// Follows a plan: from what fields and cells hold to an instruction.
#include "core/isa/encoding/CommandPlan.h"

#include "core/isa/encoding/PlanBuilder.h"
#include "core/isa/encoding/Strides.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa {

Wide fieldValue(const Field &field, bool isSigned, const WordBits &bits) {
  Wide value = static_cast<Wide>(bits.get(field.low, field.width()));
  Wide half = Wide(1) << int(field.width() - 1);
  return isSigned && value >= half ? value - 2 * half : value;
}

CommandPlan::CommandPlan(const Description &of, CommandReference reference, std::vector<Diagnostic> &mistakes)
    : description(&of), command(reference), names(unknownsOf(of, reference)) {
  Builder(*this, mistakes).build();
}

class CommandPlan::Binding {
public:
  Binding(const CommandPlan &of, ReadPlace from) : plan(of), description(*of.description), read(from) {
    for (const Unknown &unknown : plan.names.list)
      values.push_back(unknown.domain.isSingle() ? std::optional<int64_t>(unknown.domain.low) : std::nullopt);
    pieces.assign(values.size(), 0);
    result.kind = plan.command.kind;
  }

  llvm::Expected<Instruction> run() {
    for (const Step &step : plan.steps)
      if (llvm::Error error = follow(step))
        return std::move(error);
    if (llvm::Error error = fill())
      return std::move(error);
    if (llvm::Error error = checkSyncs())
      return std::move(error);
    return std::move(result);
  }

private:
  llvm::Error follow(const Step &step) {
    if (step.usesInstruction)
      if (llvm::Error error = fill())
        return error;
    switch (step.kind) {
    case Step::Kind::Solve:
      return solve(step);
    case Step::Kind::Check:
      return check(plan.places[step.equation]);
    case Step::Kind::Join:
      return join(step);
    case Step::Kind::Choose:
      return choose(step);
    case Step::Kind::Infer:
      return bind(step.unknown, values[step.from].value_or(0) > 0 ? 1 : 0);
    }
    llvm_unreachable("a kind of step that is not listed");
  }

  llvm::Expected<Wide> placeValue(const Equation &equation) {
    int64_t slot = 0;
    if (equation.isCell) {
      const Need &need = description.intrinsics[plan.command.number].needs[equation.number];
      if (int number = plan.names.find(need.slot); !need.slot.empty() && number >= 0)
        slot = values[static_cast<unsigned>(number)].value_or(0);
    }
    return read(equation, slot);
  }

  std::optional<int64_t> lookup(llvm::StringRef name) const {
    if (int number = plan.names.find(name); number >= 0)
      return values[static_cast<unsigned>(number)];
    if (std::optional<int64_t> value = plan.fixed(name))
      return value;
    return attribute(description, result, name);
  }

  llvm::Expected<int64_t> value(const Expression &expression) const {
    return evaluate(expression, [&](llvm::StringRef name) { return lookup(name); });
  }

  llvm::Error solve(const Step &step) {
    const Equation &equation = plan.places[step.equation];
    llvm::Expected<Wide> held = placeValue(equation);
    if (!held)
      return held.takeError();
    Wide rest = *held - step.form.constant;
    for (const LinearTerm &term : step.form.terms)
      rest -= term.factor * stepsOf(term.atom);
    for (const auto &[factor, part] : step.form.known) {
      llvm::Expected<int64_t> known = value(*part);
      if (!known)
        return known.takeError();
      rest -= factor * *known;
    }
    auto counts = splitIntoDigits(rest, step.digits);
    if (!counts)
      return wrongInput(equation.what + " is " + str(*held) + ", no value of " + equation.expression->str());
    for (auto [digit, count] : llvm::zip_equal(step.digits, *counts)) {
      const Atom &atom = digit.term.atom;
      if (!atom.isWhole()) {
        pieces[atom.unknown] |= static_cast<uint64_t>(count) << atom.lowBit;
        continue;
      }
      const Domain &domain = plan.names.list[atom.unknown].domain;
      if (llvm::Error error = bind(atom.unknown, domain.low + count * domain.step))
        return error;
    }
    return llvm::Error::success();
  }

  /// Of an atom whose unknown is bound.
  Wide stepsOf(const Atom &atom) const {
    int64_t of = values[atom.unknown].value_or(0);
    const Domain &domain = plan.names.list[atom.unknown].domain;
    if (atom.isWhole())
      return (Wide(of) - domain.low) / domain.step;
    return static_cast<Wide>((static_cast<uint64_t>(of) >> atom.lowBit) & ((uint64_t(1) << atom.bits) - 1));
  }

  llvm::Error bind(unsigned number, Wide value) {
    const Unknown &unknown = plan.names.list[number];
    if (!unknown.domain.contains(value))
      return wrongInput(unknown.what + " is " + str(value) + ", it may be " + unknown.domain.str());
    values[number] = static_cast<int64_t>(value);
    return llvm::Error::success();
  }

  llvm::Error join(const Step &step) {
    Wide value = static_cast<Wide>(pieces[step.unknown]);
    if (plan.names.list[step.unknown].domain.low < 0 && (value >> int(step.from - 1)) % 2 != 0)
      value -= Wide(1) << int(step.from);
    return bind(step.unknown, value);
  }

  llvm::Error choose(const Step &step) {
    const Unknown &unknown = plan.names.list[step.unknown];
    const OperandDeclaration &operand = description.intrinsics[plan.command.number].operands[unknown.index];
    Wide address = values[step.from].value_or(0);
    for (auto [number, memory] : llvm::enumerate(operand.memories)) {
      const Memory &candidate = description.memories[memory];
      if (address >= candidate.base && address < Wide(candidate.base) + Wide(candidate.units()))
        return bind(step.unknown, static_cast<Wide>(number));
    }
    return wrongInput(plan.names.list[step.from].what + " is " + str(address) +
                      ", which is in none of its memories");
  }

  llvm::Error check(const Equation &equation) {
    llvm::Expected<Wide> held = placeValue(equation);
    if (!held)
      return held.takeError();
    llvm::Expected<int64_t> wanted = value(*equation.expression);
    if (!wanted)
      return wanted.takeError();
    if (*held == *wanted)
      return llvm::Error::success();
    return wrongInput(equation.what + " is " + str(*held) + ", " + equation.expression->str() + " is " +
                      std::to_string(*wanted));
  }

  /// Puts what is bound into the instruction; what is not bound yet is zero there.
  llvm::Error fill() {
    if (plan.command.kind == Instruction::Kind::Sync)
      return fillSyncCommand();
    const Intrinsic &intrinsic = description.intrinsics[plan.command.number];
    result.intrinsic = plan.command.number;
    result.queue = static_cast<unsigned>(std::max(intrinsic.queue, 0));
    result.sizes.assign(intrinsic.sizes.size(), 0);
    result.values.assign(intrinsic.values.size(), 0);
    result.operands.assign(intrinsic.operands.size(), {});
    result.cells.assign(intrinsic.sets < 0 ? 0 : description.registers[size_t(intrinsic.sets)].cells.size(),
                        0);
    result.slots.clear();
    for (auto [number, unknown] : llvm::enumerate(plan.names.list))
      place(unknown, values[number].value_or(0));
    for (auto [operand, use] : llvm::enumerate(result.operands))
      if (llvm::Error error = fillOperand(intrinsic.operands[operand], static_cast<unsigned>(operand), use))
        return error;
    fillSyncs();
    return llvm::Error::success();
  }

  void place(const Unknown &unknown, int64_t value) {
    switch (unknown.kind) {
    case Unknown::Kind::Size:
      result.sizes[unknown.index] = value;
      break;
    case Unknown::Kind::Value:
      result.values[unknown.index] = value;
      break;
    case Unknown::Kind::Choice: {
      const OperandDeclaration &operand = description.intrinsics[plan.command.number].operands[unknown.index];
      result.operands[unknown.index].memory = operand.memories[static_cast<size_t>(value)];
      break;
    }
    case Unknown::Kind::Slot:
      result.slots[unknown.name] = value;
      break;
    case Unknown::Kind::SetsSlot:
      result.setsSlot = value;
      break;
    case Unknown::Kind::SetsCell:
      result.cells[unknown.index] = value;
      break;
    default: // operands and syncs are filled as a whole
      break;
    }
  }

  llvm::Error fillOperand(const OperandDeclaration &operand, unsigned number, OperandUse &use) {
    if (operand.memories.empty())
      return llvm::Error::success();
    const Memory &memory = description.memories[use.memory];
    const int address = plan.names.find(operand.name + ".addr");
    if (std::optional<int64_t> bound = values[static_cast<unsigned>(address)])
      use.address = *bound - memory.base;
    if (operand.holds || !sizesAreBound())
      return llvm::Error::success();
    auto strides = defaultStrides(description, result, number);
    if (!strides)
      return strides.takeError();
    use.strides = std::move(*strides);
    const bool inRows = description.memories[use.memory].unit == Memory::Unit::Row;
    for (unsigned axis = 0; axis < operand.axes.size(); ++axis) {
      const bool alongRow = inRows && axis + 1 == operand.axes.size();
      const int free = plan.names.find(operand.name + ".stride." + operand.axes[axis].name);
      if (free >= 0 && !alongRow && values[static_cast<unsigned>(free)])
        use.strides[axis] = *values[static_cast<unsigned>(free)];
    }
    return llvm::Error::success();
  }

  bool sizesAreBound() const {
    for (auto [number, unknown] : llvm::enumerate(plan.names.list))
      if ((unknown.kind == Unknown::Kind::Size || unknown.kind == Unknown::Kind::Value) && !values[number])
        return false;
    return true;
  }

  /// Waits first, then signals, each in the order of the description's syncs.
  void fillSyncs() {
    result.syncs.clear();
    for (bool isWait : {true, false})
      for (const Unknown &unknown : plan.names.list) {
        if (unknown.kind != (isWait ? Unknown::Kind::Wait : Unknown::Kind::Signal) ||
            lookup(unknown.name).value_or(0) == 0)
          continue;
        const bool counted = plan.names.find(unknown.name + ".count") >= 0;
        result.syncs.push_back({unknown.index, isWait, lookup(unknown.name + ".id").value_or(0),
                                counted ? lookup(unknown.name + ".count").value_or(0) : 1});
      }
  }

  llvm::Error fillSyncCommand() {
    const SyncCommand &of = description.syncCommands[plan.command.number];
    result.syncCommand = plan.command.number;
    result.queue = static_cast<unsigned>(lookup("queue").value_or(0));
    const bool counted = plan.names.find("count") >= 0;
    result.syncs.assign(
        1, {of.sync, of.isWait, lookup("id").value_or(0), counted ? lookup("count").value_or(0) : 1});
    return llvm::Error::success();
  }

  /// Where a command does not wait, the id and the count of the wait say nothing: they are 0.
  llvm::Error checkSyncs() const {
    if (plan.command.kind == Instruction::Kind::Sync)
      return llvm::Error::success();
    for (const Unknown &unknown : plan.names.list) {
      if (unknown.kind != Unknown::Kind::Wait && unknown.kind != Unknown::Kind::Signal)
        continue;
      const bool present = lookup(unknown.name).value_or(0) != 0;
      const int64_t id = lookup(unknown.name + ".id").value_or(0);
      const int counted = plan.names.find(unknown.name + ".count");
      const int64_t count = counted >= 0 ? lookup(unknown.name + ".count").value_or(0) : (present ? 1 : 0);
      if (!present && (id != 0 || count != 0))
        return wrongInput(unknown.name + " is 0, but its id is " + std::to_string(id) + " and its count " +
                          std::to_string(count));
      if (present && count == 0)
        return wrongInput(unknown.name + " is 1, but its count is 0");
    }
    return llvm::Error::success();
  }

  const CommandPlan &plan;
  const Description &description;
  ReadPlace read;
  llvm::SmallVector<std::optional<int64_t>, 16> values;
  llvm::SmallVector<uint64_t, 16> pieces;
  Instruction result;
};

llvm::Expected<Instruction> CommandPlan::bind(ReadPlace read) const { return Binding(*this, read).run(); }

} // namespace tenon::isa
