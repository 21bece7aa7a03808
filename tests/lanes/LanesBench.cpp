// The machine's text, and launches of the kernel @k.
#include "tests/lanes/LanesBench.h"

#include "core/support/Error.h"

#include <cstring>

namespace tenon::lanes::test {

const char *const benchMachine = R"YAML(
tenon: 1
target: bench
code:
  triple: nvptx64-nvidia-cuda
  barrier: call void @llvm.nvvm.barrier0()
memories:
  mem: {kind: global, bytes: 1 GiB, align: 1, space: 1}
  smem: {kind: scratchpad, bytes: 4 KiB, space: 3}
  reg: {kind: registers, count: 255, row: [32, i32]}
levels:
  grid: {kind: grid, most: 1000, index: "call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()"}
  warp:
    kind: group
    most: 4
    index: |-
      %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
      lshr i32 %thread, 5
  lane: {kind: lanes, count: 32, index: "call i32 @llvm.nvvm.read.ptx.sreg.laneid()"}
intrinsics:
  reverse:
    sizes: {e: 32}
    operands:
      x: {type: "i32[e]", memory: reg, holds: "lane l = x[l]"}
      y: {type: "i32[e]", memory: reg, access: write, holds: "lane l = y[31 - l]"}
    semantics: y[e] = x[e]
    asm: reverse y, x;
  scale:
    sizes: {e: 32, k: 1}
    operands:
      a: {type: "i32[k]", memory: reg, holds: "lane l = a[0]"}
      c: {type: "i32[e]", memory: reg, access: update, holds: "lane l = c[l]"}
    semantics: c[e] += a[k]
    asm: scale c, a, c;
  load_twice:
    sizes: {e: 32, t: 2}
    operands:
      src: {type: "i32[t, e]", memory: smem}
      dst: {type: "i32[t, e]", memory: reg, access: write, holds: "reg q, lane l = dst[q, l]"}
    semantics: dst[t, e] = src[t, e]
    asm: load dst, src;
  some:
    sizes: {e: 1..32}
    operands:
      x: {type: "i32[e]", memory: reg, holds: "lane l = x[l]"}
      y: {type: "i32[e]", memory: reg, access: write, holds: "lane l = y[l]"}
    semantics: y[e] = x[e]
    asm: some y, x;
)YAML";

namespace {

const char *const declarations = R"TEXT(
target triple = "nvptx64-nvidia-cuda"
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.laneid()
declare void @llvm.nvvm.barrier0()
)TEXT";

std::string textOf(llvm::Error error) { return toString(report(std::move(error)).diagnostics.front()); }

} // namespace

LanesBench::LanesBench(const std::string &body, const std::string &machine) {
  llvm::Expected<isa::Description> loaded = isa::parseDescription(machine, "bench.yaml");
  if (!loaded) {
    ADD_FAILURE() << textOf(loaded.takeError());
    return;
  }
  description = std::move(*loaded);
  auto made = LaneInterpreter::create(description, declarations + body, memory);
  if (made)
    interpreter = std::move(*made);
  else
    error = textOf(made.takeError());
}

uint64_t LanesBench::allocate(const std::string &name, const std::vector<int> &words) {
  uint64_t address = allocate(name, words.size());
  llvm::Error failed =
      memory.write(address, {reinterpret_cast<const uint8_t *>(words.data()), words.size() * sizeof(int)});
  EXPECT_FALSE(bool(failed)) << textOf(std::move(failed));
  return address;
}

std::string LanesBench::expectError(const std::vector<uint64_t> &arguments, int64_t blocks, int64_t groups) {
  if (!interpreter) {
    ADD_FAILURE() << error;
    return "";
  }
  llvm::Error failed = interpreter->launch({"k", arguments, blocks, groups * 32, mostSteps});
  if (!failed) {
    ADD_FAILURE() << "the launch has no error";
    return "";
  }
  return textOf(std::move(failed));
}

void LanesBench::launch(const std::vector<uint64_t> &arguments, int64_t blocks, int64_t groups) {
  ASSERT_TRUE(interpreter) << error;
  llvm::Error failed = interpreter->launch({"k", arguments, blocks, groups * 32, mostSteps});
  EXPECT_FALSE(bool(failed)) << textOf(std::move(failed));
}

std::vector<int> LanesBench::read(uint64_t address, size_t words) {
  auto bytes = memory.read(address, words * sizeof(int));
  if (!bytes) {
    ADD_FAILURE() << textOf(bytes.takeError());
    return {};
  }
  std::vector<int> result(words);
  std::memcpy(result.data(), bytes->data(), bytes->size());
  return result;
}

std::vector<int> each(int count, const std::function<int(int)> &f) {
  std::vector<int> result;
  for (int i = 0; i < count; ++i)
    result.push_back(f(i));
  return result;
}

} // namespace tenon::lanes::test
