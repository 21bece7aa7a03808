// Leaves and choice: numbers, values, reads, lookups, conditions.
#include "core/isa/semantics/BodyChecker.h"

#include "core/isa/semantics/Constants.h"
#include "core/isa/semantics/Indices.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa::semantics {

using Kind = Expression::Kind;
using nest::Opcode;

namespace {

constexpr unsigned leastArithmeticWidth = 16;

const ElementType truth = {nest::ScalarType::integer(1), false};

/// Whether an index needs data: an element, or a function of one.
bool hasData(const Expression &part, const Scope &scope) {
  if (part.kind == Kind::Name) {
    std::optional<Symbol> symbol = scope.find(part.text);
    return symbol && (symbol->kind == Symbol::Kind::Operand || symbol->kind == Symbol::Kind::Local);
  }
  return part.kind == Kind::Index ||
         llvm::any_of(part.arguments, [&](const Expression &argument) { return hasData(argument, scope); });
}

} // namespace

llvm::SmallVector<unsigned> usedSizes(const SemanticStatement &statement, size_t sizes,
                                      llvm::ArrayRef<unsigned> extra) {
  std::vector<bool> used(sizes, false);
  for (unsigned size : extra)
    used[size] = true;
  for (const SymbolicIndex &index : statement.indices)
    markSizes(index, used);
  for (const SemanticNode &node : statement.body) {
    for (const SymbolicIndex &index : node.indices)
      markSizes(index, used);
    if (node.kind == SemanticNode::Kind::Nest && node.node.op == Opcode::LoopIndex)
      used[node.node.loop] = true;
  }
  llvm::SmallVector<unsigned> result;
  for (unsigned size = 0; size < sizes; ++size)
    if (used[size])
      result.push_back(size);
  return result;
}

std::string narrowness(const ElementType &type) {
  if (type.scalar.isFloat() || type.scalar.width >= leastArithmeticWidth)
    return "";
  return "wraps at " + std::to_string(type.scalar.width) + (type.scalar.width == 1 ? " bit" : " bits");
}

std::nullopt_t BodyChecker::mistake(const Expression &part, const llvm::Twine &message,
                                    const llvm::Twine &repair) {
  scope.mistake(part.place, message, repair);
  return std::nullopt;
}

Typed BodyChecker::add(Opcode op, const ElementType &type, const Range &range,
                       llvm::ArrayRef<Typed> arguments) {
  SemanticNode node;
  node.node.op = op;
  node.node.type = type.scalar;
  node.isSigned = type.isSigned;
  for (const Typed &argument : arguments)
    node.node.arguments.push_back(argument.node);
  statement.body.push_back(std::move(node));
  return {unsigned(statement.body.size() - 1), type, range};
}

Typed BodyChecker::addConstant(const ElementType &type, int64_t value) {
  Typed result = add(Opcode::Constant, type, {value, value}, {});
  statement.body.back().node.constant = constantOf(type, value);
  return result;
}

MaybeTyped BodyChecker::check(const Expression &part, std::optional<ElementType> expected) {
  if (scope.isConstant(part))
    return constant(part, expected);
  switch (part.kind) {
  case Kind::Integer:
  case Kind::Real:
    return constant(part, expected);
  case Kind::Name:
    return name(part, expected);
  case Kind::Index:
    return read(part);
  case Kind::Call:
    return call(part, expected);
  case Kind::Unary:
    return unary(part, expected);
  case Kind::Binary:
    return binary(part, expected);
  case Kind::Conditional:
    return conditional(part, expected);
  }
  llvm_unreachable("a kind that is not listed");
}

MaybeTyped BodyChecker::constant(const Expression &part, Types expected) {
  if (!expected)
    return mistake(part, "the type of " + part.str() + " is open", "write i32(" + part.str() + ")");
  auto lookup = [&](llvm::StringRef name) { return scope.number(name); };
  llvm::Expected<nest::Constant> found = constantOf(*expected, part, lookup);
  if (!found) {
    scope.mistake(found.takeError());
    return std::nullopt;
  }
  Typed result = add(Opcode::Constant, *expected, {}, {});
  statement.body.back().node.constant = *found;
  if (expected->scalar.isInteger()) {
    int64_t value = llvm::cantFail(evaluate(part, lookup)); // constantOf has evaluated it
    result.range = {value, value};
  }
  return result;
}

MaybeTyped BodyChecker::name(const Expression &part, Types expected) {
  std::optional<Symbol> symbol = scope.find(part.text);
  if (!symbol) {
    scope.unknown(part.text, part.place);
    return std::nullopt;
  }
  switch (symbol->kind) {
  case Symbol::Kind::Operand:
  case Symbol::Kind::Local:
    return read(part);
  case Symbol::Kind::Value:
    return value(part, symbol->index, expected);
  case Symbol::Kind::Size: {
    const Size &size = scope.intrinsic.sizes[symbol->index];
    int64_t most = size.choices.empty() ? size.high : *llvm::max_element(size.choices);
    Typed result = add(Opcode::LoopIndex, {nest::ScalarType::index(), true}, {0, Wide(most) - 1}, {});
    statement.body.back().node.loop = symbol->index;
    return result;
  }
  case Symbol::Kind::Number:
    return constant(part, expected);
  }
  llvm_unreachable("a kind that is not listed");
}

MaybeTyped BodyChecker::value(const Expression &part, unsigned number, Types expected) {
  const ValueDeclaration &declared = scope.intrinsic.values[number];
  if (declared.type.scalar.isFloat())
    return mistake(part, "value " + declared.name + " of type " + declared.type.str() +
                             " in semantics is not yet supported");
  if (!expected)
    return mistake(part, "the type of " + part.text + " is open",
                   "write " + declared.type.str() + "(" + part.text + ")");
  Range range = {declared.low, declared.high};
  bool holds = expected->scalar.isInteger()
                   ? range.inside(rangeOf(*expected))
                   : holdsInteger(*expected, declared.low) && holdsInteger(*expected, declared.high);
  if (!holds)
    return mistake(part,
                   "value " + declared.name + " is " + range.str() + ", which is outside " + expected->str(),
                   "narrow its range, or cast what it meets to a wider type");
  Typed result = add(Opcode::Constant, *expected, range, {});
  statement.body.back().kind = SemanticNode::Kind::Value;
  statement.body.back().value = number;
  return result;
}

/// An element of an operand or a local; without indices where there are no axes.
MaybeTyped BodyChecker::read(const Expression &part) {
  std::optional<Symbol> symbol = scope.find(part.text);
  if (!symbol) {
    scope.unknown(part.text, part.place);
    return std::nullopt;
  }
  if (symbol->kind != Symbol::Kind::Operand && symbol->kind != Symbol::Kind::Local)
    return mistake(part, part.text + " has no elements to read", "write " + part.text + " alone");
  bool isLocal = symbol->kind == Symbol::Kind::Local;
  if (isLocal && scope.locals[symbol->index].broken)
    return std::nullopt;
  if (!isLocal && scope.intrinsic.operands[symbol->index].access == OperandDeclaration::Access::Write)
    return mistake(part, part.text + " is read and its access is write", "declare access: update");
  size_t axes = isLocal ? scope.locals[symbol->index].local.sizes.size()
                        : scope.intrinsic.operands[symbol->index].axes.size();
  if (part.arguments.size() != axes)
    return mistake(part, part.str() + " has " + counted(part.arguments.size(), "index", "indices") + ", " +
                             part.text + " has " + counted(axes, "axis", "axes"));
  if (!isLocal && scope.isTable(symbol->index) && axes == 1 && hasData(part.arguments[0], scope))
    return lookUp(part, symbol->index);
  SemanticNode node;
  for (const Expression &index : part.arguments) {
    if (hasData(index, scope))
      return mistake(index, "the index " + index.str() + " of " + part.text + " reads data",
                     "only an operand of one axis in a memory of kind table is looked up in");
    std::optional<SymbolicIndex> symbolic = symbolicIndex(index, scope);
    if (!symbolic)
      return std::nullopt;
    node.indices.push_back(std::move(*symbolic));
  }
  node.node.op = Opcode::Read;
  if (isLocal)
    return readLocal(part, symbol->index, std::move(node));
  const OperandDeclaration &operand = scope.intrinsic.operands[symbol->index];
  if (operand.outside.kind != Outside::Kind::Value)
    if (auto why = leaves(node.indices, operand.axes, scope))
      return mistake(part, "a read may leave " + part.text + ": " + *why,
                     "give " + part.text + " an outside value, or the axis its extent");
  node.node.type = operand.type.scalar;
  node.node.access.operand = symbol->index;
  node.isSigned = operand.type.isSigned;
  statement.body.push_back(std::move(node));
  Range range = operand.type.scalar.isInteger() ? rangeOf(operand.type) : Range();
  return Typed{unsigned(statement.body.size() - 1), operand.type, range};
}

MaybeTyped BodyChecker::readLocal(const Expression &part, unsigned number, SemanticNode node) {
  LocalState &state = scope.locals[number];
  state.isRead = true;
  if (!state.typeKnown) {
    state.broken = true; // one mistake is enough
    return mistake(part, "the type of " + part.text + " is open, only plain numbers are assigned before",
                   "write i32(0) there");
  }
  std::vector<Axis> axes;
  for (unsigned size : state.local.sizes) {
    axes.emplace_back();
    axes.back().name = scope.intrinsic.sizes[size].name;
    axes.back().size = int(size);
  }
  if (auto why = leaves(node.indices, axes, scope))
    return mistake(part, "a read may leave " + part.text + ": " + *why,
                   "read it at the sizes that it is assigned over");
  node.node.type = state.local.type.scalar;
  node.node.access.operand = unsigned(scope.intrinsic.operands.size()) + number;
  node.isSigned = state.local.type.isSigned;
  statement.body.push_back(std::move(node));
  Range range = state.local.type.scalar.isInteger() ? rangeOf(state.local.type) : Range();
  return Typed{unsigned(statement.body.size() - 1), state.local.type, range};
}

/// lut[i32(x[e]) + 128]: an index that is data, proven to lie in the table.
MaybeTyped BodyChecker::lookUp(const Expression &part, unsigned operand) {
  const OperandDeclaration &table = scope.intrinsic.operands[operand];
  MaybeTyped index = check(part.arguments[0], std::nullopt);
  if (!index)
    return std::nullopt;
  if (!index->type.scalar.isInteger())
    return mistake(part, "the index of " + part.text + " is " + index->type.str() + ", not an integer");
  const Axis &axis = table.axes[0];
  int64_t entries = 0;
  if (axis.extent && scope.isConstant(*axis.extent)) {
    auto extent = evaluate(*axis.extent, [&](llvm::StringRef name) { return scope.number(name); });
    if (!extent) {
      scope.mistake(extent.takeError());
      return std::nullopt;
    }
    entries = *extent;
  } else if (!axis.extent && axis.size >= 0) {
    const Size &size = scope.intrinsic.sizes[size_t(axis.size)];
    entries = size.choices.empty() ? size.low : *llvm::min_element(size.choices);
  } else {
    return mistake(part, "the extent of table " + part.text + " is no constant",
                   "write a number of entries in its type");
  }
  if (!index->range.inside({0, Wide(entries) - 1}))
    return mistake(part,
                   "the index of " + part.text + " is " + index->range.str() + ", the table has entries 0.." +
                       llvm::Twine(entries - 1),
                   "add an offset, or clamp the index");
  if (!index->type.isSigned) { // a lookup reads its index as signed
    constexpr unsigned indexWidth = 32;
    unsigned width = index->type.scalar.width;
    ElementType wide = {nest::ScalarType::integer(width < indexWidth ? indexWidth : 2 * indexWidth), true};
    if (width < wide.scalar.width)
      *index = add(Opcode::ExtUI, wide, index->range, {*index});
  }
  Range range = table.type.scalar.isInteger() ? rangeOf(table.type) : Range();
  Typed result = add(Opcode::TableRead, table.type, range, {*index});
  statement.body.back().node.table = operand;
  return result;
}

std::optional<llvm::SmallVector<Typed, 3>>
BodyChecker::sameType(const Expression &whole, llvm::ArrayRef<Expression> parts, Types expected) {
  llvm::SmallVector<MaybeTyped, 3> found(parts.size());
  std::optional<size_t> first; // with a type of its own
  for (auto [i, part] : llvm::enumerate(parts)) {
    if (scope.isOpen(part))
      continue;
    found[i] = check(part, std::nullopt);
    if (!found[i])
      first = first.value_or(i);
    else if (!first || !found[*first])
      first = i;
  }
  if (first && !found[*first])
    return std::nullopt; // its mistake is told; what the others would adapt to is unknown
  if (first)
    expected = found[*first]->type;
  bool good = true;
  llvm::SmallVector<Typed, 3> result;
  for (auto [i, part] : llvm::enumerate(parts)) {
    if (scope.isOpen(part))
      found[i] = check(part, expected);
    good = good && found[i];
    if (found[i])
      result.push_back(*found[i]);
  }
  if (!good)
    return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i)
    if (first && !(result[i].type == result[*first].type))
      return typesDiffer(whole, parts[*first], result[*first], parts[i], result[i]);
  return result;
}

std::nullopt_t BodyChecker::typesDiffer(const Expression &whole, const Expression &left,
                                        const Typed &leftTyped, const Expression &right,
                                        const Typed &rightTyped) {
  const ElementType &l = leftTyped.type, &r = rightTyped.type;
  auto castOf = [](const std::string &type, const Expression &part) { return type + "(" + part.str() + ")"; };
  auto extends = [](const ElementType &from, const ElementType &to) {
    if (from.scalar.isInteger() != to.scalar.isInteger())
      return to.scalar.isFloat();
    return from.scalar.width < to.scalar.width && (from.scalar.isFloat() || !from.isSigned || to.isSigned);
  };
  constexpr unsigned usual = 32, most = 64;
  std::string repair;
  unsigned wider = std::max(l.scalar.width, r.scalar.width);
  if (extends(l, r) && narrowness(r).empty())
    repair = "write " + castOf(r.str(), left);
  else if (extends(r, l) && narrowness(l).empty())
    repair = "write " + castOf(l.str(), right);
  else {
    std::string common = "i" + std::to_string(wider < usual ? usual : most);
    repair = "write " + castOf(common, left) + " and " + castOf(common, right);
  }
  std::string what = whole.kind == Kind::Binary ? l.str() + " " + whole.text + " " + r.str()
                                                : l.str() + " and " + r.str() + " in " +
                                                      (whole.kind == Kind::Call ? whole.text : "if");
  return mistake(whole, what + ": the types differ", repair);
}

MaybeTyped BodyChecker::condition(const Expression &part) {
  if (scope.isOpen(part))
    return check(part, truth);
  MaybeTyped found = check(part, std::nullopt);
  if (found && !(found->type == truth))
    return mistake(part, "the condition " + part.str() + " is " + found->type.str() + ", not a comparison",
                   "write " + part.str() + " != 0");
  return found;
}

MaybeTyped BodyChecker::conditional(const Expression &part, Types expected) {
  MaybeTyped chosen = condition(part.arguments[0]);
  auto sides = sameType(part, llvm::ArrayRef(part.arguments).drop_front(), expected);
  if (!chosen || !sides)
    return std::nullopt;
  const auto &taken = (*sides)[0], &other = (*sides)[1];
  return add(Opcode::Select, taken.type, either(taken.range, other.range), {*chosen, taken, other});
}

} // namespace tenon::isa::semantics
