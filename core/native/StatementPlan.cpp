// The lane loop is the one with the least work on memory for each point; the outer parallel loops are the
// items, until there are enough of them to share out.
#include "core/native/StatementPlan.h"

#include "core/isa/Description.h"
#include "core/native/ir/AccessText.h"
#include "core/native/ir/IrModule.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

using isa::Description;
using nest::Access;
using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::Statement;
using nest::Update;

/// Items beyond this many are shared out well enough.
static constexpr int64_t enoughItems = 256;
/// Points of one item that make handing it out worth while.
static constexpr int64_t pointsOfItem = 2048;

/// Twice as many lanes as values of the widest type fill a vector: narrow elements are loaded and stored in
/// longer runs then.
unsigned StatementPlan::mostLanes() const {
  if (isParallelMachine(description) || !description.code || description.code->vectorBytes <= 0)
    return 1;
  unsigned widest = type().storageBytes();
  for (const Statement &one : nest.statements)
    for (const Node &node : one.body)
      if (node.op != Opcode::LoopIndex && node.op != Opcode::Constant)
        widest = std::max(widest, node.type.storageBytes());
  unsigned narrowest = type().storageBytes();
  for (const Access *access : memoryAccesses())
    narrowest = std::min(narrowest, nest.operands[access->operand].type.storageBytes());
  int64_t bytes = description.code->vectorBytes;
  int64_t most = std::min<int64_t>(bytes / narrowest, 2 * bytes / widest);
  return unsigned(std::clamp<int64_t>(int64_t(llvm::bit_floor(uint64_t(most))), 1, 64));
}

/// All but those of a sum that is nowhere in memory.
std::vector<const Access *> StatementPlan::memoryAccesses() const {
  std::vector<const Access *> result;
  for (const Statement &one : nest.statements)
    for (const Access *access : accessesOf(one))
      if (!names.pointers[access->operand].empty())
        result.push_back(access);
  return result;
}

/// Integers may be summed in any order, floats not.
bool StatementPlan::mayReduceAlong() const {
  return inRegisters && sum().update != Update::Assign && type().isInteger();
}

/// Memory operations of a vector along the loop, for each of its points.
double StatementPlan::laneCost(unsigned loop) const {
  auto count = unsigned(std::min<uint64_t>(lanes, llvm::bit_floor(uint64_t(nest.loops[loop].extent))));
  IrFunction none; // what addresses would be, without a trace
  LoopValues at{std::vector<std::string>(nest.loops.size(), "%any"), int(loop), count, count, allInside};
  double cost = 1;
  bool isReduction = !parallel[loop];
  for (const Access *access : memoryAccesses()) {
    if (isReduction && !access->indices.isFunctionOfDim(loop))
      continue;
    AccessText text(none, nest, at, names.pointers);
    LanePattern pattern =
        text.isUniform(*access) ? LanePattern{LanePattern::Kind::Uniform} : text.pattern(*access);
    if (!allInside && isGuardedAlong(nest, *access, loop))
      pattern.kind = LanePattern::Kind::Anywhere;
    switch (pattern.kind) {
    case LanePattern::Kind::Uniform:
      cost += 0.1;
      break;
    case LanePattern::Kind::Contiguous:
      cost += 1;
      break;
    case LanePattern::Kind::Near:
      cost += 1 + double(pattern.span) / count;
      break;
    case LanePattern::Kind::Runs:
      cost += 1.2 * count / pattern.run;
      break;
    case LanePattern::Kind::Anywhere:
      cost += 1.5 * count;
      break;
    }
  }
  return cost / count + (isReduction ? 0.01 : 0);
}

void StatementPlan::chooseLaneLoop() {
  lanes = mostLanes();
  if (selfRead(sum()) == SelfRead::Others)
    lanes = 1;
  if (lanes == 1)
    return;
  double best = 0;
  for (unsigned loop : sum().loops) {
    if (nest.loops[loop].extent < 2 || (!parallel[loop] && !mayReduceAlong()) ||
        llvm::is_contained(fixed, loop))
      continue;
    double cost = laneCost(loop);
    // With the same cost the inner loop: its neighbours in memory are read next.
    if (laneLoop < 0 || cost <= best) {
      laneLoop = int(loop);
      best = cost;
    }
  }
  if (laneLoop < 0 || best > 1.4 + 1.5 * double(memoryAccesses().size()))
    laneLoop = -1;
  if (laneLoop < 0) {
    lanes = 1;
    return;
  }
  lanes = unsigned(
      std::min<int64_t>(lanes, int64_t(llvm::bit_floor(uint64_t(nest.loops[unsigned(laneLoop)].extent)))));
  lanesReduce = !parallel[unsigned(laneLoop)];
}

/// On a parallel machine all parallel loops are threads, and those side by side should touch elements side by
/// side.
void StatementPlan::shareOut() {
  bool isParallel = isParallelMachine(description);
  int64_t points = 1, items = 1;
  for (unsigned loop : sum().loops)
    points *= nest.loops[loop].extent;
  for (unsigned loop : sum().loops) {
    int64_t extent = nest.loops[loop].extent;
    if (extent == 1 || int(loop) == laneLoop)
      continue;
    if (!parallel[loop]) {
      rest.push_back(loop);
    } else if (isParallel || (items < enoughItems && points / items >= pointsOfItem && inner.empty())) {
      outer.push_back(loop);
      items *= extent;
    } else {
      inner.push_back(loop);
    }
  }
  if (!isParallel)
    return shareOutLanes(points, items);
  auto step = [&](unsigned loop) { return std::abs(stride(nest, stored().destination, loop).value_or(1)); };
  llvm::sort(outer, [&](unsigned a, unsigned b) { return step(a) != step(b) ? step(a) > step(b) : a < b; });
}

/// Where there are too few items the lane loop is shared out as well, in blocks.
void StatementPlan::shareOutLanes(int64_t points, int64_t items) {
  if (laneLoop < 0 || lanesReduce || items * 4 > enoughItems || !inner.empty())
    return;
  int64_t extent = nest.loops[unsigned(laneLoop)].extent;
  int64_t pieces = std::min<int64_t>(enoughItems / items, points / items / pointsOfItem);
  if (pieces < 2)
    return;
  blockLength = int64_t(llvm::alignTo(uint64_t((extent + pieces - 1) / pieces), lanes));
  if (blockLength >= extent)
    blockLength = 0;
}

std::string StatementPlan::describe() const {
  std::string extents;
  for (unsigned loop : sum().loops)
    if (nest.loops[loop].extent > 1)
      extents += (extents.empty() ? "" : " x ") + std::to_string(nest.loops[loop].extent);
  std::string text = "loops over " + (extents.empty() ? "1 point" : extents);
  if (lanes > 1)
    text += ", " + std::to_string(lanes) + " lanes along " + nest.loops[unsigned(laneLoop)].name;
  return text;
}

static StatementGroup renumbered(const StatementGroup &group) {
  StatementGroup result;
  result.init = group.init >= 0 ? 0 : -1;
  result.core = group.init >= 0 ? 1 : 0;
  result.final = group.final >= 0 ? int(result.core) + 1 : -1;
  return result;
}

StatementPlan::StatementPlan(const Description &machine, const Nest &original, const StatementGroup &group,
                             const OperandArguments &arguments, const OperandFacts &known)
    : description(machine), nest(joinedStatements(original, group.statements())), members(renumbered(group)),
      facts(known), names(kernelPointers(description, nest, members.statements(), arguments, facts,
                                         final() ? int(sum().destination.operand) : -1)),
      parallel(parallelLoops(nest, stored())) {
  if (selfRead(sum()) == SelfRead::Others)
    parallel.assign(nest.loops.size(), false);
  inRegisters = staysInRegisters();
  chooseLaneLoop();
  shareOut();
}

bool StatementPlan::staysInRegisters() const {
  bool reachesOnce = llvm::all_of(sum().loops, [&](unsigned loop) {
    return nest.loops[loop].extent == 1 || parallel[loop] || !sum().destination.indices.isFunctionOfDim(loop);
  });
  return (final() || reachesOnce) && selfRead(sum()) == SelfRead::None && sum().update != Update::Assign;
}

bool StatementPlan::isGuarded() const {
  return llvm::any_of(memoryAccesses(), [&](const Access *access) {
    return llvm::any_of(sum().loops, [&](unsigned loop) {
      return !isAroundWindows(loop) && isGuardedAlong(nest, *access, loop);
    });
  });
}

/// Empty where an index is not linear.
std::vector<StatementPlan::Border> StatementPlan::borders() const {
  std::vector<Border> result;
  for (const Access *access : memoryAccesses())
    for (auto [i, index] : llvm::enumerate(access->indices.getResults())) {
      int64_t extent = nest.operands[access->operand].shape[i];
      std::optional<nest::Interval> range = nest::indexRange(index, nest.loops);
      if (range && range->low >= 0 && range->high < extent)
        continue;
      std::optional<nest::LinearForm> form = nest::linearForm(index, nest.loops.size());
      if (!form || !access->outside)
        return {};
      result.push_back({*form, extent});
    }
  return result;
}

size_t StatementPlan::loopsAroundWindows() const {
  constexpr int64_t pointsOfWindow = 512; // few enough that most windows meet no border
  int64_t points = laneLoop < 0 ? 1 : nest.loops[unsigned(laneLoop)].extent;
  for (unsigned loop : llvm::concat<const unsigned>(inner, rest))
    points *= nest.loops[loop].extent;
  size_t count = 0;
  while (count < inner.size() && points > pointsOfWindow)
    points /= nest.loops[inner[count++]].extent;
  return count;
}

bool StatementPlan::isAroundWindows(unsigned loop) const {
  return llvm::is_contained(outer, loop) ||
         llvm::is_contained(llvm::ArrayRef(inner).take_front(loopsAroundWindows()), loop);
}

std::optional<StatementPlan> StatementPlan::interior() const {
  if (isParallelMachine(description) || lanes == 1 || blockLength > 0 || allInside || !isGuarded() ||
      borders().empty())
    return std::nullopt;
  StatementPlan plan = *this;
  plan.allInside = true;
  plan.fixed = outer;
  llvm::append_range(plan.fixed, llvm::ArrayRef(inner).take_front(loopsAroundWindows()));
  plan.nest = joinedStatements(nest, members.statements(), plan.fixed, /*allInside=*/true);
  plan.parallel = parallelLoops(plan.nest, plan.stored());
  plan.inRegisters = plan.staysInRegisters();
  plan.laneLoop = -1;
  plan.lanesReduce = false;
  plan.inner.clear();
  plan.rest.clear();
  plan.chooseLaneLoop();
  for (unsigned loop : plan.sum().loops)
    if (plan.nest.loops[loop].extent > 1 && int(loop) != plan.laneLoop &&
        !llvm::is_contained(plan.fixed, loop))
      (plan.parallel[loop] ? plan.inner : plan.rest).push_back(loop);
  return plan;
}

bool startsInRegisters(const Nest &nest, const Statement &statement) {
  if (selfRead(statement) != SelfRead::None)
    return false;
  std::vector<bool> parallel = parallelLoops(nest, statement);
  return llvm::all_of(statement.loops, [&](unsigned loop) {
    return nest.loops[loop].extent == 1 || parallel[loop] ||
           !statement.destination.indices.isFunctionOfDim(loop);
  });
}

} // namespace tenon::native
