// The functions of semantics.
#include "core/isa/semantics/BodyChecker.h"

#include "core/isa/semantics/Indices.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace tenon::isa::semantics {

using nest::Opcode;
using nest::Rounding;

namespace {

struct Function {
  llvm::StringLiteral name;
  size_t least, most; ///< arguments
};

constexpr Function functions[] = {
    {"min", 2, SIZE_MAX},
    {"max", 2, SIZE_MAX},
    {"clamp", 3, 3},
    {"abs", 1, 1},
    {"round_shift_half_up", 2, 2},
    {"round_shift_half_away", 2, 2},
    {"round_shift_half_even", 2, 2},
    {"round_shift_down", 2, 2},
    {"round_shift_to_zero", 2, 2},
    {"doubling_high_multiply", 2, 2},
    {"floor_div", 2, 2},
    {"div_to_zero", 2, 2},
    {"fma", 3, 3},
    {"exp", 1, 1},
    {"sqrt", 1, 1},
    {"tanh", 1, 1},
};

std::optional<Rounding> rounding(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<Rounding>>(name)
      .Case("round_shift_half_up", Rounding::HalfUp)
      .Case("round_shift_half_away", Rounding::HalfAwayFromZero)
      .Case("round_shift_half_even", Rounding::HalfToEven)
      .Case("round_shift_down", Rounding::Down)
      .Case("round_shift_to_zero", Rounding::TowardsZero)
      .Default(std::nullopt);
}

std::string functionNames() {
  std::string text;
  for (const Function &function : functions)
    text += (text.empty() ? "" : ", ") + function.name.str();
  return text + ", sum, and casts such as i32, wrap_i8, sat_i8, f32";
}

} // namespace

MaybeTyped BodyChecker::call(const Expression &part, Types expected) {
  if (std::optional<Cast> to = parseCast(part.text)) {
    if (part.arguments.size() != 1 || !part.names.empty())
      return mistake(part, part.text + " has " + counted(part.arguments.size(), "argument", "arguments") +
                               ", a cast takes 1");
    return to->kind == Cast::Kind::Exact  ? cast(part, to->type)
           : to->kind == Cast::Kind::Wrap ? wrap(part, to->type)
                                          : saturate(part, to->type);
  }
  if (part.text == "sum")
    return total(part);
  const auto *function =
      llvm::find_if(functions, [&](const Function &entry) { return entry.name == part.text; });
  if (function == std::end(functions))
    return mistake(part, "there is no function " + part.text, "use " + functionNames());
  size_t count = part.arguments.size();
  if (count < function->least || count > function->most)
    return mistake(part, part.text + " has " + counted(count, "argument", "arguments") + ", it takes " +
                             llvm::Twine(function->least) + (function->most == SIZE_MAX ? " or more" : ""));
  auto arguments = sameType(part, part.arguments, expected);
  return arguments ? builtin(part, *arguments) : std::nullopt;
}

MaybeTyped BodyChecker::builtin(const Expression &part, llvm::ArrayRef<Typed> arguments) {
  llvm::StringRef name = part.text;
  const Typed &first = arguments[0];
  if (name == "min" || name == "max") {
    MaybeTyped result = first;
    for (const Typed &next : arguments.drop_front())
      result = extreme(part, *result, next, name == "max");
    return result;
  }
  if (name == "clamp") {
    MaybeTyped raised = extreme(part, first, arguments[1], /*largest=*/true);
    return extreme(part, *raised, arguments[2], /*largest=*/false);
  }
  if (name == "abs")
    return magnitude(part, first);
  if (name == "fma" || name == "exp" || name == "sqrt" || name == "tanh")
    return floatFunction(part, arguments);
  if (!first.type.scalar.isInteger())
    return mistake(part, name + " of " + first.type.str() + ", it takes integers");
  if (!isWideEnough(part, part.arguments[0], first))
    return std::nullopt;
  if (rounding(name))
    return roundingShift(part, first, arguments[1]);
  if (name == "doubling_high_multiply")
    return doublingHighMultiply(part, first, arguments[1]);
  return division(part, first, arguments[1]);
}

MaybeTyped BodyChecker::extreme(const Expression &part, const Typed &left, const Typed &right, bool largest) {
  const ElementType &type = left.type;
  if (type.scalar.isFloat())
    return add(largest ? Opcode::MaximumF : Opcode::MinimumF, type, {}, {left, right});
  Opcode opcode =
      type.isSigned ? (largest ? Opcode::MaxSI : Opcode::MinSI) : (largest ? Opcode::MaxUI : Opcode::MinUI);
  Range range = largest ? larger(left.range, right.range) : smaller(left.range, right.range);
  return add(opcode, type, range, {left, right});
}

MaybeTyped BodyChecker::magnitude(const Expression &part, const Typed &x) {
  if (x.type.scalar.isFloat())
    return add(Opcode::AbsF, x.type, {}, {x});
  if (!x.type.isSigned)
    return mistake(part, "abs of " + x.type.str() + " is the value itself", "leave abs out");
  if (!isWideEnough(part, part.arguments[0], x))
    return std::nullopt;
  Typed zero = addConstant(x.type, 0);
  Typed negative = add(Opcode::SubI, x.type, wrapped(difference({0, 0}, x.range), x.type), {zero, x});
  return add(Opcode::MaxSI, x.type, wrapped(absolute(x.range), x.type), {x, negative});
}

MaybeTyped BodyChecker::roundingShift(const Expression &part, const Typed &x, const Typed &shift) {
  ElementType asSigned = {x.type.scalar, true};
  if (!x.range.inside(rangeOf(asSigned)))
    return mistake(part, part.text + " reads " + x.type.str() + " as signed, the value is " + x.range.str(),
                   "cast it to a wider signed type");
  if (!isShift(part, shift, x.type, scope.isOpen(part.arguments[1])))
    return std::nullopt;
  Rounding way = *rounding(part.text);
  Range range = wrapped(shiftedRight(x.range, shift.range, way), x.type);
  Typed result = add(Opcode::RoundingShiftRight, x.type, range, {x, shift});
  statement.body.back().node.rounding = way;
  return result;
}

MaybeTyped BodyChecker::doublingHighMultiply(const Expression &part, const Typed &x, const Typed &y) {
  if (!x.type.isSigned)
    return mistake(part, part.text + " of " + x.type.str() + ", it takes signed integers");
  return add(Opcode::DoublingHighMultiply, x.type, rangeOf(x.type), {x, y});
}

MaybeTyped BodyChecker::division(const Expression &part, const Typed &x, const Typed &y) {
  bool open = scope.isOpen(part.arguments[1]);
  if (y.range.inside({0, 0}) || (open && Range{0, 0}.inside(y.range)))
    return mistake(part.arguments[1], "the divisor " + part.arguments[1].str() + " may be 0");
  Opcode opcode = !x.type.isSigned           ? Opcode::DivUI
                  : part.text == "floor_div" ? Opcode::FloorDivSI
                                             : Opcode::DivSI;
  std::optional<Range> range = quotient(x.range, y.range);
  return add(opcode, x.type, range ? wrapped(*range, x.type) : rangeOf(x.type), {x, y});
}

MaybeTyped BodyChecker::floatFunction(const Expression &part, llvm::ArrayRef<Typed> arguments) {
  const ElementType &type = arguments[0].type;
  if (!type.scalar.isFloat())
    return mistake(part, part.text + " of " + type.str() + ", it takes floats",
                   "write f32(" + part.arguments[0].str() + ")");
  Opcode opcode = llvm::StringSwitch<Opcode>(part.text)
                      .Case("fma", Opcode::Fma)
                      .Case("exp", Opcode::ExpF)
                      .Case("sqrt", Opcode::SqrtF)
                      .Default(Opcode::TanhF);
  return add(opcode, type, {}, arguments);
}

/// sum[k](x): a local over the other sizes that x uses, set to 0 and then accumulated.
MaybeTyped BodyChecker::total(const Expression &part) {
  llvm::SmallVector<unsigned> over;
  for (const std::string &name : part.names) {
    std::optional<Symbol> symbol = scope.find(name);
    if (!symbol || symbol->kind != Symbol::Kind::Size)
      return mistake(part, "sum is over " + name + ", which is not a size");
    over.push_back(symbol->index);
  }
  if (over.empty() || part.arguments.size() != 1)
    return mistake(part, "sum needs sizes and one argument", "write sum[k](x)");
  SemanticStatement add;
  add.place = part.place;
  add.update = nest::Update::Add;
  MaybeTyped x = BodyChecker(scope, add, before).check(part.arguments[0], std::nullopt);
  if (!x || !isWideEnough(part, part.arguments[0], *x))
    return std::nullopt;
  size_t sizes = scope.intrinsic.sizes.size();
  add.result = x->node;
  LocalState state;
  state.typeKnown = true;
  state.isRead = true;
  state.place = part.place;
  state.local.type = x->type;
  Range range = x->range;
  for (unsigned size : usedSizes(add, sizes))
    if (!llvm::is_contained(over, size)) {
      state.local.sizes.push_back(size);
      add.indices.push_back({{1, -1, int(size)}});
    }
  for (unsigned size : over) {
    const Size &declared = scope.intrinsic.sizes[size];
    int64_t most = declared.choices.empty() ? declared.high : *llvm::max_element(declared.choices);
    range = wrapped(product(range, {1, most}), x->type);
  }
  unsigned number = 1;
  auto name = [&] { return "sum" + std::to_string(number); };
  while (scope.find(name()) || llvm::is_contained(scope.targets, name()))
    ++number;
  state.local.name = name();
  add.destination = unsigned(scope.intrinsic.operands.size() + scope.locals.size());
  add.loops = usedSizes(add, sizes, over);
  SemanticStatement zero;
  zero.place = part.place;
  zero.destination = add.destination;
  zero.indices = add.indices;
  zero.loops = usedSizes(zero, sizes);
  BodyChecker(scope, zero, before).addConstant(x->type, 0);
  SemanticNode read;
  read.node.op = Opcode::Read;
  read.node.type = x->type.scalar;
  read.node.access.operand = add.destination;
  read.indices = add.indices;
  read.isSigned = x->type.isSigned;
  scope.locals.push_back(std::move(state));
  before.push_back(std::move(zero));
  before.push_back(std::move(add));
  statement.body.push_back(std::move(read));
  return Typed{unsigned(statement.body.size() - 1), x->type, range};
}

} // namespace tenon::isa::semantics
