// Building the nest of bounds, statement by statement.
#include "core/reference/ErrorBound.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/reference/ErrorRules.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace tenon::reference {

namespace {

using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::Operand;
using nest::ScalarType;
using nest::Statement;
using nest::Update;

bool isFloatSum(const Nest &nest, const Statement &statement) {
  return statement.update == Update::Add && nest.operands[statement.destination.operand].type.isFloat();
}

/// The most terms that are added to one element.
double termsOf(const Nest &nest, const Statement &statement) {
  mlir::AffineMap indices = statement.destination.indices;
  llvm::SmallVector<unsigned> used;
  bool plain = true;
  for (mlir::AffineExpr index : indices.getResults())
    if (auto loop = llvm::dyn_cast<mlir::AffineDimExpr>(index))
      used.push_back(loop.getPosition());
    else
      plain = plain && llvm::isa<mlir::AffineConstantExpr>(index);
  double terms = 1;
  for (unsigned loop : statement.loops)
    if (!plain || !llvm::is_contained(used, loop))
      terms *= double(nest.loops[loop].extent);
  return terms;
}

bool readsOperand(const Statement &statement, unsigned operand) {
  bool accumulates = statement.update != Update::Assign && statement.destination.operand == operand;
  return accumulates || llvm::any_of(statement.body, [&](const Node &node) {
           return (node.op == Opcode::Read && node.access.operand == operand) ||
                  (node.op == Opcode::TableRead && node.table == operand);
         });
}

class BoundNestBuilder {
public:
  BoundNestBuilder(const Nest &original, llvm::ArrayRef<bool> uncertain, llvm::ArrayRef<double> terms,
                   const BoundOptions &options)
      : original(original), options(options), written(original.operands.size(), false),
        has(uncertain.begin(), uncertain.end()) {
    result.terms.assign(terms.begin(), terms.end());
    for (const Statement &statement : original.statements)
      written[statement.destination.operand] = true;
    spread();
  }

  std::optional<BoundNest> build() {
    bool any = false;
    for (unsigned operand = 0; operand < has.size(); ++operand)
      any = any || (written[operand] && !original.operands[operand].local && has[operand]);
    if (!any)
      return std::nullopt;
    result.nest.loops = original.loops;
    result.nest.operands = original.operands;
    for (unsigned operand = 0; operand < has.size(); ++operand)
      result.nest.operands[operand].local = written[operand];
    result.bounds = numbered();
    for (unsigned operand = 0; operand < has.size(); ++operand)
      if (has[operand]) {
        const Operand &of = original.operands[operand];
        result.nest.operands.push_back({"bound_" + of.name, ScalarType::f64(), of.shape, of.local});
      }
    for (unsigned number = 0; number < original.statements.size(); ++number)
      addStatement(number);
    return std::move(result);
  }

private:
  /// Which operands have a bound: those that some statement can make uncertain, until no more come.
  void spread() {
    for (bool changed = true; changed;) {
      changed = false;
      llvm::SmallVector<int> bounds = numbered();
      for (const Statement &statement : original.statements) {
        unsigned to = statement.destination.operand;
        if (has[to])
          continue;
        bool makes = (isFloatSum(original, statement) && termsOf(original, statement) > 1) ||
                     BodyBounds(statement, bounds, options).ofValue().has_value();
        has[to] = has[to] || makes;
        changed = changed || makes;
      }
    }
  }

  llvm::SmallVector<int> numbered() const {
    llvm::SmallVector<int> bounds;
    int next = int(has.size());
    for (bool one : has)
      bounds.push_back(one ? next++ : -1);
    return bounds;
  }

  void addStatement(unsigned number) {
    const Statement &statement = original.statements[number];
    unsigned to = statement.destination.operand;
    result.terms[to] = isFloatSum(original, statement) ? termsOf(original, statement)
                       : statement.update == Update::Assign
                           ? BodyBounds(statement, result.bounds, options, result.terms).termsOfValue()
                           : 0;
    if (has[to]) {
      if (isFloatSum(original, statement) && !statement.start && writtenBefore(number))
        addWhatIsThere(statement);
      addBound(statement);
    }
    // The value itself is needed only where another statement reads it.
    for (auto [other, reader] : llvm::enumerate(original.statements))
      if (other != number && readsOperand(reader, to)) {
        result.nest.statements.push_back(statement);
        return;
      }
    if (llvm::any_of(statement.body,
                     [&](const Node &node) { return node.op == Opcode::Read && node.access.operand == to; }))
      result.nest.statements.push_back(statement);
  }

  bool writtenBefore(unsigned number) const {
    return llvm::any_of(
        llvm::ArrayRef(original.statements).take_front(number), [&](const Statement &earlier) {
          return earlier.destination.operand == original.statements[number].destination.operand;
        });
  }

  nest::Access boundAccess(const Statement &statement) const {
    nest::Access access = statement.destination;
    access.operand = unsigned(result.bounds[access.operand]);
    return access;
  }

  /// What a sum begins with is one of its terms.
  void addWhatIsThere(const Statement &statement) {
    Statement first;
    first.loops = nest::usedLoops(statement.destination.indices);
    first.destination = boundAccess(statement);
    first.update = Update::Add;
    Node read;
    read.op = Opcode::Read;
    read.type = original.operands[statement.destination.operand].type;
    read.access = statement.destination;
    Statement body;
    body.body = {read};
    llvm::SmallVector<int> none(original.operands.size(), -1);
    BodyBounds rules(body, none, options);
    first.value = rules.binary(Opcode::MulF, rules.magnitude(0),
                               rules.constant(sumFactor(read.type, termsOf(original, statement), options)));
    first.body = rules.takeBody();
    result.nest.statements.push_back(std::move(first));
  }

  void addBound(const Statement &statement) {
    ScalarType type = original.operands[statement.destination.operand].type;
    BodyBounds rules(statement, result.bounds, options, result.terms);
    BodyBounds::Bound bound = rules.ofValue();
    Statement made;
    made.loops = statement.loops;
    made.destination = boundAccess(statement);
    made.update = statement.update == Update::Min ? Update::Max : statement.update;
    if (statement.start)
      made.start = nest::Constant::ofReal(0);
    if (isFloatSum(original, statement)) {
      double factor = sumFactor(type, termsOf(original, statement), options);
      unsigned term = rules.binary(Opcode::MulF, rules.magnitude(statement.value), rules.constant(factor));
      if (bound)
        term =
            rules.binary(Opcode::AddF, term, rules.binary(Opcode::MulF, rules.constant(1 + factor), *bound));
      bound = term;
      if (statement.start)
        made.start = nest::Constant::ofReal(factor * std::abs(statement.start->real));
    }
    made.value = bound ? *bound : rules.constant(0);
    made.body = rules.takeBody();
    result.nest.statements.push_back(std::move(made));
  }

  const Nest &original;
  const BoundOptions &options;
  std::vector<bool> written, has;
  BoundNest result;
};

} // namespace

std::optional<BoundNest> boundNest(const Nest &nest, llvm::ArrayRef<bool> uncertain,
                                   llvm::ArrayRef<double> terms, const BoundOptions &options) {
  return BoundNestBuilder(nest, uncertain, terms, options).build();
}

bool withinBound(double got, double want, double bound) {
  if (std::isnan(got) && std::isnan(want))
    return true;
  if (got == want)
    return bound != 0 || std::signbit(got) == std::signbit(want);
  // The bounds themselves are sums of doubles.
  constexpr double slack = 1 + 1e-9;
  return std::isfinite(bound) && std::abs(got - want) <= bound * slack;
}

} // namespace tenon::reference
