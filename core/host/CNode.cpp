// Each operation's expression: integers by unsigned arithmetic that wraps, floats rounded once to the node's
// type.
#include "core/host/CNode.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace tenon::host {
namespace {

using nest::FloatPredicate;
using nest::IntegerPredicate;
using nest::Node;
using nest::Opcode;
using nest::Rounding;
using nest::ScalarType;

class NodeEmitter {
public:
  NodeEmitter(const Node &node, llvm::ArrayRef<CArgument> arguments, CHelpers &helpers)
      : node(node), arguments(arguments), helpers(helpers), lane(std::to_string(laneBits(node.type))) {}

  CNode emit() const;

private:
  const std::string &text(unsigned i) const { return arguments[i].text; }
  std::string unsignedType() const { return "(uint" + lane + "_t)"; }
  /// "(uint32_t)a".
  std::string bits(unsigned i) const { return unsignedType() + text(i); }
  /// The low bits of an argument's width, zero-extended in its own lane.
  std::string zeroExtended(unsigned i) const;
  std::string wrap(const std::string &expression) const { return wrapped(expression, node.type, helpers); }
  std::string call(const std::string &helper, unsigned count) const {
    return helpers.use(helper) + "(" + text(0) + (count > 1 ? ", " + text(1) : "") + ")";
  }
  bool isSame() const { return text(0) == text(1); }
  std::string choose(const char *relation) const {
    if (isSame()) // compilers warn of a value that is compared with itself
      return text(0);
    return text(0) + " " + relation + " " + text(1) + " ? " + text(0) + " : " + text(1);
  }
  std::string chooseUnsigned(const char *relation) const {
    if (isSame())
      return text(0);
    return bits(0) + " " + relation + " " + bits(1) + " ? " + text(0) + " : " + text(1);
  }

  std::string integerExpression() const;
  std::string divisionExpression() const;
  std::string shiftExpression() const;
  std::string integerComparison() const;
  std::string saturateExpression() const;
  std::string castExpression() const;
  std::string integerToFloat(bool isSigned) const;
  std::string bitcastExpression() const;
  std::string floatExpression() const;
  std::string roundedCall(const char *function) const;
  std::string transcendental(const char *function) const;
  std::string fusedMultiplyAdd() const;
  std::string floatComparison() const;

  std::optional<Check> divisorCheck() const;
  std::optional<Check> shiftCheck() const;
  Check rangeCheck(bool isSigned) const;

  const Node &node;
  llvm::ArrayRef<CArgument> arguments;
  CHelpers &helpers;
  std::string lane; ///< "32" or "64", of an integer result
};

std::string NodeEmitter::zeroExtended(unsigned i) const {
  const ScalarType &type = arguments[i].type;
  unsigned from = laneBits(type);
  std::string value = "(uint" + std::to_string(from) + "_t)" + text(i);
  if (type.width == from)
    return value;
  std::string mask;
  llvm::raw_string_ostream stream(mask);
  stream << "UINT" << from << "_C(" << llvm::format_hex((uint64_t(1) << type.width) - 1, 3) << ")";
  return "(" + value + " & " + mask + ")";
}

std::optional<Check> NodeEmitter::divisorCheck() const {
  if (arguments[1].range.low > 0 || arguments[1].range.high < 0)
    return std::nullopt;
  return Check{text(1) + " == 0", HostStatus::DivisionByZero, 1};
}

std::optional<Check> NodeEmitter::shiftCheck() const {
  if (arguments[1].range.low >= 0 && arguments[1].range.high < int64_t(node.type.width))
    return std::nullopt;
  return Check{bits(1) + " >= " + std::to_string(node.type.width), HostStatus::ShiftNotBelowWidth, 1};
}

/// Before the value is rounded towards zero: it may be up to one further out, where a double tells that.
Check NodeEmitter::rangeCheck(bool isSigned) const {
  unsigned exponent = isSigned ? node.type.width - 1 : node.type.width;
  std::string value = "(double)" + text(0), power = "0x1p+" + std::to_string(exponent);
  std::string low = !isSigned       ? value + " > -1.0"
                    : exponent < 52 ? value + " > -" + power + " - 1"
                                    : value + " >= -" + power;
  return {"!(" + low + " && " + value + " < " + power + ")", HostStatus::FloatOutsideInteger, 0};
}

std::string NodeEmitter::divisionExpression() const {
  // A constant divisor but -1 needs no care, and compilers multiply instead.
  bool plain = arguments[1].range.low > 0 || arguments[1].range.high < -1;
  switch (node.op) {
  case Opcode::DivSI:
    return plain ? text(0) + " / " + text(1) : wrap(call("Divide" + lane, 2));
  case Opcode::RemSI:
    return plain ? text(0) + " % " + text(1) : wrap(call("Remainder" + lane, 2));
  case Opcode::FloorDivSI:
    return wrap(call("FloorDivide" + lane, 2));
  case Opcode::CeilDivSI:
    return wrap(call("CeilDivide" + lane, 2));
  case Opcode::DivUI:
    return wrap(zeroExtended(0) + " / " + zeroExtended(1));
  default:
    return wrap(zeroExtended(0) + " % " + zeroExtended(1));
  }
}

std::string NodeEmitter::shiftExpression() const {
  switch (node.op) {
  case Opcode::ShLI:
    return wrap(bits(0) + " << " + text(1));
  case Opcode::ShRSI:
    return text(0) + " >> " + text(1);
  case Opcode::ShRUI:
    return wrap(zeroExtended(0) + " >> " + text(1));
  default:
    break;
  }
  switch (node.rounding) {
  case Rounding::HalfUp:
    return wrap(call("ShiftHalfUp" + lane, 2));
  case Rounding::HalfAwayFromZero:
    return wrap(call("ShiftHalfAwayFromZero" + lane, 2));
  case Rounding::HalfToEven:
    return wrap(call("ShiftHalfToEven" + lane, 2));
  case Rounding::TowardsZero:
    return wrap(call("ShiftTowardsZero" + lane, 2));
  case Rounding::Down:
    return text(0) + " >> " + text(1);
  }
  llvm_unreachable("a rounding that is not listed");
}

/// An i1 is 0 or -1.
std::string NodeEmitter::integerComparison() const {
  // Sign extension keeps the unsigned order of two values of one width.
  std::string cast = "(uint" + std::to_string(laneBits(arguments[0].type)) + "_t)";
  auto relation = [&](llvm::StringRef sign, bool isSigned) {
    if (isSame()) {
      bool holds = sign.contains('=') && sign != "!=";
      return "-((" + text(0) + " ^ " + text(0) + ") " + (holds ? "==" : "!=") + " 0)";
    }
    return "-(" + (isSigned ? "" : cast) + text(0) + " " + sign.str() + " " + (isSigned ? "" : cast) +
           text(1) + ")";
  };
  switch (node.integerPredicate) {
  case IntegerPredicate::EQ:
    return relation("==", true);
  case IntegerPredicate::NE:
    return relation("!=", true);
  case IntegerPredicate::SLT:
    return relation("<", true);
  case IntegerPredicate::SLE:
    return relation("<=", true);
  case IntegerPredicate::SGT:
    return relation(">", true);
  case IntegerPredicate::SGE:
    return relation(">=", true);
  case IntegerPredicate::ULT:
    return relation("<", false);
  case IntegerPredicate::ULE:
    return relation("<=", false);
  case IntegerPredicate::UGT:
    return relation(">", false);
  case IntegerPredicate::UGE:
    return relation(">=", false);
  }
  llvm_unreachable("a predicate that is not listed");
}

std::string NodeEmitter::integerExpression() const {
  switch (node.op) {
  case Opcode::AddI:
    return wrap(bits(0) + " + " + bits(1));
  case Opcode::SubI:
    return wrap(bits(0) + " - " + bits(1));
  case Opcode::MulI:
    return wrap(bits(0) + " * " + bits(1));
  case Opcode::AndI:
    return text(0) + " & " + text(1);
  case Opcode::OrI:
    return text(0) + " | " + text(1);
  case Opcode::XorI:
    return text(0) + " ^ " + text(1);
  case Opcode::MaxSI:
    return choose(">");
  case Opcode::MinSI:
    return choose("<");
  case Opcode::MaxUI:
    return chooseUnsigned(">");
  case Opcode::MinUI:
    return chooseUnsigned("<");
  case Opcode::CountLeadingZeros:
    return wrap(helpers.use("LeadingZeros" + lane) + "(" + zeroExtended(0) + ", " +
                std::to_string(node.type.width) + ")");
  case Opcode::DoublingHighMultiply:
    return wrap(helpers.use("DoublingHigh" + lane) + "(" + text(0) + ", " + text(1) + ", " +
                std::to_string(node.type.width) + ")");
  case Opcode::CmpI:
    return integerComparison();
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
    return shiftExpression();
  default:
    return divisionExpression();
  }
}

/// Of the source's values, read as signed; then the low bits of the result's width.
std::string NodeEmitter::saturateExpression() const {
  const ScalarType &from = arguments[0].type;
  unsigned boundBits = node.resultSigned ? node.type.width - 1 : node.type.width;
  // A range that is wider than the source's positive values clamps nothing above.
  bool clampsAbove = boundBits < laneBits(from) - 1;
  int64_t high = clampsAbove ? int64_t((uint64_t(1) << boundBits) - 1) : 0;
  std::string value = text(0);
  std::string clamped = value;
  if (clampsAbove && arguments[0].range.high > high)
    clamped = value + " > " + integerLiteral(high) + " ? " + integerLiteral(high) + " : " + clamped;
  int64_t low = node.resultSigned ? (clampsAbove ? -high - 1 : INT64_MIN) : 0;
  if (arguments[0].range.low < low)
    clamped = value + " < " + integerLiteral(low) + " ? " + integerLiteral(low) + " : " + clamped;
  std::string bitsText = unsignedType() + "(" + clamped + ")";
  return wrap(bitsText);
}

std::string NodeEmitter::integerToFloat(bool isSigned) const {
  std::string value = isSigned ? text(0) : zeroExtended(0);
  if (node.type.width != 16) // C's conversion rounds once
    return "(" + valueType(node.type) + ")" + value;
  std::string exact = laneBits(arguments[0].type) == 32
                          ? "(double)" + value
                          : helpers.use(isSigned ? "SignedToOdd" : "UnsignedToOdd") + "(" + value + ")";
  return rounded(exact, node.type, /*fromDouble=*/true, helpers);
}

std::string NodeEmitter::bitcastExpression() const {
  const ScalarType &from = arguments[0].type, &to = node.type;
  if (from == to)
    return text(0);
  std::string integer;
  switch (from.kind) {
  case ScalarType::Kind::Integer:
    integer = text(0);
    break;
  case ScalarType::Kind::Float16:
    integer = helpers.use("F16OfFloat") + "(" + text(0) + ")";
    break;
  case ScalarType::Kind::BFloat16:
    integer = helpers.use("Bf16OfFloat") + "(" + text(0) + ")";
    break;
  case ScalarType::Kind::Float32:
    integer = helpers.use("BitsOfFloat") + "(" + text(0) + ")";
    break;
  case ScalarType::Kind::Float64:
    integer = helpers.use("BitsOfDouble") + "(" + text(0) + ")";
    break;
  }
  switch (to.kind) {
  case ScalarType::Kind::Integer:
    return wrap(integer);
  case ScalarType::Kind::Float16:
    return helpers.use("FloatOfF16") + "((uint16_t)" + integer + ")";
  case ScalarType::Kind::BFloat16:
    return helpers.use("FloatOfBf16") + "((uint16_t)" + integer + ")";
  case ScalarType::Kind::Float32:
    return helpers.use("FloatOfBits") + "((uint32_t)" + integer + ")";
  case ScalarType::Kind::Float64:
    return helpers.use("DoubleOfBits") + "((uint64_t)" + integer + ")";
  }
  llvm_unreachable("a kind that is not listed");
}

std::string NodeEmitter::castExpression() const {
  switch (node.op) {
  case Opcode::ExtSI:
    return "(" + valueType(node.type) + ")" + text(0);
  case Opcode::ExtUI:
    return "(" + valueType(node.type) + ")" + zeroExtended(0);
  case Opcode::TruncI:
    return wrap(bits(0));
  case Opcode::Saturate:
    return saturateExpression();
  case Opcode::SIToFP:
    return integerToFloat(true);
  case Opcode::UIToFP:
    return integerToFloat(false);
  case Opcode::FPToSI:
    return wrap(unsignedType() + "(int" + lane + "_t)" + text(0));
  case Opcode::FPToUI:
    return wrap(unsignedType() + "(uint64_t)" + text(0));
  case Opcode::ExtF:
    return "(" + valueType(node.type) + ")" + text(0);
  case Opcode::TruncF:
    return rounded(text(0), node.type, floatFamily(arguments[0].type) == "Double", helpers);
  default:
    return bitcastExpression();
  }
}

/// A function of the C library on the type's own values.
std::string NodeEmitter::roundedCall(const char *function) const {
  bool isDouble = floatFamily(node.type) == "Double";
  std::string list = text(0) + (arguments.size() > 1 ? ", " + text(1) : "");
  return rounded(function + std::string(isDouble ? "(" : "f(") + list + ")", node.type, isDouble, helpers);
}

/// In double, rounded once.
std::string NodeEmitter::transcendental(const char *function) const {
  std::string list = text(0) + (arguments.size() > 1 ? ", " + text(1) : "");
  return rounded(function + ("(" + list + ")"), node.type, /*fromDouble=*/true, helpers);
}

std::string NodeEmitter::fusedMultiplyAdd() const {
  std::string list = "(" + text(0) + ", " + text(1) + ", " + text(2) + ")";
  if (node.type.width == 16)
    return rounded(helpers.use("MultiplyAddToOdd") + list, node.type, /*fromDouble=*/true, helpers);
  return (floatFamily(node.type) == "Double" ? "fma" : "fmaf") + list;
}

std::string NodeEmitter::floatComparison() const {
  const std::string &a = text(0), &b = text(1);
  auto relation = [&](const char *sign) { return "-(" + a + " " + sign + " " + b + ")"; };
  auto negated = [&](const char *sign) { return "-!(" + a + " " + sign + " " + b + ")"; };
  std::string different = "(" + a + " < " + b + " || " + a + " > " + b + ")";
  switch (node.floatPredicate) {
  case FloatPredicate::False:
    return "0";
  case FloatPredicate::OEQ:
    return relation("==");
  case FloatPredicate::OGT:
    return relation(">");
  case FloatPredicate::OGE:
    return relation(">=");
  case FloatPredicate::OLT:
    return relation("<");
  case FloatPredicate::OLE:
    return relation("<=");
  case FloatPredicate::ONE:
    return "-" + different;
  case FloatPredicate::ORD:
    return "-!(isnan(" + a + ") || isnan(" + b + "))";
  case FloatPredicate::UEQ:
    return "-!" + different;
  case FloatPredicate::UGT:
    return negated("<=");
  case FloatPredicate::UGE:
    return negated("<");
  case FloatPredicate::ULT:
    return negated(">=");
  case FloatPredicate::ULE:
    return negated(">");
  case FloatPredicate::UNE:
    return negated("==");
  case FloatPredicate::UNO:
    return "-(isnan(" + a + ") || isnan(" + b + "))";
  case FloatPredicate::True:
    return "-1";
  }
  llvm_unreachable("a predicate that is not listed");
}

std::string NodeEmitter::floatExpression() const {
  std::string family = floatFamily(node.type);
  auto arithmetic = [&](const char *sign) {
    return rounded(text(0) + " " + sign + " " + text(1), node.type, family == "Double", helpers);
  };
  switch (node.op) {
  case Opcode::AddF:
    return arithmetic("+");
  case Opcode::SubF:
    return arithmetic("-");
  case Opcode::MulF:
    return arithmetic("*");
  case Opcode::DivF:
    return arithmetic("/");
  case Opcode::RemF:
    return roundedCall("fmod");
  case Opcode::NegF:
    return "-" + text(0);
  case Opcode::AbsF:
    return family == "Double" ? "fabs(" + text(0) + ")" : "fabsf(" + text(0) + ")";
  case Opcode::MaximumF:
    return call("Maximum" + family, 2);
  case Opcode::MinimumF:
    return call("Minimum" + family, 2);
  case Opcode::MaxNumF:
    return call("MaximumNumber" + family, 2);
  case Opcode::MinNumF:
    return call("MinimumNumber" + family, 2);
  case Opcode::Fma:
    return fusedMultiplyAdd();
  case Opcode::SqrtF:
    return roundedCall("sqrt");
  case Opcode::FloorF:
    return roundedCall("floor");
  case Opcode::CeilF:
    return roundedCall("ceil");
  case Opcode::RoundF:
    return roundedCall("round");
  case Opcode::RoundEvenF:
    return rounded(call("RoundEven" + family, 1), node.type, family == "Double", helpers);
  case Opcode::CmpF:
    return floatComparison();
  case Opcode::ExpF:
    return transcendental("exp");
  case Opcode::LogF:
    return transcendental("log");
  case Opcode::TanhF:
    return transcendental("tanh");
  case Opcode::ErfF:
    return transcendental("erf");
  default:
    return transcendental("pow");
  }
}

CNode NodeEmitter::emit() const {
  switch (node.op) {
  case Opcode::Constant:
  case Opcode::Read:
  case Opcode::LoopIndex:
  case Opcode::TableRead:
    llvm_unreachable("leaves and table reads are their statement's");
  case Opcode::Select:
    return {text(0) + " ? " + text(1) + " : " + text(2), std::nullopt};
  case Opcode::DivSI:
  case Opcode::DivUI:
  case Opcode::FloorDivSI:
  case Opcode::CeilDivSI:
  case Opcode::RemSI:
  case Opcode::RemUI:
    return {divisionExpression(), divisorCheck()};
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
    return {shiftExpression(), shiftCheck()};
  case Opcode::FPToSI:
    return {castExpression(), rangeCheck(true)};
  case Opcode::FPToUI:
    return {castExpression(), rangeCheck(false)};
  default:
    break;
  }
  if (node.op >= Opcode::ExtSI && node.op <= Opcode::Bitcast)
    return {castExpression(), std::nullopt};
  if (node.op == Opcode::Saturate)
    return {saturateExpression(), std::nullopt};
  return {node.op >= Opcode::AddF ? floatExpression() : integerExpression(), std::nullopt};
}

} // namespace

CNode emitNode(const Node &node, llvm::ArrayRef<CArgument> arguments, CHelpers &helpers) {
  return NodeEmitter(node, arguments, helpers).emit();
}

std::string emitUpdate(nest::Update update, const ScalarType &type, const std::string &old,
                       const std::string &step, CHelpers &helpers) {
  std::string cast = "(uint" + std::to_string(laneBits(type)) + "_t)";
  bool isMax = update == nest::Update::Max;
  switch (update) {
  case nest::Update::Assign:
    return step;
  case nest::Update::Add:
    if (type.isInteger())
      return wrapped(cast + old + " + " + cast + step, type, helpers);
    return rounded(old + " + " + step, type, floatFamily(type) == "Double", helpers);
  case nest::Update::Max:
  case nest::Update::Min:
    if (type.isInteger())
      return old + (isMax ? " > " : " < ") + step + " ? " + old + " : " + step;
    return helpers.use((isMax ? "Maximum" : "Minimum") + floatFamily(type)) + "(" + old + ", " + step + ")";
  }
  llvm_unreachable("an update that is not listed");
}

} // namespace tenon::host
