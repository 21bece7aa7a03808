// The solver of register blocks against all blocks there are, and what check() and verify() refuse.
#include "core/native/RegisterProblem.h"
#include "core/support/Error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tenon::native {
namespace {

/// An independent count of cycles, block by block.
double cyclesOf(const RegisterProblem &problem, int64_t rows, int64_t columns) {
  double total = 0;
  bool panelStays = problem.caches.empty() || double(columns * problem.right.bytes * problem.depth) <=
                                                  double(problem.caches.front()) / 2;
  for (int64_t row = 0; row < problem.rows; row += rows)
    for (int64_t column = 0; column < problem.columns; column += columns) {
      int64_t m = std::min(rows, problem.rows - row), n = std::min(columns, problem.columns - column);
      // A narrower panel at the end may stay near where a whole one does not.
      bool stays =
          panelStays || double(n * problem.right.bytes * problem.depth) <= double(problem.caches.front()) / 2;
      double bytes = problem.caches.empty()
                         ? 0
                         : double(m * problem.left.bytes) + (stays ? 0 : double(n * problem.right.bytes));
      double step = std::max({double(m * n) * problem.cycles,
                              double(m) * problem.left.cycles + double(n) * problem.right.cycles,
                              problem.latency, bytes / 16});
      total += step * double(problem.depth) + 4 * problem.latency;
    }
  return total * double(problem.groups);
}

TEST(RegisterProblem, BestOfAllBlocks) {
  std::mt19937_64 random(1);
  auto draw = [&](int64_t low, int64_t high) { return low + int64_t(random() % uint64_t(high - low + 1)); };
  for (unsigned round = 0; round < 300; ++round) {
    RegisterProblem problem;
    problem.capacity = std::array{16, 32}[round % 2];
    problem.rows = draw(1, 40);
    problem.columns = draw(1, 9);
    problem.groups = draw(1, 3);
    problem.depth = draw(1, 300);
    problem.sumRegisters = draw(1, 3);
    problem.left = {draw(1, 2), double(draw(1, 4)) / 2, draw(1, 64)};
    problem.right = {draw(1, 2), double(draw(1, 4)) / 2, draw(1, 64)};
    problem.cycles = double(draw(1, 4)) / 2;
    problem.latency = double(draw(1, 9));
    if (round % 3)
      problem.caches = {32768, 1048576};
    ASSERT_FALSE(bool(check(problem)));
    RegisterBlock block = blockOf(problem);
    ASSERT_FALSE(bool(verify(problem, block)));
    double best = 1e300;
    for (int64_t rows = 1; rows <= problem.rows; ++rows)
      for (int64_t columns = 1; columns <= problem.columns; ++columns)
        if (registersOf(problem, rows, columns) <= problem.capacity)
          best = std::min(best, cyclesOf(problem, rows, columns));
    EXPECT_NEAR(cyclesOf(problem, block.rows, block.columns), best, 1e-9 * best) << round;
    EXPECT_NEAR(block.cycles, best, 1e-9 * best) << round;
  }
}

TEST(RegisterProblem, LatencyIsHidden) {
  RegisterProblem problem;
  problem.capacity = 16;
  problem.rows = problem.columns = problem.depth = 1000;
  problem.cycles = 0.5;
  problem.latency = 4;
  problem.left = {1, 0.5, 4};
  problem.right = {1, 0.5, 32};
  RegisterBlock block = blockOf(problem);
  EXPECT_GE(double(block.rows * block.columns) * problem.cycles, problem.latency);
  EXPECT_LE(registersOf(problem, block.rows, block.columns), 16);
}

TEST(RegisterProblem, HalfTheRegistersIsAnotherLegalBlock) {
  RegisterProblem problem;
  problem.rows = problem.columns = 100;
  for (problem.capacity = 64; problem.capacity >= 3; problem.capacity /= 2)
    EXPECT_FALSE(bool(verify(problem, blockOf(problem)))) << problem.capacity;
}

TEST(RegisterProblem, RefusesAUseThatDoesNotFit) {
  RegisterProblem problem;
  problem.capacity = 3;
  problem.sumRegisters = 4;
  FailureReport refused = report(check(problem));
  EXPECT_EQ(refused.code, ExitCode::TargetCannot);
  EXPECT_EQ(refused.diagnostics.front().message, "one use takes 6 registers, there are 3");
}

TEST(RegisterProblem, RefusesAnEmptyExtent) {
  RegisterProblem problem;
  problem.capacity = 16;
  problem.depth = 0;
  EXPECT_EQ(report(check(problem)).code, ExitCode::OwnFault);
}

TEST(RegisterProblem, VerifyFindsWrongBlocks) {
  RegisterProblem problem;
  problem.capacity = 16;
  problem.rows = 10;
  problem.columns = 10;
  // 16 sums and their operands
  EXPECT_EQ(report(verify(problem, {4, 4, 1, 0})).code, ExitCode::OwnFault);
  EXPECT_EQ(report(verify(problem, {0, 2, 1, 0})).code, ExitCode::OwnFault);
  EXPECT_FALSE(bool(verify(problem, {2, 2, 4, 0})));
}

} // namespace
} // namespace tenon::native
