// Integers in 64 bits, cut to their width; floats in double, rounded once to their type (for add, subtract,
// multiply, divide and square root of f16, bf16 and f32 that is the same as rounding once from the exact
// result).
#include "core/lanes/Arithmetic.h"

#include "core/lanes/FloatArithmetic.h"

#include "llvm/IR/Intrinsics.h"

#include <algorithm>

namespace tenon::lanes {
namespace {

using llvm::Instruction;
using llvm::Intrinsic::ID;

struct Pair {
  Bits a, b;
  unsigned width;

  SignedBits signedA() const { return signExtend(a, width); }
  SignedBits signedB() const { return signExtend(b, width); }
};

/// Whether a + b, a - b or a * b leaves the type, signed or not.
bool overflows(unsigned opcode, const Pair &pair, bool isSigned) {
  auto check = [&](auto a, auto b) {
    decltype(a) result;
    bool wraps = opcode == Instruction::Add   ? __builtin_add_overflow(a, b, &result)
                 : opcode == Instruction::Sub ? __builtin_sub_overflow(a, b, &result)
                                              : __builtin_mul_overflow(a, b, &result);
    if (wraps)
      return true;
    if constexpr (std::is_same_v<decltype(a), SignedBits>)
      return signExtend(Bits(result), pair.width) != result;
    else
      return lowBits(result, pair.width) != result;
  };
  return isSigned ? check(pair.signedA(), pair.signedB()) : check(pair.a, pair.b);
}

Scalar divide(const Step &step, unsigned opcode, const Pair &pair, const char *&fault) {
  if (pair.b == 0) {
    fault = "divides by zero";
    return {};
  }
  bool isSigned = opcode == Instruction::SDiv || opcode == Instruction::SRem;
  bool remainder = opcode == Instruction::SRem || opcode == Instruction::URem;
  if (!isSigned) {
    Bits quotient = pair.a / pair.b, rest = pair.a % pair.b;
    return step.exact && rest != 0 ? poisoned() : ofBits(remainder ? rest : quotient, pair.width);
  }
  Bits least = Bits(1) << (pair.width - 1);
  if (pair.a == least && pair.signedB() == -1) {
    fault = "divides the least value by -1";
    return {};
  }
  SignedBits quotient = pair.signedA() / pair.signedB(), rest = pair.signedA() % pair.signedB();
  return step.exact && rest != 0 ? poisoned() : ofBits(Bits(remainder ? rest : quotient), pair.width);
}

Scalar shift(const Step &step, unsigned opcode, const Pair &pair) {
  if (pair.b >= pair.width)
    return poisoned();
  auto count = unsigned(pair.b);
  if (opcode == Instruction::Shl) {
    Bits result = lowBits(pair.a << count, pair.width);
    bool lost = (step.nuw && result >> count != pair.a) ||
                (step.nsw && signExtend(result, pair.width) >> count != pair.signedA());
    return lost ? poisoned() : ofBits(result, pair.width);
  }
  if (step.exact && lowBits(pair.a, count) != 0)
    return poisoned();
  return ofBits(opcode == Instruction::LShr ? pair.a >> count : Bits(pair.signedA() >> count), pair.width);
}

Scalar integerBinary(const Step &step, unsigned opcode, const Pair &pair, const char *&fault) {
  switch (opcode) {
  case Instruction::Add:
  case Instruction::Sub:
  case Instruction::Mul:
    if ((step.nsw && overflows(opcode, pair, true)) || (step.nuw && overflows(opcode, pair, false)))
      return poisoned();
    return ofBits(opcode == Instruction::Add   ? pair.a + pair.b
                  : opcode == Instruction::Sub ? pair.a - pair.b
                                               : pair.a * pair.b,
                  pair.width);
  case Instruction::SDiv:
  case Instruction::UDiv:
  case Instruction::SRem:
  case Instruction::URem:
    return divide(step, opcode, pair, fault);
  case Instruction::Shl:
  case Instruction::LShr:
  case Instruction::AShr:
    return shift(step, opcode, pair);
  case Instruction::And:
    return ofBits(pair.a & pair.b, pair.width);
  case Instruction::Or:
    return step.disjoint && (pair.a & pair.b) != 0 ? poisoned() : ofBits(pair.a | pair.b, pair.width);
  case Instruction::Xor:
    return ofBits(pair.a ^ pair.b, pair.width);
  default:
    fault = "is an operation on integers that the lane interpreter does not know";
    return {};
  }
}

bool compare(llvm::CmpInst::Predicate predicate, const Pair &pair) {
  switch (predicate) {
  case llvm::CmpInst::ICMP_EQ:
    return pair.a == pair.b;
  case llvm::CmpInst::ICMP_NE:
    return pair.a != pair.b;
  case llvm::CmpInst::ICMP_UGT:
    return pair.a > pair.b;
  case llvm::CmpInst::ICMP_UGE:
    return pair.a >= pair.b;
  case llvm::CmpInst::ICMP_ULT:
    return pair.a < pair.b;
  case llvm::CmpInst::ICMP_ULE:
    return pair.a <= pair.b;
  case llvm::CmpInst::ICMP_SGT:
    return pair.signedA() > pair.signedB();
  case llvm::CmpInst::ICMP_SGE:
    return pair.signedA() >= pair.signedB();
  case llvm::CmpInst::ICMP_SLT:
    return pair.signedA() < pair.signedB();
  default:
    return pair.signedA() <= pair.signedB();
  }
}

Scalar saturating(ID intrinsic, const Pair &pair) {
  Wide least = -(Wide(1) << (pair.width - 1)), most = (Wide(1) << (pair.width - 1)) - 1;
  Wide all = (Wide(1) << pair.width) - 1;
  auto clamped = [&](Wide value, Wide low, Wide high) {
    return ofBits(Bits(std::clamp(value, low, high)), pair.width);
  };
  switch (intrinsic) {
  case llvm::Intrinsic::sadd_sat:
    return clamped(Wide(pair.signedA()) + pair.signedB(), least, most);
  case llvm::Intrinsic::ssub_sat:
    return clamped(Wide(pair.signedA()) - pair.signedB(), least, most);
  case llvm::Intrinsic::uadd_sat:
    return clamped(Wide(pair.a) + Wide(pair.b), 0, all);
  default:
    return clamped(Wide(pair.a) - Wide(pair.b), 0, all);
  }
}

unsigned leadingZeros(Bits value, unsigned width) {
  unsigned count = 0;
  while (count < width && !(value >> (width - 1 - count) & 1))
    ++count;
  return count;
}

Scalar countBits(ID intrinsic, Bits value, unsigned width, bool zeroIsPoison) {
  if (intrinsic == llvm::Intrinsic::ctpop)
    return ofBits(Bits(__builtin_popcountll(value)), width);
  if (value == 0)
    return zeroIsPoison ? poisoned() : ofBits(width, width);
  if (intrinsic == llvm::Intrinsic::ctlz)
    return ofBits(leadingZeros(value, width), width);
  unsigned count = 0;
  while (!(value >> count & 1))
    ++count;
  return ofBits(count, width);
}

Scalar funnel(ID intrinsic, Bits high, Bits low, Bits count, unsigned width) {
  auto by = unsigned(count % width);
  bool left = intrinsic == llvm::Intrinsic::fshl;
  if (by == 0)
    return ofBits(left ? high : low, width);
  return ofBits(left ? high << by | low >> (width - by) : high << (width - by) | low >> by, width);
}

Scalar integerIntrinsic(ID intrinsic, unsigned width, llvm::ArrayRef<Scalar> arguments) {
  Bits a = arguments[0].bits;
  Pair pair{a, arguments.size() > 1 ? arguments[1].bits : 0, width};
  switch (intrinsic) {
  case llvm::Intrinsic::abs:
    if (a == Bits(1) << (width - 1))
      return arguments[1].bits ? poisoned() : arguments[0];
    return ofBits(Bits(pair.signedA() < 0 ? -pair.signedA() : pair.signedA()), width);
  case llvm::Intrinsic::smin:
    return ofBits(pair.signedA() < pair.signedB() ? pair.a : pair.b, width);
  case llvm::Intrinsic::smax:
    return ofBits(pair.signedA() > pair.signedB() ? pair.a : pair.b, width);
  case llvm::Intrinsic::umin:
    return ofBits(std::min(pair.a, pair.b), width);
  case llvm::Intrinsic::umax:
    return ofBits(std::max(pair.a, pair.b), width);
  case llvm::Intrinsic::fshl:
  case llvm::Intrinsic::fshr:
    return funnel(intrinsic, pair.a, pair.b, arguments[2].bits, width);
  case llvm::Intrinsic::ctpop:
    return countBits(intrinsic, a, width, false);
  case llvm::Intrinsic::ctlz:
  case llvm::Intrinsic::cttz:
    return countBits(intrinsic, a, width, arguments[1].bits != 0);
  case llvm::Intrinsic::bswap: {
    Bits result = 0;
    for (unsigned i = 0; i < width; i += 8)
      result |= (a >> i & 0xff) << (width - 8 - i);
    return ofBits(result, width);
  }
  default:
    return saturating(intrinsic, pair);
  }
}

Scalar integerCast(const Step &step, unsigned opcode, Bits value, unsigned from, unsigned to) {
  switch (opcode) {
  case Instruction::Trunc:
    if ((step.nuw && lowBits(value, to) != value) ||
        (step.nsw && signExtend(value, to) != signExtend(value, from)))
      return poisoned();
    return ofBits(value, to);
  case Instruction::SExt:
    return ofBits(Bits(signExtend(value, from)), to);
  case Instruction::ZExt:
    if (step.nneg && signExtend(value, from) < 0)
      return poisoned();
    return ofBits(value, to);
  default: // PtrToInt, IntToPtr
    return ofBits(value, to);
  }
}

Scalar castAddress(const Step &step, Bits value) {
  const auto *cast = llvm::cast<llvm::AddrSpaceCastInst>(step.source);
  unsigned shared = step.number; // the scratchpad's: the one space with addresses of its own
  bool from = shared != 0 && cast->getSrcAddressSpace() == shared;
  bool to = shared != 0 && cast->getDestAddressSpace() == shared;
  if (from && !to)
    return ofBits(value + sharedWindow, 64);
  if (to && !from)
    return ofBits(value - sharedWindow, 64);
  return ofBits(value, 64);
}

} // namespace

Scalar evaluate(const Step &step, ScalarType type, llvm::ArrayRef<Scalar> arguments, const char *&fault) {
  unsigned opcode = step.source->getOpcode();
  if (opcode == Instruction::Freeze)
    return arguments[0].poison ? Scalar{0x5a & lowBits(~Bits(0), type.width), false} : arguments[0];
  if (opcode == Instruction::Select)
    return arguments[0].poison ? poisoned() : arguments[0].bits ? arguments[1] : arguments[2];
  for (const Scalar &argument : arguments)
    if (argument.poison)
      return poisoned();
  ScalarType from = step.operandTypes[0];
  if (opcode == Instruction::ICmp) {
    auto predicate = llvm::cast<llvm::CmpInst>(step.source)->getPredicate();
    return {compare(predicate, {arguments[0].bits, arguments[1].bits, from.width}) ? Bits(1) : Bits(0),
            false};
  }
  if (opcode == Instruction::AddrSpaceCast)
    return castAddress(step, arguments[0].bits);
  if (type.isFloat() || from.isFloat())
    return evaluateFloat(step, type, arguments, fault);
  if (opcode == Instruction::Call)
    return integerIntrinsic(step.intrinsic, type.width, arguments);
  if (step.source->isCast())
    return integerCast(step, opcode, arguments[0].bits, from.width, type.width);
  return integerBinary(step, opcode, {arguments[0].bits, arguments[1].bits, type.width}, fault);
}

Scalar reduceStep(ID intrinsic, ScalarType type, Scalar left, Scalar right) {
  if (left.poison || right.poison)
    return poisoned();
  Pair pair{left.bits, right.bits, type.width};
  switch (intrinsic) {
  case llvm::Intrinsic::vector_reduce_add:
    return ofBits(pair.a + pair.b, type.width);
  case llvm::Intrinsic::vector_reduce_mul:
    return ofBits(pair.a * pair.b, type.width);
  case llvm::Intrinsic::vector_reduce_and:
    return ofBits(pair.a & pair.b, type.width);
  case llvm::Intrinsic::vector_reduce_or:
    return ofBits(pair.a | pair.b, type.width);
  case llvm::Intrinsic::vector_reduce_xor:
    return ofBits(pair.a ^ pair.b, type.width);
  case llvm::Intrinsic::vector_reduce_smax:
    return pair.signedA() > pair.signedB() ? left : right;
  case llvm::Intrinsic::vector_reduce_smin:
    return pair.signedA() < pair.signedB() ? left : right;
  case llvm::Intrinsic::vector_reduce_umax:
    return pair.a > pair.b ? left : right;
  default:
    return pair.a < pair.b ? left : right;
  }
}

} // namespace tenon::lanes
