// The rules of ErrorBound.h, a scalar operation each: from the nodes of a statement's body to nodes that
// compute how far each value may lie from the reference's.
#pragma once

#include "core/reference/ErrorBound.h"

namespace tenon::reference {

/// Unit roundoff of a float type.
/// Twice g(n + 2), or g(n + 6): both sides may be off by it, times the sum of the terms' magnitudes.
double sumFactor(nest::ScalarType type, double terms, const BoundOptions &options);

double unitRoundoff(nest::ScalarType type);

class BodyBounds {
public:
  /// `bounds`: for each operand of the nest the operand that holds its bound, -1 for none.
  /// `terms`: of the operands, BoundNest::terms; empty where none is a sum.
  BodyBounds(const nest::Statement &statement, llvm::ArrayRef<int> bounds, const BoundOptions &options,
             llvm::ArrayRef<double> terms = {});

  using Bound = std::optional<unsigned>; ///< an f64 node; nothing: 0

  Bound of(unsigned node) const { return known[node]; }
  Bound ofValue() const { return known[stored]; }
  double termsOfValue() const { return sums[stored]; }
  /// |node| as f64.
  unsigned magnitude(unsigned node);
  unsigned constant(double value);
  unsigned binary(nest::Opcode op, unsigned left, unsigned right);
  std::vector<nest::Node> takeBody() { return std::move(body); }

private:
  Bound rule(const nest::Node &node, unsigned number);
  Bound arithmetic(const nest::Node &node, unsigned number);
  Bound function(const nest::Node &node, unsigned number);
  Bound comparison(const nest::Node &node);
  Bound choice(const nest::Node &node);
  Bound step(const nest::Node &node, unsigned number);
  Bound product(const nest::Node &node);

  unsigned add(nest::Node node);
  unsigned unary(nest::Opcode op, unsigned argument);
  unsigned real(unsigned node); ///< its value as f64
  unsigned times(double factor, unsigned node);
  unsigned orZero(Bound bound);
  Bound sum(Bound left, Bound right);
  Bound larger(Bound left, Bound right);
  unsigned isNotZero(unsigned bound);
  unsigned isBelow(unsigned left, unsigned right);
  unsigned choose(unsigned condition, unsigned yes, unsigned no);
  unsigned guarded(unsigned cause, unsigned bound); ///< 0 where the cause is 0
  Bound onlyIf(Bound cause, unsigned bound);        ///< nothing where there is no cause
  Bound rounded(Bound bound, unsigned number);
  double termsOf(const nest::Node &node) const;
  Bound roundedSum(Bound bound, const nest::Node &node, unsigned number);
  Bound notCovered(const nest::Node &node);

  llvm::ArrayRef<int> bounds;
  const BoundOptions &options;
  std::vector<nest::Node> body;
  std::vector<Bound> known; ///< of the statement's own nodes
  llvm::ArrayRef<double> terms;
  std::vector<double> sums; ///< of the statement's own nodes: terms of the sum that they are, or 0
  unsigned stored;
};

} // namespace tenon::reference
