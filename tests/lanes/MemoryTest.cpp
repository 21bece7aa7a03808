// Every access is inside an allocation, of something written, and ordered with those of other lanes.
#include "tests/lanes/LanesBench.h"

namespace tenon::lanes::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string kernel(const std::string &body, const std::string &before = "") {
  return before + R"(
define ptx_kernel void @k(ptr addrspace(1) %base) {
  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %g = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %out = getelementptr i32, ptr addrspace(1) %base, i32 %t
)" + body +
         "  ret void\n}\n";
}

TEST(Memory, StoreBehindTheEndIsAnError) {
  LanesBench bench(kernel("  store i32 %l, ptr addrspace(1) %out\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 20)}),
              AllOf(HasSubstr("lane 20 of group 0: a store of 4 bytes at address"),
                    HasSubstr("0 bytes behind the end of out (80 bytes) is in no allocation"),
                    HasSubstr("at \"store i32 %l")));
}

TEST(Memory, LoadBeforeTheBeginningIsAnError) {
  LanesBench bench(kernel(
      "  %p = getelementptr i8, ptr addrspace(1) %base, i64 -4\n  %v = load i32, ptr addrspace(1) %p\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}),
              HasSubstr("lane 0 of group 0: a load of 4 bytes"));
}

TEST(Memory, VectorThatIsPartlyOutsideIsAnError) {
  LanesBench bench(kernel("  %v = load <4 x i32>, ptr addrspace(1) %base, align 4\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", {1, 2, 3})}), HasSubstr("is in no allocation"));
}

TEST(Memory, MaskedLanesTouchNothing) {
  const char *const body = R"(
  %v = call <4 x i32> @llvm.masked.load.v4i32.p1(ptr addrspace(1) %base, i32 4, <4 x i1> MASK, <4 x i32> <i32 7, i32 7, i32 7, i32 9>)
  %s = call i32 @llvm.vector.reduce.add.v4i32(<4 x i32> %v)
  %mine = icmp eq i32 %l, 0
  %m = insertelement <1 x i1> undef, i1 %mine, i32 0
  %one = insertelement <1 x i32> undef, i32 %s, i32 0
  call void @llvm.masked.store.v1i32.p1(<1 x i32> %one, ptr addrspace(1) %to, i32 4, <1 x i1> %m)
)";
  auto text = [&](const std::string &mask) {
    std::string replaced = body;
    replaced.replace(replaced.find("MASK"), 4, mask);
    std::string whole = kernel(
        replaced, "declare <4 x i32> @llvm.masked.load.v4i32.p1(ptr addrspace(1), i32, <4 x i1>, <4 x i32>)\n"
                  "declare void @llvm.masked.store.v1i32.p1(<1 x i32>, ptr addrspace(1), i32, <1 x i1>)\n"
                  "declare i32 @llvm.vector.reduce.add.v4i32(<4 x i32>)\n");
    return whole.replace(whole.find("%base)"), 5, "%base, ptr addrspace(1) %to");
  };
  LanesBench bench(text("<i1 1, i1 1, i1 1, i1 0>"));
  uint64_t to = bench.allocate("to", 1);
  bench.launch({bench.allocate("in", {1, 2, 3}), to});
  EXPECT_EQ(bench.read(to, 1), std::vector<int>{15});
  LanesBench outside(text("<i1 1, i1 1, i1 1, i1 1>"));
  EXPECT_THAT(outside.expectError({outside.allocate("in", {1, 2, 3}), outside.allocate("to", 1)}),
              HasSubstr("is in no allocation"));
}

TEST(Memory, ViewIsAsLongAsItsPart) {
  const char *const body = "  store i32 %l, ptr addrspace(1) %out\n";
  LanesBench bench(kernel(body));
  uint64_t arena = bench.allocate("arena", 100);
  auto view = bench.memory.view("argument 0", arena + 40, 128);
  ASSERT_TRUE(bool(view));
  bench.launch({*view});
  EXPECT_EQ(bench.read(arena + 40, 32), each(32, [](int l) { return l; }));
  EXPECT_FALSE(bool(bench.memory.free(*view)));
  auto shorter = bench.memory.view("argument 0", arena + 40, 124);
  ASSERT_TRUE(bool(shorter));
  EXPECT_THAT(bench.expectError({*shorter}),
              HasSubstr("0 bytes behind the end of argument 0 (124 bytes) is in no allocation"));
  auto longer = bench.memory.view("argument 0", arena + 40, 400);
  ASSERT_FALSE(bool(longer));
  EXPECT_THAT(llvm::toString(longer.takeError()), HasSubstr("argument 0 shows 400 bytes at"));
}

TEST(Memory, MisalignedAccessIsAnError) {
  LanesBench bench(kernel("  %v = load <2 x i32>, ptr addrspace(1) %out, align 8\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("in", each(33, [](int i) { return i; }))}),
              AllOf(HasSubstr("lane 1 "), HasSubstr("is no multiple of 8")));
}

TEST(Memory, StoreToAConstantIsAnError) {
  LanesBench bench(kernel("  store i32 %l, ptr addrspace(1) @table\n",
                          "@table = internal addrspace(1) constant [2 x i32] [i32 4, i32 5]\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 1)}),
              HasSubstr("a store to @table, which is constant"));
}

TEST(Memory, ConstantsAreRead) {
  LanesBench bench(kernel(R"(
  %i = and i32 %l, 3
  %p = getelementptr [4 x i16], ptr @table, i32 0, i32 %i
  %v = load i16, ptr %p
  %w = sext i16 %v to i32
  store i32 %w, ptr addrspace(1) %out
)",
                          "@table = internal constant [4 x i16] [i16 -4, i16 5, i16 0, i16 32767]\n"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 4), (std::vector<int>{-4, 5, 0, 32767}));
}

TEST(Memory, WhatNoKernelHasWrittenCannotBeRead) {
  LanesBench bench(kernel("  store i32 poison, ptr addrspace(1) %out\n"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  auto bytes = bench.memory.read(out, 4);
  ASSERT_FALSE(bytes);
  EXPECT_THAT(llvm::toString(bytes.takeError()), HasSubstr("or it has written an undefined value"));
}

std::string shared(const std::string &body) {
  return kernel(body, "@a = internal addrspace(3) global [32 x i32] undef\n"
                      "@b = internal addrspace(3) global [32 x i32] undef, align 32\n");
}

TEST(Memory, VariablesOfTheScratchpadAreApart) {
  LanesBench bench(shared(R"(
  %p = getelementptr i32, ptr addrspace(3) @a, i32 32
  store i32 %l, ptr addrspace(3) %p
  store i32 %l, ptr addrspace(3) @b
)"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}),
              HasSubstr("0 bytes behind the end of @a (128 bytes), in the scratchpad, is in no allocation"));
}

TEST(Memory, ScratchpadHasACapacity) {
  LanesBench bench(kernel("  store i32 %l, ptr addrspace(3) @room\n",
                          "@room = internal addrspace(3) global [4097 x i8] undef\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}),
              HasSubstr("k needs 4097 bytes of the scratchpad, the machine has 4096"));
}

TEST(Memory, PointersWithoutASpaceReachTheScratchpad) {
  LanesBench bench(shared(R"(
  %p = getelementptr i32, ptr addrspace(3) @b, i32 %l
  %q = addrspacecast ptr addrspace(3) %p to ptr
  store i32 %l, ptr %q
  %r = addrspacecast ptr %q to ptr addrspace(3)
  %v = load i32, ptr addrspace(3) %r
  %o = addrspacecast ptr addrspace(1) %out to ptr
  store i32 %v, ptr %o
)"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) { return l; }));
}

TEST(Memory, LanesHaveMemoryOfTheirOwn) {
  auto text = [](const std::string &index) {
    return kernel("  %room = alloca [2 x i32]\n  store i32 %l, ptr %room\n  %second = getelementptr i32, ptr "
                  "%room, i32 " +
                  index + "\n  store i32 5, ptr %second\n  %v = load i32, ptr %room\n" +
                  "  store i32 %v, ptr addrspace(1) %out\n");
  };
  LanesBench fine(text("1"));
  uint64_t out = fine.allocate("out", 32);
  fine.launch({out});
  EXPECT_EQ(fine.read(out, 32), each(32, [](int l) { return l; }));
  LanesBench behind(text("2"));
  EXPECT_THAT(behind.expectError({behind.allocate("out", 32)}),
              HasSubstr("a store of 4 bytes at byte 8 of the lane's own 8"));
}

// Races: thread 40 (group 1) and thread 3 (group 0) touch one word.
std::string race(const std::string &first, const std::string &between, const std::string &second) {
  return shared(R"(
  %z = call i32 @zero()
  %word = getelementptr i32, ptr addrspace(3) @a, i32 7
  %init = icmp eq i32 %t, 0
  br i1 %init, label %set, label %start
set:
  store i32 1, ptr addrspace(3) %word
  br label %start
start:
  call void @llvm.nvvm.barrier0()
  %three = icmp eq i32 %t, 3
  br i1 %three, label %one, label %middle
one:
  )" + first + R"(
  br label %middle
middle:
  )" + between + R"(
  %forty = icmp eq i32 %t, 40
  br i1 %forty, label %two, label %end
two:
  )" + second + R"(
  br label %end
end:
)") + "define i32 @zero() {\n  ret i32 0\n}\n";
}
const char *const reads = "%r1 = load i32, ptr addrspace(3) %word";
const char *const readsToo = "%r2 = load i32, ptr addrspace(3) %word";
const char *const writes = "store i32 %t, ptr addrspace(3) %word";
const char *const waits = "call void @llvm.nvvm.barrier0()";

TEST(Memory, ReadersDoNotRace) {
  LanesBench(race(reads, "", readsToo)).launch(std::vector<uint64_t>{uint64_t(1 << 20)}, 1, 2);
}

TEST(Memory, BarrierOrdersWriters) {
  LanesBench(race(writes, waits, writes)).launch(std::vector<uint64_t>{uint64_t(1 << 20)}, 1, 2);
  LanesBench(race(reads, waits, writes)).launch(std::vector<uint64_t>{uint64_t(1 << 20)}, 1, 2);
  LanesBench(race(writes, waits, readsToo)).launch(std::vector<uint64_t>{uint64_t(1 << 20)}, 1, 2);
}

TEST(Memory, WritersRace) {
  LanesBench bench(race(writes, "", writes));
  EXPECT_THAT(
      bench.expectError(std::vector<uint64_t>{1 << 20}, 1, 2),
      AllOf(HasSubstr(
                "lane 8 of group 1: a race: byte 1c is written here, and lane 3 of group 0 has touched it "
                "with no barrier between"),
            HasSubstr("at \"store i32 %t")));
}

TEST(Memory, WriterRacesWithAReader) {
  EXPECT_THAT(LanesBench(race(reads, "", writes)).expectError(std::vector<uint64_t>{1 << 20}, 1, 2),
              HasSubstr("a race"));
  EXPECT_THAT(LanesBench(race(writes, "", readsToo)).expectError(std::vector<uint64_t>{1 << 20}, 1, 2),
              HasSubstr("is read here"));
}

TEST(Memory, BlocksRaceInDeviceMemory) {
  LanesBench bench(kernel("  store i32 %l, ptr addrspace(1) %out\n"));
  uint64_t out = bench.allocate("out", 32);
  EXPECT_THAT(bench.expectError({out}, 2), HasSubstr("block 1, lane 0 of group 0: a race"));
  LanesBench apart(kernel("  %n = mul i32 %g, 32\n  %p = getelementptr i32, ptr addrspace(1) %out, i32 %n\n"
                          "  store i32 %g, ptr addrspace(1) %p\n"));
  out = apart.allocate("out", 64);
  apart.launch({out}, 2);
  apart.launch({out}, 2); // launches are ordered
  EXPECT_EQ(apart.read(out, 64), each(64, [](int i) { return i / 32; }));
}

TEST(Memory, StatusMayBeStoredByAnyLane) {
  LanesBench bench(kernel("  store i32 3, ptr addrspace(1) %base\n"));
  uint64_t status = bench.allocate("status", std::vector<int>{0});
  EXPECT_THAT(bench.expectError({status}), HasSubstr("a race"));
  EXPECT_FALSE(bool(bench.memory.allowUnordered(status, 4)));
  EXPECT_THAT(llvm::toString(bench.memory.allowUnordered(status + 1, 4)),
              HasSubstr("no allocation holds 4 bytes"));
  bench.launch({status});
  EXPECT_EQ(bench.read(status, 1), std::vector<int>{3});
}

TEST(Memory, FirstThatExchangesWins) {
  const char *const body = R"(
  %v = add i32 %l, 5
  %r = cmpxchg ptr addrspace(1) %base, i32 0, i32 %v monotonic monotonic
  %old = extractvalue { i32, i1 } %r, 0
  %won = extractvalue { i32, i1 } %r, 1
  %w = zext i1 %won to i32
  %ten = mul i32 %w, 10
  %s = add i32 %ten, %old
  %p = getelementptr i32, ptr addrspace(1) %out, i32 1
  store i32 %s, ptr addrspace(1) %p
)";
  LanesBench bench(kernel(body));
  uint64_t status = bench.allocate("status", std::vector<int>(33));
  bench.launch({status});
  EXPECT_EQ(bench.read(status, 33), each(33, [](int i) { return i == 0 ? 5 : i == 1 ? 10 : 5; }));
  LanesBench undefined(kernel(body));
  EXPECT_THAT(undefined.expectError({undefined.allocate("status", 33)}),
              HasSubstr("nothing defined has been written at"));
}

TEST(Memory, BytesAreFilledAndCopied) {
  LanesBench bench(
      kernel(R"(
  %first = icmp eq i32 %l, 0
  br i1 %first, label %do, label %end
do:
  call void @llvm.memset.p3.i64(ptr addrspace(3) @a, i8 2, i64 8, i1 false)
  call void @llvm.memcpy.p1.p3.i64(ptr addrspace(1) %base, ptr addrspace(3) @a, i64 8, i1 false)
  br label %end
end:
)",
             "@a = internal addrspace(3) global [32 x i32] undef\n"
             "declare void @llvm.memset.p3.i64(ptr addrspace(3), i8, i64, i1)\n"
             "declare void @llvm.memcpy.p1.p3.i64(ptr addrspace(1), ptr addrspace(3), i64, i1)\n"));
  uint64_t out = bench.allocate("out", 2);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 2), (std::vector<int>{0x02020202, 0x02020202}));
}

} // namespace
} // namespace tenon::lanes::test
