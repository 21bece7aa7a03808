// Order between queues: what gives it, what does not, and what blocks for ever.
#include "tests/spec/SpecBench.h"

#include <gmock/gmock.h>

namespace tenon::spec::test {
namespace {

using Kind = Finding::Kind;
using ::testing::HasSubstr;

MachineOptions seeded(uint64_t seed) {
  MachineOptions options;
  if (seed)
    options.seed = seed;
  return options;
}

/// Under the schedule in order (0) and under random ones.
constexpr uint64_t seeds = 12;

const char *const load = "mvin r=1 c=4 src=dram[0] dst=spad[0]";
const char *const store = "mvout r=1 c=4 src=spad[0] dst=dram[8]";

void expectRace(const std::string &lines, const std::string &message, uint64_t command = 1,
                uint64_t other = 0) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(0, 64));
    std::string text = bench.expectFinding(Kind::Race, lines);
    EXPECT_THAT(text, HasSubstr(message)) << "seed " << seed;
    if (bench.machine->finding()->kind == Kind::Race) {
      std::set<uint64_t> both{bench.machine->finding()->command, *bench.machine->finding()->other};
      EXPECT_EQ(both, (std::set<uint64_t>{command, other})) << text;
    }
  }
}

void expectNoRace(const std::string &lines) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(0, 64));
    bench.expectRun(lines);
  }
}

std::string line(const char *command, const char *syncs = "") { return std::string(command) + syncs + "\n"; }

TEST(Races, ReadBehindWrite) {
  expectRace(line(load) + line(store), "row 0, byte 0 of spad");
  expectRace(line(load) + line(store), "wait in command 1, or before it in queue store, for a signal of sem "
                                       "given by command 0 or behind it in queue load");
  expectNoRace(line(load, " signal sem[1]") + line(store, " wait sem[1]"));
}

TEST(Races, AnotherCounterGivesNoOrder) {
  expectRace(line(load, " signal sem[1]") + "mvin r=1 c=4 src=dram[0] dst=spad[9] signal sem[2]\n" +
                 line(store, " wait sem[1]") + "mvout r=1 c=4 src=spad[9] dst=dram[12]\n",
             "of spad", 1, 3);
}

TEST(Races, WriteBehindReadAndWriteBehindWrite) {
  std::string first = line(load, " signal sem[0]") + line(store, " wait sem[0]");
  expectRace(first + line(load), "of spad", 2, 1);
  expectNoRace(line(load, " signal sem[0]") + line(store, " wait sem[0] signal sem[1]") +
               line(load, " wait sem[1]"));
  std::string up = "shift_up r=1 c=4 x=dram[0] y=spad[0]";
  expectRace(line(load) + up + "\n", "writes row 0, byte 0 of spad");
  expectNoRace(line(load, " signal l2x") + up + " wait l2x\n");
}

TEST(Races, ReadsNeedNoOrder) { expectNoRace(line(load) + "shift_up r=1 c=4 x=dram[0] y=spad[9]\n"); }

TEST(Races, BytesCountNotRows) {
  // A store to the first two of every four bytes, and a read of the other two.
  expectNoRace("mvin r=2 c=2 src=dram[0] dst=spad[8] signal sem[0]\n"
               "mvout r=2 c=2 src=spad[8] dst=dram[32] dst.stride.r=4 wait sem[0]\n"
               "shift_up r=2 c=2 x=dram[34] x.stride.r=4 y=spad[0]\n");
  expectRace("mvin r=2 c=2 src=dram[0] dst=spad[8] signal sem[0]\n"
             "mvout r=2 c=2 src=spad[8] dst=dram[32] dst.stride.r=4 wait sem[0]\n"
             "shift_up r=2 c=2 x=dram[33] x.stride.r=4 y=spad[0]\n",
             "byte 33 of dram", 2, 1);
}

// The rest of a row that becomes a value or undefined is written as much as the elements.
TEST(Races, OutsideOfAWriteIsWritten) {
  std::string narrow = "r=1 c=1 src=dram[0] dst=spad[1]";
  std::string other = "mvout r=1 c=2 src=spad[1] src.stride.r=0 dst=dram[8]";
  for (const char *move : {"mvin_zero ", "mvin_undefined "})
    expectRace("mvin r=1 c=4 src=dram[0] dst=spad[1] signal sem[0]\n" + other + " wait sem[0]\n" + move +
                   narrow + "\n",
               "row 1, byte 0 of spad", 2, 1);
  // Bytes 1 to 3 alone.
  std::string bytes = "tenon: 1\ntarget: two\nmemories:\n  dram: {kind: global, bytes: 1 KiB}\n"
                      "  spad: {kind: scratchpad, bytes: 1 KiB, row: [4, i8], unit: byte}\n"
                      "queues: {load: {depth: 4}, store: {depth: 4}}\nintrinsics:\n"
                      "  mvin:\n    for: {rest: {keeps: keep, clears: \"0\"}}\n    queue: load\n"
                      "    sizes: {c: 1..4}\n    operands:\n      src: {type: \"i8[c]\", memory: dram}\n"
                      "      dst: {type: \"i8[c]\", memory: spad, access: write, outside: \"{rest.code}\"}\n"
                      "    semantics: dst[c] = src[c]\n"
                      "  put:\n    queue: store\n    sizes: {c: 1..4}\n    operands:\n"
                      "      src: {type: \"i8[c]\", memory: dram}\n"
                      "      dst: {type: \"i8[c]\", memory: spad, access: write}\n"
                      "    semantics: dst[c] = src[c]\n";
  for (bool clears : {false, true}) {
    SpecBench bench(bytes);
    bench.write("dram", 0, sequence(1, 4));
    std::string lines = std::string("mvin{rest: ") + (clears ? "clears" : "keeps") +
                        "} c=1 src=dram[0] dst=spad[4]\nput c=3 src=dram[0] dst=spad[5]\n";
    if (clears)
      EXPECT_THAT(bench.expectFinding(Kind::Race, lines), HasSubstr("writes byte 5 of spad"));
    else
      bench.expectRun(lines);
  }
}

TEST(Races, TokensOrderTheirTwoQueues) {
  std::string use = "matmul{update: =} m=1 n=1 k=1 a=spad[0] b=spad[0] c=acc[0]";
  expectRace(line(load) + use + "\n", "l2x");
  expectNoRace(line(load, " signal l2x") + use + " wait l2x\n");
}

// Of two queues that signal one counter, a wait for 1 knows of neither, a wait for 2 of both.
TEST(Races, SeveralSignallersAreCountedTogether) {
  std::string signals = "mvin r=1 c=4 src=dram[0] dst=spad[0] signal sem[0]\n"
                        "shift_up r=1 c=4 x=dram[0] y=spad[1] signal sem[0]\n";
  expectNoRace(signals + "mvout r=2 c=4 src=spad[0] dst=dram[32] wait sem[0] x2\n");
  SpecBench bench;
  bench.write("dram", 0, sequence(0, 64));
  bench.expectFinding(Kind::Race, signals + "mvout r=1 c=4 src=spad[0] dst=dram[32] wait sem[0]\n");
}

// With a single signaller the wait for the second signal is behind the first one too.
TEST(Races, WaitsTakeSignalsInOrder) {
  std::string two = "mvin r=1 c=4 src=dram[0] dst=spad[0] signal sem[0]\n"
                    "mvin r=1 c=4 src=dram[4] dst=spad[1] signal sem[0]\n";
  expectNoRace(two + "mvout r=1 c=4 src=spad[0] dst=dram[32] wait sem[0]\n"
                     "mvout r=1 c=4 src=spad[1] dst=dram[36] wait sem[0]\n");
  expectRace(two + "mvout r=1 c=4 src=spad[1] dst=dram[32] wait sem[0]\n", "row 1, byte 0 of spad", 2, 1);
}

// A counter holds at most 3: the fourth signal waits for a take, and is behind it.
TEST(Races, FullCounterGivesOrder) {
  std::string four;
  for (int i = 0; i < 4; ++i)
    four += "mvin r=1 c=1 src=dram[0] dst=spad[" + std::to_string(10 + i) + "] signal sem[0]\n";
  expectNoRace("mvout r=1 c=1 src=spad[0] dst=dram[40] wait sem[1]\n"
               "mvin r=1 c=1 src=dram[0] dst=spad[0] signal sem[1]\n" +
               four +
               "mvout r=1 c=1 src=spad[10] dst=dram[41] wait sem[0]\nmvin r=1 c=1 src=dram[0] dst=spad[0]\n");
}

TEST(Races, RunsAreOrdered) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(0, 64));
    bench.expectRun(line(load));
    bench.expectRun(line(store));
    EXPECT_EQ(bench.read("dram", 8, 4), sequence(0, 4));
  }
}

// Which copy a fill goes to depends on when the other queue advances.
TEST(Races, RotatingMemory) {
  std::string fill = "mvin_wgt r=4 c=4 src=dram[0] dst=wgt[0]";
  std::string use = "stationary m=1 n=4 k=4 a=spad[0] w=wgt[0] c=acc[0]";
  std::string begin = line(load, "") + fill + " signal l2x\n" + use + " wait l2x";
  expectNoRace(begin + "\n");
  expectRace(begin + "\n" + fill + "\n", "which copy is meant depends on time", 3, 2);
  expectNoRace(begin + " signal sem[0]\n" + fill + " wait sem[0]\n");
}

TEST(Deadlock, WaitForWhatNobodySignals) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(0, 64));
    std::string text = bench.expectFinding(Kind::Deadlock, line(load, " wait sem[1] signal sem[2]") +
                                                               line(store, " wait sem[2] x2"));
    EXPECT_THAT(text, HasSubstr("command 0 (mvin, queue load) waits for 1 of sem[1], which holds 0"));
    EXPECT_THAT(text, HasSubstr("command 1 (mvout, queue store) waits for 2 of sem[2], which holds 0"));
  }
  expectNoRace(line(load, " signal sem[2]") + line(store, " wait sem[2]"));
}

TEST(Deadlock, SignalToAFullCounter) {
  std::string two = line(load, " signal l2x") + line(load, " signal l2x");
  expectNoRace(two);
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(0, 64));
    std::string text = bench.expectFinding(Kind::Deadlock, two + line(load, " signal l2x"));
    EXPECT_THAT(text, HasSubstr("command 2 (mvin, queue load) waits to signal 1 of l2x, which holds 2"));
  }
}

// A queue of 4 that is full keeps the dispatcher from the command that would free it.
TEST(Deadlock, FullQueue) {
  std::string stores = line(store, " wait sem[0]");
  for (int i = 0; i < 3; ++i)
    stores += "mvout r=1 c=1 src=spad[0] dst=dram[8]\n";
  expectNoRace(stores + line(load, " signal sem[0]"));
  std::string more = stores + "mvout r=1 c=1 src=spad[0] dst=dram[8]\n";
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(0, 64));
    std::string text = bench.expectFinding(Kind::Deadlock, more + line(load, " signal sem[0]"));
    EXPECT_THAT(text, HasSubstr("command 4 (mvout, queue store) waits for a place in its queue of 4"));
  }
}

std::string interlocked(const std::string &queues = "load, execute, store") {
  std::string chip = benchChip;
  std::string sync = "  sem: {kind: semaphore, count: 4, max: 3}\n";
  return chip.replace(chip.find(sync), 0, "  order: {kind: interlock, between: [" + queues + "]}\n");
}

// The hardware orders what touches the same place, whatever the queues do.
TEST(Interlock, KeepsProgramOrder) {
  std::string fill = "mvin_wgt r=4 c=4 src=dram[16] dst=wgt[0]\n";
  std::string use = "stationary m=1 n=4 k=4 a=spad[0] w=wgt[0] c=acc[0]\n";
  std::string lines;
  for (int i = 0; i < 6; ++i) {
    lines += "mvin r=1 c=4 src=dram[" + std::to_string(4 * i) + "] dst=spad[0]\n" + fill + use;
    lines += "mvout_acc r=1 c=4 src=acc[0] dst=dram[" + std::to_string(100 + 16 * i) + "]\n";
  }
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(interlocked(), seeded(seed));
    bench.write("dram", 0, sequence(1, 64));
    bench.expectRun(lines);
    for (int i = 0; i < 6; ++i) {
      std::vector<int> expected(4, 0);
      for (int n = 0; n < 4; ++n)
        for (int k = 0; k < 4; ++k)
          expected[size_t(n)] += (1 + 4 * i + k) * (17 + 4 * k + n);
      EXPECT_EQ(bench.readWords("dram", uint64_t(100 + 16 * i), 4), expected) << "seed " << seed;
    }
  }
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(benchChip, seeded(seed));
    bench.write("dram", 0, sequence(1, 64));
    EXPECT_THAT(bench.expectFinding(Kind::Race, lines), HasSubstr("nothing orders the two"));
  }
}

// What is behind a command that an interlock let go second is behind the first one too; without the interlock
// between these two it is not.
TEST(Interlock, OrderReachesFurther) {
  std::string lines =
      line(load) + "shift_up r=1 c=2 x=spad[0] y=spad[1] signal sem[0]\n" + line(store, " wait sem[0]");
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SpecBench bench(interlocked("load, execute"), seeded(seed));
    bench.write("dram", 0, sequence(1, 64));
    bench.expectRun(lines);
    EXPECT_EQ(bench.read("dram", 8, 4), sequence(1, 4));
    SpecBench other(interlocked("load, store"), seeded(seed));
    other.write("dram", 0, sequence(1, 64));
    EXPECT_THAT(other.expectFinding(Kind::Race, lines), HasSubstr("row 0, byte 0 of spad"));
  }
}

} // namespace
} // namespace tenon::spec::test
