// Chains of commands on the execute queue: what one writes the next may read at once, semaphores hold back
// and are given when all is written, and little time passes between two commands and between two passes.
#include "tests/hw/ExecuteBench.h"
#include "tests/hw/ExecuteCases.h"

#include <algorithm>
#include <numeric>

namespace tenon::hw {
namespace {

constexpr int64_t work = 400;

/// A chain that the description gives a meaning, and the memories after each of its commands.
struct Chain {
  std::vector<Command> commands;
  Memories before;
  std::vector<Memories> after;
};

/// Lets a command read what an earlier one has written: input, residual, weights, bias or multipliers.
void readFrom(Random &random, Command &command, const Command &earlier) {
  if (!earlier.hasOut())
    return;
  switch (random.between(0, 4)) {
  case 0:
    if (command.isDrain() || command.isPacked())
      return;
    command.inputAt = earlier.outAt;
    command.in = earlier.out;
    command.height = earlier.y;
    command.width = earlier.x;
    command.c = std::min(command.c, earlier.channels());
    return;
  case 1:
    command.residualAt = earlier.outAt;
    return;
  case 2:
    command.weightsAt = earlier.outAt;
    return;
  case 3:
    command.biasAt = earlier.outAt;
    return;
  default:
    command.multiplierAt = earlier.outAt;
  }
}

bool staysInside(const Command &command) {
  int64_t outEnd = command.outAt + span(command.out, command.nb, command.y, command.x);
  int64_t residualEnd = command.residualAt + span(command.residual, command.nb, command.y, command.x);
  int64_t planes = command.isAdd() || command.isTaps() ? command.nb : command.blocks;
  int64_t inputEnd = command.inputAt + span(command.in, planes, std::max(command.height, command.y),
                                            std::max(command.width, command.x));
  int64_t tiles =
      command.nb * command.rows * command.columns * (command.isDense() ? command.blocks * command.c : 1);
  return std::max({outEnd, residualEnd, inputEnd, command.weightsAt + tiles, command.biasAt + 4 * command.nb,
                   command.multiplierAt + 4 * command.nb}) <= spadRows;
}

bool overlaps(int64_t first, int64_t count, int64_t other, int64_t otherCount) {
  return first < other + otherCount && other < first + count;
}

/// What a command reads must not be what it writes: then the order of its places would matter.
bool readsItself(const Command &command) {
  if (!command.hasOut())
    return false;
  int64_t count = span(command.out, command.nb, command.y, command.x);
  auto meets = [&](int64_t at, int64_t rows) { return overlaps(command.outAt, count, at, rows); };
  int64_t planes = command.isAdd() || command.isTaps() ? command.nb : command.blocks;
  int64_t tiles =
      command.nb * command.rows * command.columns * (command.isDense() ? command.blocks * command.c : 1);
  return meets(command.inputAt, span(command.in, planes, std::max(command.height, command.y),
                                     std::max(command.width, command.x))) ||
         meets(command.residualAt, span(command.residual, command.nb, command.y, command.x)) ||
         meets(command.weightsAt, tiles) || meets(command.biasAt, 4 * command.nb) ||
         meets(command.multiplierAt, 4 * command.nb) || meets(command.shiftAt, command.nb);
}

Chain randomChain(Random &random, int length) {
  Chain chain;
  fill(random, chain.before);
  for (auto &row : chain.before.sums)
    for (int32_t &sum : row)
      sum = random.word();
  std::vector<Command> proposed;
  for (int i = 0; i < length; ++i) {
    Command command = placedCommand(random, computing[random.between(0, std::size(computing) - 1)], work);
    if (!proposed.empty())
      for (int64_t times = random.between(0, 3); times > 0; --times)
        readFrom(random, command, proposed[size_t(random.between(0, int64_t(proposed.size()) - 1))]);
    if (command.hasSums() && random.oneIn(2)) // sums of the same place
      command.sumsAt = 0;
    if (!staysInside(command) || readsItself(command))
      continue;
    fillShifts(random, command, chain.before);
    proposed.push_back(command);
  }
  Memories now = chain.before;
  for (const Command &command : proposed) {
    Memories next = now;
    run(command, next);
    if (next.meetsUndefined)
      continue;
    // Columns of sums without a channel are written with anything.
    if (command.op == Op::ConvStart || command.op == Op::ConvMore)
      if (command.n < int64_t(dim))
        continue;
    chain.commands.push_back(command);
    chain.after.push_back(next);
    now = next;
  }
  return chain;
}

TEST(ExecuteOrder, CommandsSeeWhatEarlierOnesHaveWritten) {
  Random random;
  SCOPED_TRACE(random.text());
  int64_t commands = 0;
  for (int i = 0; i < 40; ++i) {
    Chain chain = randomChain(random, 8);
    ExecuteBench bench;
    bench.load(chain.before);
    bench.loadSums(chain.before);
    bench.denials = random.oneIn(2) ? &random : nullptr;
    std::string text;
    for (const Command &command : chain.commands) {
      bench.push(encode(command));
      text += command.text() + "\n";
    }
    commands += int64_t(chain.commands.size());
    SCOPED_TRACE("chain " + std::to_string(i) + ":\n" + text);
    ASSERT_TRUE(bench.run(1000000)) << "no end";
    ASSERT_EQ(bench.error, 0) << "address " << bench.errorAddress;
    if (!chain.after.empty())
      ASSERT_EQ(difference(bench, chain.after.back()), "");
  }
  EXPECT_GE(commands, 100) << "too few of the proposed commands had a meaning";
}

/// A queue with waits and signals of commands and of words of their own, and who gives what.
struct Synchronised {
  Chain chain;
  std::map<int, size_t> commandOf; ///< number of a word that signals -> commands that have ended by then
  std::array<int64_t, 16> given{}; ///< what the test has to give in all
  std::array<int64_t, 16> rest{};  ///< what must be left at the end
};

Synchronised synchronise(Random &random, ExecuteBench &bench) {
  Synchronised all;
  all.chain = randomChain(random, 6);
  int word = 0;
  auto push = [&](const std::vector<Word> &words) {
    bench.push(words);
    word += int(words.size());
  };
  for (size_t i = 0; i < all.chain.commands.size(); ++i) {
    Command command = all.chain.commands[i];
    if (random.oneIn(3)) {
      int64_t id = random.between(0, 15), count = random.between(1, 3);
      push({encodeSync(Op::Wait, id, count)});
      all.given[size_t(id)] += count;
    }
    command.waits = random.oneIn(2);
    command.signals = random.oneIn(2);
    command.waitId = random.between(0, 15);
    command.waitCount = random.between(1, 3);
    command.signalId = random.between(0, 15);
    if (command.waits)
      all.given[size_t(command.waitId)] += command.waitCount;
    push(encode(command));
    if (command.signals) {
      all.commandOf[word - 1] = i;
      ++all.rest[size_t(command.signalId)];
    }
    if (random.oneIn(3)) {
      int64_t id = random.between(0, 15);
      push({encodeSync(Op::Signal, id, 1)});
      all.commandOf[word - 1] = i;
      ++all.rest[size_t(id)];
    }
  }
  return all;
}

TEST(ExecuteOrder, SignalsComeWhenAllIsWritten) {
  Random random;
  SCOPED_TRACE(random.text());
  size_t checked = 0;
  for (int i = 0; i < 30; ++i) {
    SCOPED_TRACE("chain " + std::to_string(i));
    ExecuteBench bench;
    Synchronised all = synchronise(random, bench);
    bench.load(all.chain.before);
    bench.loadSums(all.chain.before);
    bench.denials = random.oneIn(2) ? &random : nullptr;
    for (int64_t limit = 200000; !bench.isIdle() || limit == 200000; --limit) {
      ASSERT_GT(limit, 0) << "no end";
      size_t id = size_t(random.between(0, 15));
      if (all.given[id] && random.oneIn(40)) {
        --all.given[id];
        ++bench.semaphores[id];
      }
      bench.step();
      ASSERT_EQ(bench.error, 0) << "address " << bench.errorAddress;
      if (bench.signalled < 0)
        continue;
      ASSERT_TRUE(all.commandOf.count(bench.signalled)) << "a signal of word " << bench.signalled;
      ASSERT_EQ(difference(bench, all.chain.after[all.commandOf[bench.signalled]]), "")
          << "when word " << bench.signalled << " signalled";
      ++checked;
    }
    if (!all.chain.after.empty())
      ASSERT_EQ(difference(bench, all.chain.after.back()), "");
  }
  EXPECT_GE(checked, 20U);
}

TEST(ExecuteOrder, NothingIsReadBeforeItsWait) {
  Random random;
  SCOPED_TRACE(random.text());
  ExecuteBench bench;
  Memories memories;
  fill(random, memories);
  Command command = placedCommand(random, Op::Conv, work);
  fillShifts(random, command, memories);
  command.waits = true;
  command.waitId = 3;
  command.waitCount = 2;
  bench.push(encode(command));
  bench.semaphores[3] = 1;
  for (int i = 0; i < 300; ++i)
    bench.step();
  EXPECT_GT(bench.cycles[CauseWait], 200);
  EXPECT_EQ(bench.cycles[CauseBusy], 0);
  bench.load(memories); // what another queue has brought meanwhile
  bench.semaphores[3] = 2;
  ASSERT_TRUE(bench.run(100000));
  run(command, memories);
  EXPECT_EQ(difference(bench, memories), "");
  EXPECT_EQ(bench.semaphores[3], 0);
}

/// A dense convolution whose operands lie in groups of banks of their own.
Command spread(int64_t nb, int64_t blocks, int64_t y, int64_t x, int64_t kernel) {
  const int64_t group = spadRows / 4;
  Command command;
  command.op = Op::Conv;
  command.nb = nb;
  command.rows = command.columns = kernel;
  command.blocks = blocks;
  command.y = command.height = y;
  command.x = command.width = x;
  command.top = command.left = kernel / 2;
  command.c = command.n = dim;
  command.in = command.out = {y * x, x, 1};
  command.outAt = group;
  command.weightsAt = 2 * group;
  command.biasAt = 3 * group;
  command.multiplierAt = command.biasAt + nb * 4;
  command.shiftAt = command.multiplierAt + nb * 4;
  command.drain.perChannel = true;
  return command;
}

TEST(ExecuteTiming, CommandsFollowEachOther) {
  ExecuteBench bench;
  Command first = spread(1, 1, 16, 16, 3), second = first;
  second.inputAt = first.outAt;
  second.outAt = 0;
  std::vector<Word> one = encode(first), two = encode(second);
  bench.push(one);
  bench.push(two);
  ASSERT_TRUE(bench.run(100000));
  ASSERT_EQ(bench.error, 0);
  int firstKick = int(one.size()) - 1, secondKick = firstKick + int(two.size());
  int64_t gap = bench.pixelsOf[secondKick].first - bench.pixelsOf[firstKick].second;
  RecordProperty("gap", int(gap));
  EXPECT_LE(gap, int64_t(dim) + 23) << "from the last pixel of a command to the first one of the next";
  for (int kick : {firstKick, secondKick}) {
    EXPECT_EQ(bench.cyclesOf[kick][CauseBusy], 9 * 256);
    EXPECT_EQ(bench.pixelsOf[kick].second - bench.pixelsOf[kick].first + 1, 9 * 256)
        << "no gaps in a command";
  }
}

TEST(ExecuteTiming, ShortPassesWaitForTheLoaderAlone) {
  ExecuteBench bench;
  std::vector<Word> words = encode(spread(4, 8, 3, 3, 1));
  bench.push(words);
  ASSERT_TRUE(bench.run(100000));
  auto [first, last] = bench.pixelsOf[int(words.size()) - 1];
  // A tile takes half as many cycles as it has rows, and a block of outputs another five.
  int64_t passes = 4 * 8, pass = std::max<int64_t>(9, dim / 2);
  RecordProperty("cycles", int(last - first + 1));
  EXPECT_LE(last - first + 1, passes * pass + 4 * 5);
}

TEST(ExecuteTiming, CyclesAreAccountedFor) {
  ExecuteBench bench;
  int64_t begin = bench.bench.cycle;
  bench.push(encode(spread(1, 1, 8, 8, 3)));
  ASSERT_TRUE(bench.run(100000));
  int64_t all = std::accumulate(bench.cycles.begin(), bench.cycles.end(), int64_t(0),
                                [](int64_t sum, const auto &entry) { return sum + entry.second; });
  EXPECT_EQ(all, bench.bench.cycle - begin);
  EXPECT_EQ(bench.cycles[CauseBusy], 9 * 64);
  EXPECT_EQ(bench.cycles[CauseIdle], 0);
  EXPECT_EQ(bench.cycles[CauseHalt], 0);
}

} // namespace
} // namespace tenon::hw
