// Blocks in the arena: checked, placed, verified; small where lives allow it, and never two on one byte at a
// time.
#include "core/native/Arena.h"
#include "core/support/Error.h"

#include <gtest/gtest.h>
#include <random>

namespace tenon::native {
namespace {

ArenaPlacement place(const ArenaProblem &problem) {
  auto placement = placeBlocks(problem);
  if (!placement) {
    ADD_FAILURE() << llvm::toString(placement.takeError());
    return {};
  }
  llvm::Error wrong = verify(problem, *placement);
  EXPECT_FALSE(wrong) << llvm::toString(std::move(wrong));
  return *placement;
}

TEST(ArenaTest, BlocksOfOtherTimesShareBytes) {
  ArenaProblem problem;
  problem.blocks = {{"a", 100, 0, 1}, {"b", 100, 1, 2}, {"c", 100, 2, 3}};
  ArenaPlacement placement = place(problem);
  EXPECT_EQ(placement.offsets[0], placement.offsets[2]);
  EXPECT_EQ(placement.bytes, 64u + 2 * 128);
}

TEST(ArenaTest, NothingTakesOnlyWhatIsReserved) { EXPECT_EQ(place({}).bytes, 64u); }

TEST(ArenaTest, RandomProblemsAreVerifiedAndNearTheLeast) {
  std::mt19937 random(7);
  double worst = 0;
  for (int round = 0; round < 300; ++round) {
    ArenaProblem problem;
    for (unsigned i = 0, count = 1 + random() % 40; i < count; ++i) {
      int first = int(random() % 20) - 1;
      problem.blocks.push_back({"b", 64 * (1 + random() % 50), first, first + int(random() % 5)});
    }
    ArenaPlacement placement = place(problem);
    EXPECT_GE(placement.bytes, leastBytes(problem));
    worst = std::max(worst, double(placement.bytes) / double(leastBytes(problem)));
  }
  EXPECT_LT(worst, 1.5);
}

TEST(ArenaTest, WrongProblemsAndPlacementsAreRefused) {
  ArenaProblem backwards;
  backwards.blocks = {{"late", 1, 3, 2}};
  EXPECT_TRUE(report(check(backwards)).diagnostics.front().message.find("ends before it begins") !=
              std::string::npos);
  ArenaProblem odd;
  odd.align = 48;
  EXPECT_EQ(report(check(odd)).code, ExitCode::OwnFault);
  ArenaProblem two;
  two.blocks = {{"a", 64, 0, 1}, {"b", 64, 1, 1}};
  EXPECT_NE(report(verify(two, {{64, 64}, 192})).diagnostics.front().message.find("lies on"),
            std::string::npos);
  EXPECT_EQ(report(verify(two, {{64, 100}, 192})).code, ExitCode::OwnFault);
  EXPECT_EQ(report(verify(two, {{64, 128}, 128})).code, ExitCode::OwnFault);
}

} // namespace
} // namespace tenon::native
