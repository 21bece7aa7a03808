// Conversions between types, and which file has an operation's instructions.
#include "core/native/ir/NodeText.h"

#include <cmath>

namespace tenon::native {

using host::HostStatus;
using nest::Opcode;
using nest::ScalarType;

static bool isSmallFloat(const ScalarType &type) { return type.isFloat() && type.width == 16; }

/// An integer of more than 53 bits as a double that rounds to a narrower type as the integer would: the low
/// bits, which a double may not hold, become one that says whether any of them was set.
std::string NodeText::toOddDouble(const std::string &value, bool isSigned) {
  std::string from = sourceType(), wide = t.cast(isSigned ? "sext" : "zext", from, value, "i64");
  constexpr int64_t low = (int64_t(1) << 12) - 1, exact = int64_t(1) << 53;
  std::string rest = t.binary("and", "i64", wide, low);
  std::string isInexact = t.compare("icmp ne", "i64", rest, int64_t(0));
  std::string sticky = t.select(isInexact, "i64", t.integer("i64", 1 << 11), t.integer("i64", 0));
  std::string high = t.binary("or", "i64", t.binary("and", "i64", wide, ~low), sticky);
  std::string isSmall;
  if (isSigned) {
    std::string below = t.compare("icmp slt", "i64", wide, exact);
    isSmall = t.conjunction(below, t.compare("icmp sgt", "i64", wide, -exact));
  } else {
    isSmall = t.compare("icmp ult", "i64", wide, exact);
  }
  return t.cast(isSigned ? "sitofp" : "uitofp", "i64", t.select(isSmall, "i64", wide, high), "double");
}

std::string NodeText::integerToFloat(bool isSigned) {
  std::string from = sourceType(), value = a(0);
  unsigned bits = arguments[0].type.width;
  nest::Interval known = range(0);
  bool isNatural = known.low >= 0;
  auto fitsIn = [&](unsigned narrow) {
    return bits > narrow && known.low >= -(int64_t(1) << (narrow - 1)) &&
           known.high < int64_t(1) << (narrow - 1);
  };
  if ((isSigned || isNatural) && fitsIn(32)) { // machines convert vectors of 32 bits
    value = t.cast("trunc", from, value, "i32");
    from = "i32", bits = 32, isSigned = true;
  }
  std::string op = isSigned ? "sitofp" : "uitofp";
  if (!isSmallFloat(node.type))
    return t.cast(op, from, value, own);
  if (bits <= 24)
    return floats.fromSingle(node.type, t.cast(op, from, value, "float"));
  if (bits <= 53)
    return floats.fromDouble(node.type, t.cast(op, from, value, "double"));
  return floats.fromDouble(node.type, toOddDouble(value, isSigned));
}

bool NodeText::isInsideInteger(bool isSigned) const {
  const ValueRange &known = arguments[0].range;
  double end = std::ldexp(1.0, int(isSigned ? width - 1 : width)), low = isSigned ? -end : -0.5;
  return known.isFinite() && known.low >= low && known.high < end;
}

/// Before the value is rounded towards zero it may be up to one further out, where the type can tell.
std::string NodeText::floatToInteger(bool isSigned) {
  std::string type = isSmallFloat(arguments[0].type) ? "float" : sourceType(), value = inSingle(0);
  std::string op = isSigned ? "fptosi" : "fptoui";
  if (isInsideInteger(isSigned))
    return t.cast(op, type, value, own);
  unsigned exponent = isSigned ? width - 1 : width, fraction = type == "double" ? 52 : 23;
  double end = std::ldexp(1.0, int(exponent));
  std::string low = !isSigned             ? t.compare("fcmp ogt", type, value, t.real(type, -1))
                    : exponent < fraction ? t.compare("fcmp ogt", type, value, t.real(type, -end - 1))
                                          : t.compare("fcmp oge", type, value, t.real(type, -end));
  std::string inside = t.conjunction(low, t.compare("fcmp olt", type, value, t.real(type, end)));
  failWhere(t.negation(inside), HostStatus::FloatOutsideInteger);
  std::string keeps = inside;
  if (!isSigned)
    keeps = t.conjunction(inside, t.compare("fcmp oge", type, value, t.real(type, 0)));
  return t.cast(op, type, t.select(keeps, type, value, t.real(type, 0)), own);
}

std::string NodeText::floatToFloat() {
  const ScalarType &from = arguments[0].type, &to = node.type;
  if (from == to)
    return a(0);
  std::string value = a(0), type = sourceType();
  if (isSmallFloat(from))
    value = floats.widened(from, value), type = "float";
  if (isSmallFloat(to))
    return type == "double" ? floats.fromDouble(to, value) : floats.fromSingle(to, value);
  return t.cast(own == "double" ? "fpext" : "fptrunc", type, value, own);
}

std::string NodeText::cast() {
  switch (node.op) {
  case Opcode::ExtSI:
    return t.cast("sext", sourceType(), a(0), own);
  case Opcode::ExtUI:
    return t.cast("zext", sourceType(), a(0), own);
  case Opcode::TruncI:
    return t.cast("trunc", sourceType(), a(0), own);
  case Opcode::Saturate:
    return saturate();
  case Opcode::SIToFP:
    return integerToFloat(true);
  case Opcode::UIToFP:
    return integerToFloat(false);
  case Opcode::FPToSI:
    return floatToInteger(true);
  case Opcode::FPToUI:
    return floatToInteger(false);
  case Opcode::ExtF:
  case Opcode::TruncF:
    return floatToFloat();
  default:
    return t.cast("bitcast", sourceType(), a(0), own);
  }
}

bool NodeText::mayFail() const {
  switch (node.op) {
  case Opcode::DivSI:
  case Opcode::DivUI:
  case Opcode::FloorDivSI:
  case Opcode::CeilDivSI:
  case Opcode::RemSI:
  case Opcode::RemUI:
    return range(1).low <= 0 && range(1).high >= 0;
  case Opcode::ShLI:
  case Opcode::ShRSI:
  case Opcode::ShRUI:
  case Opcode::RoundingShiftRight:
    return range(1).low < 0 || range(1).high >= int64_t(width);
  case Opcode::FPToSI:
    return !isInsideInteger(true);
  case Opcode::FPToUI:
    return !isInsideInteger(false);
  default:
    return false;
  }
}

std::string NodeText::emit() {
  if (node.op == Opcode::Select)
    return t.select(a(0), own, a(1), a(2));
  if (node.op == Opcode::Saturate || (node.op >= Opcode::ExtSI && node.op <= Opcode::Bitcast))
    return cast();
  return node.op >= Opcode::AddF ? floatOperation() : integerOperation();
}

} // namespace tenon::native
