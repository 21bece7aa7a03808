// exp, log, tanh, erf, pow and fmod in double, written out, for machines without C's library. Largest errors
// found by tests/native/OwnFunctionsTest.cpp against the host's library, in units of the last place: exp 1,
// log 1, tanh 3, erf 8. pow is for results of at most 32 bits, where its relative error stays below 2^-44;
// fmod of floats of at most 32 bits is exact.
#include "core/native/ir/NodeText.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

namespace tenon::native {
namespace {

constexpr double highOfLog2 = 0x1.62e42feep-1;      // 32 bits: times a whole number it is exact
constexpr double lowOfLog2 = 0x1.a39ef35793c76p-33; // what is left of log 2
constexpr double inverseOfLog2 = 0x1.71547652b82fep+0;

class OwnFunctions {
public:
  explicit OwnFunctions(VectorText &text) : t(text) {}

  std::string exponential(const std::string &x) {
    Reduced reduced = reduce(clamped(x, -746, 710));
    std::string value = add(reduced.less1, real(1));
    // In two steps: 2^k alone may be outside the normal numbers.
    std::string half = t.binary("ashr", "i64", reduced.power, int64_t(1));
    value = multiply(value, powerOf2(half));
    value = multiply(value, powerOf2(t.binary("sub", "i64", reduced.power, half)));
    value = choose(compare("ogt", x, real(0x1.62e42fefa39efp+9)), real(HUGE_VAL), value);
    value = choose(compare("olt", x, real(-746)), real(0), value);
    return choose(isNan(x), x, value);
  }

  std::string logarithm(const std::string &x);
  std::string tangent(const std::string &x);
  std::string errorFunction(const std::string &x);
  std::string power(const std::string &x, const std::string &y);
  std::string remainder(const std::string &x, const std::string &y);

private:
  /// e^x = 2^power * (1 + less1).
  struct Reduced {
    std::string power; ///< i64
    std::string less1;
  };
  Reduced reduce(const std::string &x);
  std::string errorNearZero(const std::string &x, const std::string &gauss);
  std::string complementFarOut(const std::string &x, const std::string &gauss);
  std::string remainderOfOne(const std::string &x, const std::string &y);

  std::string real(double value) { return t.real("double", value); }
  std::string add(const std::string &a, const std::string &b) { return t.binary("fadd", "double", a, b); }
  std::string subtract(const std::string &a, const std::string &b) {
    return t.binary("fsub", "double", a, b);
  }
  std::string multiply(const std::string &a, const std::string &b) {
    return t.binary("fmul", "double", a, b);
  }
  std::string divide(const std::string &a, const std::string &b) { return t.binary("fdiv", "double", a, b); }
  std::string fused(const std::string &a, const std::string &b, const std::string &c) {
    return t.call("llvm.fma", "double", {a, b, c});
  }
  std::string magnitude(const std::string &a) { return t.call("llvm.fabs", "double", {a}); }
  std::string withSign(const std::string &a, const std::string &sign) {
    return t.call("llvm.copysign", "double", {a, sign});
  }
  std::string compare(const char *relation, const std::string &a, const std::string &b) {
    return t.compare("fcmp " + std::string(relation), "double", a, b);
  }
  std::string isNan(const std::string &a) { return compare("uno", a, a); }
  std::string both(const std::string &a, const std::string &b) { return t.conjunction(a, b); }
  std::string choose(const std::string &condition, const std::string &a, const std::string &b) {
    return t.select(condition, "double", a, b);
  }
  /// The value within the bounds; low where it is NaN.
  std::string clamped(const std::string &x, double low, double high) {
    std::string above = choose(compare("ogt", x, real(low)), x, real(low));
    return choose(compare("olt", above, real(high)), above, real(high));
  }
  std::string bits(const std::string &a) { return t.cast("bitcast", "double", a, "i64"); }
  std::string ofBits(const std::string &a) { return t.cast("bitcast", "i64", a, "double"); }
  /// 2^k for -1022 <= k <= 1023.
  std::string powerOf2(const std::string &k) {
    return ofBits(t.binary("shl", "i64", t.binary("add", "i64", k, int64_t(1023)), int64_t(52)));
  }
  /// a0 + x a1 + x^2 a2 ...
  std::string polynomial(const std::string &x, llvm::ArrayRef<double> coefficients) {
    std::string sum = real(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fused(sum, x, real(coefficient));
    return sum;
  }

  VectorText &t;
};

/// |r| <= log(2) / 2; Taylor's series to r^13 leaves less than 2^-57.
OwnFunctions::Reduced OwnFunctions::reduce(const std::string &x) {
  std::string whole = t.call("llvm.roundeven", "double", {multiply(x, real(inverseOfLog2))});
  std::string rest = fused(whole, real(-highOfLog2), x);
  rest = fused(whole, real(-lowOfLog2), rest);
  llvm::SmallVector<double> coefficients; // of e^r - 1 - r, divided by r^2
  double factorial = 1;
  for (unsigned n = 2; n <= 13; ++n) {
    factorial *= n;
    coefficients.push_back(1 / factorial);
  }
  std::string square = multiply(rest, rest);
  return {t.cast("fptosi", "double", whole, "i64"), fused(square, polynomial(rest, coefficients), rest)};
}

/// x = 2^e m with m between sqrt(1/2) and sqrt(2); with f = m - 1 and s = f / (2 + f) it is
/// log(1 + f) = 2 s (1 + s^2/3 + s^4/5 + ...), of which 11 terms leave less than 2^-57.
std::string OwnFunctions::logarithm(const std::string &x) {
  std::string isSmall = compare("olt", x, real(0x1p-1022));
  std::string scaled = choose(isSmall, multiply(x, real(0x1p54)), x);
  // Adding what lies between sqrt(1/2) and 1 moves the exponent where the fraction is above sqrt(2) / 2.
  std::string shifted = t.binary("sub", "i64", bits(scaled), int64_t(0x3fe6a09e667f3bcd));
  std::string exponent = t.binary("ashr", "i64", shifted, int64_t(52));
  std::string fraction =
      ofBits(t.binary("sub", "i64", bits(scaled), t.binary("shl", "i64", exponent, int64_t(52))));
  exponent =
      t.binary("sub", "i64", exponent, t.select(isSmall, "i64", t.integer("i64", 54), t.integer("i64", 0)));
  std::string e = t.cast("sitofp", "i64", exponent, "double");
  std::string f = subtract(fraction, real(1));
  std::string s = divide(f, add(f, real(2))), z = multiply(s, s);
  llvm::SmallVector<double> coefficients;
  for (unsigned n = 3; n <= 23; n += 2)
    coefficients.push_back(2.0 / n);
  std::string rest = multiply(z, polynomial(z, coefficients));
  std::string half = multiply(multiply(f, f), real(0.5));
  std::string inner = fused(e, real(lowOfLog2), multiply(s, add(half, rest)));
  std::string result = fused(e, real(highOfLog2), subtract(f, subtract(half, inner)));
  result = choose(compare("oeq", x, real(HUGE_VAL)), x, result);
  result = choose(compare("oeq", x, real(0)), real(-HUGE_VAL), result);
  return choose(compare("uge", x, real(0)), choose(isNan(x), x, result), real(NAN));
}

/// With e^2x - 1, which is exact to the last places near 0: tanh x = (e^2x - 1) / (e^2x + 1).
std::string OwnFunctions::tangent(const std::string &x) {
  std::string size = magnitude(x), twice = clamped(multiply(size, real(2)), 0, 44);
  Reduced reduced = reduce(twice);
  std::string scale = powerOf2(reduced.power);
  std::string less1 = fused(scale, reduced.less1, subtract(scale, real(1)));
  std::string result = divide(less1, add(less1, real(2)));
  result = choose(compare("ogt", size, real(22)), real(1), result);
  // Below 2^-28 the value is the argument's; the division would lose what is subnormal.
  result = choose(compare("olt", size, real(0x1p-28)), size, result);
  return choose(isNan(x), x, withSign(result, x));
}

/// e^-x^2 sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)), all of one sign: nothing cancels.
std::string OwnFunctions::errorNearZero(const std::string &x, const std::string &gauss) {
  llvm::SmallVector<double> coefficients;
  double coefficient = 1;
  for (unsigned n = 0; n < 48; ++n) {
    coefficients.push_back(coefficient);
    coefficient *= 2.0 / (2 * n + 3);
  }
  constexpr double twoByRootPi = 0x1.20dd750429b6dp+0;
  std::string sum = polynomial(multiply(x, x), coefficients);
  return multiply(multiply(gauss, multiply(x, sum)), real(twoByRootPi));
}

/// Laplace's continued fraction: e^-x^2 / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))).
std::string OwnFunctions::complementFarOut(const std::string &x, const std::string &gauss) {
  std::string fraction = x;
  for (unsigned level = 26; level >= 1; --level)
    fraction = add(x, divide(real(level / 2.0), fraction));
  constexpr double oneByRootPi = 0x1.20dd750429b6dp-1;
  return divide(multiply(gauss, real(oneByRootPi)), fraction);
}

std::string OwnFunctions::errorFunction(const std::string &x) {
  std::string size = clamped(magnitude(x), 0, 6.5), square = multiply(size, size);
  // The square's own rounding error counts in the exponent.
  std::string lost = fused(size, size, t.unary("fneg", "double", square));
  std::string gauss = exponential(t.unary("fneg", "double", square));
  gauss = fused(gauss, t.unary("fneg", "double", lost), gauss);
  std::string isNear = compare("olt", size, real(2.5));
  std::string far = subtract(real(1), complementFarOut(choose(isNear, real(2.5), size), gauss));
  std::string result = choose(isNear, errorNearZero(size, gauss), far);
  result = choose(compare("ogt", size, real(6)), real(1), result);
  constexpr double twoByRootPi = 0x1.20dd750429b6dp+0;
  result = choose(compare("olt", size, real(0x1p-28)), multiply(size, real(twoByRootPi)), result);
  return choose(isNan(x), x, withSign(result, x));
}

std::string OwnFunctions::power(const std::string &x, const std::string &y) {
  std::string size = magnitude(x);
  std::string result = exponential(multiply(y, logarithm(size)));
  auto isWhole = [&](const std::string &value) {
    return compare("oeq", value, t.call("llvm.floor", "double", {value}));
  };
  // Infinities and what is too large to be odd are whole and even.
  std::string whole = isWhole(y);
  std::string odd = both(whole, t.negation(isWhole(multiply(y, real(0.5)))));
  std::string isNegative = t.compare("icmp slt", "i64", bits(x), int64_t(0));
  result = choose(both(isNegative, odd), t.unary("fneg", "double", result), result);
  std::string hasNone =
      both(both(compare("olt", x, real(0)), t.negation(whole)), compare("one", size, real(HUGE_VAL)));
  result = choose(hasNone, real(NAN), result);
  result = choose(t.binary("or", "i1", isNan(x), isNan(y)), real(NAN), result);
  std::string isOne = both(compare("oeq", size, real(1)), compare("oeq", magnitude(y), real(HUGE_VAL)));
  isOne = t.binary("or", "i1", isOne, compare("oeq", x, real(1)));
  isOne = t.binary("or", "i1", isOne, compare("oeq", y, real(0)));
  return choose(isOne, real(1), result);
}

/// Long division by powers of 2 times y, each difference exact; x and y are floats, so all of them are normal
/// doubles.
std::string OwnFunctions::remainderOfOne(const std::string &x, const std::string &y) {
  std::string size = magnitude(x), divisor = magnitude(y);
  std::string hasNone = t.binary("or", "i1", compare("ueq", size, real(HUGE_VAL)),
                                 t.binary("or", "i1", isNan(y), compare("oeq", divisor, real(0))));
  std::string isWhole = compare("olt", size, divisor); // the remainder is x itself
  std::string steps = t.binary("sub", "i64", t.binary("lshr", "i64", bits(size), int64_t(52)),
                               t.binary("lshr", "i64", bits(divisor), int64_t(52)));
  std::string skips = t.binary("or", "i1", hasNone, isWhole);
  std::string count = t.select(skips, "i64", "0", t.binary("add", "i64", steps, int64_t(1)));
  IrLoop loop = t.f.openLoop("0", count, "1", {{"double", size}}, /*mayBeEmpty=*/true);
  std::string shift = t.binary("sub", "i64", steps, loop.variable);
  std::string part =
      ofBits(t.binary("add", "i64", bits(divisor), t.binary("shl", "i64", shift, int64_t(52))));
  std::string fits = compare("oge", loop.carried[0], part);
  std::string next = choose(fits, subtract(loop.carried[0], part), loop.carried[0]);
  std::string result = t.f.closeLoop(loop, {next})[0];
  return choose(hasNone, real(NAN), withSign(result, x));
}

std::string OwnFunctions::remainder(const std::string &x, const std::string &y) {
  if (t.lanes == 1)
    return remainderOfOne(x, y);
  VectorText one(t.f, 1);
  OwnFunctions scalar(one);
  std::string result = "poison";
  for (unsigned lane = 0; lane < t.lanes; ++lane) {
    std::string left = t.extract("double", x, lane), right = t.extract("double", y, lane);
    result = t.insert("double", result, scalar.remainderOfOne(left, right), lane);
  }
  return result;
}

} // namespace

bool hasOwnFunction(llvm::StringRef function, const nest::ScalarType &type) {
  return llvm::StringSwitch<bool>(function)
      .Cases("exp", "log", "tanh", "erf", true)
      .Cases("pow", "fmod", type.width <= 32)
      .Default(false);
}

std::string emitOwnFunction(VectorText &text, llvm::StringRef function,
                            llvm::ArrayRef<std::string> arguments) {
  OwnFunctions own(text);
  if (function == "exp")
    return own.exponential(arguments[0]);
  if (function == "log")
    return own.logarithm(arguments[0]);
  if (function == "tanh")
    return own.tangent(arguments[0]);
  if (function == "erf")
    return own.errorFunction(arguments[0]);
  return function == "pow" ? own.power(arguments[0], arguments[1])
                           : own.remainder(arguments[0], arguments[1]);
}

} // namespace tenon::native
