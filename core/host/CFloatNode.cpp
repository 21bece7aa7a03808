// Float operations, each rounded once to the node's type.
#include "core/host/CFunctions.h"
#include "core/host/CNodeEmitter.h"

#include "llvm/Support/ErrorHandling.h"

namespace tenon::host {

using nest::FloatPredicate;
using nest::Opcode;

/// A function of the C library on the type's own values.
std::string NodeEmitter::roundedCall(const char *function) const {
  bool isDouble = floatFamily(node.type) == "Double";
  std::string list = text(0) + (arguments.size() > 1 ? ", " + text(1) : "");
  return rounded(function + std::string(isDouble ? "(" : "f(") + list + ")", node.type, isDouble, helpers);
}

/// In double, rounded once.
std::string NodeEmitter::transcendental(const char *function) const {
  std::string list = text(0) + (arguments.size() > 1 ? ", " + text(1) : ""), name = function;
  if (node.type.width < 64 && !helperOfFunction(name).empty())
    name = helpers.use(helperOfFunction(name));
  return rounded(name + ("(" + list + ")"), node.type, /*fromDouble=*/true, helpers);
}

std::string NodeEmitter::fusedMultiplyAdd() const {
  std::string list = "(" + text(0) + ", " + text(1) + ", " + text(2) + ")";
  if (node.type.width == 16)
    return rounded(helpers.use("MultiplyAddToOdd") + list, node.type, /*fromDouble=*/true, helpers);
  return (floatFamily(node.type) == "Double" ? "fma" : "fmaf") + list;
}

std::string NodeEmitter::floatComparison() const {
  const std::string &a = text(0), &b = text(1);
  auto relation = [&](const char *sign) { return "-(" + a + " " + sign + " " + b + ")"; };
  auto negated = [&](const char *sign) { return "-!(" + a + " " + sign + " " + b + ")"; };
  std::string different = "(" + a + " < " + b + " || " + a + " > " + b + ")";
  switch (node.floatPredicate) {
  case FloatPredicate::False:
    return "0";
  case FloatPredicate::OEQ:
    return relation("==");
  case FloatPredicate::OGT:
    return relation(">");
  case FloatPredicate::OGE:
    return relation(">=");
  case FloatPredicate::OLT:
    return relation("<");
  case FloatPredicate::OLE:
    return relation("<=");
  case FloatPredicate::ONE:
    return "-" + different;
  case FloatPredicate::ORD:
    return "-!(isnan(" + a + ") || isnan(" + b + "))";
  case FloatPredicate::UEQ:
    return "-!" + different;
  case FloatPredicate::UGT:
    return negated("<=");
  case FloatPredicate::UGE:
    return negated("<");
  case FloatPredicate::ULT:
    return negated(">=");
  case FloatPredicate::ULE:
    return negated(">");
  case FloatPredicate::UNE:
    return negated("==");
  case FloatPredicate::UNO:
    return "-(isnan(" + a + ") || isnan(" + b + "))";
  case FloatPredicate::True:
    return "-1";
  }
  llvm_unreachable("a predicate that is not listed");
}

std::string NodeEmitter::floatExpression() const {
  std::string family = floatFamily(node.type);
  auto arithmetic = [&](const char *sign) {
    return rounded(text(0) + " " + sign + " " + text(1), node.type, family == "Double", helpers);
  };
  switch (node.op) {
  case Opcode::AddF:
    return arithmetic("+");
  case Opcode::SubF:
    return arithmetic("-");
  case Opcode::MulF:
    return arithmetic("*");
  case Opcode::DivF:
    return arithmetic("/");
  case Opcode::RemF:
    return roundedCall("fmod");
  case Opcode::NegF:
    return "-" + text(0);
  case Opcode::AbsF:
    return family == "Double" ? "fabs(" + text(0) + ")" : "fabsf(" + text(0) + ")";
  case Opcode::MaximumF:
    return call("Maximum" + family, 2);
  case Opcode::MinimumF:
    return call("Minimum" + family, 2);
  case Opcode::MaxNumF:
    return call("MaximumNumber" + family, 2);
  case Opcode::MinNumF:
    return call("MinimumNumber" + family, 2);
  case Opcode::Fma:
    return fusedMultiplyAdd();
  case Opcode::SqrtF:
    return roundedCall("sqrt");
  case Opcode::FloorF:
    return roundedCall("floor");
  case Opcode::CeilF:
    return roundedCall("ceil");
  case Opcode::RoundF:
    return roundedCall("round");
  case Opcode::RoundEvenF:
    return rounded(call("RoundEven" + family, 1), node.type, family == "Double", helpers);
  case Opcode::CmpF:
    return floatComparison();
  case Opcode::ExpF:
    return transcendental("exp");
  case Opcode::LogF:
    return transcendental("log");
  case Opcode::TanhF:
    return transcendental("tanh");
  case Opcode::ErfF:
    return transcendental("erf");
  default:
    return transcendental("pow");
  }
}

} // namespace tenon::host
