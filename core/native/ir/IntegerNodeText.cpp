// Integer operations. LLVM's integers have the nest's widths, so wrapping is theirs.
#include "core/native/ir/NodeText.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

using host::HostStatus;
using nest::IntegerPredicate;
using nest::Opcode;
using nest::Rounding;

void NodeText::failWhere(const std::string &condition, HostStatus status) {
  t.f.fail(t.any(t.where(mask, condition)), status);
}

/// The divisor, 1 where it is 0.
std::string NodeText::safeDivisor() {
  if (range(1).low > 0 || range(1).high < 0) // what lanes that are not there hold is nobody's promise
    return mask.empty() || a(1).front() != '%' ? a(1) : t.select(mask, own, a(1), t.integer(own, 1));
  std::string isZero = t.compare("icmp eq", own, a(1), int64_t(0));
  failWhere(isZero, HostStatus::DivisionByZero);
  return t.select(isZero, own, t.integer(own, 1), a(1));
}

/// By -1 the quotient is the negated dividend, which wraps; the remainder is 0.
std::string NodeText::signedQuotient(const std::string &divisor, bool remainder) {
  std::string op = remainder ? "srem" : "sdiv";
  if (range(1).low > -1 || range(1).high < -1)
    return t.binary(op, own, a(0), divisor);
  std::string isMinusOne = t.compare("icmp eq", own, divisor, int64_t(-1));
  std::string plain = t.binary(op, own, a(0), t.select(isMinusOne, own, t.integer(own, 1), divisor));
  std::string other = remainder ? t.integer(own, 0) : t.binary("sub", own, t.integer(own, 0), a(0));
  return t.select(isMinusOne, own, other, plain);
}

std::string NodeText::division() {
  std::string divisor = safeDivisor();
  bool isRemainder = node.op == Opcode::RemSI || node.op == Opcode::RemUI;
  if (width == 1) // by -1 or 1, the only divisor: the dividend, which is its own negative
    return isRemainder ? t.integer(own, 0) : a(0);
  switch (node.op) {
  case Opcode::DivSI:
    return signedQuotient(divisor, false);
  case Opcode::RemSI:
    return signedQuotient(divisor, true);
  case Opcode::DivUI:
    return t.binary("udiv", own, a(0), divisor);
  case Opcode::RemUI:
    return t.binary("urem", own, a(0), divisor);
  default:
    break;
  }
  bool isFloor = node.op == Opcode::FloorDivSI;
  std::string quotient = signedQuotient(divisor, false), rest = signedQuotient(divisor, true);
  std::string signs = t.binary("xor", own, a(0), divisor);
  std::string sameSide = t.compare(isFloor ? "icmp slt" : "icmp sge", own, signs, int64_t(0));
  std::string adjusts = t.conjunction(t.compare("icmp ne", own, rest, int64_t(0)), sameSide);
  return t.binary(isFloor ? "sub" : "add", own, quotient, t.cast("zext", "i1", adjusts, own));
}

/// The amount, 0 where it is not below the width.
std::string NodeText::safeShift() {
  if (range(1).low >= 0 && range(1).high < int64_t(width))
    return a(1);
  if (width == 1) { // 1 is the only wrong amount
    failWhere(a(1), HostStatus::ShiftNotBelowWidth);
    return t.integer(own, 0);
  }
  // Read unsigned, a negative amount is a large one; every width above 1 holds width - 1.
  std::string isWrong = t.compare("icmp ugt", own, a(1), int64_t(width) - 1);
  failWhere(isWrong, HostStatus::ShiftNotBelowWidth);
  return t.select(isWrong, own, t.integer(own, 0), a(1));
}

std::string NodeText::shift() {
  std::string amount = safeShift();
  switch (node.op) {
  case Opcode::ShLI:
    return t.binary("shl", own, a(0), amount);
  case Opcode::ShRSI:
    return t.binary("ashr", own, a(0), amount);
  case Opcode::ShRUI:
    return t.binary("lshr", own, a(0), amount);
  default:
    return width == 1 ? a(0) : roundingShift(amount);
  }
}

/// Whether the floor goes up by one, as an i1: what was shifted out is compared with a half.
std::string NodeText::roundedUp(const std::string &amount, const std::string &floor) {
  std::string bits = t.binary("xor", own, t.binary("shl", own, t.integer(own, -1), amount), int64_t(-1));
  std::string rest = t.binary("and", own, a(0), bits);
  // One below a half; with a shift of 0 it is 0, as the rest is, and nothing goes up.
  std::string below = t.binary("lshr", own, bits, int64_t(1));
  switch (node.rounding) {
  case Rounding::HalfUp:
    return t.compare("icmp ugt", own, rest, below);
  case Rounding::HalfAwayFromZero: {
    std::string sign = t.binary("lshr", own, a(0), int64_t(width) - 1);
    return t.compare("icmp ugt", own, rest, t.binary("add", own, below, sign));
  }
  case Rounding::HalfToEven: {
    std::string odd = t.binary("and", own, floor, int64_t(1));
    std::string half = t.binary("add", own, below, int64_t(1));
    return t.compare("icmp ugt", own, t.binary("add", own, rest, odd), half);
  }
  case Rounding::TowardsZero:
    return t.conjunction(t.compare("icmp ne", own, rest, int64_t(0)),
                         t.compare("icmp slt", own, a(0), int64_t(0)));
  case Rounding::Down:
    break;
  }
  llvm_unreachable("rounding down goes nowhere");
}

std::string NodeText::roundingShift(const std::string &amount) {
  if (node.rounding == Rounding::Down)
    return t.binary("ashr", own, a(0), amount);
  // Where the sum with a half cannot wrap it is shorter to add first.
  int64_t most = std::min<int64_t>(range(1).high, width - 1);
  nest::Interval all = allIntegers(width);
  bool fits = range(1).low >= 1 && most >= 1 && range(0).high <= all.high - (int64_t(1) << (most - 1));
  bool isUp = node.rounding == Rounding::HalfUp, isAway = node.rounding == Rounding::HalfAwayFromZero;
  if (fits && (isUp || isAway)) {
    std::string half = t.binary("shl", own, t.integer(own, 1), t.binary("sub", own, amount, int64_t(1)));
    std::string sum = t.binary("add", own, a(0), half);
    if (isAway && range(0).low < 0)
      sum = t.binary("add", own, sum, t.binary("ashr", own, a(0), int64_t(width) - 1));
    return t.binary("ashr", own, sum, amount);
  }
  std::string floor = t.binary("ashr", own, a(0), amount);
  return t.binary("add", own, floor, t.cast("zext", "i1", roundedUp(amount, floor), own));
}

/// Two products of 64 bits at a time, of the even and of the odd lanes: what vectors of 32 bits multiply
/// without being taken apart.
std::string NodeText::doublingHighInPairs() {
  VectorText pair(t.f, t.lanes / 2);
  auto product = [&](bool odd) {
    std::string sides[2];
    for (unsigned i : {0, 1}) {
      std::string both = t.f.value("bitcast " + t.type("i32") + " " + a(i) + " to " + pair.type("i64"));
      if (!odd)
        both = pair.binary("shl", "i64", both, int64_t(32));
      sides[i] = pair.binary("ashr", "i64", both, int64_t(32));
    }
    std::string whole = pair.binary("mul", "i64", sides[0], sides[1]);
    return pair.binary("add", "i64", whole, int64_t(1) << 30);
  };
  // Both shifted down alike: a doubling would be moved into a constant factor, which 32 bits then do not
  // hold.
  auto words = [&](const std::string &value) {
    std::string high = pair.binary("lshr", "i64", value, int64_t(31));
    return t.f.value("bitcast " + pair.type("i64") + " " + high + " to " + t.type("i32"));
  };
  std::string even = words(product(false)), odd = words(product(true));
  llvm::SmallVector<int64_t> order;
  for (unsigned lane = 0; lane < t.lanes; ++lane)
    order.push_back(lane % 2 ? t.lanes + lane - 1 : lane);
  return t.shuffle("i32", even, odd, order);
}

/// The same where vectors are short: halves are widened, as many such machines multiply.
std::string NodeText::doublingHighWidened() {
  VectorText half(t.f, t.lanes / 2);
  auto product = [&](int64_t first) {
    std::string sides[2];
    for (unsigned i : {0, 1}) {
      llvm::SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(first, first + half.lanes));
      sides[i] = half.cast("sext", "i32", t.shuffle("i32", a(i), "poison", order), "i64");
    }
    std::string whole = half.binary("mul", "i64", sides[0], sides[1]);
    std::string sum = half.binary("add", "i64", whole, int64_t(1) << 30);
    return half.cast("trunc", "i64", half.binary("lshr", "i64", sum, int64_t(31)), "i32");
  };
  std::string low = product(0), high = product(half.lanes);
  return half.shuffle("i32", low, high, llvm::to_vector(llvm::seq<int64_t>(0, t.lanes)));
}

/// By 2^k: a shift with halves up, at the width itself.
std::string NodeText::doublingHighByPower(unsigned number, int64_t power) {
  int64_t shift = int64_t(width) - 1 - llvm::Log2_64(uint64_t(power));
  const std::string &value = a(number);
  if (range(number).high <= allIntegers(width).high - (int64_t(1) << (shift - 1)))
    return t.binary("ashr", own, t.binary("add", own, value, int64_t(1) << (shift - 1)), shift);
  std::string half = t.binary("and", own, t.binary("lshr", own, value, shift - 1), int64_t(1));
  return t.binary("add", own, t.binary("ashr", own, value, shift), half);
}

/// floor((ab + 2^(w-2)) / 2^(w-1)); only the product of two minima is outside, and wraps to the minimum,
/// which nothing else gives.
std::string NodeText::doublingHighMultiply() {
  if (width == 1)
    return t.integer(own, 0);
  for (unsigned i : {0, 1})
    if (range(i).low == range(i).high && range(i).low > 0 && llvm::isPowerOf2_64(uint64_t(range(i).low)))
      return doublingHighByPower(1 - i, range(i).low);
  std::string high;
  if (width == 32 && t.lanes >= 4 && t.lanes % 2 == 0) {
    bool isShort = facts.vectorBytes > 0 && facts.vectorBytes <= 16;
    high = isShort ? doublingHighWidened() : doublingHighInPairs();
  } else {
    std::string wide = "i" + std::to_string(2 * width);
    std::string product =
        t.binary("mul", wide, t.cast("sext", own, a(0), wide), t.cast("sext", own, a(1), wide));
    std::string sum =
        t.binary("add", wide, product, t.splat(wide, std::to_string(uint64_t(1) << (width - 2))));
    high = t.cast("trunc", wide, t.binary("lshr", wide, sum, int64_t(width) - 1), own);
  }
  int64_t least = allIntegers(width).low;
  if (range(0).low > least || range(1).low > least)
    return high;
  std::string overflows = t.compare("icmp eq", own, high, least);
  return t.binary("add", own, high, t.cast("sext", "i1", overflows, own));
}

static const char *predicateText(IntegerPredicate predicate) {
  switch (predicate) {
  case IntegerPredicate::EQ:
    return "icmp eq";
  case IntegerPredicate::NE:
    return "icmp ne";
  case IntegerPredicate::SLT:
    return "icmp slt";
  case IntegerPredicate::SLE:
    return "icmp sle";
  case IntegerPredicate::SGT:
    return "icmp sgt";
  case IntegerPredicate::SGE:
    return "icmp sge";
  case IntegerPredicate::ULT:
    return "icmp ult";
  case IntegerPredicate::ULE:
    return "icmp ule";
  case IntegerPredicate::UGT:
    return "icmp ugt";
  case IntegerPredicate::UGE:
    return "icmp uge";
  }
  llvm_unreachable("a predicate that is not listed");
}

/// Clamped at the source's width where the bounds are inside it, then cut.
std::string NodeText::saturate() {
  std::string from = sourceType(), value = a(0);
  unsigned sourceWidth = arguments[0].type.width, bits = node.resultSigned ? width - 1 : width;
  nest::Interval source = allIntegers(sourceWidth);
  // The interpreter's bounds are those of its lanes of 32 or 64 bits: a bound outside the source clamps
  // nothing.
  int64_t high = bits >= 63 ? INT64_MAX : (int64_t(1) << bits) - 1;
  int64_t low = node.resultSigned ? -high - 1 : 0;
  if (high < source.high && range(0).high > high)
    value = t.call("llvm.smin", from, {value, t.integer(from, high)});
  if (low > source.low && range(0).low < low)
    value = t.call("llvm.smax", from, {value, t.integer(from, low)});
  return t.cast("trunc", from, value, own);
}

std::string NodeText::integerOperation() {
  switch (node.op) {
  case Opcode::AddI:
    return t.binary("add", own, a(0), a(1));
  case Opcode::SubI:
    return t.binary("sub", own, a(0), a(1));
  case Opcode::MulI:
    return t.binary("mul", own, a(0), a(1));
  case Opcode::AndI:
    return t.binary("and", own, a(0), a(1));
  case Opcode::OrI:
    return t.binary("or", own, a(0), a(1));
  case Opcode::XorI:
    return t.binary("xor", own, a(0), a(1));
  case Opcode::MaxSI:
    return t.call("llvm.smax", own, {a(0), a(1)});
  case Opcode::MinSI:
    return t.call("llvm.smin", own, {a(0), a(1)});
  case Opcode::MaxUI:
    return t.call("llvm.umax", own, {a(0), a(1)});
  case Opcode::MinUI:
    return t.call("llvm.umin", own, {a(0), a(1)});
  case Opcode::CountLeadingZeros: {
    std::string name = "llvm.ctlz." + VectorText::suffix(own, t.lanes), type = t.type(own);
    t.f.declare("declare " + type + " @" + name + "(" + type + ", i1 immarg)");
    return t.f.value("call " + type + " @" + name + "(" + type + " " + a(0) + ", i1 false)");
  }
  case Opcode::DoublingHighMultiply:
    return doublingHighMultiply();
  case Opcode::CmpI:
    return t.compare(predicateText(node.integerPredicate), sourceType(), a(0), a(1));
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
    return shift();
  default:
    return division();
  }
}

} // namespace tenon::native
