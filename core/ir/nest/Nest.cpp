// The tables of opcodes, the text of a type, and the count of multiply-accumulates.
#include "core/ir/nest/Nest.h"

using namespace mlir;

namespace tenon::nest {

unsigned ScalarType::storageBytes() const { return width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : 8; }

std::string ScalarType::str() const {
  if (kind == Kind::BFloat16)
    return "bf16";
  return (isInteger() ? "i" : "f") + std::to_string(width);
}

llvm::StringRef mnemonic(Opcode op) {
  switch (op) {
#define SCALAR_OP(name, mnemonic, arity)                                                                     \
  case Opcode::name:                                                                                         \
    return mnemonic;
#include "core/ir/nest/Scalars.def"
  }
  llvm_unreachable("an opcode that is not in Scalars.def");
}

unsigned arity(Opcode op) {
  switch (op) {
#define SCALAR_OP(name, mnemonic, arity)                                                                     \
  case Opcode::name:                                                                                         \
    return arity;
#include "core/ir/nest/Scalars.def"
  }
  llvm_unreachable("an opcode that is not in Scalars.def");
}

namespace {

/// Counts the products among the terms of a statement's value: the value is taken apart at additions and
/// subtractions, each term at multiplications, each factor at everything that keeps it a read with an offset.
class ProductCounter {
public:
  explicit ProductCounter(const Statement &statement)
      : statement(statement), counted(statement.body.size()) {}

  int64_t count() {
    int64_t products = countTerms(statement.value, /*positive=*/true);
    bool accumulates =
        statement.update == Update::Add || (statement.update == Update::Assign && addsDestination);
    return accumulates ? products : 0;
  }

private:
  const Node &node(unsigned number) const { return statement.body[number]; }

  static bool isCast(Opcode op) {
    switch (op) {
    case Opcode::ExtSI:
    case Opcode::ExtUI:
    case Opcode::TruncI:
    case Opcode::SIToFP:
    case Opcode::UIToFP:
    case Opcode::FPToSI:
    case Opcode::FPToUI:
    case Opcode::ExtF:
    case Opcode::TruncF:
      return true;
    default:
      return false;
    }
  }

  static bool isProduct(Opcode op) { return op == Opcode::MulI || op == Opcode::MulF; }
  static bool isSum(Opcode op) { return op == Opcode::AddI || op == Opcode::AddF; }
  static bool isDifference(Opcode op) { return op == Opcode::SubI || op == Opcode::SubF; }

  unsigned throughCasts(unsigned number) const {
    while (isCast(node(number).op))
      number = node(number).arguments[0];
    return number;
  }

  bool isConstant(unsigned number) const { return node(throughCasts(number)).op == Opcode::Constant; }

  int64_t countTerms(unsigned number, bool positive) {
    number = throughCasts(number);
    const Node &term = node(number);
    if (counted[number])
      return 0;
    counted[number] = true;
    if (isSum(term.op) || isDifference(term.op)) {
      int64_t first = countTerms(term.arguments[0], positive);
      return first + countTerms(term.arguments[1], positive == isSum(term.op));
    }
    if (term.op == Opcode::Fma)
      return areDifferentFactors(term.arguments[0], term.arguments[1]) +
             countTerms(term.arguments[2], positive);
    if (term.op == Opcode::Read && positive && term.access.operand == statement.destination.operand &&
        term.access.indices == statement.destination.indices)
      addsDestination = true;
    return isProductOfReads(number);
  }

  bool isProductOfReads(unsigned number) const {
    const Node &term = node(throughCasts(number));
    if (term.op == Opcode::NegF)
      return isProductOfReads(term.arguments[0]);
    if (!isProduct(term.op))
      return false;
    if (isConstant(term.arguments[0]))
      return isProductOfReads(term.arguments[1]);
    if (isConstant(term.arguments[1]))
      return isProductOfReads(term.arguments[0]);
    return areDifferentFactors(term.arguments[0], term.arguments[1]);
  }

  /// Whether one side depends on a read that the other side does not have.
  bool areDifferentFactors(unsigned left, unsigned right) const {
    SmallVector<const Access *> leftReads, rightReads;
    std::vector<bool> leftSeen(statement.body.size()), rightSeen(statement.body.size());
    collectReads(left, leftSeen, leftReads);
    collectReads(right, rightSeen, rightReads);
    for (const Access *a : leftReads)
      for (const Access *b : rightReads)
        if (a->operand != b->operand || a->indices != b->indices)
          return true;
    return false;
  }

  /// The reads that a factor depends on: through casts, offsets (a zero point may be a constant or a read),
  /// negation and constant scales.
  void collectReads(unsigned number, std::vector<bool> &seen, SmallVectorImpl<const Access *> &reads) const {
    number = throughCasts(number);
    if (seen[number])
      return;
    seen[number] = true;
    const Node &factor = node(number);
    if (factor.op == Opcode::Read)
      reads.push_back(&factor.access);
    bool scaled =
        isProduct(factor.op) && (isConstant(factor.arguments[0]) || isConstant(factor.arguments[1]));
    if (scaled || isSum(factor.op) || isDifference(factor.op) || factor.op == Opcode::NegF)
      for (unsigned argument : factor.arguments)
        collectReads(argument, seen, reads);
  }

  const Statement &statement;
  std::vector<bool> counted; ///< terms that were met: one that is used twice counts once
  bool addsDestination = false;
};

} // namespace

int64_t multiplyAccumulates(const Nest &nest) {
  int64_t total = 0;
  for (const Statement &statement : nest.statements) {
    int64_t points = 1;
    for (unsigned loop : statement.loops)
      points *= nest.loops[loop].extent;
    total += points * ProductCounter(statement).count();
  }
  return total;
}

} // namespace tenon::nest
