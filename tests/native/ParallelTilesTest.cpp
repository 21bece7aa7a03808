// Tile sizes of parallel machines: what the search finds keeps every limit, and smaller machines give other
// legal choices until even the smallest tile does not fit, which is said with both numbers.
#include "core/native/ParallelTiles.h"
#include "core/support/Error.h"

#include <gtest/gtest.h>

#include <random>

namespace tenon::native {
namespace {

constexpr unsigned groups = 0, rows = 1, columns = 2, depth = 3;

/// sum[g, m, n] += left[g, m, k] * right[g, n, k] with a row of m x n x k.
TileProblem product(std::array<int64_t, 4> extents, std::array<int64_t, 4> steps) {
  TileProblem problem;
  problem.name = "layer";
  for (auto [which, name] : {std::pair(groups, "g"), {rows, "m"}, {columns, "n"}, {depth, "k"}})
    problem.dimensions.push_back({name, extents[which], steps[which], which == depth});
  problem.operands = {{{true, true, false, true}, 4, 1, false},
                      {{true, false, true, true}, 2, 1, false},
                      {{true, true, true, false}, 4, 4, true}};
  problem.rowCycles = 8;
  problem.lanes = 32;
  problem.mostGroups = 8;
  problem.mostBlocks = 2147483647;
  problem.registers = 255;
  problem.sharedBytes = 48 << 10;
  problem.sharedRound = 1024;
  return problem;
}

std::string messageOf(llvm::Error error) { return llvm::toString(std::move(error)); }

TEST(Tiles, EveryChoiceIsLegalAndCoversTheProblem) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    auto draw = [&](int64_t most) { return int64_t(random() % uint64_t(most)) + 1; };
    TileProblem problem = product({draw(3), draw(400), draw(400), 32 * draw(20)}, {1, 16, 8, 32});
    llvm::Expected<TileChoice> choice = solve(problem);
    ASSERT_TRUE(bool(choice)) << messageOf(choice.takeError());
    EXPECT_FALSE(verify(problem, *choice));
    for (unsigned which : {groups, rows, columns}) {
      int64_t blocks = blocksAlong(problem, *choice, which), tile = blockTile(problem, *choice, which);
      EXPECT_GE(blocks * tile, problem.dimensions[which].extent);
      EXPECT_LT((blocks - 1) * tile, problem.dimensions[which].extent) << "a block has nothing to do";
    }
    EXPECT_EQ(choice->groups[depth], 1);
  }
}

TEST(Tiles, LargeProductsAreSharedByGroupsOfABlock) {
  TileProblem problem = product({1, 1024, 1024, 1024}, {1, 16, 8, 32});
  TileChoice choice = llvm::cantFail(solve(problem));
  EXPECT_GT(choice.groupsOfBlock(), 1);
  EXPECT_TRUE(staged(problem, choice, 0));
  EXPECT_TRUE(staged(problem, choice, 1));
  EXPECT_GE(blocksOf(problem, choice), 64);
}

TEST(Tiles, HalvedMemoryGivesAnotherLegalChoice) {
  TileProblem problem = product({1, 512, 512, 2048}, {1, 16, 8, 32});
  unsigned legal = 0;
  for (; problem.sharedBytes > 1024; problem.sharedBytes /= 2) {
    llvm::Expected<TileChoice> choice = solve(problem);
    if (!choice) {
      EXPECT_NE(messageOf(choice.takeError()).find("bytes of shared memory, there are"), std::string::npos);
      break;
    }
    EXPECT_LE(stagedBytes(problem, *choice), problem.sharedBytes);
    ++legal;
  }
  EXPECT_GE(legal, 4U);
}

TEST(Tiles, TooFewRegistersAreNamed) {
  TileProblem problem = product({1, 64, 64, 64}, {1, 16, 8, 32});
  problem.registers = registersForTheRest + 5;
  llvm::Expected<TileChoice> choice = solve(problem);
  ASSERT_FALSE(bool(choice));
  EXPECT_EQ(messageOf(choice.takeError()), "layer needs 106 registers a lane, there are 101");
}

TEST(Tiles, TwoReductionsAreRefused) {
  TileProblem problem = product({1, 64, 64, 64}, {1, 16, 8, 32});
  problem.dimensions[groups].reduction = true;
  EXPECT_NE(messageOf(check(problem)).find("2 reductions"), std::string::npos);
}

} // namespace
} // namespace tenon::native
