// The operations in arbitrary precision, spelled from their definitions.
#include "tests/reference/ScalarTruth.h"

#include "llvm/ADT/APSInt.h"

#include <cmath>
#include <cstring>

using llvm::APFloat;
using llvm::APInt;
using llvm::ArrayRef;

namespace tenon::test {

using nest::FloatPredicate;
using nest::IntegerPredicate;
using nest::Node;
using nest::Opcode;
using nest::Rounding;
using nest::ScalarType;
using nest::Update;

static constexpr auto nearest = APFloat::rmNearestTiesToEven;

const llvm::fltSemantics &semantics(const ScalarType &type) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return APFloat::IEEEhalf();
  case ScalarType::Kind::BFloat16:
    return APFloat::BFloat();
  case ScalarType::Kind::Float32:
    return APFloat::IEEEsingle();
  default:
    return APFloat::IEEEdouble();
  }
}

APFloat toFloat(const ScalarType &type, const Bits &bits) { return APFloat(semantics(type), bits); }

static Bits convert(APFloat value, const ScalarType &type) {
  bool loses = false;
  value.convert(semantics(type), nearest, &loses);
  return value.bitcastToAPInt();
}

Bits roundToType(const ScalarType &type, double value) { return convert(APFloat(value), type); }

Bits constantBits(const ScalarType &type, const nest::Constant &constant) {
  return type.isInteger() ? APInt(type.width, uint64_t(constant.integer), true)
                          : roundToType(type, constant.real);
}

nest::Constant toConstant(const ScalarType &type, const Bits &bits) {
  if (type.isInteger())
    return nest::Constant::ofInteger(bits.getSExtValue());
  return nest::Constant::ofReal(
      APFloat(APFloat::IEEEdouble(), convert(toFloat(type, bits), ScalarType::f64())).convertToDouble());
}

Bits loadBits(const ScalarType &type, const char *address) {
  uint64_t raw = 0;
  std::memcpy(&raw, address, type.storageBytes());
  return APInt(type.storageBytes() * 8, raw).trunc(type.width);
}

void storeBits(const ScalarType &type, const Bits &bits, char *address) {
  uint64_t raw = bits.sext(64).getZExtValue();
  std::memcpy(address, &raw, type.storageBytes());
}

bool sameValue(const ScalarType &type, const Bits &a, const Bits &b) {
  return a == b || (type.isFloat() && toFloat(type, a).isNaN() && toFloat(type, b).isNaN());
}

namespace {

/// x / 2^shift by long division in twice the width.
Bits roundingShiftRight(Rounding rounding, const Bits &x, unsigned shift) {
  unsigned wide = x.getBitWidth() * 2 + 4;
  APInt value = x.sext(wide), divisor = APInt(wide, 1).shl(shift);
  APInt down = llvm::APIntOps::RoundingSDiv(value, divisor, APInt::Rounding::DOWN);
  APInt twiceRest = (value - down * divisor) * 2;
  bool isHalf = twiceRest == divisor, above = twiceRest.sgt(divisor), exact = twiceRest.isZero();
  bool up = false;
  switch (rounding) {
  case Rounding::HalfUp:
    up = above || isHalf;
    break;
  case Rounding::HalfAwayFromZero:
    up = above || (isHalf && !value.isNegative());
    break;
  case Rounding::HalfToEven:
    up = above || (isHalf && down[0]);
    break;
  case Rounding::Down:
    break;
  case Rounding::TowardsZero:
    up = value.isNegative() && !exact;
    break;
  }
  return (down + APInt(wide, up)).trunc(x.getBitWidth());
}

Bits doublingHighMultiply(const Bits &a, const Bits &b) {
  unsigned width = a.getBitWidth(), wide = 2 * width + 4;
  APInt sum = a.sext(wide) * b.sext(wide) * 2 + APInt::getOneBitSet(wide, width - 1);
  APInt high = sum.ashr(width), most = APInt::getSignedMaxValue(width).sext(wide);
  return (high.sgt(most) ? most : high).trunc(width);
}

Bits saturate(const Bits &source, unsigned width, bool isSigned) {
  unsigned wide = source.getBitWidth() + 2;
  APInt value = source.sext(wide);
  APInt low = isSigned ? APInt::getSignedMinValue(width).sext(wide) : APInt(wide, 0);
  APInt high = isSigned ? APInt::getSignedMaxValue(width).sext(wide) : APInt::getMaxValue(width).zext(wide);
  return (value.slt(low) ? low : value.sgt(high) ? high : value).trunc(width);
}

bool compareIntegers(IntegerPredicate predicate, const Bits &a, const Bits &b) {
  switch (predicate) {
  case IntegerPredicate::EQ:
    return a == b;
  case IntegerPredicate::NE:
    return a != b;
  case IntegerPredicate::SLT:
    return a.slt(b);
  case IntegerPredicate::SLE:
    return a.sle(b);
  case IntegerPredicate::SGT:
    return a.sgt(b);
  case IntegerPredicate::SGE:
    return a.sge(b);
  case IntegerPredicate::ULT:
    return a.ult(b);
  case IntegerPredicate::ULE:
    return a.ule(b);
  case IntegerPredicate::UGT:
    return a.ugt(b);
  case IntegerPredicate::UGE:
    return a.uge(b);
  }
  llvm_unreachable("a predicate");
}

bool compareFloats(FloatPredicate predicate, const APFloat &a, const APFloat &b) {
  APFloat::cmpResult relation = a.compare(b);
  bool unordered = relation == APFloat::cmpUnordered, equal = relation == APFloat::cmpEqual;
  bool less = relation == APFloat::cmpLessThan, greater = relation == APFloat::cmpGreaterThan;
  switch (predicate) {
  case FloatPredicate::False:
    return false;
  case FloatPredicate::OEQ:
    return equal;
  case FloatPredicate::OGT:
    return greater;
  case FloatPredicate::OGE:
    return greater || equal;
  case FloatPredicate::OLT:
    return less;
  case FloatPredicate::OLE:
    return less || equal;
  case FloatPredicate::ONE:
    return less || greater;
  case FloatPredicate::ORD:
    return !unordered;
  case FloatPredicate::UEQ:
    return unordered || equal;
  case FloatPredicate::UGT:
    return unordered || greater;
  case FloatPredicate::UGE:
    return unordered || greater || equal;
  case FloatPredicate::ULT:
    return unordered || less;
  case FloatPredicate::ULE:
    return unordered || less || equal;
  case FloatPredicate::UNE:
    return !equal;
  case FloatPredicate::UNO:
    return unordered;
  case FloatPredicate::True:
    return true;
  }
  llvm_unreachable("a predicate");
}

/// The operations that have no result for some arguments.
std::optional<Bits> evaluatePartial(const Node &node, const Bits &a, const Bits &b) {
  unsigned width = a.getBitWidth();
  auto unlessZero = [&](auto result) { return b.isZero() ? std::nullopt : std::optional<Bits>(result()); };
  auto unlessTooFar = [&](auto result) {
    return b.uge(width) ? std::nullopt : std::optional<Bits>(result());
  };
  switch (node.op) {
  case Opcode::DivSI:
    return unlessZero([&] { return a.sdiv(b); });
  case Opcode::DivUI:
    return unlessZero([&] { return a.udiv(b); });
  case Opcode::FloorDivSI:
    return unlessZero([&] {
      return llvm::APIntOps::RoundingSDiv(a.sext(width + 1), b.sext(width + 1), APInt::Rounding::DOWN)
          .trunc(width);
    });
  case Opcode::CeilDivSI:
    return unlessZero([&] {
      return llvm::APIntOps::RoundingSDiv(a.sext(width + 1), b.sext(width + 1), APInt::Rounding::UP)
          .trunc(width);
    });
  case Opcode::RemSI:
    return unlessZero([&] { return a.srem(b); });
  case Opcode::RemUI:
    return unlessZero([&] { return a.urem(b); });
  case Opcode::ShLI:
    return unlessTooFar([&] { return a.shl(b); });
  case Opcode::ShRSI:
    return unlessTooFar([&] { return a.ashr(b); });
  case Opcode::ShRUI:
    return unlessTooFar([&] { return a.lshr(b); });
  case Opcode::RoundingShiftRight:
    return unlessTooFar([&] { return roundingShiftRight(node.rounding, a, unsigned(b.getZExtValue())); });
  default:
    llvm_unreachable("an integer operation");
  }
}

std::optional<Bits> evaluateInteger(const Node &node, ArrayRef<Bits> arguments) {
  const Bits &a = arguments[0], &b = arguments.back();
  unsigned width = a.getBitWidth();
  switch (node.op) {
  case Opcode::AddI:
    return a + b;
  case Opcode::SubI:
    return a - b;
  case Opcode::MulI:
    return a * b;
  case Opcode::AndI:
    return a & b;
  case Opcode::OrI:
    return a | b;
  case Opcode::XorI:
    return a ^ b;
  case Opcode::MaxSI:
    return a.sgt(b) ? a : b;
  case Opcode::MinSI:
    return a.slt(b) ? a : b;
  case Opcode::MaxUI:
    return a.ugt(b) ? a : b;
  case Opcode::MinUI:
    return a.ult(b) ? a : b;
  case Opcode::CountLeadingZeros:
    return APInt(64, a.countl_zero()).trunc(width);
  case Opcode::CmpI:
    return APInt(1, compareIntegers(node.integerPredicate, a, b));
  case Opcode::Saturate:
    return saturate(a, node.type.width, node.resultSigned);
  case Opcode::DoublingHighMultiply:
    return doublingHighMultiply(a, b);
  default:
    return evaluatePartial(node, a, b);
  }
}

std::optional<Bits> evaluateCast(const Node &node, const ScalarType &from, const Bits &a) {
  unsigned width = node.type.width;
  auto fromInteger = [&](bool isSigned) {
    APFloat result(semantics(node.type));
    result.convertFromAPInt(a, isSigned, nearest);
    return result.bitcastToAPInt();
  };
  auto toInteger = [&](bool isSigned) -> std::optional<Bits> {
    llvm::APSInt result(width, !isSigned);
    bool exact = false;
    if (toFloat(from, a).convertToInteger(result, APFloat::rmTowardZero, &exact) == APFloat::opInvalidOp)
      return std::nullopt;
    return result;
  };
  switch (node.op) {
  case Opcode::ExtSI:
    return a.sext(width);
  case Opcode::ExtUI:
    return a.zext(width);
  case Opcode::TruncI:
    return a.trunc(width);
  case Opcode::SIToFP:
    return fromInteger(true);
  case Opcode::UIToFP:
    return fromInteger(false);
  case Opcode::FPToSI:
    return toInteger(true);
  case Opcode::FPToUI:
    return toInteger(false);
  case Opcode::ExtF:
  case Opcode::TruncF:
    return convert(toFloat(from, a), node.type);
  default:
    return a; // Bitcast
  }
}

/// Every operation on one float type, and the comparison.
class FloatTruth {
public:
  FloatTruth(const ScalarType &type, ArrayRef<Bits> bits) : type(type) {
    for (const Bits &argument : bits)
      arguments.push_back(toFloat(type, argument));
  }

  Bits evaluate(const Node &node) const {
    APFloat a = arguments[0];
    const APFloat &b = arguments.back();
    switch (node.op) {
    case Opcode::AddF:
      a.add(b, nearest);
      break;
    case Opcode::SubF:
      a.subtract(b, nearest);
      break;
    case Opcode::MulF:
      a.multiply(b, nearest);
      break;
    case Opcode::DivF:
      a.divide(b, nearest);
      break;
    case Opcode::RemF:
      a.mod(b);
      break;
    case Opcode::NegF:
      a.changeSign();
      break;
    case Opcode::AbsF:
      a.clearSign();
      break;
    case Opcode::MaximumF:
      a = llvm::maximum(a, b);
      break;
    case Opcode::MinimumF:
      a = llvm::minimum(a, b);
      break;
    case Opcode::MaxNumF:
      a = a.isNaN() ? b : b.isNaN() ? a : llvm::maximum(a, b);
      break;
    case Opcode::MinNumF:
      a = a.isNaN() ? b : b.isNaN() ? a : llvm::minimum(a, b);
      break;
    case Opcode::Fma:
      a.fusedMultiplyAdd(arguments[1], arguments[2], nearest);
      break;
    case Opcode::FloorF:
    case Opcode::CeilF:
    case Opcode::RoundF:
    case Opcode::RoundEvenF:
      a.roundToIntegral(integralRounding(node.op));
      break;
    case Opcode::CmpF:
      return APInt(1, compareFloats(node.floatPredicate, a, b));
    default:
      return inDouble(node.op, value(a), value(b));
    }
    return a.bitcastToAPInt();
  }

private:
  static llvm::RoundingMode integralRounding(Opcode op) {
    return op == Opcode::FloorF   ? APFloat::rmTowardNegative
           : op == Opcode::CeilF  ? APFloat::rmTowardPositive
           : op == Opcode::RoundF ? APFloat::rmNearestTiesToAway
                                  : APFloat::rmNearestTiesToEven;
  }

  static double value(const APFloat &number) {
    APFloat wide = number;
    bool loses = false;
    wide.convert(APFloat::IEEEdouble(), nearest, &loses);
    return wide.convertToDouble();
  }

  /// Defined as the C library's result in double, rounded once. A square root in double has 53 >= 2 * 24 + 2
  /// bits, so that rounding it again is innocent.
  Bits inDouble(Opcode op, double a, double b) const {
    switch (op) {
    case Opcode::SqrtF:
      return roundToType(type, std::sqrt(a));
    case Opcode::ExpF:
      return roundToType(type, std::exp(a));
    case Opcode::LogF:
      return roundToType(type, std::log(a));
    case Opcode::TanhF:
      return roundToType(type, std::tanh(a));
    case Opcode::ErfF:
      return roundToType(type, std::erf(a));
    case Opcode::PowF:
      return roundToType(type, std::pow(a, b));
    default:
      llvm_unreachable("a float operation");
    }
  }

  ScalarType type;
  llvm::SmallVector<APFloat, 3> arguments;
};

} // namespace

std::optional<Bits> evaluateNode(const Node &node, ArrayRef<ScalarType> types, ArrayRef<Bits> arguments) {
  if (node.op == Opcode::Select)
    return arguments[0].isZero() ? arguments[2] : arguments[1];
  if (node.op >= Opcode::ExtSI && node.op <= Opcode::Bitcast)
    return evaluateCast(node, types[0], arguments[0]);
  if (node.op < Opcode::ExtSI)
    return evaluateInteger(node, arguments);
  return FloatTruth(types[0], arguments).evaluate(node);
}

Bits evaluateUpdate(Update update, const ScalarType &type, const Bits &old, const Bits &step) {
  if (update == Update::Assign)
    return step;
  Node node;
  node.type = type;
  bool isInteger = type.isInteger();
  if (update == Update::Add)
    node.op = isInteger ? Opcode::AddI : Opcode::AddF;
  else if (update == Update::Max)
    node.op = isInteger ? Opcode::MaxSI : Opcode::MaximumF;
  else
    node.op = isInteger ? Opcode::MinSI : Opcode::MinimumF;
  return *evaluateNode(node, {type, type}, {old, step});
}

} // namespace tenon::test
