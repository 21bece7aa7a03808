// Checked semantics as text: every number with its type, and nothing left to adapt. The text checks to the
// same statements.
#include "core/isa/Semantics.h"
#include "core/isa/semantics/Indices.h"
#include "core/isa/semantics/Words.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa {

namespace {

using Kind = Expression::Kind;
using nest::Opcode;

Expression leaf(Kind kind, std::string text) {
  Expression result;
  result.kind = kind;
  result.text = std::move(text);
  return result;
}

Expression apply(Kind kind, llvm::StringRef text, std::vector<Expression> arguments) {
  Expression result = leaf(kind, text.str());
  result.arguments = std::move(arguments);
  return result;
}

Expression call(llvm::StringRef function, Expression argument) {
  std::vector<Expression> arguments;
  arguments.push_back(std::move(argument));
  return apply(Kind::Call, function, std::move(arguments));
}

class StatementPrinter {
public:
  StatementPrinter(const Intrinsic &intrinsic, const SemanticStatement &statement)
      : intrinsic(intrinsic), body(statement.body), statement(statement) {}

  std::string str() const {
    static constexpr llvm::StringLiteral signs[] = {"=", "+=", "max=", "min="};
    unsigned written = statement.destination;
    return access(written, statement.indices) + " " +
           signs[statement.fromZero ? 0 : unsigned(statement.update)].str() + " " +
           signedAs(statement.result, type(written).isSigned).str();
  }

private:
  bool isLocal(unsigned operand) const { return operand >= intrinsic.operands.size(); }
  const ElementType &type(unsigned operand) const {
    return isLocal(operand) ? intrinsic.semantics.locals[operand - intrinsic.operands.size()].type
                            : intrinsic.operands[operand].type;
  }
  const std::string &name(unsigned operand) const {
    return isLocal(operand) ? intrinsic.semantics.locals[operand - intrinsic.operands.size()].name
                            : intrinsic.operands[operand].name;
  }
  ElementType type(const SemanticNode &node) const { return {node.node.type, node.isSigned}; }

  std::string access(unsigned operand, llvm::ArrayRef<SymbolicIndex> indices) const {
    std::string text;
    for (const SymbolicIndex &index : indices)
      text += (text.empty() ? "[" : ", ") + semantics::str(index, intrinsic);
    return name(operand) + text + (text.empty() ? "" : "]");
  }

  /// The node as an argument that is read as signed or not: a value of the other sign is cast, which makes no
  /// node.
  Expression signedAs(unsigned number, bool isSigned) const {
    const SemanticNode &node = body[number];
    if (node.node.type.isFloat() || node.isSigned == isSigned)
      return expression(number);
    return call("wrap_" + ElementType{node.node.type, isSigned}.str(), expression(number));
  }

  Expression expression(unsigned number) const;
  Expression constant(const SemanticNode &node) const;
  std::optional<Expression> magnitude(const nest::Node &node, bool isSigned) const;
  Expression cast(const SemanticNode &node) const;

  const Intrinsic &intrinsic;
  const std::vector<SemanticNode> &body;
  const SemanticStatement &statement;
};

Expression StatementPrinter::constant(const SemanticNode &node) const {
  Expression number;
  number.kind = node.node.type.isFloat() ? Kind::Real : Kind::Integer;
  number.integer = node.node.constant.integer;
  number.real = node.node.constant.real;
  constexpr unsigned most = 64;
  if (number.kind == Kind::Integer && !node.isSigned && node.node.type.width < most)
    number.integer &= int64_t((uint64_t(1) << node.node.type.width) - 1);
  return call(type(node).str(), std::move(number));
}

/// max(x, 0 - x), which abs makes: the one node that two others use.
std::optional<Expression> StatementPrinter::magnitude(const nest::Node &node, bool isSigned) const {
  if (node.op != Opcode::MaxSI)
    return std::nullopt;
  const nest::Node &other = body[node.arguments[1]].node;
  if (other.op != Opcode::SubI || other.arguments[1] != node.arguments[0])
    return std::nullopt;
  const nest::Node &zero = body[other.arguments[0]].node;
  if (zero.op != Opcode::Constant || zero.constant.integer != 0)
    return std::nullopt;
  return call("abs", signedAs(node.arguments[0], isSigned));
}

Expression StatementPrinter::cast(const SemanticNode &node) const {
  unsigned argument = node.node.arguments[0];
  std::string to = type(node).str();
  switch (node.node.op) {
  case Opcode::ExtSI:
  case Opcode::SIToFP:
    return call(to, signedAs(argument, true));
  case Opcode::ExtUI:
  case Opcode::UIToFP:
    return call(to, signedAs(argument, false));
  case Opcode::TruncI:
    return call("wrap_" + to, expression(argument));
  case Opcode::Saturate:
    return call("sat_" + to, expression(argument));
  default:
    return call(to, expression(argument));
  }
}

Expression StatementPrinter::expression(unsigned number) const {
  const SemanticNode &node = body[number];
  if (node.kind == SemanticNode::Kind::Value)
    return call(type(node).str(), leaf(Kind::Name, intrinsic.values[node.value].name));
  switch (node.node.op) {
  case Opcode::Constant:
    return constant(node);
  case Opcode::Read: // the indices are text already
    return leaf(Kind::Name, access(node.node.access.operand, node.indices));
  case Opcode::LoopIndex:
    return leaf(Kind::Name, intrinsic.sizes[node.node.loop].name);
  case Opcode::TableRead: {
    std::vector<Expression> index;
    index.push_back(expression(node.node.arguments[0]));
    return apply(Kind::Index, name(node.node.table), std::move(index));
  }
  default:
    break;
  }
  if (std::optional<Expression> found = magnitude(node.node, node.isSigned))
    return std::move(*found);
  bool compares = node.node.op == Opcode::CmpI || node.node.op == Opcode::CmpF;
  bool chooses = node.node.op == Opcode::Select;
  if (node.node.arguments.size() == 1 && functionWord(node.node).empty() && node.node.op != Opcode::NegF)
    return cast(node);
  using P = nest::IntegerPredicate;
  bool unsignedOrder = node.node.integerPredicate >= P::ULT;
  bool equality = node.node.integerPredicate <= P::NE;
  bool isSigned = !compares  ? node.isSigned
                  : equality ? body[node.node.arguments[0]].isSigned
                             : !unsignedOrder;
  std::vector<Expression> arguments;
  for (auto [i, argument] : llvm::enumerate(node.node.arguments))
    arguments.push_back(signedAs(argument, chooses && i == 0 ? false : isSigned));
  if (chooses)
    return apply(Kind::Conditional, "", std::move(arguments));
  if (compares)
    return apply(Kind::Binary, comparisonWord(node.node), std::move(arguments));
  if (node.node.op == Opcode::NegF)
    return apply(Kind::Unary, "-", std::move(arguments));
  llvm::StringRef called = functionWord(node.node);
  return called.empty() ? apply(Kind::Binary, infixWord(node.node.op), std::move(arguments))
                        : apply(Kind::Call, called, std::move(arguments));
}

} // namespace

std::string str(const Intrinsic &intrinsic) {
  std::string text;
  for (const SemanticStatement &statement : intrinsic.semantics.statements)
    text += StatementPrinter(intrinsic, statement).str() + "\n";
  return text;
}

} // namespace tenon::isa
