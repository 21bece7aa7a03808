// Indices of accesses in lanes. As long as a lane's distance from the first is known when compiling, it is
// kept as a number: also over quotients and remainders, where the first lane is a multiple of what is needed.
#include "core/native/ir/AccessText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace tenon::native {

using nest::Access;

static int64_t floorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

std::string AccessText::vectorOf(const LaneInteger &value) {
  if (lanes == 1 || !value.vector.empty())
    return value.vector.empty() ? value.base : value.vector;
  std::string first = emitSplat(f, "i64", value.base, lanes);
  if (value.steps.empty())
    return first;
  return t.binary("add", "i64", first, VectorText::numbers("i64", value.steps));
}

LaneInteger AccessText::sum(const LaneInteger &a, const LaneInteger &b) {
  LaneInteger result;
  if (!a.vector.empty() || !b.vector.empty()) {
    result.vector = t.binary("add nsw", "i64", vectorOf(a), vectorOf(b));
    return result;
  }
  result.steps = a.steps.empty() ? b.steps : a.steps;
  if (!a.steps.empty() && !b.steps.empty())
    for (unsigned lane = 0; lane < lanes; ++lane)
      result.steps[lane] += b.steps[lane];
  result.multiple = std::gcd(a.multiple, b.multiple);
  result.base = a.base == "0"   ? b.base
                : b.base == "0" ? a.base
                                : f.value("add nsw i64 " + a.base + ", " + b.base);
  return result;
}

LaneInteger AccessText::product(const LaneInteger &a, int64_t factor) {
  LaneInteger result;
  if (factor == 1)
    return a;
  if (factor == 0)
    return result;
  if (!a.vector.empty()) {
    result.vector = t.binary("mul nsw", "i64", a.vector, factor);
    return result;
  }
  for (int64_t step : a.steps)
    result.steps.push_back(step * factor);
  result.multiple = std::abs(a.multiple * factor);
  if (a.base != "0")
    result.base = f.value("mul nsw i64 " + a.base + ", " + llvm::Twine(factor));
  return result;
}

/// The quotient or remainder of each lane as that of the first and a number, where the first lane is a
/// multiple of the divisor, or the lanes stay between two multiples of something that divides it.
std::optional<LaneInteger> AccessText::dividedSteps(const LaneInteger &value, int64_t divisor, bool isRest,
                                                    llvm::function_ref<std::string()> divideBase) {
  if (!value.vector.empty() || value.steps.empty())
    return std::nullopt;
  LaneInteger result;
  bool isAligned = value.multiple == 0 || value.multiple % divisor == 0;
  int64_t low = *llvm::min_element(value.steps), high = *llvm::max_element(value.steps);
  bool staysBetween =
      value.multiple > 0 && divisor % value.multiple == 0 && low >= 0 && high < value.multiple;
  if (!isAligned && !staysBetween)
    return std::nullopt;
  for (int64_t step : value.steps) {
    int64_t quotient = isAligned ? floorDivide(step, divisor) : 0;
    result.steps.push_back(isRest ? step - quotient * divisor : quotient);
  }
  if (llvm::all_equal(result.steps) && result.steps.front() == 0)
    result.steps.clear();
  // Of an aligned base there is no remainder.
  if (!(isAligned && isRest)) {
    result.base = value.multiple == 0 ? "0" : divideBase();
    result.multiple = value.multiple == 0 ? 0
                      : isRest            ? value.multiple
                      : isAligned         ? value.multiple / divisor
                                          : 1;
  }
  return result;
}

/// By a positive constant, towards minus infinity.
LaneInteger AccessText::quotient(AffineBinaryOpExpr expression) {
  int64_t divisor = cast<AffineConstantExpr>(expression.getRHS()).getValue();
  AffineExpr inner = expression.getLHS();
  LaneInteger value = index(inner);
  bool isCeil = expression.getKind() == AffineExprKind::CeilDiv;
  bool isRest = expression.getKind() == AffineExprKind::Mod;
  if (isCeil)
    value = product(value, -1);
  std::optional<nest::Interval> range = nest::indexRange(inner, nest.loops);
  bool natural = !isCeil && range && range->low >= 0;
  auto divide = [&](VectorText own, const std::string &number) {
    if (natural)
      return own.binary(isRest ? "urem" : "udiv", "i64", number, divisor);
    std::string rest = own.binary("srem", "i64", number, divisor);
    std::string isBelow = own.compare("icmp slt", "i64", rest, int64_t(0));
    if (isRest)
      return own.select(isBelow, "i64", own.binary("add", "i64", rest, divisor), rest);
    return own.binary("add", "i64", own.binary("sdiv", "i64", number, divisor),
                      own.cast("sext", "i1", isBelow, "i64"));
  };
  auto divideBase = [&] { return divide(VectorText(f, 1), value.base); };
  std::optional<LaneInteger> inSteps = dividedSteps(value, divisor, isRest, divideBase);
  if (inSteps)
    return isCeil ? product(*inSteps, -1) : *inSteps;
  LaneInteger found;
  if (value.isUniform()) {
    found.base = divideBase();
    found.multiple = 1;
  } else {
    found.vector = divide(t, vectorOf(value));
  }
  return isCeil ? product(found, -1) : found;
}

LaneInteger AccessText::index(AffineExpr expression) {
  LaneInteger result;
  if (auto number = dyn_cast<AffineConstantExpr>(expression)) {
    result.base = std::to_string(number.getValue());
    result.multiple = std::abs(number.getValue());
    return result;
  }
  if (auto loop = dyn_cast<AffineDimExpr>(expression)) {
    unsigned position = loop.getPosition();
    if (nest.loops[position].extent == 1)
      return result;
    result.base = values.values[position];
    result.multiple = 1;
    if (lanes > 1 && int(position) == values.laneLoop) {
      result.multiple = values.multiple;
      for (unsigned lane = 0; lane < lanes; ++lane)
        result.steps.push_back(lane);
    }
    return result;
  }
  auto binary = cast<AffineBinaryOpExpr>(expression);
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return sum(index(binary.getLHS()), index(binary.getRHS()));
  case AffineExprKind::Mul: {
    auto right = dyn_cast<AffineConstantExpr>(binary.getRHS());
    AffineExpr other = right ? binary.getLHS() : binary.getRHS();
    return product(index(other), (right ? right : cast<AffineConstantExpr>(binary.getLHS())).getValue());
  }
  default:
    return quotient(binary);
  }
}

LaneInteger AccessText::offset(const Access &access) { return index(flatIndex(nest, access)); }

/// Lanes of a piece, where all pieces of consecutive steps are equally long and a power of 2; else 1.
static unsigned runLength(llvm::ArrayRef<int64_t> steps) {
  unsigned run = 0, current = 1;
  for (size_t lane = 1; lane <= steps.size(); ++lane) {
    if (lane < steps.size() && steps[lane] == steps[lane - 1] + 1) {
      ++current;
      continue;
    }
    // Pieces that happen to follow one another count as several.
    run = run == 0 ? current : std::gcd(run, current);
    current = 1;
  }
  return llvm::isPowerOf2_32(run) ? run : 1;
}

LanePattern lanePattern(const LaneInteger &place, unsigned lanes) {
  LanePattern pattern;
  if (!place.vector.empty())
    return pattern;
  if (place.steps.empty() || (llvm::all_equal(place.steps) && place.steps.front() == 0)) {
    pattern.kind = LanePattern::Kind::Uniform;
    return pattern;
  }
  pattern.first = *llvm::min_element(place.steps);
  pattern.span = *llvm::max_element(place.steps) - pattern.first + 1;
  pattern.run = runLength(place.steps);
  bool isAscending = place.steps.front() == 0 && pattern.run == lanes;
  if (isAscending)
    pattern.kind = LanePattern::Kind::Contiguous;
  else if (pattern.span <= 4 * int64_t(lanes))
    pattern.kind = LanePattern::Kind::Near;
  else if (pattern.run > 1)
    pattern.kind = LanePattern::Kind::Runs;
  return pattern;
}

} // namespace tenon::native
