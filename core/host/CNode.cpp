// Conversions between types, which file has an operation's expression, and the steps of updates.
#include "core/host/CNodeEmitter.h"

#include "llvm/Support/ErrorHandling.h"

namespace tenon::host {

using nest::Node;
using nest::Opcode;
using nest::ScalarType;

/// Before the value is rounded towards zero: it may be up to one further out, where a double tells that.
Check NodeEmitter::rangeCheck(bool isSigned) const {
  unsigned exponent = isSigned ? node.type.width - 1 : node.type.width;
  std::string value = "(double)" + text(0), power = "0x1p+" + std::to_string(exponent);
  std::string low = !isSigned       ? value + " > -1.0"
                    : exponent < 52 ? value + " > -" + power + " - 1"
                                    : value + " >= -" + power;
  return {"!(" + low + " && " + value + " < " + power + ")", HostStatus::FloatOutsideInteger, 0};
}

std::string NodeEmitter::integerToFloat(bool isSigned) const {
  std::string value = isSigned ? text(0) : zeroExtended(0);
  if (node.type.width != 16) // C's conversion rounds once
    return "(" + valueType(node.type) + ")" + value;
  std::string exact = laneBits(arguments[0].type) == 32
                          ? "(double)" + value
                          : helpers.use(isSigned ? "SignedToOdd" : "UnsignedToOdd") + "(" + value + ")";
  return rounded(exact, node.type, /*fromDouble=*/true, helpers);
}

std::string NodeEmitter::bitcastExpression() const {
  const ScalarType &from = arguments[0].type, &to = node.type;
  if (from == to)
    return text(0);
  std::string integer;
  switch (from.kind) {
  case ScalarType::Kind::Integer:
    integer = text(0);
    break;
  case ScalarType::Kind::Float16:
    integer = helpers.use("F16OfFloat") + "(" + text(0) + ")";
    break;
  case ScalarType::Kind::BFloat16:
    integer = helpers.use("Bf16OfFloat") + "(" + text(0) + ")";
    break;
  case ScalarType::Kind::Float32:
    integer = helpers.use("BitsOfFloat") + "(" + text(0) + ")";
    break;
  case ScalarType::Kind::Float64:
    integer = helpers.use("BitsOfDouble") + "(" + text(0) + ")";
    break;
  }
  switch (to.kind) {
  case ScalarType::Kind::Integer:
    return wrap(integer);
  case ScalarType::Kind::Float16:
    return helpers.use("FloatOfF16") + "((uint16_t)" + integer + ")";
  case ScalarType::Kind::BFloat16:
    return helpers.use("FloatOfBf16") + "((uint16_t)" + integer + ")";
  case ScalarType::Kind::Float32:
    return helpers.use("FloatOfBits") + "((uint32_t)" + integer + ")";
  case ScalarType::Kind::Float64:
    return helpers.use("DoubleOfBits") + "((uint64_t)" + integer + ")";
  }
  llvm_unreachable("a kind that is not listed");
}

std::string NodeEmitter::castExpression() const {
  switch (node.op) {
  case Opcode::ExtSI:
    return "(" + valueType(node.type) + ")" + text(0);
  case Opcode::ExtUI:
    return "(" + valueType(node.type) + ")" + zeroExtended(0);
  case Opcode::TruncI:
    return wrap(bits(0));
  case Opcode::Saturate:
    return saturateExpression();
  case Opcode::SIToFP:
    return integerToFloat(true);
  case Opcode::UIToFP:
    return integerToFloat(false);
  case Opcode::FPToSI:
    return wrap(unsignedType() + "(int" + lane + "_t)" + text(0));
  case Opcode::FPToUI:
    return wrap(unsignedType() + "(uint64_t)" + text(0));
  case Opcode::ExtF:
    return "(" + valueType(node.type) + ")" + text(0);
  case Opcode::TruncF:
    return rounded(text(0), node.type, floatFamily(arguments[0].type) == "Double", helpers);
  default:
    return bitcastExpression();
  }
}

CNode NodeEmitter::emit() const {
  switch (node.op) {
  case Opcode::Constant:
  case Opcode::Read:
  case Opcode::LoopIndex:
  case Opcode::TableRead:
    llvm_unreachable("leaves and table reads are their statement's");
  case Opcode::Select:
    return {text(0) + " ? " + text(1) + " : " + text(2), std::nullopt};
  case Opcode::DivSI:
  case Opcode::DivUI:
  case Opcode::FloorDivSI:
  case Opcode::CeilDivSI:
  case Opcode::RemSI:
  case Opcode::RemUI:
    return {divisionExpression(), divisorCheck()};
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
    return {shiftExpression(), shiftCheck()};
  case Opcode::FPToSI:
    return {castExpression(), rangeCheck(true)};
  case Opcode::FPToUI:
    return {castExpression(), rangeCheck(false)};
  default:
    break;
  }
  if (node.op >= Opcode::ExtSI && node.op <= Opcode::Bitcast)
    return {castExpression(), std::nullopt};
  if (node.op == Opcode::Saturate)
    return {saturateExpression(), std::nullopt};
  return {node.op >= Opcode::AddF ? floatExpression() : integerExpression(), std::nullopt};
}

CNode emitNode(const Node &node, llvm::ArrayRef<CArgument> arguments, CHelpers &helpers) {
  return NodeEmitter(node, arguments, helpers).emit();
}

std::string emitUpdate(nest::Update update, const ScalarType &type, const std::string &old,
                       const std::string &step, CHelpers &helpers) {
  std::string cast = "(uint" + std::to_string(laneBits(type)) + "_t)";
  bool isMax = update == nest::Update::Max;
  switch (update) {
  case nest::Update::Assign:
    return step;
  case nest::Update::Add:
    if (type.isInteger())
      return wrapped(cast + old + " + " + cast + step, type, helpers);
    return rounded(old + " + " + step, type, floatFamily(type) == "Double", helpers);
  case nest::Update::Max:
  case nest::Update::Min:
    if (type.isInteger())
      return old + (isMax ? " > " : " < ") + step + " ? " + old + " : " + step;
    return helpers.use((isMax ? "Maximum" : "Minimum") + floatFamily(type)) + "(" + old + ", " + step + ")";
  }
  llvm_unreachable("an update that is not listed");
}

} // namespace tenon::host
