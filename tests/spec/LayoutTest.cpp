// Operands with `holds`: places of registers, several places of one element, blocked rows.
#include "tests/spec/SpecBench.h"

#include <gmock/gmock.h>

namespace tenon::spec::test {
namespace {

using Kind = Finding::Kind;
using ::testing::HasSubstr;

const char *const vectorChip = R"(
tenon: 1
target: vectors
memories:
  mem: {kind: global, bytes: 4 KiB}
  vec: {kind: registers, count: 8, row: [16, i8]}
  lanes: {kind: registers, count: 8, row: [8, i32]}
  tile: {kind: scratchpad, bytes: 256, row: [16, i8]}
intrinsics:
  load:
    sizes: {e: 16}
    operands:
      src: {type: "i8[e]", memory: mem}
      dst: {type: "i8[e]", memory: vec, access: write, holds: "byte b = dst[b]"}
    semantics: dst[e] = src[e]
  store:
    sizes: {e: 1..16}
    operands:
      src: {type: "i8[e]", memory: vec, holds: "byte b = src[b]"}
      dst: {type: "i8[e]", memory: mem, access: write}
    semantics: dst[e] = src[e]
  broadcast:
    sizes: {t: 4}
    operands:
      src: {type: "i8[t]", memory: mem}
      dst: {type: "i8[t]", memory: vec, access: write, holds: "dword l, byte b = dst[b]"}
    semantics: dst[t] = src[t]
  dot:
    sizes: {j: 4, t: 4}
    operands:
      a: {type: "i8[t]", memory: vec, holds: "dword l, byte b = a[b]"}
      b: {type: "i8[j, t]", memory: vec, holds: "dword l, byte t = b[l, t]"}
      c: {type: "i32[j]", memory: vec, access: update, holds: "dword l = c[l]"}
    semantics: c[j] += i32(a[t]) * i32(b[j, t])
  negate:
    sizes: {e: 16}
    operands:
      x: {type: "i8[e]", memory: vec, holds: "byte b = x[b]"}
      y: {type: "i8[e]", memory: vec, access: write, holds: "byte b = y[15 - b]"}
    semantics: y[e] = wrap_i8(0 - i32(x[e]))
  fragment:
    sizes: {m: 4, n: 4}
    operands:
      src: {type: "i32[m, n]", memory: mem}
      dst: {type: "i32[m, n]", memory: lanes, access: write, holds: "reg q, lane l = dst[l/4 + 2*q, l%4]"}
    semantics: dst[m, n] = src[m, n]
  unfragment:
    sizes: {e: 16}
    operands:
      src: {type: "i32[e]", memory: lanes, holds: "reg q, lane l = src[8*q + l]"}
      dst: {type: "i32[e]", memory: mem, access: write}
    semantics: dst[e] = src[e]
  pack:
    for: {rest: {kept: keep, zero: "0"}}
    sizes: {k: 1..8, n: 1..8}
    operands:
      src: {type: "i8[k, n]", memory: mem}
      dst: {type: "i8[k, n]", memory: tile, access: write, holds: "row r, byte c = dst[2*r + c%2, c/2]", outside: "{rest.code}"}
    semantics: dst[k, n] = src[k, n]
  dump:
    sizes: {r: 1..16, c: 1..16}
    operands:
      src: {type: "i8[r, c]", memory: tile}
      dst: {type: "i8[r, c]", memory: mem, access: write}
    semantics: dst[r, c] = src[r, c]
)";

TEST(Layout, BroadcastFillsEveryPlace) {
  SpecBench bench(vectorChip);
  bench.write("mem", 0, {5, -6, 7, -8});
  bench.expectRun("broadcast t=4 src=mem[0] dst=vec[2]\nstore e=16 src=vec[2] dst=mem[100]\n");
  EXPECT_EQ(bench.read("mem", 100, 16),
            (std::vector<int>{5, -6, 7, -8, 5, -6, 7, -8, 5, -6, 7, -8, 5, -6, 7, -8}));
}

TEST(Layout, DotProductOfBytesInDwords) {
  SpecBench bench(vectorChip);
  bench.write("mem", 0, {5, -6, 7, -8});
  bench.write("mem", 16, sequence(-9, 16));
  bench.write("mem", 32, std::vector<int>(16, 0));
  bench.expectRun("broadcast t=4 src=mem[0] dst=vec[0]\nload e=16 src=mem[16] dst=vec[1]\n"
                  "load e=16 src=mem[32] dst=vec[2]\ndot j=4 t=4 a=vec[0] b=vec[1] c=vec[2]\n"
                  "dot j=4 t=4 a=vec[0] b=vec[1] c=vec[2]\nstore e=16 src=vec[2] dst=mem[100]\n");
  std::vector<int> expected;
  for (int j = 0; j < 4; ++j)
    expected.push_back(2 * (5 * (4 * j - 9) - 6 * (4 * j - 8) + 7 * (4 * j - 7) - 8 * (4 * j - 6)));
  EXPECT_EQ(bench.readWords("mem", 100, 4), expected);
}

// Each lane has a place of its own for a[t]; what they hold must be one thing.
TEST(Layout, PlacesOfOneElementMustAgree) {
  SpecBench bench(vectorChip);
  bench.write("mem", 0, sequence(0, 16));
  bench.expectRun("load e=16 src=mem[0] dst=vec[0]\nload e=16 src=mem[0] dst=vec[1]\n");
  std::string text = bench.expectFinding(Kind::NoResult, "dot j=4 t=4 a=vec[0] b=vec[1] c=vec[1]\n");
  EXPECT_THAT(text, HasSubstr("operand a[0] is in several places, and row 0, byte 4 of vec differs"));
}

// Registers are read before they are written, whatever their layouts.
TEST(Layout, ARegisterMayBeReadAndWritten) {
  SpecBench bench(vectorChip);
  bench.write("mem", 0, sequence(1, 16));
  bench.expectRun("load e=16 src=mem[0] dst=vec[3]\nnegate e=16 x=vec[3] y=vec[3]\n"
                  "store e=16 src=vec[3] dst=mem[100]\n");
  EXPECT_EQ(bench.read("mem", 100, 16), sequence(-16, 16));
}

TEST(Layout, LanesAndRegisters) {
  SpecBench bench(vectorChip);
  std::vector<int> bytes;
  for (int i = 0; i < 16; ++i)
    bytes.insert(bytes.end(), {100 + i, i, 0, 0});
  bench.write("mem", 0, bytes);
  bench.expectRun("fragment m=4 n=4 src=mem[0] dst=lanes[3]\nunfragment e=16 src=lanes[3] dst=mem[200]\n");
  EXPECT_EQ(bench.readWords("mem", 200, 16), sequence(100, 16, 257));
}

// Two elements of k side by side; an odd k and few n leave places without an element.
TEST(Layout, PlacesOutside) {
  for (bool zero : {false, true}) {
    SpecBench bench(vectorChip);
    bench.write("mem", 0, sequence(1, 64));
    bench.expectRun("pack{rest: kept} k=4 n=8 src=mem[0] dst=tile[4]\n");
    bench.expectRun(std::string("pack{rest: ") + (zero ? "zero" : "kept") +
                    "} k=3 n=2 src=mem[40] dst=tile[4]\n");
    bench.expectRun("dump r=2 c=16 src=tile[4] dst=mem[100]\n");
    std::vector<int> expected;
    for (int r = 0; r < 2; ++r)
      for (int c = 0; c < 16; ++c) {
        int k = 2 * r + c % 2, n = c / 2;
        expected.push_back(k < 3 && n < 2 ? 41 + 2 * k + n : zero ? 0 : 1 + 8 * k + n);
      }
    EXPECT_EQ(bench.read("mem", 100, 32), expected);
  }
}

TEST(Layout, OutOfBounds) {
  SpecBench bench(vectorChip);
  bench.write("mem", 0, sequence(1, 64));
  bench.expectRun("pack{rest: kept} k=8 n=1 src=mem[0] dst=tile[12]\n");
  std::string text =
      bench.expectFinding(Kind::OutOfBounds, "pack{rest: kept} k=8 n=1 src=mem[0] dst=tile[13]\n");
  EXPECT_THAT(text, HasSubstr("operand dst takes bytes 208 to 271 of tile, which has 256 bytes (16 rows)"));
}

} // namespace
} // namespace tenon::spec::test
