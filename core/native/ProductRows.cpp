// Reads off a row's semantics which factors it multiplies and where it sums them.
#include "core/native/ProductRows.h"

#include "core/match/Assignments.h"
#include "core/match/Pattern.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::native {

using match::Pattern;
using match::Term;
using nest::Opcode;

namespace {

bool liesIn(const isa::Description &description, const isa::OperandDeclaration &operand,
            isa::Memory::Kind kind) {
  return llvm::any_of(operand.memories,
                      [&](unsigned memory) { return description.memories[memory].kind == kind; });
}

/// The operand whose element a factor is, through widening casts.
std::optional<unsigned> operandOf(const Pattern &pattern, Term factor) {
  const match::Terms &terms = pattern.terms;
  while (terms.is(factor, Opcode::ExtSI) || terms.is(factor, Opcode::ExtUI) || terms.is(factor, Opcode::ExtF))
    factor = terms.node(factor).arguments[0];
  if (!terms.is(factor, Opcode::Read) ||
      terms.node(factor).access.operand >= pattern.intrinsic.operands.size())
    return std::nullopt;
  return terms.node(factor).access.operand;
}

RowUse refused(std::string reason, std::string repair = "") {
  return {std::nullopt, std::move(reason), std::move(repair)};
}

RowUse rowUse(const isa::Description &description, unsigned number, MLIRContext &context) {
  const isa::Intrinsic &intrinsic = description.intrinsics[number];
  std::string name = "'" + intrinsic.name + "'";
  if (intrinsic.semantics.statements.empty())
    return refused(name + " computes nothing");
  if (intrinsic.isMove())
    return refused("a move: it fills and empties the operands of others");
  if (!description.has(intrinsic)) {
    std::string missing;
    for (const std::string &feature : intrinsic.requiredFeatures)
      if (!llvm::is_contained(description.code->features, feature))
        missing += (missing.empty() ? "" : ", ") + feature;
    return refused(name + " needs " + missing + ", which this target's features lack");
  }
  bool isCall = !intrinsic.call.empty();
  if (intrinsic.llvm.empty() && intrinsic.assembly.empty() && !isCall)
    return refused(name + " has no code: neither llvm nor asm nor call", "write what it is in LLVM IR");
  std::string reason;
  std::optional<Pattern> pattern = match::patternOf(intrinsic, &context, reason);
  if (!pattern)
    return refused(reason);
  if (!pattern->core || pattern->update != nest::Update::Add)
    return refused(name + " adds nothing up over k: native code gives sums of products to intrinsics, and "
                          "does the rest itself");
  bool isWhole = pattern->final || pattern->sumIsLocal;
  if (isWhole && !isCall)
    return refused(name + " does more than the sum: native code writes what follows a sum itself",
                   "a row that adds to its operand alone");
  if (!isWhole && !isCall && !pattern->accumulates())
    return refused(name + " starts its sum anew with each use: native code keeps sums in registers",
                   "a row that does +=");
  const isa::OperandDeclaration &written =
      intrinsic.operands[unsigned(isWhole ? pattern->result : pattern->sum)];
  if (!liesIn(description, written, isCall ? isa::Memory::Kind::Global : isa::Memory::Kind::Registers))
    return refused("what " + name + " writes lies in " + description.memories[written.memories[0]].name +
                       (isCall ? ", which a function cannot reach" : ", which are no registers"),
                   isCall ? "" : "a row that adds in registers");
  const match::Terms &terms = pattern->terms;
  if (!terms.is(*pattern->core, Opcode::MulI) && !terms.is(*pattern->core, Opcode::MulF))
    return refused("what " + name + " sums is no product of two operands");
  ArrayRef<unsigned> factors = terms.node(*pattern->core).arguments;
  std::optional<unsigned> first = operandOf(*pattern, factors[0]), second = operandOf(*pattern, factors[1]);
  if (!first || !second || *first == *second)
    return refused("what " + name + " sums is no product of two operands' elements");
  ProductRow row;
  row.intrinsic = number;
  row.first = intrinsic.operands[*first].type;
  row.second = intrinsic.operands[*second].type;
  row.sum = terms.node(*pattern->core).type;
  row.accumulates = pattern->accumulates();
  row.isWhole = isWhole;
  if (!row.accumulates && !isWhole && !terms.is(*pattern->init, Opcode::Constant))
    return refused(name + " starts its sum from more than a number");
  for (unsigned size : pattern->reduction.set_bits())
    if (!intrinsic.sizes[size].allows(1))
      row.multiple *= match::smallestOf(intrinsic.sizes[size]);
  return {row, "", ""};
}

} // namespace

std::vector<RowUse> productRows(const isa::Description &description, MLIRContext &context) {
  std::vector<RowUse> result;
  for (unsigned number = 0; number < description.intrinsics.size(); ++number)
    result.push_back(rowUse(description, number, context));
  return result;
}

} // namespace tenon::native
