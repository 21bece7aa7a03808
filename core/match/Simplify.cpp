// The simplifications of terms. Each keeps every bit of the result; what could fail when it runs (a division
// by zero) is left as it is.
//   x + 0, x * 1, x << 0, max(x, lowest), ..            x
//   f(constant, x)                                      f(x, constant), f commutative
//   x - constant, x - y * constant                      x + (-constant), x + y * (-constant)
//   saturate(x)                                         trunci(min(max(x, lowest), highest))
//   max(min(x, b), a), min(max(min(max(x, ..           min(max(x, lowest), highest)
//   ext(ext(x)), ext(trunc(x)), trunc(ext(x))           one cast or none, where the value is the same
//   ext(x + y), ext(x - y)                              ext(x) + ext(y), .., where the narrow sum does not
//   wrap
#include "core/match/Constants.h"
#include "core/match/Terms.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using isa::SemanticNode;
using nest::Opcode;

bool isCommutative(Opcode op) {
  switch (op) {
  case Opcode::AddI:
  case Opcode::MulI:
  case Opcode::AndI:
  case Opcode::OrI:
  case Opcode::XorI:
  case Opcode::MaxSI:
  case Opcode::MinSI:
  case Opcode::MaxUI:
  case Opcode::MinUI:
  case Opcode::DoublingHighMultiply:
  case Opcode::AddF:
  case Opcode::MulF:
  case Opcode::MaximumF:
  case Opcode::MinimumF:
    return true;
  default:
    return false;
  }
}

std::optional<nest::Constant> identity(Opcode op, const nest::ScalarType &type) {
  switch (op) {
  case Opcode::AddI:
  case Opcode::SubI:
  case Opcode::OrI:
  case Opcode::XorI:
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
  case Opcode::MaxUI:
    return nest::Constant::ofInteger(0);
  case Opcode::MulI:
  case Opcode::DivSI:
  case Opcode::FloorDivSI:
  case Opcode::CeilDivSI:
    // A single bit is 0 or -1.
    return type.width == 1 ? std::nullopt : std::optional(nest::Constant::ofInteger(1));
  case Opcode::AndI:
  case Opcode::MinUI:
    return nest::Constant::ofInteger(-1);
  case Opcode::MaxSI:
    return nest::Constant::ofInteger(rangeOf(type).low);
  case Opcode::MinSI:
    return nest::Constant::ofInteger(rangeOf(type).high);
  case Opcode::MulF:
  case Opcode::DivF:
    return nest::Constant::ofReal(1);
  default:
    return std::nullopt;
  }
}

std::optional<Term> Terms::simplify(SemanticNode &term) {
  if (term.kind == SemanticNode::Kind::Value || term.node.arguments.empty())
    return std::nullopt;
  nest::Node &node = term.node;
  if (std::optional<Term> folded = fold(term))
    return folded;
  auto isConstant = [&](unsigned argument) { return is(node.arguments[argument], Opcode::Constant); };
  if (isCommutative(node.op) && isConstant(0) && !isConstant(1))
    std::swap(node.arguments[0], node.arguments[1]);
  if (node.op == Opcode::SubI && isConstant(1)) {
    uint64_t negated = 0 - uint64_t(integerOf(node.arguments[1]));
    return operation(Opcode::AddI, node.type,
                     {node.arguments[0], integer(node.type, llvm::SignExtend64(negated, node.type.width))});
  }
  if (node.op == Opcode::SubI && isWithConstant(node.arguments[1], Opcode::MulI)) {
    const nest::Node product = this->node(node.arguments[1]);
    uint64_t negated = 0 - uint64_t(integerOf(product.arguments[1]));
    Term factor = integer(node.type, llvm::SignExtend64(negated, node.type.width));
    return operation(Opcode::AddI, node.type,
                     {node.arguments[0], operation(Opcode::MulI, node.type, {product.arguments[0], factor})});
  }
  if (node.arguments.size() == 2 && isConstant(1)) {
    std::optional<nest::Constant> neutral = identity(node.op, node.type);
    const nest::Constant &found = this->node(node.arguments[1]).constant;
    if (neutral && neutral->integer == found.integer && neutral->real == found.real)
      return node.arguments[0];
  }
  if (std::optional<Term> cast = simplifyCast(node))
    return cast;
  return simplifyLimit(node);
}

std::optional<Term> Terms::simplifyCast(const nest::Node &node) {
  if (node.arguments.size() != 1 || !node.type.isInteger())
    return std::nullopt;
  Term argument = node.arguments[0];
  const nest::Node inner = this->node(argument);
  bool plain = !isValue(argument);
  switch (node.op) {
  case Opcode::Saturate: {
    unsigned width = node.type.width;
    int64_t low = node.resultSigned ? llvm::minIntN(width) : 0;
    // An unsigned range that the source's type does not reach needs no upper limit.
    bool noLimit = !node.resultSigned && width == inner.type.width;
    int64_t high = noLimit             ? llvm::maxIntN(width)
                   : node.resultSigned ? llvm::maxIntN(width)
                                       : int64_t(llvm::maxUIntN(width));
    Term limited = operation(Opcode::MaxSI, inner.type, {argument, integer(inner.type, low)});
    limited = operation(Opcode::MinSI, inner.type, {limited, integer(inner.type, high)});
    return width == inner.type.width ? limited : operation(Opcode::TruncI, node.type, {limited});
  }
  case Opcode::ExtSI:
    if (plain && (inner.op == Opcode::ExtSI || inner.op == Opcode::ExtUI))
      return operation(inner.op, node.type, {inner.arguments[0]});
    if (plain && (inner.op == Opcode::AddI || inner.op == Opcode::SubI)) {
      nest::Interval left = range(inner.arguments[0]), right = range(inner.arguments[1]);
      nest::Interval held = match::rangeOf(inner.type);
      bool adds = inner.op == Opcode::AddI;
      // Of types below 64 bits, so that these do not wrap.
      int64_t low = left.low + (adds ? right.low : -right.high);
      int64_t high = left.high + (adds ? right.high : -right.low);
      if (low < held.low || high > held.high)
        return std::nullopt;
      Term wideLeft = operation(Opcode::ExtSI, node.type, {inner.arguments[0]});
      Term wideRight = operation(Opcode::ExtSI, node.type, {inner.arguments[1]});
      return operation(inner.op, node.type, {wideLeft, wideRight});
    }
    if (plain && inner.op == Opcode::TruncI) {
      Term source = inner.arguments[0];
      nest::Interval held = match::rangeOf(inner.type), found = range(source);
      if (found.low < held.low || found.high > held.high)
        return std::nullopt;
      unsigned width = this->node(source).type.width;
      if (width == node.type.width)
        return source;
      return operation(width < node.type.width ? Opcode::ExtSI : Opcode::TruncI, node.type, {source});
    }
    return std::nullopt;
  case Opcode::ExtUI:
    if (plain && inner.op == Opcode::ExtUI)
      return operation(inner.op, node.type, {inner.arguments[0]});
    return std::nullopt;
  case Opcode::TruncI:
    if (plain && (inner.op == Opcode::ExtSI || inner.op == Opcode::ExtUI || inner.op == Opcode::TruncI)) {
      Term source = inner.arguments[0];
      unsigned width = this->node(source).type.width;
      if (width == node.type.width)
        return source;
      return operation(width > node.type.width ? Opcode::TruncI : inner.op, node.type, {source});
    }
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

/// max and min with a constant.
std::optional<Term> Terms::simplifyLimit(const nest::Node &node) {
  bool isMax = node.op == Opcode::MaxSI;
  if ((!isMax && node.op != Opcode::MinSI) || !is(node.arguments[1], Opcode::Constant))
    return std::nullopt;
  Term argument = node.arguments[0];
  int64_t limit = integerOf(node.arguments[1]);
  nest::Interval found = range(argument);
  if (isMax ? found.low >= limit : found.high <= limit)
    return argument;
  if (isMax ? found.high <= limit : found.low >= limit)
    return node.arguments[1];
  if (isWithConstant(argument, node.op)) {
    int64_t other = integerOf(this->node(argument).arguments[1]);
    int64_t merged = isMax ? std::max(limit, other) : std::min(limit, other);
    return operation(node.op, node.type, {this->node(argument).arguments[0], integer(node.type, merged)});
  }
  if (isMax && isWithConstant(argument, Opcode::MinSI)) { // the limit is below the other one: see the ranges
    Term inner = this->node(argument).arguments[0], high = this->node(argument).arguments[1];
    Term low = operation(Opcode::MaxSI, node.type, {inner, node.arguments[1]});
    return operation(Opcode::MinSI, node.type, {low, high});
  }
  if (is(argument, Opcode::TruncI)) {
    Term source = this->node(argument).arguments[0];
    nest::Interval wide = range(source), held = match::rangeOf(node.type);
    if (wide.low < held.low || wide.high > held.high)
      return std::nullopt;
    nest::ScalarType type = this->node(source).type;
    Term limited = operation(node.op, type, {source, integer(type, limit)});
    return operation(Opcode::TruncI, node.type, {limited});
  }
  return std::nullopt;
}

/// What an operation on constants gives, by the interpreter.
std::optional<Term> Terms::fold(const SemanticNode &term) {
  if (term.node.op == Opcode::TableRead ||
      !llvm::all_of(term.node.arguments, [&](Term argument) { return is(argument, Opcode::Constant); }))
    return std::nullopt;
  nest::Nest made;
  made.operands.push_back({"result", term.node.type, {}, false});
  nest::Statement statement;
  statement.destination = {0, AffineMap::get(0, 0, context), std::nullopt};
  nest::Node last = term.node;
  for (unsigned &argument : last.arguments) {
    statement.body.push_back(node(argument));
    argument = statement.body.size() - 1;
  }
  statement.body.push_back(last);
  statement.value = statement.body.size() - 1;
  made.statements.push_back(std::move(statement));
  llvm::Expected<ConstantTensor> result = evaluate(made, {});
  if (!result) {
    llvm::consumeError(result.takeError()); // it fails whenever it runs, so it stays in the body
    return std::nullopt;
  }
  return constant(term.node.type, elementAt(*result, 0));
}

} // namespace tenon::match
