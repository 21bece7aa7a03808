// Integer operations over rows of lanes. Values are sign-extended from their width; arithmetic is on unsigned
// types, so that it wraps without undefined behaviour, and the result is sign-extended again unless the width
// fills the lane.
#include "core/reference/LaneArithmetic.h"
#include "core/reference/RowKernels.h"

#include <bit>

namespace tenon::reference {
namespace {

using nest::Opcode;
using nest::Rounding;
__extension__ typedef __int128 Int128;

/// Operation::apply(a, b, width) gives the result's bits; Full: the width fills the lane.
template <class Operation, class Lane, bool Full> int64_t binary(const KernelCall &call) {
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  auto *b = static_cast<const Lane *>(call.arguments[1]);
  unsigned width = Full ? laneBits<Lane> : call.width;
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = wrap<Lane>(Operation::template apply<Lane>(a[i], b[i], width), width);
  return -1;
}

/// As binary, for operations without a result where Operation::undefined(a, b, width).
template <class Operation, class Lane> int64_t partial(const KernelCall &call) {
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  auto *b = static_cast<const Lane *>(call.arguments[1]);
  for (int64_t i = 0; i < call.count; ++i) {
    if (Operation::template undefined<Lane>(b[i], call.width))
      return i;
    result[i] = wrap<Lane>(Operation::template apply<Lane>(a[i], b[i], call.width), call.width);
  }
  return -1;
}

struct Add {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a) + Bits<Lane>(b);
  }
};
struct Subtract {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a) - Bits<Lane>(b);
  }
};
struct Multiply {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a) * Bits<Lane>(b);
  }
};
struct And {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) { return Bits<Lane>(a & b); }
};
struct Or {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) { return Bits<Lane>(a | b); }
};
struct ExclusiveOr {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) { return Bits<Lane>(a ^ b); }
};
// Sign extension keeps the unsigned order of two values of one width, so the whole lanes are compared.
struct MaximumSigned {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a > b ? a : b);
  }
};
struct MinimumSigned {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a < b ? a : b);
  }
};
struct MaximumUnsigned {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a) > Bits<Lane>(b) ? Bits<Lane>(a) : Bits<Lane>(b);
  }
};
struct MinimumUnsigned {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return Bits<Lane>(a) < Bits<Lane>(b) ? Bits<Lane>(a) : Bits<Lane>(b);
  }
};
/// floor((2ab + 2^(w-1)) / 2^w) = floor((ab + 2^(w-2)) / 2^(w-1)); for w = 1, where 2^(w-2) is no integer,
/// the product is doubled first. Only the product of two minima reaches 2^(w-1), and is saturated.
struct DoublingHigh {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned width) {
    using Product = std::conditional_t<sizeof(Lane) == 4, int64_t, Int128>;
    Product product = Product(a) * Product(b);
    Product limit = Product(1) << (width - 1);
    Product high =
        width == 1 ? (2 * product + 1) >> 1 : (product + (Product(1) << (width - 2))) >> (width - 1);
    return Bits<Lane>(high == limit ? limit - 1 : high);
  }
};

struct ByZero {
  template <class Lane> static bool undefined(Lane b, unsigned) { return b == 0; }
};
/// The quotient of the minimum by -1 wraps to the minimum; the remainder is 0. The hardware would trap.
struct DivideSigned : ByZero {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return b == -1 ? Bits<Lane>(0) - Bits<Lane>(a) : Bits<Lane>(a / b);
  }
};
struct RemainderSigned : ByZero {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    return b == -1 ? 0 : Bits<Lane>(a % b);
  }
};
struct FloorDivide : ByZero {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned width) {
    bool down = RemainderSigned::apply(a, b, width) != 0 && (a < 0) != (b < 0);
    return DivideSigned::apply(a, b, width) - Bits<Lane>(down);
  }
};
struct CeilDivide : ByZero {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned width) {
    bool up = RemainderSigned::apply(a, b, width) != 0 && (a < 0) == (b < 0);
    return DivideSigned::apply(a, b, width) + Bits<Lane>(up);
  }
};
struct DivideUnsigned : ByZero {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned width) {
    return zeroExtend(a, width) / zeroExtend(b, width);
  }
};
struct RemainderUnsigned : ByZero {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned width) {
    return zeroExtend(a, width) % zeroExtend(b, width);
  }
};

/// A negative amount is a large one.
struct ByWidthOrMore {
  template <class Lane> static bool undefined(Lane b, unsigned width) { return Bits<Lane>(b) >= width; }
};
struct ShiftLeft : ByWidthOrMore {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) { return Bits<Lane>(a) << b; }
};
struct ShiftRightSigned : ByWidthOrMore {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) { return Bits<Lane>(a >> b); }
};
struct ShiftRightUnsigned : ByWidthOrMore {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned width) {
    return zeroExtend(a, width) >> b;
  }
};

/// The floor and what is left of it decide; for a shift above 0 the result has a bit to spare, so nothing
/// overflows.
template <Rounding Mode> struct RoundingShift : ByWidthOrMore {
  template <class Lane> static Bits<Lane> apply(Lane a, Lane b, unsigned) {
    if (b == 0)
      return Bits<Lane>(a);
    Lane floor = a >> b;
    Bits<Lane> rest = Bits<Lane>(a) & ((Bits<Lane>(1) << b) - 1);
    Bits<Lane> half = Bits<Lane>(1) << (b - 1);
    bool up = false;
    if constexpr (Mode == Rounding::HalfUp)
      up = rest >= half;
    else if constexpr (Mode == Rounding::HalfAwayFromZero)
      up = a < 0 ? rest > half : rest >= half;
    else if constexpr (Mode == Rounding::HalfToEven)
      up = rest > half || (rest == half && (floor & 1));
    else if constexpr (Mode == Rounding::TowardsZero)
      up = a < 0 && rest != 0;
    return Bits<Lane>(floor) + Bits<Lane>(up);
  }
};

template <class Lane> int64_t countLeadingZeros(const KernelCall &call) {
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i) {
    unsigned zeros = unsigned(std::countl_zero(zeroExtend(a[i], call.width))) - (laneBits<Lane> - call.width);
    result[i] = wrap<Lane>(zeros, call.width);
  }
  return -1;
}

/// Whatever the predicate, the three relations are computed and the mask chooses; an unsigned comparison
/// flips the sign.
template <class Lane> int64_t compare(const KernelCall &call) {
  auto *result = static_cast<int32_t *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  auto *b = static_cast<const Lane *>(call.arguments[1]);
  int32_t less = -int32_t(call.predicate & 1), equal = -int32_t(call.predicate >> 1 & 1);
  int32_t greater = -int32_t(call.predicate >> 2 & 1);
  Lane flip = call.predicate >> 3 & 1 ? std::numeric_limits<Lane>::min() : 0;
  for (int64_t i = 0; i < call.count; ++i) {
    Lane x = a[i] ^ flip, y = b[i] ^ flip;
    result[i] = (-int32_t(x < y) & less) | (-int32_t(x == y) & equal) | (-int32_t(x > y) & greater);
  }
  return -1;
}

template <class Operation> Kernel selectBinary(const nest::ScalarType &type) {
  if (type.width == 32)
    return binary<Operation, int32_t, true>;
  if (type.width == 64)
    return binary<Operation, int64_t, true>;
  return type.width < 32 ? binary<Operation, int32_t, false> : binary<Operation, int64_t, false>;
}

template <class Operation> Kernel selectPartial(const nest::ScalarType &type) {
  return type.width <= 32 ? partial<Operation, int32_t> : partial<Operation, int64_t>;
}

Kernel selectRoundingShift(const nest::Node &node) {
  switch (node.rounding) {
  case Rounding::HalfUp:
    return selectPartial<RoundingShift<Rounding::HalfUp>>(node.type);
  case Rounding::HalfAwayFromZero:
    return selectPartial<RoundingShift<Rounding::HalfAwayFromZero>>(node.type);
  case Rounding::HalfToEven:
    return selectPartial<RoundingShift<Rounding::HalfToEven>>(node.type);
  case Rounding::Down:
    return selectPartial<RoundingShift<Rounding::Down>>(node.type);
  case Rounding::TowardsZero:
    return selectPartial<RoundingShift<Rounding::TowardsZero>>(node.type);
  }
  return nullptr;
}

Kernel selectPartialKernel(const nest::Node &node) {
  switch (node.op) {
  case Opcode::DivSI:
    return selectPartial<DivideSigned>(node.type);
  case Opcode::DivUI:
    return selectPartial<DivideUnsigned>(node.type);
  case Opcode::FloorDivSI:
    return selectPartial<FloorDivide>(node.type);
  case Opcode::CeilDivSI:
    return selectPartial<CeilDivide>(node.type);
  case Opcode::RemSI:
    return selectPartial<RemainderSigned>(node.type);
  case Opcode::RemUI:
    return selectPartial<RemainderUnsigned>(node.type);
  case Opcode::ShLI:
    return selectPartial<ShiftLeft>(node.type);
  case Opcode::ShRSI:
    return selectPartial<ShiftRightSigned>(node.type);
  case Opcode::ShRUI:
    return selectPartial<ShiftRightUnsigned>(node.type);
  case Opcode::RoundingShiftRight:
    return selectRoundingShift(node);
  default:
    return nullptr;
  }
}

} // namespace

Kernel selectIntegerKernel(const nest::Node &node, const nest::ScalarType &argument) {
  switch (node.op) {
  case Opcode::AddI:
    return selectBinary<Add>(node.type);
  case Opcode::SubI:
    return selectBinary<Subtract>(node.type);
  case Opcode::MulI:
    return selectBinary<Multiply>(node.type);
  case Opcode::AndI:
    return selectBinary<And>(node.type);
  case Opcode::OrI:
    return selectBinary<Or>(node.type);
  case Opcode::XorI:
    return selectBinary<ExclusiveOr>(node.type);
  case Opcode::MaxSI:
    return selectBinary<MaximumSigned>(node.type);
  case Opcode::MinSI:
    return selectBinary<MinimumSigned>(node.type);
  case Opcode::MaxUI:
    return selectBinary<MaximumUnsigned>(node.type);
  case Opcode::MinUI:
    return selectBinary<MinimumUnsigned>(node.type);
  case Opcode::DoublingHighMultiply:
    return selectBinary<DoublingHigh>(node.type);
  case Opcode::CountLeadingZeros:
    return node.type.width <= 32 ? countLeadingZeros<int32_t> : countLeadingZeros<int64_t>;
  case Opcode::CmpI:
    return argument.width <= 32 ? compare<int32_t> : compare<int64_t>;
  default:
    return selectPartialKernel(node);
  }
}

} // namespace tenon::reference
