// One operation of a body as instructions: IntegerNodeText.cpp, FloatNodeText.cpp, CastNodeText.cpp.
#pragma once

#include "core/native/ir/SmallFloatText.h"
#include "core/native/ir/ValueRange.h"

namespace tenon::native {

struct NodeArgument {
  std::string value; ///< of type <lanes x T>; f16 and bf16 as bits
  nest::ScalarType type;
  ValueRange range;
};

class NodeText {
public:
  /// `mask`: the lanes that are there (empty: all), of as many lanes as the text.
  NodeText(VectorText &text, const nest::Node &node, llvm::ArrayRef<NodeArgument> arguments,
           const OperandFacts &facts, const std::string &mask)
      : t(text), node(node), arguments(arguments), facts(facts), mask(mask),
        floats(text, /*hasConversions=*/!facts.hasLibrary), own(typeText(node.type)), width(node.type.width) {
  }

  /// The value's name, f16 and bf16 as bits. Any node but leaves and table reads.
  std::string emit();
  /// Whether the node has no result for some arguments, as far as their ranges tell.
  bool mayFail() const;

private:
  const std::string &a(unsigned i = 0) const { return arguments[i].value; }
  nest::Interval range(unsigned i) const { return arguments[i].range.integer; }
  std::string sourceType() const { return typeText(arguments[0].type); }
  void failWhere(const std::string &condition, host::HostStatus status);

  std::string integerOperation();
  std::string division();
  std::string safeDivisor();
  std::string signedQuotient(const std::string &divisor, bool remainder);
  std::string shift();
  std::string roundingShift(const std::string &amount);
  std::string roundedUp(const std::string &amount, const std::string &floor);
  std::string safeShift();
  std::string doublingHighMultiply();
  std::string doublingHighInPairs();
  std::string doublingHighWidened();
  std::string doublingHighByPower(unsigned number, int64_t power);
  std::string integerComparison();
  std::string saturate();

  std::string cast();
  std::string integerToFloat(bool isSigned);
  std::string toOddDouble(const std::string &value, bool isSigned);
  std::string floatToInteger(bool isSigned);
  bool isInsideInteger(bool isSigned) const;
  std::string floatToFloat();

  std::string floatOperation();
  std::string inSingle(unsigned i); ///< the argument, in float where its type is narrower
  std::string roundedFromSingle(const std::string &value);
  std::string arithmetic(const char *op);
  std::string floatIntrinsic(const char *name);
  std::string maximum(bool isMax, bool isNumber);
  std::string fusedMultiplyAdd();
  std::string call(const std::string &type, const std::string &function, llvm::ArrayRef<std::string> values);
  std::string libraryCall(const char *function, bool inDouble);
  std::string floatComparison();

  VectorText &t;
  const nest::Node &node;
  llvm::ArrayRef<NodeArgument> arguments;
  const OperandFacts &facts;
  const std::string &mask;
  SmallFloatText floats;
  std::string own; ///< LLVM's scalar type of the result
  unsigned width;
};

/// IEEE maximum or minimum of two values of float or double; NaN if either is.
std::string emitMaximum(VectorText &text, const std::string &type, const std::string &a, const std::string &b,
                        bool isMax);
/// exp, tanh or erf of a double, in the steps that define it for narrower types.
std::string emitFunctionSteps(VectorText &text, llvm::StringRef function, const std::string &x);
/// A function of one or two doubles written out, where there is no library: "exp", "log", "tanh", "erf",
/// "pow", "fmod".
std::string emitOwnFunction(VectorText &text, llvm::StringRef function,
                            llvm::ArrayRef<std::string> arguments);
bool hasOwnFunction(llvm::StringRef function, const nest::ScalarType &type);

} // namespace tenon::native
