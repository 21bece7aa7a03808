// What a run must refuse, each beside its lawful twin.
#include "tests/spec/SpecBench.h"

#include "core/isa/encoding/Encode.h"

#include <gmock/gmock.h>

namespace tenon::spec::test {
namespace {

using Kind = Finding::Kind;
using ::testing::HasSubstr;

TEST(Findings, UndefinedReadOfEachMemory) {
  struct Case {
    const char *define, *use, *place;
  };
  const std::string fill = "mvin r=4 c=4 src=dram[0] dst=spad[0]\n";
  const std::string table = "mvin_lut e=255 src=dram[0] dst=lut[0]\n";
  std::vector<Case> cases = {
      {"", "mvin r=1 c=4 src=dram[1000] dst=spad[9]", "byte 1000 of dram"},
      {"mvin r=1 c=3 src=dram[0] dst=spad[9]", "mvout r=1 c=4 src=spad[9] dst=dram[2000]",
       "row 9, byte 3 of spad"},
      {"", "mvout_acc r=1 c=1 src=acc[60] dst=dram[2000]", "row 60, byte 0 of acc"},
      {"", "stationary m=1 n=1 k=1 a=spad[0] w=wgt[0] c=acc[0]", "row 0, byte 0 of wgt in copy 1"},
      {table.c_str(), "lookup r=1 c=1 x=spad[0] t=lut[0] y=spad[5]", "row 255, byte 0 of lut"}};
  for (const Case &one : cases) {
    SpecBench bench;
    bench.write("dram", 0, sequence(0, 256));
    bench.expectRun(fill);
    bench.expectRun(one.define);
    EXPECT_THAT(bench.expectFinding(Kind::UndefinedRead, one.use), HasSubstr(one.place));
  }
  SpecBench bench;
  bench.write("dram", 0, sequence(0, 256));
  bench.write("dram", 1000, sequence(0, 4));
  bench.expectRun(fill);
  bench.expectRun(cases[0].use);
  bench.expectRun("mvin r=1 c=4 src=dram[0] dst=spad[9]");
  bench.expectRun(cases[1].use);
  bench.expectRun("matmul{update: =} m=1 n=1 k=1 a=spad[0] b=spad[0] c=acc[60]");
  bench.expectRun(cases[2].use);
  bench.expectRun("mvin_wgt r=4 c=4 src=dram[0] dst=wgt[0]");
  bench.expectRun(cases[3].use);
  bench.expectRun("mvin_lut e=256 src=dram[0] dst=lut[0]");
  bench.expectRun(cases[4].use);
}

TEST(Findings, UndefinedReadNamesTheCommandAndTheRepair) {
  SpecBench bench;
  bench.write("dram", 0, sequence(0, 4));
  std::string text =
      bench.expectFinding(Kind::UndefinedRead, "mvin r=1 c=4 src=dram[0] dst=spad[0] signal sem[0]\n"
                                               "mvout r=3 c=2 src=spad[0] dst=dram[8] wait sem[0]\n");
  EXPECT_THAT(text, HasSubstr("command 1 (mvout, queue store)"));
  EXPECT_THAT(text, HasSubstr("the command is mvout r=3 c=2"));
  EXPECT_THAT(text, HasSubstr("operand src[1, 0] reads row 1, byte 0 of spad, which nobody has written"));
  EXPECT_THAT(text, HasSubstr("let a command write it before"));
  EXPECT_EQ(bench.machine->finding()->command, 1U);
  EXPECT_EQ(bench.machine->finding()->byteAddress, 4U);
  EXPECT_EQ(bench.machine->finding()->memory, bench.memory("spad"));
  EXPECT_EQ(bench.machine->counters().commands, 1U);
}

TEST(Findings, OutOfBoundsOfEachMemory) {
  struct Case {
    const char *inside, *outside, *message;
  };
  std::vector<Case> cases = {
      {"mvin r=2 c=4 src=dram[65528] dst=spad[0]", "mvin r=2 c=4 src=dram[65529] dst=spad[0]",
       "operand src takes bytes 65529 to 65536 of dram, which has 65536 bytes"},
      {"mvin r=2 c=1 src=dram[0] dst=spad[0] dst.stride.r=255",
       "mvin r=2 c=1 src=dram[0] dst=spad[0] dst.stride.r=256",
       "operand dst takes bytes 0 to 1024 of spad, which has 1024 bytes (256 rows)"},
      {"matmul{update: =} m=2 n=4 k=1 a=spad[0] b=spad[0] c=acc[62]",
       "matmul{update: =} m=2 n=4 k=1 a=spad[0] b=spad[0] c=acc[63]",
       "operand c takes bytes 1008 to 1039 of acc, which has 1024 bytes (64 rows)"},
      {"mvin_wgt r=4 c=4 src=dram[0] dst=wgt[0]", "mvin_wgt r=4 c=4 src=dram[0] dst=wgt[1]",
       "operand dst takes bytes 4 to 19 of wgt, which has 16 bytes (4 rows)"},
      {"mvin_lut e=256 src=dram[0] dst=lut[0]", "mvin_lut e=256 src=dram[0] dst=lut[1]",
       "operand dst takes bytes 1 to 256 of lut, which has 256 bytes (256 rows)"}};
  for (const Case &one : cases) {
    SpecBench bench;
    bench.write("dram", 0, std::vector<int>(65536, 1));
    bench.expectRun("mvin r=4 c=4 src=dram[0] dst=spad[0]\n");
    bench.expectRun(one.inside);
    EXPECT_THAT(bench.expectFinding(Kind::OutOfBounds, one.outside), HasSubstr(one.message));
  }
}

TEST(Findings, IllegalCommands) {
  SpecBench bench;
  bench.write("dram", 0, sequence(0, 4));
  std::vector<isa::Instruction> move = bench.assemble("mvin r=1 c=4 src=dram[0] dst=spad[0]\n");
  move[0].sizes[1] = 5;
  std::string text = llvm::toString(bench.machine->run(move));
  EXPECT_THAT(text, HasSubstr("size c is 5, the range is 1..4"));
  move[0].sizes[1] = 4;
  move[0].queue = 1;
  EXPECT_THAT(llvm::toString(bench.machine->execute(move[0])), HasSubstr("queue"));
  move[0].queue = 0;
  EXPECT_FALSE(bool(bench.machine->run(move)));
}

TEST(Findings, SharedBytesOfDifferentTypes) {
  SpecBench bench(R"(
tenon: 1
target: one
memories:
  mem: {kind: global, bytes: 1 KiB}
queues: {all: {depth: 4}}
intrinsics:
  widen:
    queue: all
    sizes: {e: 1..16}
    operands:
      x: {type: "i8[e]", memory: mem}
      y: {type: "i32[e]", memory: mem, access: write}
    semantics: y[e] = i32(x[e])
)");
  bench.write("mem", 0, sequence(-2, 16));
  bench.expectRun("widen e=4 x=mem[0] y=mem[4]");
  EXPECT_EQ(bench.readWords("mem", 4, 4), sequence(-2, 4));
  bench.write("mem", 0, sequence(-2, 16));
  std::string text = bench.expectFinding(Kind::IllegalCommand, "widen e=4 x=mem[0] y=mem[3]");
  EXPECT_THAT(text, HasSubstr("operands x (i8) and y (i32) share bytes of mem"));
  EXPECT_THAT(text, HasSubstr("let them have bytes of their own"));
}

TEST(Findings, Limits) {
  MachineOptions options;
  options.memoryBytes = uint64_t(1) << 17;
  options.operandBytes = 100;
  SpecBench bench(benchChip, options);
  bench.write("dram", 0, sequence(0, 128));
  bench.expectRun(
      "mvin r=12 c=4 src=dram[0] dst=spad[0]\nmvin r=4 c=1 src=dram[0] src.stride.r=2 dst=spad[0]\n");
  bench.expectFinding(Kind::Limit, "mvin r=13 c=4 src=dram[0] dst=spad[0]\n");
  EXPECT_THAT(bench.expectFinding(Kind::Limit, "mvin r=5 c=1 src=dram[0] src.stride.r=2 dst=spad[0]\n"),
              HasSubstr("operand src lies in 5 pieces, the most is 4"));
  SpecBench small(benchChip, {.memoryBytes = uint64_t(1) << 16});
  small.write("dram", 0, sequence(0, 4));
  EXPECT_THAT(small.expectFinding(Kind::Limit, "mvin r=1 c=4 src=dram[0] dst=spad[0]\n"),
              HasSubstr("needs more than the 65536 bytes"));
}

TEST(Findings, HostAccesses) {
  SpecBench bench;
  std::vector<uint8_t> bytes(8);
  unsigned dram = bench.memory("dram"), spad = bench.memory("spad");
  EXPECT_FALSE(bool(bench.machine->write(dram, 65528, bytes)));
  EXPECT_FALSE(bool(bench.machine->read(dram, 65528, bytes)));
  EXPECT_FALSE(bool(bench.machine->readAny(dram, 65527, bytes)));
  EXPECT_THAT(llvm::toString(bench.machine->write(dram, 65529, bytes)),
              HasSubstr("8 bytes from byte 65529 of dram, which has 65536"));
  EXPECT_THAT(llvm::toString(bench.machine->read(dram, 65527, bytes)),
              HasSubstr("byte 65527 of dram, which nobody has written"));
  EXPECT_THAT(llvm::toString(bench.machine->write(spad, 0, bytes)), HasSubstr("no global memory"));
  EXPECT_THAT(llvm::toString(bench.machine->read(17, 0, bytes)), HasSubstr("there are 5"));
}

TEST(Findings, ResetForgetsAllButTheHostsMemory) {
  SpecBench bench;
  bench.write("dram", 0, sequence(0, 4));
  bench.expectRun("mvin r=1 c=4 src=dram[0] dst=spad[0] signal sem[0]\n");
  bench.machine->reset();
  EXPECT_EQ(bench.machine->counters().commands, 0U);
  bench.expectFinding(Kind::UndefinedRead, "mvout r=1 c=4 src=spad[0] dst=dram[8]\n");
  bench.machine->reset();
  bench.expectFinding(Kind::Deadlock, "mvin r=1 c=4 src=dram[0] dst=spad[0] wait sem[0]\n");
  bench.machine->reset();
  bench.expectRun("mvin r=1 c=4 src=dram[0] dst=spad[0]\n");
}

} // namespace
} // namespace tenon::spec::test
