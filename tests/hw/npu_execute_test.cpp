// The execute unit against the description's formulas: each command by itself with random sizes.
#include "tests/hw/ExecuteBench.h"
#include "tests/hw/ExecuteCases.h"

namespace tenon::hw {
namespace {

constexpr int64_t work = 1500; ///< cycles of a case, about

std::string name(Op op) {
  static const std::pair<Op, const char *> names[] = {
      {Op::Conv, "conv"},
      {Op::ConvTensor, "conv_tensor"},
      {Op::ConvOnce, "conv_once"},
      {Op::ConvChannelOnce, "conv_channel_once"},
      {Op::ConvAdd, "conv_add"},
      {Op::ConvAddOnce, "conv_add_once"},
      {Op::ConvPacked, "conv_packed"},
      {Op::ConvPackedOnce, "conv_packed_once"},
      {Op::MaxPool, "max_pool"},
      {Op::Depthwise, "depthwise"},
      {Op::DepthwiseOnce, "depthwise_once"},
      {Op::DepthwiseChannelOnce, "depthwise_channel_once"},
      {Op::ConvStart, "conv_start"},
      {Op::ConvMore, "conv_more"},
      {Op::Drain, "drain"},
      {Op::DrainTensor, "drain_tensor"},
      {Op::DrainOnce, "drain_once"},
      {Op::DrainChannelOnce, "drain_channel_once"},
      {Op::Add, "add"},
      {Op::AddOnce, "add_once"},
      {Op::ConvPackedAdd, "conv_packed_add"},
      {Op::ConvPackedAddOnce, "conv_packed_add_once"},
      {Op::Rescale, "rescale"},
  };
  for (auto [known, text] : names)
    if (known == op)
      return text;
  return "other";
}

/// A drain for sums that a command without results has left.
Command drainOf(Random &random, const Command &command) {
  static const Op drains[] = {Op::Drain, Op::DrainTensor, Op::DrainOnce, Op::DrainChannelOnce};
  Command drain = placedCommand(random, drains[random.between(0, 3)], 1);
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

INSTANTIATE_TEST_SUITE_P(All, ExecuteTest, testing::ValuesIn(computing),
                         [](const auto &info) { return name(info.param); });

} // namespace
} // namespace tenon::hw
