// Settings of registers: there before they are needed, and not twice.
#include "PlanTest.h"

#include "core/plan/Settings.h"

#include <random>

using namespace tenon;

namespace {

isa::Instruction mvin(const isa::Description &description, int64_t stride) {
  isa::Instruction instruction;
  instruction.intrinsic = test::numberOf(description.intrinsics, "mvin");
  instruction.queue = unsigned(description.intrinsics[instruction.intrinsic].queue);
  instruction.sizes = {4, 16};
  instruction.operands = {{0, 0, {stride, 1}}, {1, 0, {1, 1}}};
  return instruction;
}

TEST(SettingsTest, OnlyWhatChanges) {
  isa::Description description = test::chip("ws-array");
  std::vector<isa::Instruction> moves;
  for (int64_t stride : {16, 16, 32, 32, 16})
    moves.push_back(mvin(description, stride));
  auto settled = plan::insertSettings(description, moves);
  ASSERT_TRUE(bool(settled));
  EXPECT_EQ(settled->size(), 8u) << "three settings for five moves";
}

TEST(SettingsTest, EveryNeedHoldsWhenItsCommandRuns) {
  isa::Description description = test::chip("ws-array");
  std::vector<isa::Instruction> moves;
  std::mt19937 random(5);
  for (int i = 0; i < 500; ++i)
    moves.push_back(mvin(description, 16 * int64_t(1 + random() % 3)));
  auto settled = plan::insertSettings(description, moves);
  ASSERT_TRUE(bool(settled));
  std::map<unsigned, llvm::SmallVector<int64_t, 4>> registers;
  for (const isa::Instruction &instruction : *settled) {
    const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
    if (intrinsic.sets >= 0)
      registers[unsigned(intrinsic.sets)] = instruction.cells;
    auto needed = isa::neededCells(description, instruction);
    ASSERT_TRUE(bool(needed));
    for (auto [need, value] : llvm::zip_equal(intrinsic.needs, *needed)) {
      ASSERT_TRUE(registers.contains(need.reg));
      EXPECT_EQ(registers[need.reg][need.cell], value);
    }
  }
}

TEST(SettingsTest, NobodySetsTheRegister) {
  isa::Description description = test::chip("ws-array");
  std::erase_if(description.intrinsics,
                [](const isa::Intrinsic &intrinsic) { return intrinsic.name == "config_ld"; });
  EXPECT_EQ(test::messageOf(plan::insertSettings(description, {mvin(description, 16)}).takeError()),
            "mvin needs register ld, which no command of queue load sets");
}

} // namespace
