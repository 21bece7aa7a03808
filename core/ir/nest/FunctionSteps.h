// exp, tanh and erf of types narrower than a double, as steps of IEEE 754 double arithmetic: their
// definition. A C library's functions differ from one library to the next and are calls, one element at a
// time. These are the same bits everywhere, and loops of them are vectorised. They are written once, for
// whatever an `Arithmetic` does with a step: compute it, or write it as LLVM IR or C.
//
// Relative error before the one rounding to the type: below 2^-44 (tests/ir/FunctionStepsTest.cpp), so that a
// float is the nearest one but for one argument in 2^20 or so, and its neighbour there.
//
// Arithmetic: Value, Condition; real(double); add, subtract, multiply, divide(Value, Value);
// magnitude(Value); withSign(Value, Value sign); isLess(Value, Value); isNan(Value); choose(Condition, Value,
// Value); powerOf2(Value), of a whole number between -1022 and 1023. No step may be fused with another.
#pragma once

#include <cstddef>

namespace tenon::nest {

template <class Arithmetic> class FunctionSteps {
public:
  using Value = typename Arithmetic::Value;

  explicit FunctionSteps(Arithmetic &arithmetic) : a(arithmetic) {}

  Value exponential(Value x) {
    // What lies outside rounds to 0 or infinity in every narrower type.
    Reduced reduced = reduce(clamped(x, -150, 130));
    Value value = a.multiply(a.powerOf2(reduced.power), a.add(reduced.less1, a.real(1)));
    return a.choose(a.isNan(x), x, value);
  }

  /// With e^2x - 1, which is exact to the last places near 0: tanh x = (e^2x - 1) / (e^2x + 1).
  Value tangent(Value x) {
    Reduced reduced = reduce(clamped(a.multiply(a.magnitude(x), a.real(2)), 0, 44));
    Value scale = a.powerOf2(reduced.power);
    Value less1 = a.add(a.multiply(scale, reduced.less1), a.subtract(scale, a.real(1)));
    Value result = a.divide(less1, a.add(less1, a.real(2)));
    return a.choose(a.isNan(x), x, a.withSign(result, x));
  }

  /// x P(x^2 / 8 - 1) up to 4, where the result rounds to 1. P interpolates erf(x) / x at Chebyshev's points.
  Value errorFunction(Value x) {
    static constexpr double coefficients[] = {
        0x1.6a040781a49a3p-2,  -0x1.69a0ccda3d620p-3,  0x1.0dabaf0612c6cp-3,  -0x1.b92e95c20a09fp-4,
        0x1.717efc78c13edp-4,  -0x1.3215d8a90e0a3p-4,  0x1.ea97f13613cedp-5,  -0x1.76e866301ddf9p-5,
        0x1.0ed52cf4b6337p-5,  -0x1.7034e09819bcep-6,  0x1.d6350fbe7c7ddp-7,  -0x1.1a033433e4d7dp-7,
        0x1.3e15f0be3f125p-8,  -0x1.51e21988e9b19p-9,  0x1.52cf981ff33a7p-10, -0x1.41ca196b97130p-11,
        0x1.213e05a48b64dp-12, -0x1.e8c569456b89bp-14, 0x1.8def62c23d8a2p-15, -0x1.496a3f26c561ap-16,
        0x1.e52e0d536fa7cp-18, -0x1.dec9e79008749p-20, 0x1.4f3009d2ff3d5p-21, -0x1.05f49bdbb8563p-21,
        0x1.42acb1eec27c8p-23};
    Value size = clamped(a.magnitude(x), 0, 4);
    Value t = a.subtract(a.multiply(a.multiply(size, size), a.real(0.125)), a.real(1));
    Value result = a.multiply(size, polynomial(t, coefficients));
    return a.choose(a.isNan(x), x, a.withSign(result, x));
  }

private:
  /// e^x = 2^power (1 + less1).
  struct Reduced {
    Value power, less1;
  };

  /// |rest| <= log(2) / 2; Taylor's series to the 11th power leaves less than 2^-46.
  Reduced reduce(Value x) {
    constexpr double inverseOfLog2 = 0x1.71547652b82fep+0;
    constexpr double highOfLog2 = 0x1.62e42feep-1;      // 32 bits: times a small whole number it is exact
    constexpr double lowOfLog2 = 0x1.a39ef35793c76p-33; // what is left of log 2
    constexpr double toWhole = 0x1.8p52; // has no bits below 1: adding it rounds to whole numbers
    static constexpr double coefficients[] = {1.0 / 2,       1.0 / 6,       1.0 / 24,    1.0 / 120,
                                              1.0 / 720,     1.0 / 5040,    1.0 / 40320, 1.0 / 362880,
                                              1.0 / 3628800, 1.0 / 39916800};
    Value shifted = a.add(a.multiply(x, a.real(inverseOfLog2)), a.real(toWhole));
    Value whole = a.subtract(shifted, a.real(toWhole));
    Value rest = a.subtract(x, a.multiply(whole, a.real(highOfLog2)));
    rest = a.subtract(rest, a.multiply(whole, a.real(lowOfLog2)));
    Value square = a.multiply(rest, rest);
    return {whole, a.add(a.multiply(square, polynomial(rest, coefficients)), rest)};
  }

  /// The value within the bounds; low where it is NaN.
  Value clamped(Value x, double low, double high) {
    Value above = a.choose(a.isLess(a.real(low), x), x, a.real(low));
    return a.choose(a.isLess(above, a.real(high)), above, a.real(high));
  }

  /// Even powers and odd ones apart: two short chains of steps instead of a long one.
  template <size_t count> Value polynomial(Value x, const double (&coefficients)[count]) {
    Value square = a.multiply(x, x);
    return a.add(a.multiply(x, everySecond(square, coefficients, 1)), everySecond(square, coefficients, 0));
  }
  template <size_t count> Value everySecond(Value square, const double (&coefficients)[count], size_t first) {
    size_t last = first + (count - 1 - first) / 2 * 2;
    Value sum = a.real(coefficients[last]);
    for (size_t i = last; i > first; i -= 2)
      sum = a.add(a.multiply(sum, square), a.real(coefficients[i - 2]));
    return sum;
  }

  Arithmetic &a;
};

} // namespace tenon::nest
