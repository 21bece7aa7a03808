// One word for each operation.
#include "core/isa/semantics/Words.h"

namespace tenon::isa {

using nest::Opcode;

llvm::StringRef comparisonWord(const nest::Node &node) {
  using I = nest::IntegerPredicate;
  using F = nest::FloatPredicate;
  if (node.op == Opcode::CmpI)
    switch (node.integerPredicate) {
    case I::EQ:
      return "==";
    case I::NE:
      return "!=";
    case I::SLT:
    case I::ULT:
      return "<";
    case I::SLE:
    case I::ULE:
      return "<=";
    case I::SGT:
    case I::UGT:
      return ">";
    default:
      return ">=";
    }
  switch (node.floatPredicate) {
  case F::OEQ:
    return "==";
  case F::UNE:
    return "!=";
  case F::OLT:
    return "<";
  case F::OLE:
    return "<=";
  case F::OGT:
    return ">";
  default:
    return ">=";
  }
}

llvm::StringRef infixWord(Opcode op) {
  switch (op) {
  case Opcode::AddI:
  case Opcode::AddF:
    return "+";
  case Opcode::SubI:
  case Opcode::SubF:
    return "-";
  case Opcode::MulI:
  case Opcode::MulF:
    return "*";
  case Opcode::DivF:
    return "/";
  case Opcode::ShLI:
    return "<<";
  case Opcode::AndI:
    return "&";
  case Opcode::OrI:
    return "|";
  case Opcode::XorI:
    return "^";
  default:
    return "";
  }
}

llvm::StringRef functionWord(const nest::Node &node) {
  static constexpr llvm::StringLiteral shifts[] = {"round_shift_half_up", "round_shift_half_away",
                                                   "round_shift_half_even", "round_shift_down",
                                                   "round_shift_to_zero"};
  switch (node.op) {
  case Opcode::MaxSI:
  case Opcode::MaxUI:
  case Opcode::MaximumF:
    return "max";
  case Opcode::MinSI:
  case Opcode::MinUI:
  case Opcode::MinimumF:
    return "min";
  case Opcode::RoundingShiftRight:
    return shifts[unsigned(node.rounding)];
  case Opcode::DoublingHighMultiply:
    return "doubling_high_multiply";
  case Opcode::FloorDivSI:
  case Opcode::DivUI:
    return "floor_div";
  case Opcode::DivSI:
    return "div_to_zero";
  case Opcode::AbsF:
    return "abs";
  case Opcode::Fma:
    return "fma";
  case Opcode::ExpF:
    return "exp";
  case Opcode::SqrtF:
    return "sqrt";
  case Opcode::TanhF:
    return "tanh";
  default:
    return "";
  }
}

} // namespace tenon::isa
