// Orders a command's places: round after round, every place whose expression has become a number of digits
// binds them, until nothing more can be told.
#include "core/isa/encoding/PlanBuilder.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace tenon::isa {

void CommandPlan::Builder::mistake(Place at, std::string message, std::string repair) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.file = description.path;
  if (at.line > 0)
    diagnostic.line = at.line;
  if (at.column > 0)
    diagnostic.column = at.column;
  diagnostic.repair = std::move(repair);
  mistakes.push_back(std::move(diagnostic));
}

void CommandPlan::Builder::build() {
  const size_t before = mistakes.size();
  constantBits();
  fieldPlaces();
  checkSlots();
  if (plan.command.kind == Instruction::Kind::Intrinsic)
    cellPlaces();
  if (mistakes.size() != before)
    return; // what cannot be read back would only repeat them
  order();
  reportOpen();
}

void CommandPlan::Builder::constantBits() {
  const Word &word = plan.word();
  const Command &encoding = plan.command.command(description);
  WordBits covered;
  for (auto [number, field] : llvm::enumerate(word.fields)) {
    covered = covered | WordBits::ones(field.low, field.width());
    auto given = llvm::find_if(encoding.fields,
                               [&](const FieldAssignment &assignment) { return assignment.field == number; });
    if (given != encoding.fields.end() && field.constant)
      mistake(given->value.place,
              "field " + field.name + " of " + word.name + " always holds " +
                  std::to_string(*field.constant) + ", " + plan.command.name(description) + " gives it " +
                  given->value.str(),
              "remove it from the command");
    if (given == encoding.fields.end() || field.constant) {
      plan.constantMask = plan.constantMask | WordBits::ones(field.low, field.width());
      plan.constantBits.set(field.low, field.width(), field.constant.value_or(0));
    }
  }
  plan.holes = WordBits::ones(0, word.bits) & ~covered;
}

void CommandPlan::Builder::fieldPlaces() {
  const Word &word = plan.word();
  const Command &encoding = plan.command.command(description);
  llvm::SmallVector<unsigned> given;
  for (const FieldAssignment &assignment : encoding.fields) {
    const Field &field = word.fields[assignment.field];
    if (llvm::is_contained(given, assignment.field))
      mistake(assignment.value.place,
              "field " + field.name + " of " + plan.command.name(description) + " is given twice",
              "keep one of the two");
    given.push_back(assignment.field);
    Equation equation{false, assignment.field, &assignment.value, false, "field " + field.name};
    std::optional<Interval> range =
        intervalOf(assignment.value, [&](llvm::StringRef name) { return rangeOf(name); });
    equation.isSigned = range && range->low < 0;
    const size_t before = mistakes.size();
    checkRange(equation);
    llvm::Expected<int64_t> constant =
        evaluate(assignment.value, [&](llvm::StringRef name) { return plan.fixed(name); });
    if (!constant)
      llvm::consumeError(constant.takeError()); // it has unknowns
    else if (mistakes.size() == before && !field.constant) {
      plan.constantMask = plan.constantMask | WordBits::ones(field.low, field.width());
      plan.constantBits.set(field.low, field.width(), static_cast<uint64_t>(*constant));
      continue;
    }
    plan.places.push_back(std::move(equation));
  }
}

void CommandPlan::Builder::cellPlaces() {
  const Intrinsic &intrinsic = description.intrinsics[plan.command.number];
  for (auto [number, need] : llvm::enumerate(intrinsic.needs)) {
    const Register &reg = description.registers[need.reg];
    plan.places.push_back({true, static_cast<unsigned>(number), &need.value, false,
                           "cell " + reg.name + "." + reg.cells[need.cell].name});
    checkRange(plan.places.back());
  }
}

/// A register of several slots is never mentioned without one.
void CommandPlan::Builder::checkSlots() {
  if (plan.command.kind == Instruction::Kind::Sync)
    return;
  const Intrinsic &intrinsic = description.intrinsics[plan.command.number];
  auto demand = [&](const Register &reg, llvm::StringRef slot, Place at, llvm::StringRef key) {
    if (slot.empty() && reg.count > 1)
      mistake(at,
              intrinsic.name + " " + key.str() + " " + reg.name + " without a slot, it has " +
                  std::to_string(reg.count),
              "write " + reg.name + "[s]");
  };
  if (intrinsic.sets >= 0)
    demand(description.registers[static_cast<unsigned>(intrinsic.sets)], intrinsic.setsSlot, intrinsic.place,
           "sets");
  for (const Need &need : intrinsic.needs)
    demand(description.registers[need.reg], need.slot, need.place, "needs");
}

Interval CommandPlan::Builder::placeRange(const Equation &equation) const {
  unsigned width = 0;
  bool isSigned = equation.isSigned;
  if (equation.isCell) {
    const Need &need = description.intrinsics[plan.command.number].needs[equation.number];
    const ElementType &type = description.registers[need.reg].cells[need.cell].type;
    width = type.scalar.width;
    isSigned = type.isSigned;
  } else {
    width = plan.word().fields[equation.number].width();
  }
  const Wide one = 1;
  return isSigned ? Interval{-(one << int(width - 1)), (one << int(width - 1)) - 1}
                  : Interval{0, (one << int(width)) - 1};
}

void CommandPlan::Builder::checkRange(const Equation &equation) {
  std::optional<Interval> range =
      intervalOf(*equation.expression, [&](llvm::StringRef name) { return rangeOf(name); });
  if (!range)
    return; // not to be told beforehand; encoding checks every value
  Interval holds = placeRange(equation);
  if (range->low >= holds.low && range->high <= holds.high)
    return;
  auto text = [](Interval of) { return of.low == of.high ? str(of.low) : str(of.low) + ".." + str(of.high); };
  mistake(equation.expression->place,
          equation.expression->str() + " of " + plan.command.name(description) + " is " + text(*range) +
              ", " + equation.what + " holds " + text(holds),
          equation.isCell ? "give the cell a wider type, or narrow the range"
                          : "widen the field, or narrow the range");
}

std::optional<Interval> CommandPlan::Builder::rangeOf(llvm::StringRef name) const {
  if (std::optional<int64_t> value = plan.fixed(name))
    return Interval{*value, *value};
  int number = plan.names.find(name);
  if (number >= 0)
    return plan.names.list[static_cast<unsigned>(number)].domain.interval();
  return std::nullopt;
}

void CommandPlan::Builder::order() {
  const size_t unknowns = plan.names.list.size();
  bound.assign(unknowns, false);
  pieces.assign(unknowns, {});
  done.assign(plan.places.size(), false);
  for (size_t i = 0; i < unknowns; ++i)
    bound[i] = plan.names.list[i].domain.isSingle();
  for (bool progress = true; progress;) {
    progress = false;
    for (unsigned number = 0; number < plan.places.size(); ++number)
      progress |= !done[number] && tryPlace(number);
    progress |= joinPieces();
    if (!progress)
      progress = inferRest();
  }
  for (unsigned number : inPieces) { // bits that came twice must agree
    Step step;
    step.kind = Step::Kind::Check;
    step.equation = number;
    step.usesInstruction = usesInstruction(*plan.places[number].expression);
    plan.steps.push_back(std::move(step));
  }
}

bool CommandPlan::Builder::tryPlace(unsigned number) {
  const Equation &equation = plan.places[number];
  if (!slotIsBound(equation))
    return false;
  auto boundName = [&](llvm::StringRef name) { return isBound(name); };
  auto fixedNumber = [&](llvm::StringRef name) { return plan.fixed(name); };
  std::optional<LinearForm> form = linearForm(*equation.expression, {plan.names, fixedNumber, boundName});
  if (!form)
    return false;
  Step step;
  step.equation = number;
  step.usesInstruction = usesInstruction(*equation.expression);
  std::vector<LinearTerm> open;
  for (const LinearTerm &term : form->terms)
    (bound[term.atom.unknown] ? step.form.terms : open).push_back(term);
  step.form.constant = form->constant;
  step.form.known = form->known;
  step.kind = open.empty() ? Step::Kind::Check : Step::Kind::Solve;
  if (!open.empty()) {
    auto digits = digitsOf(open, plan.names);
    if (!digits)
      return false;
    step.digits = std::move(*digits);
  }
  bool gavePieces = false;
  for (const LinearTerm &term : open) {
    if (term.atom.isWhole())
      bound[term.atom.unknown] = true;
    else
      pieces[term.atom.unknown].push_back({term.atom.lowBit, term.atom.bits});
    gavePieces |= !term.atom.isWhole();
  }
  if (gavePieces)
    inPieces.push_back(number);
  plan.steps.push_back(std::move(step));
  return done[number] = true;
}

/// An unknown is known when its bits reach from 0 to the highest that its range needs, with one for the sign.
bool CommandPlan::Builder::joinPieces() {
  bool any = false;
  for (unsigned number = 0; number < pieces.size(); ++number) {
    if (bound[number] || pieces[number].empty())
      continue;
    unsigned reached = 0;
    llvm::sort(pieces[number], [](const Piece &a, const Piece &b) { return a.lowBit < b.lowBit; });
    for (const Piece &piece : pieces[number])
      if (piece.lowBit <= reached)
        reached = std::max(reached, piece.lowBit + piece.bits);
    const Domain &domain = plan.names.list[number].domain;
    auto fits = [&](Wide value) {
      return domain.low < 0 ? value >= -(Wide(1) << int(reached - 1)) && value < (Wide(1) << int(reached - 1))
                            : value < (Wide(1) << int(reached));
    };
    if (reached == 0 || (domain.bounded && (!fits(domain.low) || !fits(domain.high))))
      continue;
    Step step;
    step.kind = Step::Kind::Join;
    step.unknown = number;
    step.from = reached;
    plan.steps.push_back(std::move(step));
    any = bound[number] = true;
  }
  return any;
}

/// What no place mentions but what follows: a memory from its address, a wait from its count.
bool CommandPlan::Builder::inferRest() {
  for (unsigned number = 0; number < plan.names.list.size(); ++number) {
    const Unknown &unknown = plan.names.list[number];
    if (bound[number])
      continue;
    std::string from;
    Step step;
    step.unknown = number;
    if (unknown.kind == Unknown::Kind::Choice) {
      const OperandDeclaration &operand = description.intrinsics[plan.command.number].operands[unknown.index];
      from = memoriesAreApart(operand) ? operand.name + ".addr" : "";
      step.kind = Step::Kind::Choose;
    } else if (unknown.kind == Unknown::Kind::Wait && !isMentioned(unknown.name)) {
      from = unknown.name + ".count";
      step.kind = Step::Kind::Infer;
    }
    int source = plan.names.find(from);
    if (source < 0 || !bound[static_cast<unsigned>(source)])
      continue;
    step.from = static_cast<unsigned>(source);
    plan.steps.push_back(std::move(step));
    return bound[number] = true;
  }
  return false;
}

bool CommandPlan::Builder::slotIsBound(const Equation &equation) const {
  if (!equation.isCell)
    return true;
  const Need &need = description.intrinsics[plan.command.number].needs[equation.number];
  return need.slot.empty() || isBound(need.slot);
}

bool CommandPlan::Builder::isBound(llvm::StringRef name) const {
  if (int number = plan.names.find(name); number >= 0)
    return bound[static_cast<unsigned>(number)];
  auto [base, rest] = name.split('.');
  if (rest.empty() || plan.command.kind == Instruction::Kind::Sync)
    return false;
  const Intrinsic &intrinsic = description.intrinsics[plan.command.number];
  const auto *operand =
      llvm::find_if(llvm::ArrayRef(intrinsic.operands),
                    [&, of = base](const OperandDeclaration &one) { return one.name == of; });
  const bool isStride =
      operand != llvm::ArrayRef(intrinsic.operands).end() && rest.consume_front("stride.") &&
      llvm::any_of(operand->axes, [axis = rest](const Axis &one) { return one.name == axis; });
  if (operand == llvm::ArrayRef(intrinsic.operands).end() || (!isStride && rest != "bytes" && rest != "bank"))
    return false;
  // What follows from sizes, values and the operand's place.
  for (auto [number, unknown] : llvm::enumerate(plan.names.list)) {
    bool common = unknown.kind == Unknown::Kind::Size || unknown.kind == Unknown::Kind::Value;
    bool own = unknown.name == operand->name + ".addr" || unknown.name == operand->name + ".memory";
    if ((common || own) && !bound[number])
      return false;
  }
  return true;
}

bool CommandPlan::Builder::usesInstruction(const Expression &expression) const {
  std::vector<std::string> mentioned;
  expression.collectNames(mentioned);
  return llvm::any_of(
      mentioned, [&](const std::string &name) { return plan.names.find(name) < 0 && !plan.fixed(name); });
}

bool CommandPlan::Builder::isMentioned(llvm::StringRef name) const {
  return llvm::any_of(plan.places, [&](const Equation &equation) {
    std::vector<std::string> mentioned;
    equation.expression->collectNames(mentioned);
    return llvm::is_contained(mentioned, name);
  });
}

/// No address is one of two of the operand's memories.
bool CommandPlan::Builder::memoriesAreApart(const OperandDeclaration &operand) const {
  for (size_t i = 0; i < operand.memories.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const Memory &left = description.memories[operand.memories[i]];
      const Memory &right = description.memories[operand.memories[j]];
      Wide leftEnd = Wide(left.base) + Wide(left.units()), rightEnd = Wide(right.base) + Wide(right.units());
      if (left.base < rightEnd && right.base < leftEnd)
        return false;
    }
  return true;
}

/// A stride of an axis of one element makes no difference.
bool CommandPlan::Builder::mayStayOpen(const Unknown &unknown) const {
  if (unknown.kind != Unknown::Kind::Stride)
    return false;
  const Intrinsic &intrinsic = description.intrinsics[plan.command.number];
  const Axis &axis = intrinsic.operands[unknown.index].axes[unknown.axis];
  if (axis.extent) {
    std::optional<Interval> extent =
        intervalOf(*axis.extent, [&](llvm::StringRef name) { return rangeOf(name); });
    return extent && extent->high <= 1;
  }
  std::optional<Interval> size = axis.size < 0 ? std::nullopt : rangeOf(axis.name);
  return size && size->high <= 1;
}

void CommandPlan::Builder::reportOpen() {
  bool any = false;
  for (unsigned number = 0; number < plan.names.list.size(); ++number) {
    const Unknown &unknown = plan.names.list[number];
    if (bound[number] || mayStayOpen(unknown))
      continue;
    any = true;
    const auto *holder = llvm::find_if(llvm::ArrayRef(plan.places), [&](const Equation &equation) {
      std::vector<std::string> mentioned;
      equation.expression->collectNames(mentioned);
      return llvm::is_contained(mentioned, unknown.name);
    });
    if (holder == llvm::ArrayRef(plan.places).end())
      mistake(placeOf(unknown),
              unknown.what + " is put nowhere: no field of its command and no needed cell mentions it",
              "add a field that holds " + unknown.name);
    else
      mistake(holder->expression->place,
              unknown.what + " cannot be read back from " + holder->what + " = " + holder->expression->str(),
              "give " + unknown.name +
                  " a field of its own, or write x << s | y of parts that do not overlap");
  }
  for (unsigned number = 0; number < plan.places.size() && !any; ++number)
    if (!done[number]) {
      const Equation &equation = plan.places[number];
      std::vector<std::string> mentioned;
      equation.expression->collectNames(mentioned);
      llvm::erase_if(mentioned, [&](const std::string &name) { return plan.fixed(name) || isBound(name); });
      std::string unknownName = mentioned.empty() ? equation.expression->str() : mentioned.front();
      mistake(equation.expression->place,
              unknownName + " is not known in " + equation.what + " of " + plan.command.name(description),
              "name a size, a value, a parameter or an operand's .addr or .stride");
    }
}

Place CommandPlan::Builder::placeOf(const Unknown &unknown) const {
  if (plan.command.kind == Instruction::Kind::Sync)
    return place();
  const Intrinsic &intrinsic = description.intrinsics[plan.command.number];
  switch (unknown.kind) {
  case Unknown::Kind::Size:
    return intrinsic.sizes[unknown.index].place;
  case Unknown::Kind::Value:
    return intrinsic.values[unknown.index].place;
  case Unknown::Kind::Address:
  case Unknown::Kind::Choice:
  case Unknown::Kind::Stride:
    return intrinsic.operands[unknown.index].place;
  default:
    return place();
  }
}

} // namespace tenon::isa
