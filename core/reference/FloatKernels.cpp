// Float operations over rows of lanes, each rounded once to the node's type.
//
// f16 and bf16 have p = 11 and 8 bits and are computed in float, which has 24 >= 2p + 2: rounding + - * / and
// sqrt first to float and then to the type gives what one rounding gives (Figueroa's theorem). Where a result
// is subnormal in the type it still holds: sums are exact there, products are exact in float or below half of
// the least subnormal, and a quotient that is not a midpoint of the type is at least 2^-10 of the subnormals'
// spacing away from one, while float keeps 2^-16 of it. A remainder is exact. What lies between (exp, pow,
// ...) is computed in double, as Scalars.def says.
#include "core/ir/nest/FunctionSteps.h"
#include "core/reference/LaneArithmetic.h"
#include "core/reference/RowKernels.h"

#include <bit>

namespace tenon::reference {
namespace {

using nest::Opcode;
using nest::ScalarType;

template <class Operation, class Rounded> int64_t unary(const KernelCall &call) {
  using Lane = typename Rounded::Lane;
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = Rounded::round(Operation::apply(a[i]));
  return -1;
}

template <class Operation, class Rounded> int64_t binary(const KernelCall &call) {
  using Lane = typename Rounded::Lane;
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  auto *b = static_cast<const Lane *>(call.arguments[1]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = Rounded::round(Operation::apply(a[i], b[i]));
  return -1;
}

struct Add {
  template <class Lane> static Lane apply(Lane a, Lane b) { return a + b; }
};
struct Subtract {
  template <class Lane> static Lane apply(Lane a, Lane b) { return a - b; }
};
struct Multiply {
  template <class Lane> static Lane apply(Lane a, Lane b) { return a * b; }
};
/// IEEE division: by zero it gives an infinity or NaN. C++ leaves it undefined, the hosts that we build for
/// do not.
struct Divide {
  template <class Lane>
  __attribute__((no_sanitize("float-divide-by-zero"))) static Lane apply(Lane a, Lane b) {
    return a / b;
  }
};
struct Remainder {
  template <class Lane> static Lane apply(Lane a, Lane b) { return std::fmod(a, b); }
};
struct Maximum {
  template <class Lane> static Lane apply(Lane a, Lane b) { return maximum(a, b); }
};
struct Minimum {
  template <class Lane> static Lane apply(Lane a, Lane b) { return minimum(a, b); }
};
struct MaximumNumber {
  template <class Lane> static Lane apply(Lane a, Lane b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : maximum(a, b);
  }
};
struct MinimumNumber {
  template <class Lane> static Lane apply(Lane a, Lane b) {
    return std::isnan(a) ? b : std::isnan(b) ? a : minimum(a, b);
  }
};
struct Power {
  template <class Lane> static double apply(Lane a, Lane b) { return std::pow(double(a), double(b)); }
};

struct Negate {
  template <class Lane> static Lane apply(Lane a) { return -a; }
};
struct Absolute {
  template <class Lane> static Lane apply(Lane a) { return std::fabs(a); }
};
struct SquareRoot {
  template <class Lane> static Lane apply(Lane a) { return std::sqrt(a); }
};
struct Floor {
  template <class Lane> static Lane apply(Lane a) { return std::floor(a); }
};
struct Ceil {
  template <class Lane> static Lane apply(Lane a) { return std::ceil(a); }
};
struct Round {
  template <class Lane> static Lane apply(Lane a) { return std::round(a); }
};
/// The fraction of `a` is exact, so that it can be compared with a half; a sum that is 0 keeps the sign of
/// `a`.
struct RoundEven {
  template <class Lane> static Lane apply(Lane a) {
    Lane down = std::floor(a);
    Lane rest = a - down;
    bool up = rest > Lane(0.5) || (rest == Lane(0.5) && std::fmod(down, Lane(2)) != 0);
    return std::isfinite(a) ? std::copysign(up ? down + 1 : down, a) : a;
  }
};
/// Computes the steps.
struct DoubleArithmetic {
  using Value = double;
  using Condition = bool;

  static double real(double value) { return value; }
  static double add(double a, double b) { return a + b; }
  static double subtract(double a, double b) { return a - b; }
  static double multiply(double a, double b) { return a * b; }
  static double divide(double a, double b) { return a / b; }
  static double magnitude(double a) { return std::fabs(a); }
  static double withSign(double a, double sign) { return std::copysign(a, sign); }
  static bool isLess(double a, double b) { return a < b; }
  static bool isNan(double a) { return a != a; }
  static double choose(bool condition, double a, double b) { return condition ? a : b; }
  static double powerOf2(double whole) {
    return std::bit_cast<double>(std::bit_cast<uint64_t>(whole + (0x1p52 + 1023)) << 52);
  }
};

/// A function of f64 is the C library's.
template <class Lane> constexpr bool isNarrow = !std::is_same_v<Lane, double>;

struct Exponential {
  template <class Lane> static double apply(Lane a) {
    DoubleArithmetic steps;
    return isNarrow<Lane> ? nest::FunctionSteps(steps).exponential(double(a)) : std::exp(double(a));
  }
};
struct Logarithm {
  template <class Lane> static double apply(Lane a) { return std::log(double(a)); }
};
struct HyperbolicTangent {
  template <class Lane> static double apply(Lane a) {
    DoubleArithmetic steps;
    return isNarrow<Lane> ? nest::FunctionSteps(steps).tangent(double(a)) : std::tanh(double(a));
  }
};
struct ErrorFunction {
  template <class Lane> static double apply(Lane a) {
    DoubleArithmetic steps;
    return isNarrow<Lane> ? nest::FunctionSteps(steps).errorFunction(double(a)) : std::erf(double(a));
  }
};

/// a * b + c rounded to odd in double: the exact product and the exact error of the sum (Knuth's two-sum)
/// tell on which side of the double sum the exact one lies. Rounding to odd with two bits to spare and then
/// to a narrower type is the one rounding of the exact value (Boldo and Melquiond).
double multiplyAddToOdd(double a, double b, double c) {
  double product = a * b; // at most 22 bits: exact
  double sum = product + c;
  if (!std::isfinite(sum))
    return sum;
  double part = sum - product;
  double error = (product - (sum - part)) + (c - part);
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if (error != 0 && !(bits & 1))
    bits += (error > 0) == (sum > 0) ? 1 : -1;
  return std::bit_cast<double>(bits);
}

template <class Rounded>
typename Rounded::Lane multiplyAdd(typename Rounded::Lane a, typename Rounded::Lane b,
                                   typename Rounded::Lane c) {
  if constexpr (std::is_same_v<Rounded, RoundToHalf> || std::is_same_v<Rounded, RoundToBrain>)
    return Rounded::round(multiplyAddToOdd(a, b, c));
  else
    return std::fma(a, b, c);
}

template <class Rounded> int64_t fusedMultiplyAdd(const KernelCall &call) {
  using Lane = typename Rounded::Lane;
  auto *result = static_cast<Lane *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  auto *b = static_cast<const Lane *>(call.arguments[1]);
  auto *c = static_cast<const Lane *>(call.arguments[2]);
  for (int64_t i = 0; i < call.count; ++i)
    result[i] = multiplyAdd<Rounded>(a[i], b[i], c[i]);
  return -1;
}

/// The mask has a bit for each relation: less, equal, greater, unordered.
template <class Lane> int64_t compare(const KernelCall &call) {
  auto *result = static_cast<int32_t *>(call.result);
  auto *a = static_cast<const Lane *>(call.arguments[0]);
  auto *b = static_cast<const Lane *>(call.arguments[1]);
  int32_t less = -int32_t(call.predicate & 1), equal = -int32_t(call.predicate >> 1 & 1);
  int32_t greater = -int32_t(call.predicate >> 2 & 1), unordered = -int32_t(call.predicate >> 3 & 1);
  for (int64_t i = 0; i < call.count; ++i) {
    int32_t isLess = -int32_t(a[i] < b[i]), isEqual = -int32_t(a[i] == b[i]),
            isGreater = -int32_t(a[i] > b[i]);
    int32_t isUnordered = ~(isLess | isEqual | isGreater);
    result[i] = (isLess & less) | (isEqual & equal) | (isGreater & greater) | (isUnordered & unordered);
  }
  return -1;
}

template <class Rounded> Kernel selectUnary(Opcode op) {
  switch (op) {
  case Opcode::NegF:
    return unary<Negate, Rounded>;
  case Opcode::AbsF:
    return unary<Absolute, Rounded>;
  case Opcode::SqrtF:
    return unary<SquareRoot, Rounded>;
  case Opcode::FloorF:
    return unary<Floor, Rounded>;
  case Opcode::CeilF:
    return unary<Ceil, Rounded>;
  case Opcode::RoundF:
    return unary<Round, Rounded>;
  case Opcode::RoundEvenF:
    return unary<RoundEven, Rounded>;
  case Opcode::ExpF:
    return unary<Exponential, Rounded>;
  case Opcode::LogF:
    return unary<Logarithm, Rounded>;
  case Opcode::TanhF:
    return unary<HyperbolicTangent, Rounded>;
  case Opcode::ErfF:
    return unary<ErrorFunction, Rounded>;
  default:
    return nullptr;
  }
}

template <class Rounded> Kernel selectArithmetic(Opcode op) {
  switch (op) {
  case Opcode::AddF:
    return binary<Add, Rounded>;
  case Opcode::SubF:
    return binary<Subtract, Rounded>;
  case Opcode::MulF:
    return binary<Multiply, Rounded>;
  case Opcode::DivF:
    return binary<Divide, Rounded>;
  case Opcode::RemF:
    return binary<Remainder, Rounded>;
  case Opcode::MaximumF:
    return binary<Maximum, Rounded>;
  case Opcode::MinimumF:
    return binary<Minimum, Rounded>;
  case Opcode::MaxNumF:
    return binary<MaximumNumber, Rounded>;
  case Opcode::MinNumF:
    return binary<MinimumNumber, Rounded>;
  case Opcode::PowF:
    return binary<Power, Rounded>;
  case Opcode::Fma:
    return fusedMultiplyAdd<Rounded>;
  default:
    return selectUnary<Rounded>(op);
  }
}

} // namespace

Kernel selectFloatKernel(const nest::Node &node, const ScalarType &argument) {
  if (node.op == Opcode::CmpF)
    return argument.kind == ScalarType::Kind::Float64 ? compare<double> : compare<float>;
  switch (node.type.kind) {
  case ScalarType::Kind::Integer:
    return nullptr;
  case ScalarType::Kind::Float16:
    return selectArithmetic<RoundToHalf>(node.op);
  case ScalarType::Kind::BFloat16:
    return selectArithmetic<RoundToBrain>(node.op);
  case ScalarType::Kind::Float32:
    return selectArithmetic<RoundToSingle>(node.op);
  case ScalarType::Kind::Float64:
    return selectArithmetic<RoundToDouble>(node.op);
  }
  return nullptr;
}

} // namespace tenon::reference
