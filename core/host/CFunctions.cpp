// The steps of exp, tanh and erf (core/ir/nest/FunctionSteps.h) as statements of C.
#include "core/host/CFunctions.h"

#include "core/ir/nest/FunctionSteps.h"

#include "llvm/ADT/StringSwitch.h"

#include <fmt/format.h>

namespace tenon::host {
namespace {

class CArithmetic {
public:
  using Value = std::string;
  using Condition = std::string;

  Value real(double value) { return fmt::format("{:a}", value); }
  Value add(const Value &a, const Value &b) { return named(a + " + " + b); }
  Value subtract(const Value &a, const Value &b) { return named(a + " - " + b); }
  Value multiply(const Value &a, const Value &b) { return named(a + " * " + b); }
  Value divide(const Value &a, const Value &b) { return named(a + " / " + b); }
  Value magnitude(const Value &a) { return named("fabs(" + a + ")"); }
  Value withSign(const Value &a, const Value &sign) { return named("copysign(" + a + ", " + sign + ")"); }
  Condition isLess(const Value &a, const Value &b) { return a + " < " + b; }
  Condition isNan(const Value &a) { return "isnan(" + a + ")"; }
  Value choose(const Condition &condition, const Value &a, const Value &b) {
    return named(condition + " ? " + a + " : " + b);
  }
  /// The sum has no bits below 1, and the exponent that is wanted in its last ones.
  Value powerOf2(const Value &whole) {
    return named("tenonDoubleOfBits(tenonBitsOfDouble(" + whole + " + (0x1p52 + 1023)) << 52)");
  }

  std::string text;

private:
  Value named(const std::string &expression) {
    std::string name = fmt::format("v{}", count++);
    text += fmt::format("  double {} = {};\n", name, expression);
    return name;
  }

  unsigned count = 0;
};

} // namespace

llvm::StringRef helperOfFunction(llvm::StringRef function) {
  return llvm::StringSwitch<llvm::StringRef>(function)
      .Case("exp", "Exponential")
      .Case("tanh", "HyperbolicTangent")
      .Case("erf", "ErrorFunction")
      .Default("");
}

std::string functionHelper(llvm::StringRef helper) {
  CArithmetic arithmetic;
  nest::FunctionSteps<CArithmetic> steps(arithmetic);
  std::string result;
  if (helper == "Exponential")
    result = steps.exponential("x");
  else if (helper == "HyperbolicTangent")
    result = steps.tangent("x");
  else if (helper == "ErrorFunction")
    result = steps.errorFunction("x");
  else
    return "";
  return fmt::format("static inline double tenon{}(double x) {{\n{}  return {};\n}}\n", helper.str(),
                     arithmetic.text, result);
}

} // namespace tenon::host
