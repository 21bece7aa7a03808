// What is read of a parallel machine's description: levels, and the swizzle judged by enumeration.
#include "core/native/ParallelMachine.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

namespace tenon::native {
namespace {

std::string text(const std::string &swizzle) {
  std::string shared = "  shared: {kind: scratchpad, bytes: 4 KiB, space: 3";
  if (!swizzle.empty())
    shared += ", swizzle: \"" + swizzle + "\"";
  std::string lanes = "  lane: {kind: lanes, count: 32, index: \"call i32 @lane()\"}\n";
  return "tenon: 1\ntarget: chip\n"
         "code: {triple: nvptx64-nvidia-cuda, barrier: \"call void @wait()\"}\n"
         "memories:\n  mem: {kind: global, bytes: 1 GiB, space: 1}\n" +
         shared + "}\n  reg: {kind: registers, count: 64, row: [32, i32]}\n" +
         "levels:\n  grid: {kind: grid, most: 1000, index: \"call i32 @block()\"}\n" + lanes +
         "intrinsics:\n  add:\n    sizes: {e: 32}\n    operands:\n"
         "      a: {type: \"i32[e]\", memory: reg, holds: \"lane l = a[l]\"}\n"
         "      c: {type: \"i32[e]\", memory: reg, access: update, holds: \"lane l = c[l]\"}\n"
         "    semantics: c[e] += a[e]\n    asm: add.s32 c, c, a;\n";
}

llvm::Expected<ParallelMachine> machineOf(const isa::Description &description) {
  return parallelMachine(description);
}

isa::Description parsed(const std::string &source) {
  llvm::Expected<isa::Description> description = isa::parseDescription(source, "chip.yaml");
  if (description)
    return std::move(*description);
  ADD_FAILURE() << llvm::toString(description.takeError());
  return {};
}

TEST(ParallelMachine, SwizzleOfSixteenBytes) {
  isa::Description description = parsed(text("p ^ (p >> 3 & 0x70)"));
  ParallelMachine machine = llvm::cantFail(machineOf(description));
  EXPECT_EQ(machine.granule, 16);
  EXPECT_EQ(machine.period, 128);
  EXPECT_EQ(machine.lanes, 32);
  EXPECT_EQ(machine.mostGroups, 1);
}

TEST(ParallelMachine, SwizzleOfWords) {
  isa::Description description = parsed(text("p ^ (p >> 5 & 0x1c)"));
  ParallelMachine machine = llvm::cantFail(machineOf(description));
  EXPECT_EQ(machine.granule, 4);
  EXPECT_EQ(machine.period, 32);
}

TEST(ParallelMachine, WithoutSwizzle) {
  isa::Description description = parsed(text(""));
  ParallelMachine machine = llvm::cantFail(machineOf(description));
  EXPECT_EQ(machine.granule, 16);
  EXPECT_EQ(machine.sharedSpace(), 3U);
}

TEST(ParallelMachine, MissingLanesAreNamed) {
  isa::Description description = parsed(text(""));
  llvm::erase_if(description.levels,
                 [](const isa::Level &level) { return level.kind == isa::Level::Kind::Lanes; });
  llvm::Expected<ParallelMachine> machine = machineOf(description);
  ASSERT_FALSE(bool(machine));
  EXPECT_NE(llvm::toString(machine.takeError()).find("have no lanes"), std::string::npos);
}

TEST(ParallelMachine, SwizzleThatLosesBytes) {
  isa::Description description = parsed(text(""));
  for (isa::Memory &memory : description.memories)
    if (memory.kind == isa::Memory::Kind::Scratchpad)
      memory.swizzle = llvm::cantFail(isa::parseExpression("p & 0xff0", {}));
  llvm::Expected<ParallelMachine> machine = machineOf(description);
  ASSERT_FALSE(bool(machine));
  EXPECT_NE(llvm::toString(machine.takeError()).find("moves byte 1 to 0"), std::string::npos);
}

} // namespace
} // namespace tenon::native
