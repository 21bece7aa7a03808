// What the execute unit must refuse: settings that make no sense, rows that do not exist; and that it stops
// at an error, stops when it is told to, and works again after a reset. Never does it hang.
#include "tests/hw/ExecuteBench.h"
#include "tests/hw/ExecuteCases.h"

#include <functional>

namespace tenon::hw {
namespace {

/// CODE_ERROR_* of the package.
enum Error { IllegalCommand = 1, IllegalSetting = 3, ScratchpadAddress = 4, AccumulatorAddress = 5 };

/// A small command of any kind, without anything special.
Command plain(Op op) {
  Command command;
  command.op = op;
  command.nb = 2;
  command.y = command.height = 4;
  command.x = command.width = 5;
  command.c = command.n = dim;
  command.in = command.out = command.residual = {20, 5, 1};
  if (command.isPacked()) {
    command.in = {0, 1, 0};
    command.columns = 3;
  }
  command.inputAt = 0;
  command.outAt = 200;
  command.weightsAt = 400;
  command.biasAt = 600;
  command.multiplierAt = 700;
  command.shiftAt = 800;
  command.residualAt = 900;
  return command;
}

struct Case {
  const char *what;
  Op op;
  std::function<void(Command &)> change;
};

/// Runs a command and then waits for anything that should not come.
void runAndWatch(ExecuteBench &bench, const Command &command) {
  std::vector<Word> words = encode(command);
  bench.push(words);
  ASSERT_TRUE(bench.run(10000)) << "no end";
  if (!bench.error)
    return;
  EXPECT_EQ(bench.errorIndex, int(words.size()) - 1);
  for (int i = 0; i < 100; ++i) {
    bench.step();
    ASSERT_FALSE(bench.bench->error_valid_o) << "a second error";
    ASSERT_EQ(bench.bench->cause_o, CauseHalt);
    ASSERT_FALSE(bench.bench->command_ready_o || bench.bench->wait_valid_o || bench.bench->signal_valid_o);
  }
}

TEST(ExecuteErrors, PlainCommandsRun) {
  for (Op op : computing) {
    SCOPED_TRACE(plain(op).text());
    ExecuteBench bench;
    runAndWatch(bench, plain(op));
    EXPECT_EQ(bench.error, 0);
  }
}

TEST(ExecuteErrors, SettingsThatMakeNoSense) {
  const Case cases[] = {
      {"no pixels in y", Op::Conv, [](Command &command) { command.y = 0; }},
      {"no pixels in x", Op::Add, [](Command &command) { command.x = 0; }},
      {"too many pixels in x", Op::Drain, [](Command &command) { command.x = 1025; }},
      {"no rows of the kernel", Op::Conv, [](Command &command) { command.rows = 0; }},
      {"no columns of the kernel", Op::Depthwise, [](Command &command) { command.columns = 0; }},
      {"too many columns", Op::Conv, [](Command &command) { command.columns = 64; }},
      {"too many bytes in a packed row", Op::ConvPacked, [](Command &command) { command.columns = 1024; }},
      {"no blocks", Op::ConvStart, [](Command &command) { command.blocks = 0; }},
      {"no channels", Op::ConvMore, [](Command &command) { command.c = 0; }},
      {"more channels than rows of the array", Op::Conv, [](Command &command) { command.c = dim + 1; }},
      {"more channels in taps", Op::MaxPool, [](Command &command) { command.c = dim + 1; }},
      {"no outputs", Op::ConvPacked, [](Command &command) { command.n = 0; }},
      {"more outputs than columns", Op::DrainTensor, [](Command &command) { command.n = dim + 1; }},
      {"an input of no height", Op::Conv, [](Command &command) { command.height = 0; }},
      {"an input of no width", Op::ConvPacked, [](Command &command) { command.width = 0; }},
      {"no step in y", Op::Depthwise, [](Command &command) { command.sy = 0; }},
      {"no step in x", Op::MaxPool, [](Command &command) { command.sx = 0; }},
      {"no step in bytes", Op::ConvPacked, [](Command &command) { command.byteStep = 0; }},
      {"no dilation", Op::Conv, [](Command &command) { command.dilY = 0; }},
      {"too large a shift", Op::ConvTensor, [](Command &command) { command.drain.shift = 32; }},
      {"too large a shift, once", Op::DrainOnce, [](Command &command) { command.drain.shift = 63; }},
      {"too large a shift of a total", Op::ConvAdd, [](Command &command) { command.drain.s3 = 32; }},
      {"too large a shift of a total, once", Op::AddOnce, [](Command &command) { command.drain.s3 = 63; }},
      {"more sums than there are", Op::Conv,
       [](Command &command) {
         command.rows = 2;
         command.y = ownSums / 8 + 1;
         command.x = 8;
       }},
  };
  for (const Case &one : cases) {
    SCOPED_TRACE(one.what);
    Command command = plain(one.op);
    one.change(command);
    ExecuteBench bench;
    runAndWatch(bench, command);
    EXPECT_EQ(bench.error, IllegalSetting);
  }
}

TEST(ExecuteErrors, RowsThatDoNotExist) {
  struct Place {
    const char *what;
    Op op;
    std::function<void(Command &)> change;
    int error;
    int64_t address;
  };
  const int64_t end = spadRows;
  const Place places[] = {
      {"input", Op::Conv, [=](Command &command) { command.inputAt = end - 10; }, ScratchpadAddress, end},
      {"input far away", Op::Depthwise, [](Command &command) { command.in.plane = 65535; }, ScratchpadAddress,
       65535},
      {"input in the first row", Op::Add, [=](Command &command) { command.in.step = end; }, ScratchpadAddress,
       end},
      {"packed input", Op::ConvPacked, [=](Command &command) { command.inputAt = end - 2; },
       ScratchpadAddress, end},
      {"output", Op::ConvTensor, [=](Command &command) { command.outAt = end - 1; }, ScratchpadAddress, end},
      {"weights", Op::Conv, [=](Command &command) { command.weightsAt = end - 3; }, ScratchpadAddress, end},
      {"bias", Op::Conv, [=](Command &command) { command.biasAt = end - 6; }, ScratchpadAddress, end},
      {"multipliers", Op::Drain, [=](Command &command) { command.multiplierAt = end - 4; }, ScratchpadAddress,
       end},
      {"shifts", Op::Drain, [=](Command &command) { command.shiftAt = end - 1; }, ScratchpadAddress, end},
      {"residual", Op::ConvAdd, [=](Command &command) { command.residualAt = end - 1; }, ScratchpadAddress,
       end},
      {"sums", Op::ConvStart, [](Command &command) { command.sumsAt = ownSums - 39; }, AccumulatorAddress,
       ownSums},
      {"sums of a drain", Op::Drain, [](Command &command) { command.sumsAt = 65535; }, AccumulatorAddress,
       65574},
  };
  for (const Place &place : places) {
    SCOPED_TRACE(place.what);
    Command command = plain(place.op);
    place.change(command);
    if (command.inputAt >= 1 << 16 || command.in.step >= 1 << 16)
      continue; // no command can say so
    ExecuteBench bench;
    runAndWatch(bench, command);
    EXPECT_EQ(bench.error, place.error);
    EXPECT_EQ(bench.errorAddress, place.address);
  }
}

TEST(ExecuteErrors, LastRowsExist) {
  Command command = plain(Op::Conv);
  command.inputAt = spadRows - 20;
  ExecuteBench bench;
  runAndWatch(bench, command);
  EXPECT_EQ(bench.error, 0);
}

TEST(ExecuteErrors, UnknownCommand) {
  ExecuteBench bench;
  Word word{};
  word[0] = 0x7e;
  bench.push({word});
  ASSERT_TRUE(bench.run(100));
  EXPECT_EQ(bench.error, IllegalCommand);
}

TEST(ExecuteErrors, HaltsAndBeginsAgain) {
  Random random;
  SCOPED_TRACE(random.text());
  ExecuteBench bench;
  for (int i = 0; i < 100; ++i) {
    Memories memories;
    fill(random, memories);
    Command interrupted = placedCommand(random, i % 2 ? Op::ConvAdd : Op::ConvPacked, 1000);
    bench.push(encode(interrupted));
    for (int64_t cycles = random.between(1, 800); cycles > 0; --cycles)
      bench.step();
    bench.bench->halt_i = 1;
    for (int step = 0; step < 80; ++step)
      bench.step();
    for (int step = 0; step < 20; ++step) {
      bench.step();
      ASSERT_EQ(bench.bench->cause_o, CauseHalt);
      ASSERT_FALSE(bench.bench->write_valid_o) << "the pipeline is long empty";
    }
    bench.reset();
    Command command = placedCommand(random, Op::Conv, 200);
    SCOPED_TRACE(command.text());
    fillShifts(random, command, memories);
    bench.load(memories);
    bench.push(encode(command));
    ASSERT_TRUE(bench.run(100000));
    ASSERT_EQ(bench.error, 0);
    run(command, memories);
    ASSERT_EQ(difference(bench, memories), "");
    bench.reset();
  }
}

/// Words with any bits: they end, are refused, or go on issuing pixels.
TEST(ExecuteErrors, NoWordsHang) {
  Random random;
  SCOPED_TRACE(random.text());
  ExecuteBench bench;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE("stream " + std::to_string(i));
    Command command = plain(Op(random.between(0x30, 0x49)));
    std::vector<Word> words = encode(command);
    for (Word &word : words)
      for (int64_t flips = random.between(0, 6); flips > 0; --flips) {
        int64_t bit = random.between(8, 175);
        word[size_t(bit / 32)] ^= 1U << (bit % 32);
      }
    bench.push(words);
    bench.semaphores.fill(255);
    int64_t quiet = 0;
    for (int step = 0; step < 4000 && !bench.error && (step == 0 || !bench.isIdle()); ++step) {
      int64_t before = bench.cycles[CauseBusy];
      bench.step();
      quiet = bench.cycles[CauseBusy] == before ? quiet + 1 : 0;
      ASSERT_LT(quiet, 300) << "nothing happens, cause " << int(bench.bench->cause_o);
    }
    bench.reset();
  }
}

} // namespace
} // namespace tenon::hw
