// What commands compute, against arithmetic written out here.
#include "tests/spec/SpecBench.h"

#include <random>

namespace tenon::spec::test {
namespace {

using Kind = Finding::Kind;

// One queue after the other: data in, computed, out.
TEST(Execute, MatmulOfATile) {
  SpecBench bench;
  bench.write("dram", 0, sequence(-6, 12));
  bench.write("dram", 100, sequence(1, 8, 3));
  bench.expectRun("mvin r=3 c=4 src=dram[0] dst=spad[10]\n"
                  "mvin r=4 c=2 src=dram[100] dst=spad[20]\n");
  bench.expectRun("matmul{update: =} m=3 n=2 k=4 a=spad[10] b=spad[20] c=acc[5]\n");
  bench.expectRun("matmul{update: +=} m=3 n=2 k=4 a=spad[10] b=spad[20] c=acc[5]\n");
  bench.expectRun("mvout_acc r=3 c=2 src=acc[5] dst=dram[200]\n");
  std::vector<int> expected;
  for (int m = 0; m < 3; ++m)
    for (int n = 0; n < 2; ++n) {
      int sum = 0;
      for (int k = 0; k < 4; ++k)
        sum += (-6 + 4 * m + k) * (1 + 3 * (2 * k + n));
      expected.push_back(2 * sum);
    }
  EXPECT_EQ(bench.readWords("dram", 200, 6), expected);
  EXPECT_EQ(bench.machine->counters().commands, 5U);
  EXPECT_EQ(bench.machine->counters().queues, (std::vector<uint64_t>{2, 2, 1}));
}

// `update` says what is allowed; "=" reads nothing of it, "+=" does.
TEST(Execute, OnlyAnAccumulatingCommandNeedsItsSums) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 16));
  bench.expectRun("mvin r=4 c=4 src=dram[0] dst=spad[0]\n");
  std::string text = bench.expectFinding(Kind::UndefinedRead,
                                         "matmul{update: +=} m=2 n=2 k=4 a=spad[0] b=spad[0] c=acc[7]\n");
  EXPECT_NE(text.find("operand c[0, 0] reads row 7, byte 0 of acc"), std::string::npos) << text;
  bench.expectRun("matmul{update: =} m=2 n=2 k=4 a=spad[0] b=spad[0] c=acc[7]\n"
                  "matmul{update: +=} m=2 n=2 k=4 a=spad[0] b=spad[0] c=acc[7]\n");
}

TEST(Execute, FreeStridesGatherAndRepeat) {
  SpecBench bench;
  bench.write("dram", 0, sequence(0, 100));
  // Columns of a matrix of 10 columns, backwards in neither axis; then one row three times.
  bench.expectRun("mvin r=3 c=4 src=dram[2] src.stride.r=1 src.stride.c=10 dst=spad[0] dst.stride.r=2\n"
                  "mvin r=3 c=4 src=dram[50] src.stride.r=0 dst=spad[10]\n");
  bench.expectRun("mvout r=3 c=4 src=spad[0] src.stride.r=2 dst=dram[200]\n"
                  "mvout r=3 c=4 src=spad[10] dst=dram[300]\n");
  EXPECT_EQ(bench.read("dram", 200, 12), (std::vector<int>{2, 12, 22, 32, 3, 13, 23, 33, 4, 14, 24, 34}));
  EXPECT_EQ(bench.read("dram", 300, 12), (std::vector<int>{50, 51, 52, 53, 50, 51, 52, 53, 50, 51, 52, 53}));
}

// A stride of 0 on what is accumulated makes a reduction of the axis.
TEST(Execute, StrideZeroOnSumsReduces) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 12));
  bench.write("dram", 100, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  bench.expectRun("mvin r=3 c=4 src=dram[0] dst=spad[0]\n"
                  "mvin r=4 c=4 src=dram[100] dst=spad[8]\n");
  bench.expectRun("matmul{update: =} m=1 n=4 k=4 a=spad[1] b=spad[8] c=acc[0]\n"
                  "matmul{update: +=} m=3 n=4 k=4 a=spad[0] b=spad[8] c=acc[0] c.stride.m=0\n");
  bench.expectRun("mvout_acc r=1 c=4 src=acc[0] dst=dram[200]\n");
  std::vector<int> expected;
  for (int n = 0; n < 4; ++n)
    expected.push_back((1 + n) + 2 * (5 + n) + (9 + n));
  EXPECT_EQ(bench.readWords("dram", 200, 4), expected);
}

// A stride of 0 on what is assigned leaves the last step's value.
TEST(Execute, StrideZeroOnAWriteKeepsTheLastStep) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 12));
  bench.expectRun("mvin r=3 c=4 src=dram[0] dst=spad[0] dst.stride.r=0\n");
  bench.expectRun("mvout r=1 c=4 src=spad[0] dst=dram[200]\n");
  EXPECT_EQ(bench.read("dram", 200, 4), sequence(9, 4));
}

// Steps run in the listed order and see what earlier ones wrote.
TEST(Execute, OverlappingOperandsFollowTheSteps) {
  SpecBench bench;
  bench.write("dram", 0, sequence(10, 16));
  bench.expectRun("mvin r=4 c=4 src=dram[0] dst=spad[0]\n");
  bench.expectRun("shift_up r=3 c=4 x=spad[0] y=spad[1]\n");
  bench.expectRun("mvout r=4 c=4 src=spad[0] dst=dram[200]\n");
  std::vector<int> chained;
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 4; ++c)
      chained.push_back(10 + c + r);
  EXPECT_EQ(bench.read("dram", 200, 16), chained);
  // Towards the lower rows nothing is overwritten before it is read.
  bench.write("dram", 0, sequence(10, 16));
  bench.expectRun("mvin r=4 c=4 src=dram[0] dst=spad[0]\n");
  bench.expectRun("shift_up r=3 c=4 x=spad[1] y=spad[0]\n");
  bench.expectRun("mvout r=3 c=4 src=spad[0] dst=dram[200]\n");
  EXPECT_EQ(bench.read("dram", 200, 12), sequence(15, 12));
  // In place.
  bench.expectRun("shift_up r=3 c=4 x=spad[0] y=spad[0]\n");
  bench.expectRun("mvout r=3 c=4 src=spad[0] dst=dram[200]\n");
  EXPECT_EQ(bench.read("dram", 200, 12), sequence(16, 12));
}

TEST(Execute, OperandInOneOfSeveralMemories) {
  SpecBench bench;
  bench.write("dram", 40, sequence(1, 8));
  bench.expectRun("shift_up r=2 c=4 x=dram[40] y=spad[3]\n");
  bench.expectRun("mvout r=2 c=4 src=spad[3] dst=dram[200]\n");
  EXPECT_EQ(bench.read("dram", 200, 8), sequence(2, 8));
}

TEST(Execute, OutsideOfAWrite) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 16));
  std::string fill = "mvin r=2 c=4 src=dram[0] dst=spad[0]\n";
  std::string out = "mvout r=2 c=4 src=spad[0] dst=dram[200]\n";
  bench.expectRun(fill + "mvin r=2 c=1 src=dram[8] src.stride.r=1 dst=spad[0]\n");
  bench.expectRun(out);
  EXPECT_EQ(bench.read("dram", 200, 8), (std::vector<int>{9, 2, 3, 4, 10, 6, 7, 8})) << "keep";
  bench.expectRun(fill + "mvin_zero r=2 c=1 src=dram[8] src.stride.r=1 dst=spad[0]\n");
  bench.expectRun(out);
  EXPECT_EQ(bench.read("dram", 200, 8), (std::vector<int>{9, -7, -7, -7, 10, -7, -7, -7})) << "a value";
  bench.expectRun(fill + "mvin_undefined r=2 c=1 src=dram[8] src.stride.r=1 dst=spad[0]\n");
  std::string text = bench.expectFinding(Kind::UndefinedRead, out);
  EXPECT_NE(text.find("src[0, 1] reads row 0, byte 1 of spad"), std::string::npos) << text;
  bench.expectRun("mvout r=2 c=1 src=spad[0] dst=dram[200]\n");
}

// A window that leaves its operand: what is outside is not read.
TEST(Execute, OutsideOfAReadNeedNotBeThere) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 4));
  bench.expectRun("mvin r=1 c=4 src=dram[0] dst=spad[0]\n");
  bench.expectRun("window x=4 s=3 pad=1 a=spad[0] c=acc[0]\n");
  bench.expectRun("mvout_acc r=1 c=4 src=acc[0] dst=dram[200]\n");
  EXPECT_EQ(bench.readWords("dram", 200, 4), (std::vector<int>{1 + 2, 1 + 2 + 3, 2 + 3 + 4, 3 + 4}));
  bench.expectFinding(Kind::UndefinedRead, "window x=4 s=3 pad=0 a=spad[0] c=acc[0]\n");
}

// Only y[0] is needed from before; the others are read after they were written.
TEST(Execute, ARecurrenceNeedsItsStartAlone) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 8));
  bench.expectRun("mvin r=2 c=4 src=dram[0] dst=spad[0]\n");
  bench.expectFinding(Kind::UndefinedRead, "scan e=6 x=spad[0] y=acc[4]\n");
  bench.expectRun(
      "matmul{update: =} m=1 n=1 k=1 a=spad[0] b=spad[1] c=acc[4]\nscan e=6 x=spad[0] y=acc[4]\n");
  bench.expectRun("mvout_acc r=1 c=4 src=acc[4] dst=dram[200]\nmvout_acc r=1 c=3 src=acc[5] dst=dram[216]\n");
  EXPECT_EQ(bench.readWords("dram", 200, 7), (std::vector<int>{5, 6, 8, 11, 15, 20, 26}));
  bench.expectFinding(Kind::UndefinedRead, "mvout_acc r=2 c=4 src=acc[4] dst=dram[200]\n");
}

TEST(Execute, ElementsThatNoStepWritesStay) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 8));
  bench.expectRun("mvin r=1 c=3 src=dram[0] dst=spad[0]\nmvin r=1 c=4 src=dram[4] dst=spad[8]\n");
  bench.expectRun("spread e=3 x=spad[0] y=spad[8]\n");
  bench.expectRun("mvout r=1 c=4 src=spad[8] dst=dram[200]\nmvout r=1 c=1 src=spad[9] dst=dram[204]\n");
  EXPECT_EQ(bench.read("dram", 200, 5), (std::vector<int>{1, 6, 2, 8, 3}));
  bench.expectFinding(Kind::UndefinedRead, "mvout r=1 c=2 src=spad[9] dst=dram[204]\n");
}

TEST(Execute, TableLookup) {
  SpecBench bench;
  std::vector<int> table;
  for (int i = 0; i < 256; ++i)
    table.push_back((i * 7) % 256);
  bench.write("dram", 0, table);
  bench.write("dram", 300, {-128, -1, 0, 127});
  bench.expectRun("mvin_lut e=256 src=dram[0] dst=lut[0]\nmvin r=1 c=4 src=dram[300] dst=spad[0]\n");
  bench.expectRun("lookup r=1 c=4 x=spad[0] t=lut[0] y=spad[1]\n");
  bench.expectRun("mvout r=1 c=4 src=spad[1] dst=dram[400]\n");
  std::vector<int> expected;
  for (int x : {-128, -1, 0, 127})
    expected.push_back(int8_t(((x + 128) * 7) % 256));
  EXPECT_EQ(bench.read("dram", 400, 4), expected);
}

// A write fills the copy after the current one; advancing makes it current.
TEST(Execute, RotatingCopies) {
  SpecBench bench;
  bench.write("dram", 0, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  bench.write("dram", 16, {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2});
  bench.write("dram", 32, sequence(1, 4));
  bench.expectRun("mvin r=1 c=4 src=dram[32] dst=spad[0]\n");
  bench.expectRun("mvin_wgt r=4 c=4 src=dram[0] dst=wgt[0]\n");
  std::string text =
      bench.expectFinding(Kind::UndefinedRead, "stationary_again m=1 n=4 k=4 a=spad[0] w=wgt[0] c=acc[0]\n");
  EXPECT_NE(text.find("of wgt in copy 0"), std::string::npos) << text;
  bench.expectRun("stationary m=1 n=4 k=4 a=spad[0] w=wgt[0] c=acc[0]\n");
  bench.expectRun("mvin_wgt r=4 c=4 src=dram[16] dst=wgt[0]\n");
  bench.expectRun("stationary_again m=1 n=4 k=4 a=spad[0] w=wgt[0] c=acc[1]\n"
                  "stationary m=1 n=4 k=4 a=spad[0] w=wgt[0] c=acc[2]\n");
  bench.expectRun("mvout_acc r=3 c=4 src=acc[0] dst=dram[200]\n");
  EXPECT_EQ(bench.readWords("dram", 200, 12), (std::vector<int>{1, 2, 3, 4, 1, 2, 3, 4, 2, 4, 6, 8}));
}

TEST(Execute, MeaningWithoutResult) {
  SpecBench bench;
  bench.write("dram", 0, {1, 2, 3, 0});
  bench.expectRun("mvin r=1 c=4 src=dram[0] dst=spad[0]\n");
  bench.expectRun("divide r=1 c=3 x=spad[0] y=acc[0]\n");
  std::string text = bench.expectFinding(Kind::NoResult, "divide r=1 c=4 x=spad[0] y=acc[0]\n");
  EXPECT_NE(text.find("division by zero"), std::string::npos) << text;
  EXPECT_NE(text.find("divide"), std::string::npos) << text;
}

TEST(Execute, OneCommandAtOnce) {
  SpecBench bench;
  bench.write("dram", 0, sequence(1, 4));
  std::vector<isa::Instruction> move = bench.assemble("mvin r=1 c=4 src=dram[0] dst=spad[0]\n");
  llvm::Error error = bench.machine->execute(move.front());
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
  bench.expectRun("mvout r=1 c=4 src=spad[0] dst=dram[8]\n");
  EXPECT_EQ(bench.read("dram", 8, 4), sequence(1, 4));
}

// Every size of a matmul, with random strides and data: one result for prepared and for fresh commands.
TEST(Execute, RandomTiles) {
  std::mt19937_64 random(7);
  auto draw = [&](int low, int high) { return low + int(random() % uint64_t(high - low + 1)); };
  SpecBench bench;
  std::vector<int> data;
  for (int i = 0; i < 512; ++i)
    data.push_back(draw(-128, 127));
  bench.write("dram", 0, data);
  bench.expectRun("mvin r=64 c=4 src=dram[0] dst=spad[0]\nmvin r=64 c=4 src=dram[256] dst=spad[64]\n");
  for (int round = 0; round < 200; ++round) {
    int m = draw(1, 8), n = draw(1, 4), k = draw(1, 4), a = draw(0, 60), b = draw(64, 110);
    int am = draw(0, 6), bk = draw(0, 5), cm = draw(1, 3);
    std::string sizes = " m=" + std::to_string(m) + " n=" + std::to_string(n) + " k=" + std::to_string(k);
    bench.expectRun("matmul{update: =}" + sizes + " a=spad[" + std::to_string(a) +
                    "] a.stride.m=" + std::to_string(am) + " b=spad[" + std::to_string(b) + "] b.stride.k=" +
                    std::to_string(bk) + " c=acc[4] c.stride.m=" + std::to_string(cm) + "\n");
    bench.expectRun("mvout_acc r=" + std::to_string(m) + " c=" + std::to_string(n) +
                    " src=acc[4] src.stride.r=" + std::to_string(cm) + " dst=dram[1000]\n");
    std::vector<int> expected;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        int sum = 0;
        for (int s = 0; s < k; ++s)
          sum += data[size_t(4 * (a + am * i) + s)] * data[size_t(4 * (b + bk * s) + j)];
        expected.push_back(sum);
      }
    EXPECT_EQ(bench.readWords("dram", 1000, size_t(m * n)), expected) << sizes;
  }
}

} // namespace
} // namespace tenon::spec::test
