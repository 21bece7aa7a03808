// The steps of exp, tanh and erf (core/ir/nest/FunctionSteps.h) as instructions.
#include "core/ir/nest/FunctionSteps.h"
#include "core/native/ir/NodeText.h"

#include "llvm/ADT/StringSwitch.h"

namespace tenon::native {
namespace {

class TextArithmetic {
public:
  using Value = std::string;
  using Condition = std::string;

  explicit TextArithmetic(VectorText &text) : t(text) {}

  Value real(double value) { return t.real("double", value); }
  Value add(const Value &a, const Value &b) { return t.binary("fadd", "double", a, b); }
  Value subtract(const Value &a, const Value &b) { return t.binary("fsub", "double", a, b); }
  Value multiply(const Value &a, const Value &b) { return t.binary("fmul", "double", a, b); }
  Value divide(const Value &a, const Value &b) { return t.binary("fdiv", "double", a, b); }
  Value magnitude(const Value &a) { return t.call("llvm.fabs", "double", {a}); }
  Value withSign(const Value &a, const Value &sign) { return t.call("llvm.copysign", "double", {a, sign}); }
  Condition isLess(const Value &a, const Value &b) { return t.compare("fcmp olt", "double", a, b); }
  Condition isNan(const Value &a) { return t.compare("fcmp uno", "double", a, a); }
  Value choose(const Condition &condition, const Value &a, const Value &b) {
    return t.select(condition, "double", a, b);
  }
  /// The sum has no bits below 1, and the exponent that is wanted in its last ones.
  Value powerOf2(const Value &whole) {
    constexpr double bias = 0x1p52 + 1023;
    std::string bits = t.cast("bitcast", "double", add(whole, real(bias)), "i64");
    return t.cast("bitcast", "i64", t.binary("shl", "i64", bits, int64_t(52)), "double");
  }

private:
  VectorText &t;
};

} // namespace

std::string emitFunctionSteps(VectorText &text, llvm::StringRef function, const std::string &x) {
  TextArithmetic arithmetic(text);
  nest::FunctionSteps<TextArithmetic> steps(arithmetic);
  if (function == "exp")
    return steps.exponential(x);
  return function == "tanh" ? steps.tangent(x) : steps.errorFunction(x);
}

} // namespace tenon::native
