// The text of an expression, with no more parentheses than the grammar needs, and its names.
#include "core/isa/Expression.h"
#include "core/support/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace tenon::isa {

namespace {

using Kind = Expression::Kind;

constexpr int conditionalLevel = 0, notLevel = 3, comparisonLevel = 4, minusLevel = 11, primaryLevel = 12;

int binaryLevel(llvm::StringRef op) {
  return llvm::StringSwitch<int>(op)
      .Case("or", 1)
      .Case("and", 2)
      .Cases("==", "!=", "<", "<=", ">", ">=", comparisonLevel)
      .Case("|", 5)
      .Case("^", 6)
      .Case("&", 7)
      .Cases("<<", ">>", 8)
      .Cases("+", "-", 9)
      .Default(10);
}

bool isNumber(const Expression &expression) {
  return expression.kind == Kind::Integer || expression.kind == Kind::Real;
}

std::string realText(double value) {
  std::string text = numberText(value);
  return llvm::StringRef(text).find_first_of(".e") == llvm::StringRef::npos ? text + ".0" : text;
}

void write(const Expression &expression, std::string &into);

/// The text in a place that takes operators of `least` and tighter ones.
void writeAt(const Expression &expression, int least, std::string &into) {
  int level = primaryLevel;
  if (expression.kind == Kind::Conditional)
    level = conditionalLevel;
  else if (expression.kind == Kind::Binary)
    level = binaryLevel(expression.text);
  else if (expression.kind == Kind::Unary)
    level = expression.text == "not" ? notLevel : minusLevel;
  if (level >= least)
    return write(expression, into);
  into += "(";
  write(expression, into);
  into += ")";
}

void writeList(llvm::ArrayRef<Expression> list, std::string &into) {
  for (size_t i = 0; i < list.size(); ++i) {
    into += i ? ", " : "";
    write(list[i], into);
  }
}

void writeUnary(const Expression &expression, std::string &into) {
  const Expression &operand = expression.arguments[0];
  if (expression.text == "not") {
    into += "not ";
    return writeAt(operand, notLevel, into);
  }
  into += "-"; // a number directly after it would take the minus as its own
  writeAt(operand, isNumber(operand) ? primaryLevel + 1 : minusLevel, into);
}

void write(const Expression &expression, std::string &into) {
  llvm::ArrayRef<Expression> arguments = expression.arguments;
  switch (expression.kind) {
  case Kind::Integer:
    into += std::to_string(expression.integer);
    return;
  case Kind::Real:
    into += realText(expression.real);
    return;
  case Kind::Name:
    into += expression.text;
    return;
  case Kind::Index:
    into += expression.text + "[";
    writeList(arguments, into);
    into += "]";
    return;
  case Kind::Call:
    into += expression.text;
    if (!expression.names.empty())
      into += "[" + llvm::join(expression.names, ", ") + "]";
    into += "(";
    writeList(arguments, into);
    into += ")";
    return;
  case Kind::Unary:
    return writeUnary(expression, into);
  case Kind::Binary: {
    int level = binaryLevel(expression.text);
    writeAt(arguments[0], level == comparisonLevel ? level + 1 : level, into);
    into += " " + expression.text + " ";
    return writeAt(arguments[1], level + 1, into);
  }
  case Kind::Conditional:
    into += "if ";
    write(arguments[0], into);
    into += " then ";
    write(arguments[1], into);
    into += " else ";
    return write(arguments[2], into);
  }
}

} // namespace

std::string Expression::str() const {
  std::string written;
  write(*this, written);
  return written;
}

void Expression::collectNames(std::vector<std::string> &into) const {
  if (kind == Kind::Name || kind == Kind::Index)
    into.push_back(text);
  for (const Expression &argument : arguments)
    argument.collectNames(into);
}

} // namespace tenon::isa
