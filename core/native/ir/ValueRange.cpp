// Interval arithmetic over a body's nodes. Integers that may wrap have the range of their type; floats are
// bounded by the rounded ends (rounding is monotone), one step further out.
#include "core/native/ir/ValueRange.h"

#include "core/host/IntegerRange.h"

#include <algorithm>
#include <cmath>

namespace tenon::native {

using nest::Interval;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;

namespace {

__extension__ typedef __int128 Wide;
constexpr double infinity = HUGE_VAL;

Interval within(Wide low, Wide high, unsigned width) {
  Interval all = allIntegers(width);
  return low < all.low || high > all.high ? all : Interval{int64_t(low), int64_t(high)};
}

class Analysis {
public:
  Analysis(const nest::Nest &nest, const nest::Statement &statement, const OperandFacts &facts)
      : nest(nest), statement(statement), facts(facts) {}

  std::vector<ValueRange> run() {
    for (const Node &node : statement.body)
      known.push_back(node.type.isInteger() ? ofInteger(node) : ofFloat(node));
    return std::move(known);
  }

private:
  Interval argument(const Node &node, unsigned i) const { return known[node.arguments[i]].integer; }
  const ValueRange &real(const Node &node, unsigned i) const { return known[node.arguments[i]]; }

  ValueRange ofInteger(const Node &node) const {
    ValueRange result;
    result.integer = integerRange(node);
    return result;
  }

  Interval integerRange(const Node &node) const;
  Interval elements(unsigned operand, const ScalarType &type) const;
  Interval shifted(const Node &node) const;
  ValueRange ofFloat(const Node &node) const;
  /// From double bounds to those of the type.
  static ValueRange rounded(const ScalarType &type, double low, double high, bool mayBeNan);
  ValueRange arithmetic(const Node &node) const;

  const nest::Nest &nest;
  const nest::Statement &statement;
  const OperandFacts &facts;
  std::vector<ValueRange> known;
};

Interval Analysis::elements(unsigned operand, const ScalarType &type) const {
  if (operand < facts.facts.size() && facts.facts[operand].range)
    return *facts.facts[operand].range;
  return allIntegers(type.width);
}

/// x >> s with any rounding, s >= 0.
Interval Analysis::shifted(const Node &node) const {
  Interval value = argument(node, 0), amount = argument(node, 1);
  unsigned width = node.type.width;
  int64_t least = std::clamp<int64_t>(amount.low, 0, width - 1);
  int64_t most = std::clamp<int64_t>(amount.high, 0, width - 1);
  bool rounds = node.op == Opcode::RoundingShiftRight && node.rounding != nest::Rounding::Down;
  int64_t low = value.low >> (value.low < 0 ? least : most);
  int64_t high = value.high >> (value.high < 0 ? most : least);
  return within(Wide(low), Wide(high) + (rounds && most > 0 ? 1 : 0), width);
}

Interval Analysis::integerRange(const Node &node) const {
  unsigned width = node.type.width;
  switch (node.op) {
  case Opcode::Read: {
    Interval range = elements(node.access.operand, node.type);
    if (node.access.outside)
      range = {std::min(range.low, node.access.outside->integer),
               std::max(range.high, node.access.outside->integer)};
    return range;
  }
  case Opcode::TableRead:
    return elements(node.table, node.type);
  case Opcode::ShRSI:
  case Opcode::RoundingShiftRight:
    return shifted(node);
  case Opcode::DoublingHighMultiply: {
    Interval a = argument(node, 0), b = argument(node, 1);
    Wide ends[] = {Wide(a.low) * b.low, Wide(a.low) * b.high, Wide(a.high) * b.low, Wide(a.high) * b.high};
    Wide low = *std::min_element(ends, ends + 4) >> (width - 1);
    Wide high = (*std::max_element(ends, ends + 4) >> (width - 1)) + 1;
    return {int64_t(std::max<Wide>(low, allIntegers(width).low)),
            int64_t(std::min<Wide>(high, allIntegers(width).high))};
  }
  case Opcode::RemUI:
    if (argument(node, 0).low >= 0 && argument(node, 1).low > 0)
      return {0, std::min(argument(node, 0).high, argument(node, 1).high - 1)};
    return allIntegers(width);
  case Opcode::CountLeadingZeros:
    return within(0, width, width);
  default: {
    llvm::SmallVector<host::RangeArgument, 3> arguments;
    for (unsigned i = 0; i < node.arguments.size(); ++i)
      arguments.push_back({argument(node, i), statement.body[node.arguments[i]].type.width});
    return host::integerRange(nest, node, arguments);
  }
  }
}

ValueRange Analysis::rounded(const ScalarType &type, double low, double high, bool mayBeNan) {
  ValueRange result;
  // A step of f16 and bf16 is at most 2^-7 of the value.
  double slack = type.width == 64 ? 0x1p-52 : type.width == 32 ? 0x1p-23 : 0x1p-7;
  double least = type.width == 64 ? 0 : 0x1p-24;
  auto outward = [&](double value, double sign) { return value + sign * (std::fabs(value) * slack + least); };
  double limit = type.kind == ScalarType::Kind::Float64   ? 0x1p1023
                 : type.kind == ScalarType::Kind::Float16 ? 65504
                                                          : 0x1p127;
  result.low = std::isnan(low) || low < -limit ? -infinity : outward(low, -1);
  result.high = std::isnan(high) || high > limit ? infinity : outward(high, 1);
  result.mayBeNan = mayBeNan;
  return result;
}

ValueRange Analysis::arithmetic(const Node &node) const {
  const ValueRange &a = real(node, 0), &b = real(node, 1);
  // Only finite values cannot meet as inf - inf or 0 * inf.
  bool mayBeNan = !a.isFinite() || !b.isFinite();
  switch (node.op) {
  case Opcode::AddF:
    return rounded(node.type, a.low + b.low, a.high + b.high, mayBeNan);
  case Opcode::SubF:
    return rounded(node.type, a.low - b.high, a.high - b.low, mayBeNan);
  default: {
    if (mayBeNan)
      return rounded(node.type, -infinity, infinity, true);
    double ends[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    return rounded(node.type, *std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4), false);
  }
  }
}

ValueRange Analysis::ofFloat(const Node &node) const {
  ValueRange unknown;
  unknown.low = -infinity, unknown.high = infinity;
  switch (node.op) {
  case Opcode::Constant:
    return {{}, node.constant.real, node.constant.real, std::isnan(node.constant.real)};
  case Opcode::SIToFP:
    return rounded(node.type, double(argument(node, 0).low), double(argument(node, 0).high), false);
  case Opcode::AddF:
  case Opcode::SubF:
  case Opcode::MulF:
    return arithmetic(node);
  case Opcode::RoundF:
  case Opcode::RoundEvenF:
  case Opcode::FloorF:
  case Opcode::CeilF: {
    const ValueRange &a = real(node, 0);
    return {{}, std::floor(a.low), std::ceil(a.high), a.mayBeNan};
  }
  case Opcode::NegF:
    return {{}, -real(node, 0).high, -real(node, 0).low, real(node, 0).mayBeNan};
  case Opcode::ExtF:
    return real(node, 0);
  case Opcode::MaximumF:
  case Opcode::MinimumF: {
    const ValueRange &a = real(node, 0), &b = real(node, 1);
    bool isMax = node.op == Opcode::MaximumF;
    return {{},
            isMax ? std::max(a.low, b.low) : std::min(a.low, b.low),
            isMax ? std::max(a.high, b.high) : std::min(a.high, b.high),
            a.mayBeNan || b.mayBeNan};
  }
  case Opcode::Select: {
    const ValueRange &a = real(node, 1), &b = real(node, 2);
    return {{}, std::min(a.low, b.low), std::max(a.high, b.high), a.mayBeNan || b.mayBeNan};
  }
  default:
    return unknown;
  }
}

} // namespace

bool ValueRange::isFinite() const { return !mayBeNan && std::isfinite(low) && std::isfinite(high); }

Interval allIntegers(unsigned width) {
  int64_t high = int64_t((uint64_t(1) << (width - 1)) - 1);
  return {-high - 1, high};
}

std::vector<ValueRange> valueRanges(const nest::Nest &nest, const nest::Statement &statement,
                                    const OperandFacts &facts) {
  return Analysis(nest, statement, facts).run();
}

} // namespace tenon::native
