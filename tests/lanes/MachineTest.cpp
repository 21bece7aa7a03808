// What a description's levels say of indices, and descriptions whose texts do not say it.
#include "tests/lanes/LanesBench.h"

namespace tenon::lanes::test {
namespace {

using ::testing::HasSubstr;

TEST(Machine, IndicesAreThoseOfTheLevels) {
  LanesBench bench(R"(
define ptx_kernel void @k(ptr addrspace(1) %base) {
  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %g = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %first = mul i32 %g, 64
  %word = add i32 %first, %t
  %out = getelementptr i32, ptr addrspace(1) %base, i32 %word
  %a = mul i32 %g, 10000
  %b = mul i32 %t, 100
  %c = add i32 %a, %b
  %d = add i32 %c, %l
  store i32 %d, ptr addrspace(1) %out
  ret void
}
)");
  uint64_t out = bench.allocate("out", 3 * 64);
  bench.launch({out}, 3, 2);
  EXPECT_EQ(bench.read(out, 3 * 64),
            each(3 * 64, [](int i) { return i / 64 * 10000 + i % 64 * 100 + i % 32; }));
}

std::string withIndex(const std::string &from, const std::string &to) {
  std::string text = benchMachine;
  size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos);
  return text.replace(place, from.size(), to);
}

TEST(Machine, IndexThatIsWrongForSomeThreadIsRefused) {
  LanesBench bench("", withIndex("lshr i32 %thread, 5", "and i32 %thread, 3"));
  EXPECT_THAT(bench.error,
              HasSubstr("the index of level warp is 1 for thread 1 of a block, and it must be 0"));
}

TEST(Machine, IndexWithoutACallIsRefused) {
  LanesBench bench("", withIndex("call i32 @llvm.nvvm.read.ptx.sreg.laneid()", "add i32 0, 0"));
  EXPECT_THAT(bench.error, HasSubstr("the index of level lane must come from one call"));
}

TEST(Machine, OneCallForTwoLevelsIsRefused) {
  LanesBench bench("", withIndex("@llvm.nvvm.read.ptx.sreg.laneid()", "@llvm.nvvm.read.ptx.sreg.ctaid.x()"));
  EXPECT_THAT(bench.error,
              HasSubstr("comes from llvm.nvvm.read.ptx.sreg.ctaid.x, which another level takes for its own"));
}

TEST(Machine, MachineWithoutLanesIsRefused) {
  LanesBench bench(
      "",
      "tenon: 1\ntarget: serial\nmemories: {mem: {kind: global, bytes: 64}}\n"
      "code: {triple: x86_64-unknown-linux-gnu}\n"
      "intrinsics: {copy: {sizes: {e: 4}, operands: {a: {type: 'i8[e]', memory: mem}, b: {type: "
      "'i8[e]', memory: mem, access: write}}, semantics: 'b[e] = a[e]', call: 'copy(a.addr, b.addr)'}}\n");
  EXPECT_THAT(bench.error, HasSubstr("has no level of lanes"));
}

TEST(Machine, LaunchesThatTheMachineDoesNotTake) {
  LanesBench bench("define ptx_kernel void @k(i32 %n) {\n  ret void\n}\n");
  EXPECT_THAT(bench.expectError({}), HasSubstr("k has 1 arguments, the launch 0"));
  EXPECT_THAT(bench.expectError({0}, 1, 5),
              HasSubstr("a block of 160 threads; the machine takes multiples of 32 up to 128"));
  EXPECT_THAT(bench.expectError({0}, 1001), HasSubstr("1001 blocks; the machine takes 1 to 1000"));
  bench.launch({0}, 1000, 4);
}

TEST(Machine, TextThatIsNoLlvm) {
  LanesBench wrong("define void @k( {");
  EXPECT_THAT(wrong.error, HasSubstr("a kernel's text is no LLVM IR: line"));
  LanesBench malformed("define i32 @k(i32 %n) {\n  br i1 true, label %a, label %b\na:\n  %x = add i32 %n, "
                       "1\n  br label %b\nb:\n"
                       "  ret i32 %x\n}\n");
  EXPECT_THAT(malformed.error, HasSubstr("a kernel's text is malformed"));
}

} // namespace
} // namespace tenon::lanes::test
