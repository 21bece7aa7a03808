// The execute unit against the description's formulas: each command by itself with random sizes.
#include "tests/hw/ExecuteBench.h"
#include "tests/hw/ExecuteCases.h"

namespace tenon::hw {
namespace {

constexpr int64_t work = 1500; ///< cycles of a case, about

std::string name(Op op) {
  switch (op) {
  case Op::Conv:
    return "conv";
  case Op::ConvTensor:
    return "conv_tensor";
  case Op::ConvOnce:
    return "conv_once";
  case Op::ConvAdd:
    return "conv_add";
  case Op::ConvPacked:
    return "conv_packed";
  case Op::MaxPool:
    return "max_pool";
  case Op::Depthwise:
    return "depthwise";
  case Op::DepthwiseOnce:
    return "depthwise_once";
  case Op::ConvStart:
    return "conv_start";
  case Op::ConvMore:
    return "conv_more";
  case Op::Drain:
    return "drain";
  case Op::DrainTensor:
    return "drain_tensor";
  case Op::DrainOnce:
    return "drain_once";
  case Op::Add:
    return "add";
  default:
    return "other";
  }
}

/// A drain for sums that a command without results has left.
Command drainOf(Random &random, const Command &command) {
  static const Op drains[] = {Op::Drain, Op::DrainTensor, Op::DrainOnce};
  Command drain = placedCommand(random, drains[random.between(0, 2)], 1);
  while (true) {
    drain.nb = command.nb;
    drain.y = command.y;
    drain.x = command.x;
    drain.n = command.n;
    drain.out = {command.y * command.x, command.x, 1};
    Rows rows;
    if (placeCommand(random, drain, rows))
      break;
  }
  drain.sumsAt = command.sumsAt;
  return drain;
}

class ExecuteTest : public testing::TestWithParam<Op> {};

TEST_P(ExecuteTest, DoesWhatTheFormulasSay) {
  Random random;
  SCOPED_TRACE(random.text());
  ExecuteBench bench;
  Memories memories;
  fill(random, memories);
  for (auto &row : memories.sums)
    for (int32_t &sum : row)
      sum = random.word();
  for (int i = 0; i < 40; ++i) {
    Command command = placedCommand(random, GetParam(), work);
    SCOPED_TRACE("case " + std::to_string(i) + ": " + command.text());
    fillShifts(random, command, memories);
    std::vector<Command> commands = {command};
    if (!command.hasOut()) {
      commands.push_back(drainOf(random, command));
      fillShifts(random, commands.back(), memories);
    }
    bench.load(memories);
    bench.loadSums(memories); // whole rows are written: columns without a channel are not kept
    bench.denials = random.oneIn(2) ? &random : nullptr;
    bench.denied = unsigned(random.between(2, 6));
    for (const Command &one : commands) {
      bench.push(encode(one));
      run(one, memories);
    }
    ASSERT_TRUE(bench.run(1000000)) << "no end";
    ASSERT_EQ(bench.error, 0) << "address " << bench.errorAddress;
    ASSERT_EQ(difference(bench, memories), "");
    std::fill(memories.isUndefined.begin(), memories.isUndefined.end(), false);
    memories.bytes = bench.bytes();
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExecuteTest,
                         testing::Values(Op::Conv, Op::ConvTensor, Op::ConvOnce, Op::ConvAdd, Op::ConvPacked,
                                         Op::MaxPool, Op::Depthwise, Op::DepthwiseOnce, Op::ConvStart,
                                         Op::ConvMore, Op::Drain, Op::DrainTensor, Op::DrainOnce, Op::Add),
                         [](const auto &info) { return name(info.param); });

} // namespace
} // namespace tenon::hw
