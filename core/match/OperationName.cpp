// The words of core/isa/semantics for the operations of nests.
#include "core/match/OperationName.h"

using tenon::nest::Opcode;

namespace tenon::match {

namespace {

/// Of Rounding's enumerators, in their order.
constexpr llvm::StringLiteral roundings[] = {"round_shift_half_up", "round_shift_half_away",
                                             "round_shift_half_even", "round_shift_down",
                                             "round_shift_to_zero"};

std::string castName(const nest::Node &node) { return "a cast to " + node.type.str(); }

} // namespace

std::string operationName(const nest::Node &node) {
  switch (node.op) {
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
  case Opcode::MaxSI:
  case Opcode::MaxUI:
  case Opcode::MaximumF:
    return "max";
  case Opcode::MinSI:
  case Opcode::MinUI:
  case Opcode::MinimumF:
    return "min";
  case Opcode::FloorDivSI:
    return "floor_div";
  case Opcode::DivSI:
    return "div_to_zero";
  case Opcode::DoublingHighMultiply:
    return "doubling_high_multiply";
  case Opcode::RoundingShiftRight:
    return roundings[unsigned(node.rounding)].str();
  case Opcode::ExtSI:
  case Opcode::ExtUI:
  case Opcode::TruncI:
  case Opcode::SIToFP:
  case Opcode::UIToFP:
  case Opcode::ExtF:
  case Opcode::TruncF:
    return castName(node);
  default:
    return nest::mnemonic(node.op).str();
  }
}

} // namespace tenon::match
