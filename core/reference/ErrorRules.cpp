// One rule for each family of scalar operations.
#include "core/reference/ErrorRules.h"

#include <cmath>
#include <limits>

namespace tenon::reference {

using nest::Node;
using nest::Opcode;
using nest::ScalarType;

double unitRoundoff(ScalarType type) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return std::ldexp(1, -11);
  case ScalarType::Kind::BFloat16:
    return std::ldexp(1, -8);
  case ScalarType::Kind::Float32:
    return std::ldexp(1, -24);
  case ScalarType::Kind::Float64:
    return std::ldexp(1, -53);
  case ScalarType::Kind::Integer:
    return 0;
  }
  return 0;
}

namespace {

/// The distance of neighbours below the smallest normal number.
double smallestStep(ScalarType type) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return std::ldexp(1, -24);
  case ScalarType::Kind::BFloat16:
    return std::ldexp(1, -133);
  case ScalarType::Kind::Float32:
    return std::ldexp(1, -149);
  default:
    return std::numeric_limits<double>::denorm_min();
  }
}

} // namespace

double sumFactor(ScalarType type, double terms, const BoundOptions &options) {
  double part = (terms + (options.foldsIntoSums ? 6 : 2)) * unitRoundoff(type);
  return part < 0.5 ? 2 * part / (1 - part) : HUGE_VAL;
}

BodyBounds::BodyBounds(const nest::Statement &statement, llvm::ArrayRef<int> bounds,
                       const BoundOptions &options, llvm::ArrayRef<double> terms)
    : bounds(bounds), options(options), body(statement.body), terms(terms), stored(statement.value) {
  for (unsigned number = 0; number < statement.body.size(); ++number) {
    sums.push_back(termsOf(statement.body[number]));
    known.push_back(rule(statement.body[number], number));
  }
}

/// A sum stays one with something added to it; and scaled, where factors may be folded into its terms.
double BodyBounds::termsOf(const Node &node) const {
  bool scales = node.op == Opcode::MulF || node.op == Opcode::DivF;
  if (node.op == Opcode::Read)
    return terms.empty() || bounds[node.access.operand] < 0 ? 0 : terms[node.access.operand];
  if (node.op != Opcode::AddF && node.op != Opcode::SubF && !(scales && options.foldsIntoSums))
    return 0;
  double most = 0;
  for (unsigned argument : node.arguments)
    most = std::max(most, sums[argument]);
  return most;
}

unsigned BodyBounds::add(Node node) {
  body.push_back(std::move(node));
  return unsigned(body.size() - 1);
}

unsigned BodyBounds::constant(double value) {
  Node node;
  node.type = ScalarType::f64();
  node.constant = nest::Constant::ofReal(value);
  return add(std::move(node));
}

unsigned BodyBounds::unary(Opcode op, unsigned argument) {
  Node node;
  node.op = op;
  node.type = ScalarType::f64();
  node.arguments = {argument};
  return add(std::move(node));
}

unsigned BodyBounds::binary(Opcode op, unsigned left, unsigned right) {
  Node node;
  node.op = op;
  node.type = ScalarType::f64();
  node.arguments = {left, right};
  return add(std::move(node));
}

unsigned BodyBounds::times(double factor, unsigned node) {
  return binary(Opcode::MulF, constant(factor), node);
}

unsigned BodyBounds::real(unsigned node) {
  ScalarType type = body[node].type;
  if (type == ScalarType::f64())
    return node;
  if (type == ScalarType::integer(1)) // true is 1
    return unary(Opcode::UIToFP, node);
  return unary(type.isInteger() ? Opcode::SIToFP : Opcode::ExtF, node);
}

unsigned BodyBounds::magnitude(unsigned node) { return unary(Opcode::AbsF, real(node)); }

unsigned BodyBounds::orZero(Bound bound) { return bound ? *bound : constant(0); }

BodyBounds::Bound BodyBounds::sum(Bound left, Bound right) {
  if (left && right)
    return binary(Opcode::AddF, *left, *right);
  return left ? left : right;
}

BodyBounds::Bound BodyBounds::larger(Bound left, Bound right) {
  if (left && right)
    return binary(Opcode::MaximumF, *left, *right);
  return left ? left : right;
}

/// True for NaN too: what is not known is not 0.
unsigned BodyBounds::isNotZero(unsigned bound) {
  Node node;
  node.op = Opcode::CmpF;
  node.type = ScalarType::integer(1);
  node.floatPredicate = nest::FloatPredicate::UNE;
  node.arguments = {bound, constant(0)};
  return add(std::move(node));
}

unsigned BodyBounds::isBelow(unsigned left, unsigned right) {
  Node node;
  node.op = Opcode::CmpF;
  node.type = ScalarType::integer(1);
  node.floatPredicate = nest::FloatPredicate::OLT;
  node.arguments = {left, right};
  return add(std::move(node));
}

unsigned BodyBounds::choose(unsigned condition, unsigned yes, unsigned no) {
  Node node;
  node.op = Opcode::Select;
  node.type = ScalarType::f64();
  node.arguments = {condition, yes, no};
  return add(std::move(node));
}

unsigned BodyBounds::guarded(unsigned cause, unsigned bound) {
  unsigned zero = constant(0);
  return choose(isNotZero(cause), bound, zero);
}

BodyBounds::Bound BodyBounds::onlyIf(Bound cause, unsigned bound) {
  return cause ? Bound(guarded(*cause, bound)) : std::nullopt;
}

/// Both sides round what may differ: each by half a unit of a value that is the reference's within the bound.
BodyBounds::Bound BodyBounds::rounded(Bound bound, unsigned number) {
  if (!bound)
    return std::nullopt;
  ScalarType type = body[number].type;
  double unit = (options.foldsIntoSums ? 3 : 2) * unitRoundoff(type);
  unsigned grown = binary(Opcode::AddF, times(1 + unit, *bound), times(unit * (1 + unit), magnitude(number)));
  return onlyIf(bound, binary(Opcode::AddF, grown, constant(2 * smallestStep(type))));
}

/// A sum within a bound of the reference's, rounded: rounding is monotone, so the result lies between what
/// the ends of the range round to. A large operand that swallows a small one swallows its bound too.
BodyBounds::Bound BodyBounds::roundedSum(Bound bound, const Node &node, unsigned number) {
  if (sums[number] > 0) { // what is added may be what the sum starts from
    for (unsigned side : {0, 1})
      if (sums[node.arguments[side]] > 0)
        bound = sum(bound, times(sumFactor(node.type, sums[node.arguments[side]], options),
                                 magnitude(node.arguments[1 - side])));
    return rounded(bound, number);
  }
  Bound grown = rounded(bound, number);
  ScalarType type = node.type;
  if (!bound || type == ScalarType::f64())
    return grown;
  unsigned exact = binary(node.op, real(node.arguments[0]), real(node.arguments[1]));
  constexpr double ofDoubles = 0x1p-51; // the range's ends are doubles
  unsigned reach =
      binary(Opcode::AddF, times(1 + ofDoubles, *bound), times(ofDoubles, unary(Opcode::AbsF, exact)));
  auto end = [&](Opcode direction) {
    Node narrow;
    narrow.op = Opcode::TruncF;
    narrow.type = type;
    narrow.arguments = {binary(direction, exact, reach)};
    return real(add(std::move(narrow)));
  };
  unsigned value = real(number), high = end(Opcode::AddF), low = end(Opcode::SubF);
  unsigned apart = binary(Opcode::MaximumF, binary(Opcode::SubF, high, value),
                          binary(Opcode::SubF, value, low)); // NaN where something is infinite
  return onlyIf(bound, binary(Opcode::MinNumF, *grown, apart));
}

BodyBounds::Bound BodyBounds::notCovered(const Node &node) {
  Bound any;
  for (unsigned argument : node.arguments)
    any = sum(any, known[argument]);
  return onlyIf(any, constant(std::numeric_limits<double>::infinity()));
}

/// |a| Eb + |b| Ea + Ea Eb
BodyBounds::Bound BodyBounds::product(const Node &node) {
  unsigned a = node.arguments[0], b = node.arguments[1];
  Bound ofA = known[a], ofB = known[b], bound;
  if (ofB)
    bound = sum(bound, guarded(*ofB, binary(Opcode::MulF, magnitude(a), *ofB)));
  if (ofA)
    bound = sum(bound, guarded(*ofA, binary(Opcode::MulF, magnitude(b), *ofA)));
  if (ofA && ofB)
    bound = sum(bound, guarded(*ofA, guarded(*ofB, binary(Opcode::MulF, *ofA, *ofB))));
  return bound;
}

BodyBounds::Bound BodyBounds::arithmetic(const Node &node, unsigned number) {
  switch (node.op) {
  case Opcode::AddI:
  case Opcode::SubI:
    return sum(known[node.arguments[0]], known[node.arguments[1]]);
  case Opcode::AddF:
  case Opcode::SubF:
    return roundedSum(sum(known[node.arguments[0]], known[node.arguments[1]]), node, number);
  case Opcode::MulI:
    return product(node);
  case Opcode::MulF:
    return rounded(product(node), number);
  case Opcode::Fma:
    return rounded(sum(product(node), known[node.arguments[2]]), number);
  case Opcode::DivF: {
    Bound above = known[node.arguments[0]], below = known[node.arguments[1]];
    if (!above && !below)
      return std::nullopt;
    unsigned least = magnitude(node.arguments[1]);
    Bound error = above;
    if (below) {
      least = binary(Opcode::SubF, least, *below);
      double slack = 1 + 2 * unitRoundoff(node.type);
      error = sum(error, onlyIf(below, binary(Opcode::MulF, times(slack, magnitude(number)), *below)));
    }
    unsigned whole = constant(std::numeric_limits<double>::infinity());
    unsigned positive = isBelow(constant(0), least);
    unsigned quotient = choose(positive, binary(Opcode::DivF, orZero(error), least), whole);
    return rounded(onlyIf(sum(above, below), quotient), number);
  }
  default:
    return notCovered(node);
  }
}

BodyBounds::Bound BodyBounds::function(const Node &node, unsigned number) {
  Bound bound = known[node.arguments[0]], result;
  if (bound) {
    unsigned x = node.arguments[0];
    switch (node.op) {
    case Opcode::SqrtF: {
      unsigned flat = unary(Opcode::SqrtF, *bound);
      unsigned steep = binary(Opcode::DivF, *bound, unary(Opcode::SqrtF, real(x)));
      result = onlyIf(bound, binary(Opcode::MinNumF, flat, steep));
      break;
    }
    case Opcode::ExpF: { // e^(x+d) - e^x <= e^x d e^d; where d is large, e^(x+d) alone is less
      unsigned steep = binary(
          Opcode::MulF, magnitude(number),
          binary(Opcode::MulF, times(1 + 4 * unitRoundoff(node.type), *bound), unary(Opcode::ExpF, *bound)));
      unsigned whole = times(1 + 0x1p-50, unary(Opcode::ExpF, binary(Opcode::AddF, real(x), *bound)));
      result = onlyIf(bound, binary(Opcode::MinNumF, steep, whole));
      break;
    }
    case Opcode::LogF: {
      unsigned least = binary(Opcode::SubF, real(x), *bound);
      unsigned positive = isBelow(constant(0), least);
      unsigned whole = constant(std::numeric_limits<double>::infinity());
      result = onlyIf(bound, choose(positive, binary(Opcode::DivF, *bound, least), whole));
      break;
    }
    case Opcode::TanhF:
      result = bound;
      break;
    case Opcode::ErfF: { // steepest at 0: 2 / sqrt(pi)
      constexpr double steepest = 1.1283791670955126;
      result = times(steepest * (1 + 1e-15), *bound);
      break;
    }
    default:
      result = notCovered(node);
    }
  } else if (node.op == Opcode::PowF) {
    result = notCovered(node);
  }
  result = rounded(result, number);
  // What is defined by its steps is the same everywhere.
  bool isDefined = node.type.width < 64 &&
                   (node.op == Opcode::ExpF || node.op == Opcode::TanhF || node.op == Opcode::ErfF);
  if (options.functionError > 0 && !isDefined && node.op != Opcode::SqrtF) {
    // In a narrower type nothing changes but where the error crosses a rounding boundary: to a neighbour.
    double rounding = node.type == ScalarType::f64() ? 0 : 2 * unitRoundoff(node.type);
    unsigned own = times((options.functionError + rounding) * (1 + rounding), magnitude(number));
    result = sum(result, binary(Opcode::AddF, own, constant(2 * smallestStep(node.type))));
  }
  return result;
}

/// A comparison that lies within the bounds may turn out either way.
BodyBounds::Bound BodyBounds::comparison(const Node &node) {
  unsigned a = node.arguments[0], b = node.arguments[1];
  Bound both = sum(known[a], known[b]);
  if (!both)
    return std::nullopt;
  unsigned apart = unary(Opcode::AbsF, binary(Opcode::SubF, real(a), real(b)));
  unsigned one = constant(1), zero = constant(0);
  return onlyIf(both, choose(isBelow(*both, apart), zero, one));
}

BodyBounds::Bound BodyBounds::choice(const Node &node) {
  unsigned condition = node.arguments[0], yes = node.arguments[1], no = node.arguments[2];
  Bound settled;
  if (known[yes] || known[no]) {
    unsigned left = orZero(known[yes]), right = orZero(known[no]);
    settled = choose(condition, left, right);
  }
  Bound ofCondition = known[condition];
  if (!ofCondition)
    return settled;
  unsigned apart = unary(Opcode::AbsF, binary(Opcode::SubF, real(yes), real(no)));
  unsigned open = orZero(sum(apart, larger(known[yes], known[no])));
  unsigned otherwise = orZero(settled);
  return choose(isNotZero(*ofCondition), open, otherwise);
}

/// Functions that step: what they are at both ends of the argument's range.
BodyBounds::Bound BodyBounds::step(const Node &node, unsigned number) {
  Bound bound = known[node.arguments[0]];
  if (!bound)
    return std::nullopt;
  unsigned x = real(node.arguments[0]);
  auto at = [&](unsigned argument) {
    if (node.op != Opcode::FPToSI && node.op != Opcode::FPToUI)
      return unary(node.op, argument);
    unsigned below = isBelow(argument, constant(0));
    unsigned up = unary(Opcode::CeilF, argument), down = unary(Opcode::FloorF, argument);
    return choose(below, up, down);
  };
  unsigned here = at(x);
  unsigned above = binary(Opcode::SubF, at(binary(Opcode::AddF, x, *bound)), here);
  unsigned below = binary(Opcode::SubF, here, at(binary(Opcode::SubF, x, *bound)));
  return onlyIf(bound, binary(Opcode::MaximumF, above, below));
}

BodyBounds::Bound BodyBounds::rule(const Node &node, unsigned number) {
  switch (node.op) {
  case Opcode::Constant:
  case Opcode::LoopIndex:
    return std::nullopt;
  case Opcode::Read: {
    int operand = bounds[node.access.operand];
    if (operand < 0)
      return std::nullopt;
    Node read = node;
    read.type = ScalarType::f64();
    read.access.operand = unsigned(operand);
    if (read.access.outside)
      read.access.outside = nest::Constant::ofReal(0);
    return add(std::move(read));
  }
  case Opcode::TableRead: {
    Bound index = notCovered(node);
    if (bounds[node.table] < 0)
      return index;
    Node entry = node;
    entry.type = ScalarType::f64();
    entry.table = unsigned(bounds[node.table]);
    return sum(add(std::move(entry)), index);
  }
  case Opcode::NegF:
  case Opcode::AbsF:
  case Opcode::ExtF:
  case Opcode::ExtSI:
  case Opcode::ExtUI:
  case Opcode::TruncI:
  case Opcode::Saturate:
    return known[node.arguments[0]];
  case Opcode::SIToFP:
  case Opcode::UIToFP:
  case Opcode::TruncF:
    return rounded(known[node.arguments[0]], number);
  case Opcode::MaximumF:
  case Opcode::MinimumF:
  case Opcode::MaxNumF:
  case Opcode::MinNumF:
  case Opcode::MaxSI:
  case Opcode::MinSI:
    return larger(known[node.arguments[0]], known[node.arguments[1]]);
  case Opcode::AndI:
  case Opcode::OrI:
  case Opcode::XorI: // of conditions
    return node.type.width == 1 ? larger(known[node.arguments[0]], known[node.arguments[1]])
                                : notCovered(node);
  case Opcode::FloorF:
  case Opcode::CeilF:
  case Opcode::RoundF:
  case Opcode::RoundEvenF:
  case Opcode::FPToSI:
  case Opcode::FPToUI:
    return step(node, number);
  case Opcode::CmpI:
  case Opcode::CmpF:
    return comparison(node);
  case Opcode::Select:
    return choice(node);
  case Opcode::SqrtF:
  case Opcode::ExpF:
  case Opcode::LogF:
  case Opcode::TanhF:
  case Opcode::ErfF:
  case Opcode::PowF:
    return function(node, number);
  default:
    return arithmetic(node, number);
  }
}

} // namespace tenon::reference
