// The search over tile sizes: powers of two, every combination, judged by cycles.
#include "core/native/ParallelTiles.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tenon::native {

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t TileChoice::groupsOfBlock() const {
  int64_t all = 1;
  for (int64_t one : groups)
    all *= one;
  return all;
}

int64_t blockTile(const TileProblem &problem, const TileChoice &choice, unsigned dimension) {
  return problem.dimensions[dimension].step * choice.uses[dimension] * choice.groups[dimension];
}

int64_t blocksAlong(const TileProblem &problem, const TileChoice &choice, unsigned dimension) {
  if (problem.dimensions[dimension].reduction)
    return 1;
  return ceilDiv(problem.dimensions[dimension].extent, blockTile(problem, choice, dimension));
}

int64_t blocksOf(const TileProblem &problem, const TileChoice &choice) {
  int64_t all = 1;
  for (unsigned dimension = 0; dimension < problem.dimensions.size(); ++dimension)
    all *= blocksAlong(problem, choice, dimension);
  return all;
}

bool staged(const TileProblem &problem, const TileChoice &choice, unsigned operand) {
  if (problem.operands[operand].accumulator || problem.sharedBytes == 0)
    return false;
  // Lanes of a group that read the same element read it at once; what counts is who reads it again.
  for (unsigned dimension = 0; dimension < problem.dimensions.size(); ++dimension)
    if (!problem.operands[operand].depends[dimension] && !problem.dimensions[dimension].reduction &&
        (choice.groups[dimension] > 1 || problem.dimensions[dimension].step > 1))
      return true;
  return false;
}

int64_t tileBytes(const TileProblem &problem, const TileChoice &choice, unsigned operand) {
  int64_t bytes = problem.operands[operand].elementBytes;
  for (unsigned dimension = 0; dimension < problem.dimensions.size(); ++dimension)
    if (problem.operands[operand].depends[dimension])
      bytes *= blockTile(problem, choice, dimension);
  return bytes;
}

int64_t stagedBytes(const TileProblem &problem, const TileChoice &choice) {
  int64_t bytes = 0;
  for (unsigned operand = 0; operand < problem.operands.size(); ++operand)
    if (staged(problem, choice, operand))
      bytes += ceilDiv(tileBytes(problem, choice, operand), problem.sharedRound) * problem.sharedRound;
  return bytes;
}

namespace {

/// Uses of the operand along the parallel dimensions of a group.
int64_t usesAcross(const TileProblem &problem, const TileChoice &choice, unsigned operand) {
  int64_t uses = 1;
  for (unsigned dimension = 0; dimension < problem.dimensions.size(); ++dimension)
    if (problem.operands[operand].depends[dimension] && !problem.dimensions[dimension].reduction)
      uses *= choice.uses[dimension];
  return uses;
}

/// Uses that a group holds at once: of a factor those of a whole piece of the reduction, since whoever
/// orders the instructions may load all of them before the first is used.
int64_t usesHeld(const TileProblem &problem, const TileChoice &choice, unsigned operand) {
  int64_t uses = usesAcross(problem, choice, operand);
  for (unsigned dimension = 0; dimension < problem.dimensions.size(); ++dimension)
    if (problem.operands[operand].depends[dimension] && problem.dimensions[dimension].reduction)
      uses *= choice.uses[dimension];
  return uses;
}

int64_t sumsOfALane(const TileProblem &problem, const TileChoice &choice) {
  int64_t sums = 0;
  for (unsigned operand = 0; operand < problem.operands.size(); ++operand)
    if (problem.operands[operand].accumulator)
      sums += usesHeld(problem, choice, operand) * problem.operands[operand].registers;
  return sums;
}

/// Blocks that a machine is thought to run side by side: a grid with fewer leaves it idle.
constexpr int64_t blocksAtOnce = 128;
/// Bytes that a block brings in per cycle, and cycles of one load of a register's part.
constexpr double bytesPerCycle = 16, loadCycles = 2;
/// Cycles of a step of the reduction that do not depend on its size: waiting for memory and for each other.
constexpr double stepCycles = 400;

double estimate(const TileProblem &problem, const TileChoice &choice) {
  double uses = 1, steps = 1, loads = 0, bytes = 0;
  for (unsigned dimension = 0; dimension < problem.dimensions.size(); ++dimension) {
    uses *= double(choice.uses[dimension]);
    if (problem.dimensions[dimension].reduction)
      steps = double(ceilDiv(problem.dimensions[dimension].extent, blockTile(problem, choice, dimension)));
  }
  for (unsigned operand = 0; operand < problem.operands.size(); ++operand) {
    const TileOperand &one = problem.operands[operand];
    if (one.accumulator)
      continue;
    loads += double(usesHeld(problem, choice, operand) * one.registers);
    bytes += double(tileBytes(problem, choice, operand));
  }
  double groups = double(choice.groupsOfBlock());
  double step =
      stepCycles + groups * (uses * problem.rowCycles + loads * loadCycles) / 4 + bytes / bytesPerCycle;
  double waves = std::max(1.0, double(blocksOf(problem, choice)) / blocksAtOnce);
  return waves * steps * step;
}

/// Powers of two up to `most`, but no larger than what covers `steps`.
llvm::SmallVector<int64_t, 4> powers(int64_t most, int64_t steps) {
  llvm::SmallVector<int64_t, 4> all{1};
  while (all.back() * 2 <= most && all.back() < steps)
    all.push_back(all.back() * 2);
  return all;
}

class Search {
public:
  explicit Search(const TileProblem &problem) : problem(problem) {
    choice.uses.assign(problem.dimensions.size(), 1);
    choice.groups.assign(problem.dimensions.size(), 1);
  }

  std::optional<TileChoice> run() {
    visit(0);
    return std::move(best);
  }

private:
  const TileProblem &problem;
  TileChoice choice;
  std::optional<TileChoice> best;

  void visit(unsigned dimension) {
    if (dimension == problem.dimensions.size())
      return judge();
    const TileDimension &one = problem.dimensions[dimension];
    int64_t steps = ceilDiv(one.extent, one.step);
    for (int64_t uses : powers(one.reduction ? 16 : 8, steps))
      for (int64_t groups : powers(one.reduction ? 1 : problem.mostGroups, ceilDiv(steps, uses))) {
        choice.uses[dimension] = uses;
        choice.groups[dimension] = groups;
        visit(dimension + 1);
      }
  }

  void judge() {
    if (choice.groupsOfBlock() > problem.mostGroups)
      return;
    if (llvm::Error error = verify(problem, choice)) {
      llvm::consumeError(std::move(error)); // a candidate too large is no mistake
      return;
    }
    choice.cycles = estimate(problem, choice);
    if (!best || choice.cycles < best->cycles)
      best = choice;
  }
};

} // namespace

int64_t registersOf(const TileProblem &problem, const TileChoice &choice) {
  int64_t registers = 0;
  for (unsigned operand = 0; operand < problem.operands.size(); ++operand)
    registers += usesHeld(problem, choice, operand) * problem.operands[operand].registers;
  return registers;
}

llvm::Error check(const TileProblem &problem) {
  unsigned reductions = 0;
  for (const TileDimension &dimension : problem.dimensions) {
    if (dimension.extent < 1 || dimension.step < 1)
      return failure(ExitCode::OwnFault,
                     fmt::format("dimension {} of {} has extent {} and step {}, both must be 1 or more",
                                 dimension.name, problem.name, dimension.extent, dimension.step));
    reductions += dimension.reduction ? 1 : 0;
  }
  if (reductions > 1)
    return failure(ExitCode::TargetCannot,
                   fmt::format("{} has {} reductions, a block walks one", problem.name, reductions));
  if (llvm::count_if(problem.operands, [](const TileOperand &one) { return one.accumulator; }) != 1)
    return failure(ExitCode::OwnFault, fmt::format("{} has not one accumulator", problem.name));
  return llvm::Error::success();
}

llvm::Error verify(const TileProblem &problem, const TileChoice &choice) {
  auto exceeds = [&](llvm::StringRef what, int64_t has, int64_t most) {
    return failure(ExitCode::TargetCannot,
                   fmt::format("{} needs {} {}, there are {}", problem.name, has, what.str(), most));
  };
  if (int64_t groups = choice.groupsOfBlock(); groups > problem.mostGroups)
    return exceeds("groups a block", groups, problem.mostGroups);
  if (int64_t blocks = blocksOf(problem, choice); blocks > problem.mostBlocks)
    return exceeds("blocks", blocks, problem.mostBlocks);
  if (int64_t bytes = stagedBytes(problem, choice); bytes > problem.sharedBytes)
    return exceeds("bytes of shared memory", bytes, problem.sharedBytes);
  if (int64_t need = registersOf(problem, choice); need + registersForTheRest > problem.registers)
    return exceeds("registers a lane", need + registersForTheRest, problem.registers);
  if (int64_t sums = sumsOfALane(problem, choice); sums > mostSumsOfALane)
    return exceeds("sums a lane", sums, mostSumsOfALane);
  return llvm::Error::success();
}

llvm::Expected<TileChoice> solve(const TileProblem &problem) {
  if (llvm::Error error = check(problem))
    return std::move(error);
  if (std::optional<TileChoice> best = Search(problem).run())
    return std::move(*best);
  TileChoice smallest;
  smallest.uses.assign(problem.dimensions.size(), 1);
  smallest.groups.assign(problem.dimensions.size(), 1);
  return verify(problem, smallest);
}

} // namespace tenon::native
