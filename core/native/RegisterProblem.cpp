// Blocks of registers, chosen by enumeration: there are few that fit.
#include "core/native/RegisterProblem.h"

#include "core/support/Error.h"

#include <algorithm>
#include <cmath>

namespace tenon::native {
namespace {

/// Items for each thread, so that unequal ones even out.
constexpr int64_t itemsPerThread = 4;

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// What comes from a cache beyond the innermost one in a cycle. No description says it; less than every
/// current processor has, so that blocks which need little win.
constexpr double outerBytesPerCycle = 16;

/// Bytes of a step that do not come from the innermost cache: a block of the left side is new each time, a
/// panel of the right side stays there only if it is small.
double streamedBytes(const RegisterProblem &problem, int64_t rows, int64_t columns) {
  if (problem.caches.empty())
    return 0;
  double left = double(rows * problem.left.bytes), right = double(columns * problem.right.bytes);
  bool stays = right * double(problem.depth) <= double(problem.caches.front()) / 2;
  return left + (stays ? 0 : right);
}

/// Cycles of one step of the reduction for a block: the busiest of the uses' unit, the fills and the caches,
/// or the wait for the sums of the step before.
double stepCycles(const RegisterProblem &problem, int64_t rows, int64_t columns) {
  double uses = double(rows * columns) * problem.cycles;
  double fills = double(rows) * problem.left.cycles + double(columns) * problem.right.cycles;
  double streams = streamedBytes(problem, rows, columns) / outerBytesPerCycle;
  return std::max({uses, fills, problem.latency, streams});
}

/// The blocks of a layer by size: whole ones, and what is left over at the ends.
double layerCycles(const RegisterProblem &problem, int64_t rows, int64_t columns) {
  int64_t wholeRows = problem.rows / rows, restRows = problem.rows % rows;
  int64_t wholeColumns = problem.columns / columns, restColumns = problem.columns % columns;
  double step = double(wholeRows * wholeColumns) * stepCycles(problem, rows, columns);
  if (restRows)
    step += double(wholeColumns) * stepCycles(problem, restRows, columns);
  if (restColumns)
    step += double(wholeRows) * stepCycles(problem, rows, restColumns);
  if (restRows && restColumns)
    step += stepCycles(problem, restRows, restColumns);
  // Starting and finishing a block: every sum is touched a few times, and the first use waits for its
  // operands.
  double blocks = double(ceilDiv(problem.rows, rows) * ceilDiv(problem.columns, columns));
  return double(problem.groups) * (step * double(problem.depth) + blocks * 4 * problem.latency);
}

/// Bytes that the fills of the layer read, which decides between blocks of equal cycles.
double filledBytes(const RegisterProblem &problem, int64_t rows, int64_t columns) {
  return double(problem.rows) * double(ceilDiv(problem.columns, columns)) * double(problem.left.bytes) +
         double(problem.columns) * double(ceilDiv(problem.rows, rows)) * double(problem.right.bytes);
}

/// So many that there are items for all threads, and that the left side's blocks of an item stay in the cache
/// beyond the innermost one while the panels pass by.
int64_t rowBlocksPerItem(const RegisterProblem &problem, const RegisterBlock &block) {
  int64_t blocks = ceilDiv(problem.rows, block.rows);
  int64_t others = problem.groups * block.panels(problem);
  int64_t wanted = ceilDiv(problem.threads * itemsPerThread, others);
  int64_t most = ceilDiv(blocks, std::max<int64_t>(1, wanted));
  if (!problem.caches.empty() && block.panels(problem) > 1) {
    int64_t cache = problem.caches[std::min<size_t>(1, problem.caches.size() - 1)];
    int64_t bytes = std::max<int64_t>(1, block.rows * problem.depth * problem.left.bytes);
    most = std::min(most, std::max<int64_t>(1, cache / 2 / bytes));
  }
  // Equal shares: no last item with one block.
  return ceilDiv(blocks, ceilDiv(blocks, std::clamp<int64_t>(most, 1, blocks)));
}

} // namespace

int64_t RegisterBlock::rowItems(const RegisterProblem &problem) const {
  return ceilDiv(ceilDiv(problem.rows, rows), rowBlocks);
}
int64_t RegisterBlock::panels(const RegisterProblem &problem) const {
  return ceilDiv(problem.columns, columns);
}
int64_t RegisterBlock::items(const RegisterProblem &problem) const {
  return problem.groups * panels(problem) * rowItems(problem);
}

int64_t registersOf(const RegisterProblem &problem, int64_t rows, int64_t columns) {
  int64_t left = problem.left.registers, right = problem.right.registers;
  int64_t operands = std::min(rows * left + right, columns * right + left);
  return rows * columns * problem.sumRegisters + operands;
}

llvm::Error check(const RegisterProblem &problem) {
  for (int64_t extent : {problem.rows, problem.columns, problem.groups, problem.depth, problem.sumRegisters,
                         problem.left.registers, problem.right.registers})
    if (extent < 1)
      return failure(ExitCode::OwnFault,
                     "an extent of a problem of registers is " + std::to_string(extent) + ", the least is 1");
  int64_t least = registersOf(problem, 1, 1);
  if (least > problem.capacity)
    return failure(ExitCode::TargetCannot, "one use takes " + std::to_string(least) +
                                               " registers, there are " + std::to_string(problem.capacity));
  return llvm::Error::success();
}

RegisterBlock blockOf(const RegisterProblem &problem) {
  RegisterBlock best;
  double bestBytes = 0;
  bool any = false;
  for (int64_t columns = 1;
       columns <= problem.columns && registersOf(problem, 1, columns) <= problem.capacity; ++columns)
    for (int64_t rows = 1; rows <= problem.rows && registersOf(problem, rows, columns) <= problem.capacity;
         ++rows) {
      double cycles = layerCycles(problem, rows, columns), bytes = filledBytes(problem, rows, columns);
      if (any && std::pair(best.cycles, bestBytes) <= std::pair(cycles, bytes))
        continue;
      best = {rows, columns, 1, cycles};
      bestBytes = bytes;
      any = true;
    }
  best.rowBlocks = rowBlocksPerItem(problem, best);
  return best;
}

llvm::Error verify(const RegisterProblem &problem, const RegisterBlock &block) {
  auto wrong = [](const std::string &message) { return failure(ExitCode::OwnFault, message); };
  if (block.rows < 1 || block.columns < 1 || block.rowBlocks < 1)
    return wrong("a block of registers has an extent below 1");
  int64_t taken = registersOf(problem, block.rows, block.columns);
  if (taken > problem.capacity)
    return wrong("a block takes " + std::to_string(taken) + " registers, there are " +
                 std::to_string(problem.capacity));
  if (block.rowItems(problem) * block.rowBlocks * block.rows < problem.rows ||
      block.panels(problem) * block.columns < problem.columns)
    return wrong("the items of a layer leave uses out");
  if ((block.rowItems(problem) - 1) * block.rowBlocks * block.rows >= problem.rows ||
      (block.panels(problem) - 1) * block.columns >= problem.columns)
    return wrong("an item of a layer has no uses");
  return llvm::Error::success();
}

} // namespace tenon::native
