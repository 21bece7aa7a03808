// One node's expression, by kinds of operations: CIntegerNode.cpp, CFloatNode.cpp, and casts in CNode.cpp.
#pragma once

#include "core/host/CNode.h"

namespace tenon::host {

class NodeEmitter {
public:
  NodeEmitter(const nest::Node &node, llvm::ArrayRef<CArgument> arguments, CHelpers &helpers)
      : node(node), arguments(arguments), helpers(helpers), lane(std::to_string(laneBits(node.type))) {}

  CNode emit() const;

private:
  const std::string &text(unsigned i) const { return arguments[i].text; }
  std::string unsignedType() const { return "(uint" + lane + "_t)"; }
  /// "(uint32_t)a".
  std::string bits(unsigned i) const { return unsignedType() + text(i); }
  /// The low bits of an argument's width, zero-extended in its own lane.
  std::string zeroExtended(unsigned i) const;
  std::string wrap(const std::string &expression) const { return wrapped(expression, node.type, helpers); }
  std::string call(const std::string &helper, unsigned count) const {
    return helpers.use(helper) + "(" + text(0) + (count > 1 ? ", " + text(1) : "") + ")";
  }
  bool isSame() const { return text(0) == text(1); }
  std::string choose(const char *relation) const {
    if (isSame()) // compilers warn of a value that is compared with itself
      return text(0);
    return text(0) + " " + relation + " " + text(1) + " ? " + text(0) + " : " + text(1);
  }
  std::string chooseUnsigned(const char *relation) const {
    if (isSame())
      return text(0);
    return bits(0) + " " + relation + " " + bits(1) + " ? " + text(0) + " : " + text(1);
  }

  std::string integerExpression() const;
  std::string divisionExpression() const;
  std::string shiftExpression() const;
  std::string integerComparison() const;
  std::string saturateExpression() const;
  std::string castExpression() const;
  std::string integerToFloat(bool isSigned) const;
  std::string bitcastExpression() const;
  std::string floatExpression() const;
  std::string roundedCall(const char *function) const;
  std::string transcendental(const char *function) const;
  std::string fusedMultiplyAdd() const;
  std::string floatComparison() const;

  std::optional<Check> divisorCheck() const;
  std::optional<Check> shiftCheck() const;
  Check rangeCheck(bool isSigned) const;

  const nest::Node &node;
  llvm::ArrayRef<CArgument> arguments;
  CHelpers &helpers;
  std::string lane; ///< "32" or "64", of an integer result
};

} // namespace tenon::host
