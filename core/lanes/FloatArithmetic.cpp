// Doubles hold every narrower float exactly, and have enough bits that a result rounded to double and then to
// the type is the exact one rounded once; a fused multiply-add of f32 is made in f32.
#include "core/lanes/FloatArithmetic.h"

#include "core/reference/LaneArithmetic.h"

#include "llvm/IR/Intrinsics.h"

#include <cmath>

namespace tenon::lanes {
namespace {

using llvm::Instruction;
using Kind = ScalarType::Kind;

Scalar floatBinary(unsigned opcode, Kind kind, double a, double b, const char *&fault) {
  double result = 0;
  switch (opcode) {
  case Instruction::FAdd:
    result = a + b;
    break;
  case Instruction::FSub:
    result = a - b;
    break;
  case Instruction::FMul:
    result = a * b;
    break;
  case Instruction::FDiv:
    result = a / b;
    break;
  case Instruction::FRem:
    result = std::fmod(a, b);
    break;
  default:
    fault = "is an operation on floats that the lane interpreter does not know";
  }
  return {fromDouble(result, kind), false};
}

bool compare(llvm::CmpInst::Predicate predicate, double a, double b) {
  using llvm::CmpInst;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case CmpInst::FCMP_FALSE:
    return false;
  case CmpInst::FCMP_TRUE:
    return true;
  case CmpInst::FCMP_ORD:
    return !unordered;
  case CmpInst::FCMP_UNO:
    return unordered;
  case CmpInst::FCMP_OEQ:
  case CmpInst::FCMP_UEQ:
    return unordered ? predicate == CmpInst::FCMP_UEQ : a == b;
  case CmpInst::FCMP_ONE:
  case CmpInst::FCMP_UNE:
    return unordered ? predicate == CmpInst::FCMP_UNE : a != b;
  case CmpInst::FCMP_OGT:
  case CmpInst::FCMP_UGT:
    return unordered ? predicate == CmpInst::FCMP_UGT : a > b;
  case CmpInst::FCMP_OGE:
  case CmpInst::FCMP_UGE:
    return unordered ? predicate == CmpInst::FCMP_UGE : a >= b;
  case CmpInst::FCMP_OLT:
  case CmpInst::FCMP_ULT:
    return unordered ? predicate == CmpInst::FCMP_ULT : a < b;
  default:
    return unordered ? predicate == CmpInst::FCMP_ULE : a <= b;
  }
}

/// A float as an integer: out of range is poison, or saturates.
Scalar toInteger(double value, unsigned width, bool isSigned, bool saturates) {
  double cut = std::trunc(value);
  double low = isSigned ? -std::ldexp(1.0, int(width) - 1) : 0.0;
  double end = std::ldexp(1.0, int(width) - (isSigned ? 1 : 0));
  if (std::isnan(cut))
    return saturates ? Scalar{} : poisoned();
  if (cut < low || cut >= end) {
    if (!saturates)
      return poisoned();
    if (cut < low)
      return ofBits(isSigned ? Bits(1) << (width - 1) : Bits(0), width);
    return ofBits((isSigned ? Bits(1) << (width - 1) : width >= 64 ? Bits(0) : Bits(1) << width) - 1, width);
  }
  return ofBits(isSigned ? Bits(SignedBits(cut)) : Bits(cut), width);
}

/// Rounded once: through double only where that holds the integer, or where the type cannot tell the
/// difference.
Scalar fromInteger(Wide value, Kind kind, const char *&fault) {
  if (kind == Kind::Single)
    return {std::bit_cast<uint32_t>(float(value)), false};
  if (kind == Kind::Brain && (value > (Wide(1) << 53) || value < -(Wide(1) << 53)))
    fault = "rounds more than 53 bits to bf16, which the lane interpreter does not do exactly";
  return {fromDouble(double(value), kind), false};
}

Scalar convert(unsigned opcode, ScalarType from, ScalarType type, Bits bits, const char *&fault) {
  switch (opcode) {
  case Instruction::FPTrunc:
  case Instruction::FPExt:
    return {fromDouble(toDouble(bits, from.kind), type.kind), false};
  case Instruction::FPToSI:
  case Instruction::FPToUI:
    return toInteger(toDouble(bits, from.kind), type.width, opcode == Instruction::FPToSI, false);
  case Instruction::SIToFP:
    return fromInteger(signExtend(bits, from.width), type.kind, fault);
  case Instruction::UIToFP:
    return fromInteger(Wide(bits), type.kind, fault);
  default:
    fault = "is a conversion of floats that the lane interpreter does not know";
    return {};
  }
}

/// The IEEE 754-2008 forms: the other operand where one is NaN.
double number(double a, double b, bool least) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) ? b : a;
  return least ? reference::minimum(a, b) : reference::maximum(a, b);
}

double unary(llvm::Intrinsic::ID intrinsic, double a) {
  switch (intrinsic) {
  case llvm::Intrinsic::sqrt:
    return std::sqrt(a);
  case llvm::Intrinsic::floor:
    return std::floor(a);
  case llvm::Intrinsic::ceil:
    return std::ceil(a);
  case llvm::Intrinsic::trunc:
    return std::trunc(a);
  case llvm::Intrinsic::round:
    return std::round(a);
  default: // rint, nearbyint, roundeven: in the default environment the same
    return std::nearbyint(a);
  }
}

Scalar multiplyAdd(Kind kind, llvm::ArrayRef<Scalar> arguments, const char *&fault) {
  if (kind == Kind::Half || kind == Kind::Brain)
    fault = "fuses a multiply-add of 16 bits, which the lane interpreter does not do exactly";
  double a = toDouble(arguments[0].bits, kind), b = toDouble(arguments[1].bits, kind);
  double c = toDouble(arguments[2].bits, kind);
  if (kind == Kind::Single)
    return {std::bit_cast<uint32_t>(std::fma(float(a), float(b), float(c))), false};
  return {fromDouble(std::fma(a, b, c), kind), false};
}

Scalar floatIntrinsic(const Step &step, ScalarType type, llvm::ArrayRef<Scalar> arguments,
                      const char *&fault) {
  ScalarType from = step.operandTypes[0];
  Bits sign = Bits(1) << (from.width - 1);
  double a = toDouble(arguments[0].bits, from.kind);
  double b = arguments.size() > 1 ? toDouble(arguments[1].bits, from.kind) : 0;
  switch (step.intrinsic) {
  case llvm::Intrinsic::fabs:
    return {arguments[0].bits & ~sign, false};
  case llvm::Intrinsic::copysign:
    return {(arguments[0].bits & ~sign) | (arguments[1].bits & sign), false};
  case llvm::Intrinsic::fptosi_sat:
  case llvm::Intrinsic::fptoui_sat:
    return toInteger(a, type.width, step.intrinsic == llvm::Intrinsic::fptosi_sat, true);
  case llvm::Intrinsic::fma:
  case llvm::Intrinsic::fmuladd:
    return multiplyAdd(type.kind, arguments, fault);
  case llvm::Intrinsic::minnum:
  case llvm::Intrinsic::maxnum:
    return {fromDouble(number(a, b, step.intrinsic == llvm::Intrinsic::minnum), type.kind), false};
  case llvm::Intrinsic::minimum:
    return {fromDouble(reference::minimum(a, b), type.kind), false};
  case llvm::Intrinsic::maximum:
    return {fromDouble(reference::maximum(a, b), type.kind), false};
  default:
    return {fromDouble(unary(step.intrinsic, a), type.kind), false};
  }
}

} // namespace

Scalar evaluateFloat(const Step &step, ScalarType type, llvm::ArrayRef<Scalar> arguments,
                     const char *&fault) {
  unsigned opcode = step.source->getOpcode();
  ScalarType from = step.operandTypes[0];
  if (opcode == Instruction::FNeg)
    return {arguments[0].bits ^ Bits(1) << (from.width - 1), false};
  if (opcode == Instruction::FCmp) {
    auto predicate = llvm::cast<llvm::CmpInst>(step.source)->getPredicate();
    return {compare(predicate, toDouble(arguments[0].bits, from.kind), toDouble(arguments[1].bits, from.kind))
                ? Bits(1)
                : Bits(0),
            false};
  }
  if (opcode == Instruction::Call)
    return floatIntrinsic(step, type, arguments, fault);
  if (step.source->isCast())
    return convert(opcode, from, type, arguments[0].bits, fault);
  return floatBinary(opcode, type.kind, toDouble(arguments[0].bits, from.kind),
                     toDouble(arguments[1].bits, from.kind), fault);
}

} // namespace tenon::lanes
