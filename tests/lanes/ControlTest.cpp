// Lanes that go different ways, meet again, wait for each other, or do not.
#include "tests/lanes/LanesBench.h"

namespace tenon::lanes::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A kernel with the lane in %l, the thread in %t, and a pointer %out to the thread's word.
std::string kernel(const std::string &body, const std::string &before = "") {
  return before + R"(
define ptx_kernel void @k(ptr addrspace(1) %base) {
entry:
  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %g = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %out = getelementptr i32, ptr addrspace(1) %base, i32 %t
)" + body +
         "}\n";
}

TEST(Control, LanesTakeTheirOwnWay) {
  LanesBench bench(kernel(R"(
  %odd = trunc i32 %l to i1
  br i1 %odd, label %one, label %two
one:
  %a = mul i32 %l, 100
  br label %both
two:
  %b = sub i32 0, %l
  br label %both
both:
  %v = phi i32 [ %a, %one ], [ %b, %two ]
  store i32 %v, ptr addrspace(1) %out
  ret void
)"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) { return l % 2 ? l * 100 : -l; }));
}

TEST(Control, LoopsMayHaveAnotherLengthInEachLane) {
  LanesBench bench(kernel(R"(
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %sum = phi i32 [ 0, %entry ], [ %more, %loop ]
  %more = add i32 %sum, %i
  %next = add nuw i32 %i, 1
  %on = icmp ule i32 %next, %l
  br i1 %on, label %loop, label %end
end:
  store i32 %more, ptr addrspace(1) %out
  ret void
)"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) { return l * (l + 1) / 2; }));
}

TEST(Control, SwitchesAndCalls) {
  LanesBench bench(kernel(R"(
  switch i32 %l, label %rest [ i32 3, label %three
                               i32 7, label %seven ]
three:
  %c = call { i32, i32 } @twice(i32 1000)
  %d = extractvalue { i32, i32 } %c, 1
  br label %end
seven:
  br label %end
rest:
  %e = call { i32, i32 } @twice(i32 %l)
  %f = extractvalue { i32, i32 } %e, 0
  br label %end
end:
  %v = phi i32 [ %d, %three ], [ -7, %seven ], [ %f, %rest ]
  store i32 %v, ptr addrspace(1) %out
  ret void
)",
                          R"(
define internal { i32, i32 } @twice(i32 %x) {
  %big = icmp sgt i32 %x, 20
  br i1 %big, label %one, label %two
one:
  %r = insertvalue { i32, i32 } { i32 -1, i32 undef }, i32 %x, 1
  ret { i32, i32 } %r
two:
  %d = add i32 %x, %x
  %s = insertvalue { i32, i32 } undef, i32 %d, 0
  ret { i32, i32 } %s
}
)"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) {
              return l == 3 ? 1000 : l == 7 ? -7 : l > 20 ? -1 : 2 * l;
            }));
}

const char *const exchange = R"(
  %mine = getelementptr i32, ptr addrspace(3) @room, i32 %t
  store i32 %t, ptr addrspace(3) %mine
  BARRIER
  %other = xor i32 %t, 33
  %theirs = getelementptr i32, ptr addrspace(3) @room, i32 %other
  %v = load i32, ptr addrspace(3) %theirs
  store i32 %v, ptr addrspace(1) %out
  ret void
)";
const char *const room = "@room = internal addrspace(3) global [64 x i32] undef\n";

std::string withBarrier(const std::string &text) {
  std::string body = exchange;
  body.replace(body.find("BARRIER"), 7, text);
  return kernel(body, room);
}

TEST(Control, GroupsMeetAtTheBarrier) {
  LanesBench bench(withBarrier("call void @llvm.nvvm.barrier0()"));
  uint64_t out = bench.allocate("out", 64);
  bench.launch({out}, 1, 2);
  EXPECT_EQ(bench.read(out, 64), each(64, [](int t) { return t ^ 33; }));
}

TEST(Control, WithoutTheBarrierTheScratchpadIsNotWritten) {
  LanesBench bench(withBarrier(""));
  EXPECT_THAT(
      bench.expectError({bench.allocate("out", 64)}, 1, 2),
      AllOf(HasSubstr("k: block 0, lane 0 of group 0: the scratchpad is read at 0x84, byte 132 of @room"),
            HasSubstr("nothing defined has been written"), HasSubstr("%v = load i32")));
}

TEST(Control, BarrierThatAGroupDoesNotReachIsAnError) {
  LanesBench bench(kernel(R"(
  %second = icmp ugt i32 %t, 31
  br i1 %second, label %wait, label %end
wait:
  call void @llvm.nvvm.barrier0()
  br label %end
end:
  ret void
)"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 64)}, 1, 2),
              AllOf(HasSubstr("block 0: not all groups reach the barrier"), HasSubstr("group 0 has ended"),
                    HasSubstr("group 1 waits at \"call void @llvm.nvvm.barrier0()\"")));
}

TEST(Control, BarrierThatALaneDoesNotReachIsAnError) {
  LanesBench bench(kernel(R"(
  %fifth = icmp eq i32 %l, 5
  br i1 %fifth, label %end, label %wait
wait:
  call void @llvm.nvvm.barrier0()
  br label %end
end:
  ret void
)"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}),
              AllOf(HasSubstr("lane 5 is not at the instruction: it has ended"),
                    HasSubstr("lane 0 of group 0"), HasSubstr("@llvm.nvvm.barrier0()")));
}

const char *const reverse =
    R"(call i32 asm sideeffect "reverse $0, $1;", "=r,r"(i32 %l) "tenon.row"="reverse")";

TEST(Control, LanesThatWentApartMeetAtARow) {
  LanesBench bench(kernel(std::string(R"(
  %odd = trunc i32 %l to i1
  br i1 %odd, label %far, label %row
far:
  br label %row
row:
  %v = )") + reverse + R"(
  store i32 %v, ptr addrspace(1) %out
  ret void
)"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) { return 31 - l; }));
}

TEST(Control, RowThatOneLaneLeavesOutIsAnError) {
  LanesBench bench(kernel(std::string(R"(
  %fifth = icmp eq i32 %l, 5
  br i1 %fifth, label %end, label %row
row:
  %v = )") + reverse + R"(
  br label %end
end:
  call void @llvm.nvvm.barrier0()
  ret void
)"));
  EXPECT_THAT(
      bench.expectError({bench.allocate("out", 32)}),
      AllOf(HasSubstr("lane 5 is not at the instruction: it is at \"call void @llvm.nvvm.barrier0()\""),
            HasSubstr("reverse $0, $1;")));
}

TEST(Control, TheSameRowInTwoPlacesIsNotOne) {
  LanesBench bench(kernel(std::string(R"(
  %odd = trunc i32 %l to i1
  br i1 %odd, label %one, label %two
one:
  %v = )") + reverse + R"(
  ret void
two:
  %w = )" + reverse + R"(
  ret void
)"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}), HasSubstr("lane 1 is not at the instruction"));
}

TEST(Control, EndlessLoopIsFound) {
  LanesBench bench(kernel("  br label %loop\nloop:\n  br label %loop\n"));
  bench.mostSteps = 10000;
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}), HasSubstr("has not ended after the steps"));
}

TEST(Control, BranchOnAnUndefinedValueIsAnError) {
  LanesBench bench(kernel(R"(
  %big = shl i32 1, %l
  %bad = shl i32 %big, 40
  %c = icmp eq i32 %bad, 0
  br i1 %c, label %end, label %end
end:
  ret void
)"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}), HasSubstr("depends on an undefined value"));
}

TEST(Control, RecursionEnds) {
  LanesBench bench(
      kernel("  call void @f()\n  ret void\n", "define void @f() {\n  call void @f()\n  ret void\n}\n"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}), HasSubstr("calls are more than 32 deep"));
}

} // namespace
} // namespace tenon::lanes::test
