// Copies as uses of declared moves: whatever the box, the moves together copy exactly it.
#include "PlanTest.h"

#include "core/plan/Copy.h"
#include "core/spec/Machine.h"

#include <random>

using namespace tenon;

namespace {

/// Executes the copy's moves from numbered bytes of global memory and reads the rows of the scratchpad back
/// with `back`, one row at a time, into a far part of global memory.
void copyAndCompare(const isa::Description &description, const std::string &memory, const plan::Copy &copy) {
  std::vector<isa::Instruction> moves;
  ASSERT_EQ(test::messageOf(plan::expandCopy(description, copy, 0, moves)), "");
  auto machine = spec::Machine::create(description);
  ASSERT_TRUE(bool(machine));
  std::vector<uint8_t> bytes(1 << 16);
  std::mt19937 random(3);
  for (uint8_t &byte : bytes)
    byte = uint8_t(random());
  ASSERT_EQ(test::messageOf((*machine)->write(0, 0, bytes)), "");
  ASSERT_EQ(test::messageOf((*machine)->run(moves)), "");
  // Every element of the box, read back by a copy of that element alone.
  constexpr int64_t far = 1 << 20;
  unsigned scratchpad = test::numberOf(description.memories, memory);
  std::vector<isa::Instruction> back;
  std::vector<uint8_t> expected;
  llvm::SmallVector<int64_t> at(copy.loops.size(), 0);
  while (true) {
    int64_t from = copy.fromAddress, row = copy.toAddress, lane = 0;
    for (auto [loop, position] : llvm::zip_equal(copy.loops, at)) {
      from += loop.fromStride * position;
      (loop.toLane ? lane : row) += loop.toStride * position;
    }
    plan::Copy one{scratchpad, 0, copy.element, row, far + int64_t(expected.size()) * 64, {}};
    one.loops = {{lane + 1, 1, 1, true, false}};
    ASSERT_EQ(test::messageOf(plan::expandCopy(description, one, 0, back)), "");
    back.back().operands[0].memory = scratchpad;
    expected.push_back(bytes[size_t(from)]);
    size_t loop = at.size();
    while (loop > 0 && ++at[loop - 1] == copy.loops[loop - 1].extent)
      at[--loop] = 0;
    ASSERT_EQ(test::messageOf((*machine)->run(back)), "");
    uint8_t found = 0;
    ASSERT_EQ(
        test::messageOf((*machine)->read(0, uint64_t(far + int64_t(expected.size() - 1) * 64 + lane), found)),
        "");
    EXPECT_EQ(found, expected.back()) << "element " << expected.size() - 1;
    back.clear();
    if (loop == 0)
      return;
  }
}

TEST(CopyTest, RandomBoxesIntoRows) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    int64_t lanes = 1 + int64_t(random() % 16), x = 1 + int64_t(random() % 5), y = 1 + int64_t(random() % 4);
    int64_t pixel = lanes + int64_t(random() % 3), line = pixel * x + int64_t(random() % 5);
    int64_t pitch = x + int64_t(random() % 2);
    plan::Copy copy{0, spad, nest::ScalarType::integer(8), int64_t(random() % 100), int64_t(random() % 100),
                    {}};
    copy.loops = {{y, line, pitch}, {x, pixel * int64_t(1 + random() % 2), 1}, {lanes, 1, 1, false, true}};
    copyAndCompare(description, "spad", copy);
  }
}

/// What runs along a row goes on in the next one; moves of a row each end where rows do.
TEST(CopyTest, RunsLongerThanARow) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  for (int64_t lanes : {17, 32, 45, 96}) {
    const int64_t rows = (lanes + 15) / 16;
    plan::Copy copy{0, spad, nest::ScalarType::integer(8), 11, 5, {}};
    copy.loops = {{3, lanes + 2, rows}, {lanes, 1, 1, false, true}};
    copyAndCompare(description, "spad", copy);
  }
}

TEST(CopyTest, LoopsThatContinueEachOtherAreOneMove) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  plan::Copy copy{0, spad, nest::ScalarType::integer(8),
                  0, 0,    {{8, 16 * 8, 8}, {8, 16, 1}, {16, 1, 1, false, true}}};
  std::vector<isa::Instruction> moves;
  ASSERT_EQ(test::messageOf(plan::expandCopy(description, copy, 0, moves)), "");
  EXPECT_EQ(moves.size(), 1u);
  copy.loops[0].toStride = 9;
  moves.clear();
  ASSERT_EQ(test::messageOf(plan::expandCopy(description, copy, 0, moves)), "");
  EXPECT_EQ(moves.size(), 8u);
}

TEST(CopyTest, NoMoveForTheType) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  plan::Copy copy{0, spad, nest::ScalarType::integer(16), 0, 0, {{4, 2, 1, false, true}}};
  std::vector<isa::Instruction> moves;
  EXPECT_EQ(test::messageOf(plan::expandCopy(description, copy, 0, moves)),
            "no move copies i16 from dram to spad in this shape: mvin moves i8, not i16");
}

TEST(CopyTest, NoMoveForTheShape) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  plan::Copy copy{0, spad, nest::ScalarType::integer(8), 0, 0, {{4, 7, 1, false, true}}};
  std::vector<isa::Instruction> moves;
  std::string message = test::messageOf(plan::expandCopy(description, copy, 0, moves));
  EXPECT_EQ(message,
            "no move copies i8 from dram to spad in this shape: src of mvin needs a stride of 1 along c, the "
            "copy has 7");
}

} // namespace
