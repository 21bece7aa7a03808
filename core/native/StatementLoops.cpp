// Loops are judged by the flat element numbers of accesses. A destination's number that is a mixed-radix
// number of loops (each step larger than what the smaller ones reach together) is different at each of their
// points.
#include "core/native/StatementLoops.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/native/ir/AccessText.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::native {

using nest::Access;
using nest::LinearForm;
using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::Statement;

std::vector<const Access *> accessesOf(const Statement &statement) {
  std::vector<const Access *> result{&statement.destination};
  for (const Node &node : statement.body)
    if (node.op == Opcode::Read)
      result.push_back(&node.access);
  return result;
}

SelfRead selfRead(const Statement &statement) {
  SelfRead result = SelfRead::None;
  unsigned written = statement.destination.operand;
  for (const Node &node : statement.body) {
    if (node.op == Opcode::TableRead && node.table == written)
      return SelfRead::Others;
    if (node.op != Opcode::Read || node.access.operand != written)
      continue;
    if (node.access.indices != statement.destination.indices)
      return SelfRead::Others;
    result = SelfRead::SameElement;
  }
  return result;
}

/// Adds the loops of the form if it is a mixed-radix number of those with more than one point.
static void addInjective(const Nest &nest, const LinearForm &form, std::vector<bool> &parallel) {
  llvm::SmallVector<unsigned> loops;
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    if (form.coefficients[loop] != 0 && nest.loops[loop].extent > 1)
      loops.push_back(loop);
  auto size = [&](unsigned loop) { return std::abs(form.coefficients[loop]); };
  llvm::sort(loops, [&](unsigned a, unsigned b) { return size(a) < size(b); });
  int64_t reach = 0;
  for (unsigned loop : loops) {
    if (size(loop) <= reach)
      return;
    reach += size(loop) * (nest.loops[loop].extent - 1);
  }
  for (unsigned loop : loops)
    parallel[loop] = true;
}

namespace {

/// A part of an expression's digits: (e floordiv low) mod (high / low). high 0: to the top.
struct Digit {
  AffineExpr of;
  int64_t low = 1, high = 0;
  int64_t factor = 1;
};

std::optional<int64_t> positiveConstant(AffineExpr expression) {
  auto number = dyn_cast<AffineConstantExpr>(expression);
  return number && number.getValue() > 0 ? std::optional(number.getValue()) : std::nullopt;
}

std::optional<Digit> digitOf(const FlatTerm &term) {
  Digit digit;
  digit.of = term.atom;
  digit.factor = term.factor;
  for (auto binary = dyn_cast<AffineBinaryOpExpr>(digit.of); binary;
       binary = dyn_cast<AffineBinaryOpExpr>(digit.of)) {
    std::optional<int64_t> number = positiveConstant(binary.getRHS());
    if (binary.getKind() == AffineExprKind::FloorDiv && number) {
      digit.low *= *number;
      digit.high *= *number;
    } else if (binary.getKind() == AffineExprKind::Mod && number &&
               (digit.high == 0 || digit.high >= *number)) {
      // Only what lies below the modulus is left; a quotient by all of it leaves nothing.
      if (*number % digit.low != 0)
        return std::nullopt;
      digit.high = *number;
    } else if (binary.getKind() == AffineExprKind::Mod && number && *number % digit.high == 0) {
      // A later remainder by a divisor of this one.
    } else {
      break;
    }
    digit.of = binary.getLHS();
  }
  return digit;
}

/// Digits that together are the whole expression, each once: then they tell its value.
bool tile(llvm::SmallVector<Digit> &digits, int64_t most) {
  llvm::sort(digits, [](const Digit &a, const Digit &b) { return a.low < b.low; });
  int64_t reached = 1;
  for (const Digit &digit : digits) {
    if (digit.low != reached)
      return false;
    reached = digit.high;
  }
  return reached == 0 || reached > most;
}

/// The loops of expressions whose digits stand apart in the flat element number.
void addDigits(const Nest &nest, const Statement &statement, std::vector<bool> &parallel) {
  llvm::SmallVector<std::pair<AffineExpr, llvm::SmallVector<Digit>>> groups;
  for (const FlatTerm &term : flatTerms(nest, statement.destination)) {
    std::optional<Digit> digit = digitOf(term);
    if (!digit)
      return;
    auto place = llvm::find_if(groups, [&](const auto &group) { return group.first == digit->of; });
    if (place == groups.end())
      place = groups.insert(groups.end(), {digit->of, {}});
    place->second.push_back(*digit);
  }
  llvm::SmallVector<std::pair<int64_t, int64_t>> radix; // factor, largest value
  for (auto &[expression, digits] : groups) {
    std::optional<nest::Interval> range = nest::indexRange(expression, nest.loops);
    if (!range || range->low < 0 || !tile(digits, range->high))
      return;
    for (const Digit &digit : digits)
      radix.push_back({std::abs(digit.factor), digit.high == 0 || digit.high > range->high
                                                   ? range->high / digit.low
                                                   : digit.high / digit.low - 1});
  }
  llvm::sort(radix);
  int64_t reach = 0;
  for (auto [factor, largest] : radix) {
    if (largest > 0 && factor <= reach)
      return;
    reach += factor * largest;
  }
  for (auto &[expression, digits] : groups)
    if (std::optional<LinearForm> form = nest::linearForm(expression, nest.loops.size()))
      addInjective(nest, *form, parallel);
}

} // namespace

std::vector<bool> parallelLoops(const Nest &nest, const Statement &statement) {
  std::vector<bool> parallel(nest.loops.size(), false);
  unsigned count = nest.loops.size();
  if (std::optional<LinearForm> flat = nest::linearForm(flatIndex(nest, statement.destination), count))
    addInjective(nest, *flat, parallel);
  else
    addDigits(nest, statement, parallel);
  for (AffineExpr index : statement.destination.indices.getResults())
    if (std::optional<LinearForm> form = nest::linearForm(index, count))
      addInjective(nest, *form, parallel);
  for (unsigned loop = 0; loop < count; ++loop)
    parallel[loop] = parallel[loop] && llvm::is_contained(statement.loops, loop);
  return parallel;
}

std::optional<int64_t> stride(const Nest &nest, const Access &access, unsigned loop) {
  if (!access.indices.isFunctionOfDim(loop))
    return 0;
  AffineExpr flat = flatIndex(nest, access);
  if (std::optional<LinearForm> form = nest::linearForm(flat, nest.loops.size()))
    return form->coefficients[loop];
  // Linear in this loop at least: the terms that it stands in are taken alone.
  MLIRContext *context = access.indices.getContext();
  llvm::SmallVector<AffineExpr> terms{flat};
  AffineExpr own = getAffineConstantExpr(0, context);
  while (!terms.empty()) {
    AffineExpr term = terms.pop_back_val();
    auto binary = dyn_cast<AffineBinaryOpExpr>(term);
    if (binary && binary.getKind() == AffineExprKind::Add) {
      terms.push_back(binary.getLHS());
      terms.push_back(binary.getRHS());
    } else if (term.isFunctionOfDim(loop)) {
      own = own + term;
    }
  }
  if (std::optional<LinearForm> form = nest::linearForm(own, nest.loops.size()))
    return form->coefficients[loop];
  return std::nullopt;
}

bool isGuardedAlong(const Nest &nest, const Access &access, unsigned loop) {
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    if (!index.isFunctionOfDim(loop))
      continue;
    std::optional<nest::Interval> range = nest::indexRange(index, nest.loops);
    if (!range || range->low < 0 || range->high >= nest.operands[access.operand].shape[i])
      return true;
  }
  return false;
}

namespace {

bool canJoin(const Nest &nest, const Statement &statement, unsigned outer, unsigned inner, bool allInside) {
  // A statement that has one of them alone goes along the other one not at all.
  if (llvm::is_contained(statement.loops, outer) != llvm::is_contained(statement.loops, inner))
    return false;
  for (const Node &node : statement.body)
    if (node.op == Opcode::LoopIndex && (node.loop == outer || node.loop == inner))
      return false;
  for (const Access *access : accessesOf(statement)) {
    std::optional<int64_t> far = stride(nest, *access, outer), near = stride(nest, *access, inner);
    bool isGuarded = isGuardedAlong(nest, *access, outer) || isGuardedAlong(nest, *access, inner);
    if (!far || !near || *far != *near * nest.loops[inner].extent || (isGuarded && !allInside))
      return false;
  }
  return true;
}

void join(Nest &nest, unsigned outer, unsigned inner) {
  MLIRContext *context = nest.statements[0].destination.indices.getContext();
  int64_t extent = nest.loops[inner].extent;
  AffineExpr both = getAffineDimExpr(inner, context);
  auto apart = [&](Access &access) {
    llvm::SmallVector<AffineExpr> loops;
    for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
      loops.push_back(loop == outer   ? both.floorDiv(extent)
                      : loop == inner ? both % extent
                                      : getAffineDimExpr(loop, context));
    access.indices = access.indices.replaceDimsAndSymbols(loops, {}, nest.loops.size(), 0);
  };
  for (Statement &statement : nest.statements) {
    apart(statement.destination);
    for (Node &node : statement.body)
      if (node.op == Opcode::Read)
        apart(node.access);
  }
  nest.loops[inner].extent *= nest.loops[outer].extent;
  nest.loops[outer].extent = 1;
}

} // namespace

Nest joinedStatements(const Nest &nest, llvm::ArrayRef<unsigned> numbers, llvm::ArrayRef<unsigned> fixed,
                      bool allInside) {
  Nest result;
  result.loops = nest.loops;
  result.operands = nest.operands;
  const Statement *longest = nullptr;
  for (unsigned number : numbers)
    result.statements.push_back(nest.statements[number]);
  for (const Statement &statement : result.statements)
    if (!longest || statement.loops.size() > longest->loops.size())
      longest = &statement;
  bool joined = true;
  while (joined) {
    joined = false;
    llvm::SmallVector<unsigned> loops;
    for (unsigned loop : longest->loops)
      if (result.loops[loop].extent > 1)
        loops.push_back(loop);
    for (size_t i = 0; i + 1 < loops.size() && !joined; ++i)
      if (!llvm::is_contained(fixed, loops[i]) && !llvm::is_contained(fixed, loops[i + 1]) &&
          llvm::all_of(result.statements, [&](const Statement &statement) {
            return canJoin(result, statement, loops[i], loops[i + 1], allInside);
          })) {
        join(result, loops[i], loops[i + 1]);
        joined = true;
      }
  }
  return result;
}

} // namespace tenon::native
