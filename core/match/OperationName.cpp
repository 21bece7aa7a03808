// The words of semantics, and what casts are called.
#include "core/match/OperationName.h"

#include "core/isa/semantics/Words.h"

using tenon::nest::Opcode;

namespace tenon::match {

namespace {

bool isCast(Opcode op) {
  switch (op) {
  case Opcode::ExtSI:
  case Opcode::ExtUI:
  case Opcode::TruncI:
  case Opcode::SIToFP:
  case Opcode::UIToFP:
  case Opcode::ExtF:
  case Opcode::TruncF:
    return true;
  default:
    return false;
  }
}

} // namespace

std::string operationName(const nest::Node &node) {
  if (node.op == Opcode::ExtUI || node.op == Opcode::UIToFP)
    return "a cast of an unsigned number to " + node.type.str();
  if (isCast(node.op))
    return "a cast to " + node.type.str();
  llvm::StringRef word = isa::infixWord(node.op);
  if (word.empty())
    word = node.op == Opcode::CmpI || node.op == Opcode::CmpF ? isa::comparisonWord(node)
                                                              : isa::functionWord(node);
  return (word.empty() ? nest::mnemonic(node.op) : word).str();
}

} // namespace tenon::match
