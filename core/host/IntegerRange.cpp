// Interval arithmetic over a body's nodes. What wraps, or is not listed, has the range of its type.
#include "core/host/IntegerRange.h"

#include <algorithm>

namespace tenon::host {

using nest::Interval;
using nest::Node;
using nest::Opcode;
using nest::ScalarType;

namespace {

__extension__ typedef __int128 Wide;

Interval signedRange(unsigned width) {
  int64_t high = int64_t((uint64_t(1) << (width - 1)) - 1);
  return {-high - 1, high};
}

/// The interval, or that of the type where it does not fit (the value wraps).
Interval within(Wide low, Wide high, unsigned width) {
  Interval all = signedRange(width);
  if (low < all.low || high > all.high)
    return all;
  return {int64_t(low), int64_t(high)};
}

Interval product(Interval a, Interval b, unsigned width) {
  Wide ends[] = {Wide(a.low) * b.low, Wide(a.low) * b.high, Wide(a.high) * b.low, Wide(a.high) * b.high};
  return within(*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4), width);
}

Interval saturated(Interval a, unsigned width, bool isSigned) {
  if (!isSigned && width < 64) {
    int64_t most = int64_t((uint64_t(1) << width) - 1);
    Interval clamped{std::clamp<int64_t>(a.low, 0, most), std::clamp<int64_t>(a.high, 0, most)};
    return within(clamped.low, clamped.high, width);
  }
  Interval all = signedRange(width);
  return {std::clamp(a.low, all.low, all.high), std::clamp(a.high, all.low, all.high)};
}

} // namespace

Interval integerRange(const nest::Nest &nest, const Node &node, llvm::ArrayRef<RangeArgument> arguments) {
  unsigned width = node.type.width;
  auto argument = [&](unsigned i) { return arguments[i].range; };
  auto source = [&] { return arguments[0].width; };
  switch (node.op) {
  case Opcode::Constant:
    return {node.constant.integer, node.constant.integer};
  case Opcode::LoopIndex:
    return {0, nest.loops[node.loop].extent - 1};
  case Opcode::AddI:
    return within(Wide(argument(0).low) + argument(1).low, Wide(argument(0).high) + argument(1).high, width);
  case Opcode::SubI:
    return within(Wide(argument(0).low) - argument(1).high, Wide(argument(0).high) - argument(1).low, width);
  case Opcode::MulI:
    return product(argument(0), argument(1), width);
  case Opcode::MaxSI:
    return {std::max(argument(0).low, argument(1).low), std::max(argument(0).high, argument(1).high)};
  case Opcode::MinSI:
    return {std::min(argument(0).low, argument(1).low), std::min(argument(0).high, argument(1).high)};
  case Opcode::AndI:
    for (unsigned i : {0, 1})
      if (argument(i).low >= 0)
        return {0, argument(i).high};
    return signedRange(width);
  case Opcode::ExtSI:
    return argument(0);
  case Opcode::ExtUI:
    return argument(0).low >= 0 ? argument(0) : Interval{0, int64_t(~uint64_t(0) >> (64 - source()))};
  case Opcode::TruncI:
    return within(argument(0).low, argument(0).high, width);
  case Opcode::Saturate:
    return saturated(argument(0), width, node.resultSigned);
  case Opcode::Select:
    return {std::min(argument(1).low, argument(2).low), std::max(argument(1).high, argument(2).high)};
  default:
    return signedRange(width);
  }
}

std::vector<Interval> integerRanges(const nest::Nest &nest, const nest::Statement &statement) {
  std::vector<Interval> ranges;
  for (const Node &node : statement.body) {
    llvm::SmallVector<RangeArgument, 3> arguments;
    for (unsigned argument : node.arguments)
      arguments.push_back({ranges[argument], statement.body[argument].type.width});
    ranges.push_back(node.type.isInteger() ? integerRange(nest, node, arguments) : Interval{});
  }
  return ranges;
}

} // namespace tenon::host
