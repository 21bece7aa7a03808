// Rows of a description on the registers of a group: fragments of matrices against plain products, and calls
// that do not fit their row.
#include "tests/lanes/LanesBench.h"

#include <cstring>
#include <fstream>
#include <random>

namespace tenon::lanes::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// tests/isa/chips/mma-sync.yaml as a machine that code is made for.
std::string matrixMachine() {
  std::ifstream file(TENON_CHIPS "/mma-sync.yaml");
  std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_FALSE(text.empty()) << TENON_CHIPS "/mma-sync.yaml cannot be read";
  return text + R"YAML(
code: {triple: nvptx64-nvidia-cuda}
levels:
  lane: {kind: lanes, count: 32, index: "call i32 @llvm.nvvm.read.ptx.sreg.laneid()"}
)YAML";
}

/// A kernel that loads `a`, `b` and `c` registers of every lane, applies the row and stores the result's.
std::string kernelOf(const std::string &row, unsigned a, unsigned b, unsigned c, const std::string &type) {
  std::string text = "define ptx_kernel void @k(ptr %pa, ptr %pb, ptr %pc) {\n"
                     "  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()\n";
  std::string arguments;
  auto load = [&](const std::string &name, unsigned count, const std::string &loaded) {
    for (unsigned i = 0; i < count; ++i) {
      std::string n = name + std::to_string(i);
      text += "  %i" + n + " = add i32 %l, " + std::to_string(32 * i) + "\n  %q" + n +
              " = getelementptr i32, ptr %p" + name + ", i32 %i" + n + "\n  %" + n + " = load " + loaded +
              ", ptr %q" + n + "\n";
      arguments += (arguments.empty() ? "" : ", ") + loaded + " %" + n;
    }
  };
  load("a", a, "i32");
  load("b", b, "i32");
  load("c", c, type);
  std::string result = "{ " + type;
  for (unsigned i = 1; i < c; ++i)
    result += ", " + type;
  result += " }";
  text += "  %r = call " + result + " asm \"mma\", \"=r\"(" + arguments + ") \"tenon.row\"=\"" + row + "\"\n";
  // A constraint for each result and argument, so that the text is well-formed.
  std::string constraints;
  for (unsigned i = 0; i < c; ++i)
    constraints += "=r,";
  for (unsigned i = 0; i < a + b + c; ++i)
    constraints += i ? ",r" : "r";
  text.replace(text.find("\"=r\""), 4, "\"" + constraints + "\"");
  for (unsigned i = 0; i < c; ++i) {
    std::string n = std::to_string(i);
    text += "  %v" + n + " = extractvalue " + result + " %r, " + n + "\n  store " + type + " %v" + n +
            ", ptr %qc" + n + "\n";
  }
  return text + "  ret void\n}\n";
}

/// Fragments of a 16 x K and a K x 8 matrix as the PTX manual draws them: a lane is in group lane / 4, and is
/// thread lane % 4 of it; a register holds `per` elements that follow each other along k.
struct Fragments {
  int k, per;
  int registersA() const { return 16 * k / 32 / per; }
  int registersB() const { return 8 * k / 32 / per; }
  /// Row and column of element `e` of register `reg` of A.
  std::pair<int, int> placeA(int lane, int reg, int e) const {
    int row = lane / 4 + (reg % 2 == 1 ? 8 : 0);
    int column = lane % 4 * per + e + (reg / 2 == 1 ? 4 * per : 0);
    return {row, column};
  }
  std::pair<int, int> placeB(int lane, int reg, int e) const {
    return {lane % 4 * per + e + (reg == 1 ? 4 * per : 0), lane / 4};
  }
  static std::pair<int, int> placeC(int lane, int reg) {
    return {lane / 4 + (reg >= 2 ? 8 : 0), lane % 4 * 2 + reg % 2};
  }
};

/// Runs the row on matrices of small integers; `encode` makes an element's bits.
void compareWithProduct(const std::string &row, Fragments shape, const std::string &type,
                        std::function<uint32_t(int)> encode, std::function<int(int)> encodeSum,
                        std::function<int(int)> decodeSum) {
  LanesBench bench(kernelOf(row, unsigned(shape.registersA()), unsigned(shape.registersB()), 4, type),
                   matrixMachine());
  std::mt19937 random(7);
  auto number = [&](int low, int high) { return int(random() % unsigned(high - low + 1)) + low; };
  int width = 32 / shape.per;
  for (int round = 0; round < 4; ++round) {
    std::vector<std::vector<int>> a(16, std::vector<int>(size_t(shape.k))),
        b(size_t(shape.k), std::vector<int>(8)), c(16, std::vector<int>(8));
    for (auto *matrix : {&a, &b})
      for (auto &line : *matrix)
        for (int &element : line)
          element = shape.per == 4 ? number(-128, 127) : number(-9, 9);
    std::vector<int> wordsA(size_t(shape.registersA() * 32)), wordsB(size_t(shape.registersB() * 32)),
        wordsC(128);
    for (int lane = 0; lane < 32; ++lane) {
      for (int reg = 0; reg < shape.registersA(); ++reg)
        for (int e = 0; e < shape.per; ++e) {
          auto [m, k] = shape.placeA(lane, reg, e);
          wordsA[size_t(reg * 32 + lane)] |= int(encode(a[size_t(m)][size_t(k)]) << (e * width));
        }
      for (int reg = 0; reg < shape.registersB(); ++reg)
        for (int e = 0; e < shape.per; ++e) {
          auto [k, n] = shape.placeB(lane, reg, e);
          wordsB[size_t(reg * 32 + lane)] |= int(encode(b[size_t(k)][size_t(n)]) << (e * width));
        }
      for (int reg = 0; reg < 4; ++reg) {
        auto [m, n] = Fragments::placeC(lane, reg);
        c[size_t(m)][size_t(n)] = number(-1000, 1000);
        wordsC[size_t(reg * 32 + lane)] = encodeSum(c[size_t(m)][size_t(n)]);
      }
    }
    uint64_t pc = bench.allocate("c", wordsC);
    bench.launch({bench.allocate("a", wordsA), bench.allocate("b", wordsB), pc});
    std::vector<int> result = bench.read(pc, 128);
    ASSERT_EQ(result.size(), 128U);
    for (int lane = 0; lane < 32; ++lane)
      for (int reg = 0; reg < 4; ++reg) {
        auto [m, n] = Fragments::placeC(lane, reg);
        int sum = c[size_t(m)][size_t(n)];
        for (int k = 0; k < shape.k; ++k)
          sum += a[size_t(m)][size_t(k)] * b[size_t(k)][size_t(n)];
        ASSERT_EQ(decodeSum(result[size_t(reg * 32 + lane)]), sum) << row << " at " << m << ", " << n;
      }
  }
}

int same(int value) { return value; }
int floatBits(int value) { return std::bit_cast<int>(float(value)); }
int ofFloatBits(int value) { return int(std::bit_cast<float>(value)); }

TEST(Row, BytesMultiply) {
  auto byte = [](int value) { return uint32_t(uint8_t(value)); };
  compareWithProduct("mma_s8_k32", {32, 4}, "i32", byte, same, same);
  compareWithProduct("mma_s8_k16", {16, 4}, "i32", byte, same, same);
}

TEST(Row, HalvesMultiply) {
  compareWithProduct(
      "mma_f32{type: f16}", {16, 2}, "float",
      [](int value) { return uint32_t(reference::encode<reference::Half>(float(value))); }, floatBits,
      ofFloatBits);
  compareWithProduct(
      "mma_f32{type: bf16}", {16, 2}, "float",
      [](int value) { return uint32_t(reference::encode<reference::Brain>(float(value))); }, floatBits,
      ofFloatBits);
}

std::string kernel(const std::string &body) {
  return "@room = internal addrspace(3) global [64 x i32] undef\n"
         "define ptx_kernel void @k(ptr addrspace(1) %base) {\n"
         "  %l = call i32 @llvm.nvvm.read.ptx.sreg.laneid()\n"
         "  %out = getelementptr i32, ptr addrspace(1) %base, i32 %l\n" +
         body + "  ret void\n}\n";
}

TEST(Row, ElementThatEveryLaneHolds) {
  LanesBench bench(kernel(R"(
  %v = call i32 asm "scale $0, $1;", "=r,r,0"(i32 40, i32 %l) "tenon.row"="scale"
  store i32 %v, ptr addrspace(1) %out
)"));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) { return l + 40; }));
}

TEST(Row, ElementThatLanesHoldDifferently) {
  LanesBench bench(kernel(R"(
  %v = call i32 asm "scale $0, $1;", "=r,r,0"(i32 %l, i32 %l) "tenon.row"="scale"
)"));
  EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}),
              HasSubstr("scale: two places of operand a hold the same element and differ: register 0, lane "
                        "1, byte 0 has 1, "
                        "register 0, lane 0, byte 0 has 0"));
}

TEST(Row, OperandInTheScratchpad) {
  const char *const body = R"(
  %p = getelementptr i32, ptr addrspace(3) @room, i32 %l
  store i32 %l, ptr addrspace(3) %p
  %q = getelementptr i32, ptr addrspace(3) %p, i32 32
  %d = mul i32 %l, 3
  store i32 %d, ptr addrspace(3) %q
  call void @llvm.nvvm.barrier0()
  %v = call { i32, i32 } asm "load", "=r,=r,r"(ptr addrspace(3) @room) "tenon.row"="load_twice"
  %a = extractvalue { i32, i32 } %v, 0
  %b = extractvalue { i32, i32 } %v, 1
  %s = add i32 %a, %b
  store i32 %s, ptr addrspace(1) %out
)";
  LanesBench bench(kernel(body));
  uint64_t out = bench.allocate("out", 32);
  bench.launch({out});
  EXPECT_EQ(bench.read(out, 32), each(32, [](int l) { return 4 * l; }));
  std::string apart = body;
  apart.replace(apart.find("(ptr addrspace(3) @room)"), 24, "(ptr addrspace(3) %p)   ");
  LanesBench different(kernel(apart));
  EXPECT_THAT(
      different.expectError({different.allocate("out", 32)}),
      HasSubstr("lane 1 of group 0: a row's operand in memory has another address here than in lane 0"));
  std::string behind = body;
  behind.replace(behind.find("call void @llvm.nvvm.barrier0()"), 31, "");
  LanesBench unordered(kernel(behind));
  EXPECT_THAT(unordered.expectError({unordered.allocate("out", 32)}), HasSubstr("a race"));
}

TEST(Row, CallsThatDoNotFitTheirRow) {
  struct Case {
    const char *call, *message;
  };
  for (const Case &wrong : {
           Case{R"(%v = call i32 asm "x", "=r,r,r"(i32 1, i32 2) "tenon.row"="reverse")",
                "gives the row 2 arguments, it has 1"},
           Case{R"(%v = call i32 asm "x", "=r,r"(i32 1) "tenon.row"="scale")",
                "reads more registers than the call gives"},
           Case{R"(%v = call i32 asm "x", "=r,r"(i16 1) "tenon.row"="reverse")",
                "argument 0 has not the 4 bytes"},
           Case{R"(%v = call {i32, i32} asm "x", "=r,=r,r"(i32 1) "tenon.row"="reverse")",
                "returns 2 values, the row writes 1"},
           Case{R"(call void asm "x", "r"(i32 1) "tenon.row"="reverse")",
                "writes more registers than the call returns"},
           Case{R"(%v = call i32 asm "x", "=r,r"(i32 poison) "tenon.row"="reverse")",
                "argument 0 of the row is undefined"},
           Case{R"(%v = call i32 asm "x", "=r,r"(i32 1) "tenon.row"="some")",
                "some: size e is no single number"},
       }) {
    LanesBench bench(kernel(std::string("  ") + wrong.call + "\n"));
    EXPECT_THAT(bench.expectError({bench.allocate("out", 32)}), HasSubstr(wrong.message));
  }
}

TEST(Row, AssemblyThatIsNoRowIsUnknown) {
  LanesBench plain(kernel("  call void asm \"x\", \"\"()\n"));
  EXPECT_THAT(plain.error,
              AllOf(HasSubstr("k: the lane interpreter does not know the instruction \"call void asm"),
                    HasSubstr("only a call with the attribute tenon.row")));
  LanesBench other(kernel("  call void asm \"x\", \"\"() \"tenon.row\"=\"forward\"\n"));
  EXPECT_THAT(other.error, HasSubstr("bench.yaml has no row forward"));
}

} // namespace
} // namespace tenon::lanes::test
