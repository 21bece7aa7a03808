// Operators: arithmetic, bits, comparisons, logic.
#include "core/isa/semantics/BodyChecker.h"

#include "llvm/ADT/StringSwitch.h"

namespace tenon::isa::semantics {

using nest::FloatPredicate;
using nest::IntegerPredicate;
using nest::Opcode;

namespace {

const ElementType truth = {nest::ScalarType::integer(1), false};
constexpr Range truthRange = {0, 1};

bool isComparison(llvm::StringRef op) {
  return op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" || op == ">=";
}

IntegerPredicate integerPredicate(llvm::StringRef op, bool isSigned) {
  using P = IntegerPredicate;
  return llvm::StringSwitch<P>(op)
      .Case("==", P::EQ)
      .Case("!=", P::NE)
      .Case("<", isSigned ? P::SLT : P::ULT)
      .Case("<=", isSigned ? P::SLE : P::ULE)
      .Case(">", isSigned ? P::SGT : P::UGT)
      .Default(isSigned ? P::SGE : P::UGE);
}

/// A comparison with a NaN is false, but for !=.
FloatPredicate floatPredicate(llvm::StringRef op) {
  using P = FloatPredicate;
  return llvm::StringSwitch<P>(op)
      .Case("==", P::OEQ)
      .Case("!=", P::UNE)
      .Case("<", P::OLT)
      .Case("<=", P::OLE)
      .Case(">", P::OGT)
      .Default(P::OGE);
}

} // namespace

bool BodyChecker::isWideEnough(const Expression &whole, const Expression &left, const Typed &typed) {
  std::string narrow = narrowness(typed.type);
  if (narrow.empty())
    return true;
  std::string type = typed.type.str();
  std::string what = whole.kind == Expression::Kind::Binary ? type + " " + whole.text + " " + type
                                                            : whole.text + " of " + type;
  mistake(whole, what + " " + narrow, "write i32(" + left.str() + ")");
  return false;
}

bool BodyChecker::isShift(const Expression &whole, const Typed &amount, const ElementType &type, bool open) {
  Range allowed = {0, Wide(type.scalar.width) - 1};
  // Data may be too large as well; then the run says at which point.
  if (!open || amount.range.inside(allowed))
    return true;
  mistake(whole.arguments[1], "the shift " + whole.arguments[1].str() + " is " + amount.range.str() + ", " +
                                  type.str() + " takes " + allowed.str());
  return false;
}

MaybeTyped BodyChecker::unary(const Expression &part, Types expected) {
  const Expression &operand = part.arguments[0];
  if (part.text == "not") {
    MaybeTyped found = condition(operand);
    if (!found)
      return std::nullopt;
    Typed one = addConstant(truth, 1);
    return add(Opcode::XorI, truth, truthRange, {*found, one});
  }
  MaybeTyped found = check(operand, scope.isOpen(operand) ? expected : std::nullopt);
  if (!found)
    return std::nullopt;
  if (found->type.scalar.isFloat())
    return add(Opcode::NegF, found->type, {}, {*found});
  if (!narrowness(found->type).empty())
    return mistake(part, "-" + found->type.str() + " " + narrowness(found->type),
                   "write -i32(" + operand.str() + ")");
  Typed zero = addConstant(found->type, 0);
  return add(Opcode::SubI, found->type, wrapped(difference({0, 0}, found->range), found->type),
             {zero, *found});
}

MaybeTyped BodyChecker::binary(const Expression &part, Types expected) {
  llvm::StringRef op = part.text;
  if (op == "and" || op == "or")
    return logic(part);
  if (isComparison(op))
    return comparison(part);
  if (op == ">>")
    return mistake(part, ">> does not say how it rounds",
                   "write round_shift_down(" + part.arguments[0].str() + ", " + part.arguments[1].str() +
                       ")");
  auto sides = sameType(part, part.arguments, expected);
  if (!sides)
    return std::nullopt;
  const Typed &left = (*sides)[0], &right = (*sides)[1];
  if (left.type.scalar.isInteger())
    return integerArithmetic(part, left, right);
  std::optional<Opcode> opcode = llvm::StringSwitch<std::optional<Opcode>>(op)
                                     .Case("+", Opcode::AddF)
                                     .Case("-", Opcode::SubF)
                                     .Case("*", Opcode::MulF)
                                     .Case("/", Opcode::DivF)
                                     .Default(std::nullopt);
  if (!opcode)
    return mistake(part, "there is no " + op + " of " + left.type.str() + ", floats have + - * /");
  return add(*opcode, left.type, {}, {left, right});
}

MaybeTyped BodyChecker::integerArithmetic(const Expression &part, const Typed &left, const Typed &right) {
  llvm::StringRef op = part.text;
  if (op == "&" || op == "|" || op == "^")
    return bitwise(part, left, right);
  std::string arguments = "(" + part.arguments[0].str() + ", " + part.arguments[1].str() + ")";
  if (op == "/")
    return mistake(part, "/ of integers does not say how it rounds",
                   "write floor_div" + arguments + " or div_to_zero" + arguments);
  if (op == "%")
    return mistake(part, "% is not in semantics", "write x - floor_div(x, y) * y");
  if (!isWideEnough(part, part.arguments[0], left))
    return std::nullopt;
  const ElementType &type = left.type;
  if (op == "<<") {
    if (!isShift(part, right, type, scope.isOpen(part.arguments[1])))
      return std::nullopt;
    constexpr Wide largest = 62; // a factor that a range can have
    Range shift = right.range;
    bool bounded = shift.low >= 0 && shift.high <= largest;
    Range range = bounded ? product(left.range, {Wide(1) << int(shift.low), Wide(1) << int(shift.high)})
                          : rangeOf(type);
    return add(Opcode::ShLI, type, wrapped(range, type), {left, right});
  }
  Opcode opcode = op == "+" ? Opcode::AddI : op == "-" ? Opcode::SubI : Opcode::MulI;
  Range range = op == "+"   ? sum(left.range, right.range)
                : op == "-" ? difference(left.range, right.range)
                            : product(left.range, right.range);
  return add(opcode, type, wrapped(range, type), {left, right});
}

MaybeTyped BodyChecker::bitwise(const Expression &part, const Typed &left, const Typed &right) {
  Opcode opcode = part.text == "&" ? Opcode::AndI : part.text == "|" ? Opcode::OrI : Opcode::XorI;
  Range range = rangeOf(left.type);
  // A mask that is not negative bounds what it lets through.
  if (opcode == Opcode::AndI)
    for (const Typed &side : {left, right})
      if (side.range.low >= 0)
        range = {0, std::min(range.high, side.range.high)};
  return add(opcode, left.type, range, {left, right});
}

MaybeTyped BodyChecker::comparison(const Expression &part) {
  // Values compared with each other need a type that holds all of them.
  auto sides = sameType(part, part.arguments, ElementType{nest::ScalarType::integer(64), true});
  if (!sides)
    return std::nullopt;
  const ElementType &type = (*sides)[0].type;
  bool integers = type.scalar.isInteger();
  Typed result = add(integers ? Opcode::CmpI : Opcode::CmpF, truth, truthRange, *sides);
  nest::Node &node = statement.body.back().node;
  if (integers)
    node.integerPredicate = integerPredicate(part.text, type.isSigned);
  else
    node.floatPredicate = floatPredicate(part.text);
  return result;
}

MaybeTyped BodyChecker::logic(const Expression &part) {
  MaybeTyped left = condition(part.arguments[0]), right = condition(part.arguments[1]);
  if (!left || !right)
    return std::nullopt;
  return add(part.text == "and" ? Opcode::AndI : Opcode::OrI, truth, truthRange, {*left, *right});
}

} // namespace tenon::isa::semantics
