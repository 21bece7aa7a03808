// Integer operations: unsigned arithmetic, which wraps, and the checks of divisors and shifts.
#include "core/host/CNodeEmitter.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace tenon::host {

using nest::IntegerPredicate;
using nest::Opcode;
using nest::Rounding;
using nest::ScalarType;

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

} // namespace tenon::host
