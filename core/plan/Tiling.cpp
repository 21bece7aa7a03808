// Search over the extents of boxes: all loops whole if that fits, otherwise every combination of halvings.
#include "core/plan/Tiling.h"

#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

/// A buffer that a box needs: a binding of a match, in the memory where the box holds it.
struct Need {
  const match::Match *match;
  const match::OperandBinding *binding;
  unsigned memory;
  bool loaded; ///< comes from or goes to global memory
};

llvm::Expected<std::vector<Need>> needsOf(const TilingProblem &problem) {
  const isa::Description &description = *problem.description;
  const Lowering &lowering = *problem.lowering;
  std::vector<Need> needs;
  auto addMatch = [&](const match::Match &match, bool sumIsThere) -> llvm::Error {
    const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
    for (const match::OperandBinding *binding : sources(description, match)) {
      using Kind = match::TensorSource::Kind;
      if (lowering.computation().sources[binding->tensor].kind == Kind::Local && sumIsThere)
        continue;
      if (llvm::is_contained(problem.resident, binding))
        continue;
      auto route = routeTo(description, intrinsic, binding->operand);
      if (!route)
        return route.takeError();
      needs.push_back({&match, binding, route->residence, true});
    }
    const match::OperandBinding &result = destination(description, match);
    needs.push_back({&match, &result, intrinsic.operands[result.operand].memories.front(),
                     lowering.whole || &match == lowering.final});
    return llvm::Error::success();
  };
  if (llvm::Error error = addMatch(lowering.main(), false))
    return error;
  if (lowering.final)
    if (llvm::Error error = addMatch(*lowering.final, true))
      return error;
  return needs;
}

/// Whether a buffer keeps the loop in blocks: the size along it runs along a row, or blocks of it are
/// counted.
bool isCut(const isa::Description &description, const match::Match &match, unsigned loop) {
  if (match.loops[loop].block >= 0)
    return true;
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  return llvm::any_of(intrinsic.operands, [&](const isa::OperandDeclaration &operand) {
    bool rows = description.memories[operand.memories.front()].unit == isa::Memory::Unit::Row;
    return rows && !operand.axes.empty() && operand.axes.back().size >= 0 &&
           operand.axes.back().size == match.loops[loop].inner;
  });
}

/// What a box's extent along a loop is a multiple of: the longest of its blocks over all matches.
int64_t granule(const isa::Description &description, const Lowering &lowering, unsigned loop) {
  int64_t result = 1;
  auto look = [&](const match::Match &match) {
    int inner = match.loops[loop].inner;
    if (inner >= 0 && isCut(description, match, loop))
      result = std::max(result, description.intrinsics[match.intrinsic].sizes[inner].high);
  };
  look(lowering.main());
  if (lowering.final)
    look(*lowering.final);
  return result;
}

bool mayTile(const Lowering &lowering, unsigned loop) {
  bool reduction = loop >= lowering.computation().parallelLoops();
  return !reduction || !lowering.whole;
}

Region firstBox(const Lowering &lowering, const Tiling &tiling) {
  Region region;
  region.start.assign(lowering.computation().nest.loops.size(), 0);
  region.extent = tiling.extents;
  return region;
}

struct Measured {
  std::vector<int64_t> units;
  std::vector<std::pair<int64_t, std::string>> largest; ///< of each memory: units and tensor
  double traffic = 0;
};

llvm::Expected<Measured> measure(const TilingProblem &problem, llvm::ArrayRef<Need> needs,
                                 const Tiling &tiling) {
  const isa::Description &description = *problem.description;
  const match::Computation &computation = problem.lowering->computation();
  Measured result;
  result.units.assign(description.memories.size(), 0);
  result.largest.resize(description.memories.size());
  for (const Need &need : needs) {
    auto placement = place(description, computation, *need.match, *need.binding,
                           firstBox(*problem.lowering, tiling), need.memory);
    if (!placement)
      return placement.takeError();
    result.units[need.memory] += placement->units;
    auto &largest = result.largest[need.memory];
    if (placement->units > largest.first)
      largest = {placement->units, computation.nest.operands[need.binding->tensor].name};
    if (!need.loaded)
      continue;
    // Boxes run with the last loop innermost; a tensor is loaded again whenever a loop that it uses, or one
    // further out, moves on.
    auto used = nest::usedLoops(need.binding->access);
    double loads = 1, sinceUse = 1;
    for (auto [loop, extent] : llvm::enumerate(tiling.extents)) {
      sinceUse *= double((computation.nest.loops[loop].extent + extent - 1) / extent);
      if (llvm::is_contained(used, unsigned(loop)))
        loads = sinceUse;
    }
    result.traffic +=
        loads * double(placement->units) * double(description.memories[need.memory].unitBytes());
  }
  return result;
}

std::vector<std::vector<int64_t>> candidates(const TilingProblem &problem) {
  const auto &loops = problem.lowering->computation().nest.loops;
  std::vector<std::vector<int64_t>> found;
  for (unsigned loop = 0; loop < loops.size(); ++loop) {
    std::vector<int64_t> extents{loops[loop].extent};
    int64_t step = std::min(granule(*problem.description, *problem.lowering, loop), loops[loop].extent);
    while (mayTile(*problem.lowering, loop) && extents.back() > step) {
      int64_t half = (extents.back() + 1) / 2;
      half = (half + step - 1) / step * step;
      extents.push_back(half < extents.back() ? half : step);
    }
    found.push_back(std::move(extents));
  }
  return found;
}

/// The first clause of `where` that the first piece of a box breaks, among those that mention neither
/// addresses nor strides.
const isa::Clause *brokenClause(const TilingProblem &problem, const match::Match &match,
                                const Tiling &tiling) {
  const isa::Description &description = *problem.description;
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  if (intrinsic.where.empty())
    return nullptr;
  std::map<std::string, int64_t, std::less<>> known(intrinsic.memberCode.begin(), intrinsic.memberCode.end());
  for (const isa::Parameter &parameter : description.parameters)
    known.emplace(parameter.name, parameter.value);
  for (auto [value, number] : llvm::zip(intrinsic.values, match.values))
    known[value.name] = number;
  for (const isa::Size &size : intrinsic.sizes)
    known[size.name] = size.choices.empty() ? size.low : size.choices.front();
  for (auto [loop, assignment] : llvm::enumerate(match.loops)) {
    auto pieces = piecesOf(intrinsic, assignment, 0, tiling.extents[loop]);
    if (!pieces) {
      llvm::consumeError(pieces.takeError()); // the expander reports it
      continue;
    }
    if (assignment.inner >= 0)
      known[intrinsic.sizes[assignment.inner].name] = pieces->front().inner;
    if (assignment.block >= 0)
      known[intrinsic.sizes[assignment.block].name] = pieces->front().blocks;
  }
  for (const isa::Clause &clause : intrinsic.where) {
    auto holds = isa::evaluate(clause.condition, [&](llvm::StringRef name) -> std::optional<int64_t> {
      auto found = known.find(name);
      return found == known.end() ? std::nullopt : std::optional(found->second);
    });
    if (!holds)
      llvm::consumeError(holds.takeError()); // it mentions a place; isa::check() looks at it
    else if (*holds == 0)
      return &clause;
  }
  return nullptr;
}

const isa::Clause *brokenClause(const TilingProblem &problem, const Tiling &tiling) {
  const isa::Clause *broken = brokenClause(problem, problem.lowering->main(), tiling);
  return broken || !problem.lowering->final ? broken
                                            : brokenClause(problem, *problem.lowering->final, tiling);
}

bool fits(const TilingProblem &problem, const Measured &measured) {
  for (auto [units, capacity] : llvm::zip_equal(measured.units, problem.capacities))
    if (units > capacity)
      return false;
  return true;
}

llvm::Error verifyMeasured(const TilingProblem &problem, const Measured &measured) {
  for (auto [number, memory] : llvm::enumerate(problem.description->memories))
    if (measured.units[number] > problem.capacities[number])
      return failure(
          ExitCode::TargetCannot,
          fmt::format("the smallest piece needs {} bytes of {}, {} are free; the largest part of it is "
                      "tensor {} with {} bytes",
                      measured.units[number] * memory.unitBytes(), memory.name,
                      problem.capacities[number] * memory.unitBytes(), measured.largest[number].second,
                      measured.largest[number].first * memory.unitBytes()));
  return llvm::Error::success();
}

} // namespace

llvm::Error TilingProblem::check(const Tiling &tiling) const {
  const auto &loops = lowering->computation().nest.loops;
  if (tiling.extents.size() != loops.size())
    return failure(ExitCode::OwnFault,
                   fmt::format("a tiling of {} loops for {}", tiling.extents.size(), loops.size()));
  for (unsigned loop = 0; loop < loops.size(); ++loop) {
    int64_t extent = tiling.extents[loop];
    if (extent < 1 || extent > loops[loop].extent ||
        (extent < loops[loop].extent && !mayTile(*lowering, loop)))
      return failure(ExitCode::OwnFault, fmt::format("loop {} of {} is tiled by {}", loops[loop].name,
                                                     loops[loop].extent, extent));
    if (extent < loops[loop].extent && extent % granule(*description, *lowering, loop) != 0)
      return failure(ExitCode::OwnFault,
                     fmt::format("loop {} is tiled by {}, its pieces are {}", loops[loop].name, extent,
                                 granule(*description, *lowering, loop)));
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<int64_t>> footprint(const TilingProblem &problem, const Tiling &tiling) {
  auto needs = needsOf(problem);
  if (!needs)
    return needs.takeError();
  auto measured = measure(problem, *needs, tiling);
  if (!measured)
    return measured.takeError();
  return std::move(measured->units);
}

llvm::Error verify(const TilingProblem &problem, const Tiling &tiling) {
  auto needs = needsOf(problem);
  if (!needs)
    return needs.takeError();
  auto measured = measure(problem, *needs, tiling);
  if (!measured)
    return measured.takeError();
  return verifyMeasured(problem, *measured);
}

llvm::Expected<Tiling> solve(const TilingProblem &problem) {
  auto needs = needsOf(problem);
  if (!needs)
    return needs.takeError();
  auto choices = candidates(problem);
  std::optional<Tiling> best;
  double bestCost = 0;
  std::vector<size_t> at(choices.size(), 0);
  while (true) {
    Tiling tiling;
    double boxes = 1;
    for (unsigned loop = 0; loop < choices.size(); ++loop) {
      tiling.extents.push_back(choices[loop][at[loop]]);
      boxes *= double(choices[loop].front()) / double(tiling.extents.back());
    }
    auto measured = measure(problem, *needs, tiling);
    if (!measured)
      return measured.takeError();
    const isa::Clause *broken = brokenClause(problem, tiling);
    if (fits(problem, *measured) && !broken) {
      // A box more costs about what a burst does.
      double cost = measured->traffic + 256 * boxes;
      if (!best || cost < bestCost) {
        best = tiling;
        bestCost = cost;
      }
      if (boxes == 1)
        return *best;
    }
    size_t loop = 0;
    while (loop < at.size() && ++at[loop] == choices[loop].size())
      at[loop++] = 0;
    if (loop != at.size())
      continue;
    if (best)
      return *best;
    if (llvm::Error error = verifyMeasured(problem, *measured))
      return error;
    return failure(ExitCode::TargetCannot,
                   fmt::format("{} of {} does not hold, however small the piece", broken->text,
                               problem.description->intrinsics[problem.lowering->main().intrinsic].name));
  }
}

} // namespace tenon::plan
