// Chooses the rows of a statement: finds its parallel loops, lists the row shapes that are right, estimates
// their cost.
#include "core/reference/RowPlan.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tenon::reference {

using nest::Access;
using nest::linearForm;
using nest::LinearForm;
using nest::Nest;
using nest::Opcode;
using nest::Statement;
using nest::Update;

ArrayRef<RowLoop> RowPlan::parallelLanes() const {
  ArrayRef<RowLoop> all(lanes);
  return order == RowOrder::StepsInside ? all.take_front(split) : all.drop_front(split);
}

ArrayRef<RowLoop> RowPlan::reductionLanes() const {
  ArrayRef<RowLoop> all(lanes);
  return order == RowOrder::StepsInside ? all.drop_front(split) : all.take_front(split);
}

int64_t laneCount(ArrayRef<RowLoop> lanes) {
  int64_t count = 1;
  for (const RowLoop &lane : lanes)
    count *= lane.extent;
  return count;
}

int64_t RowPlan::rowLanes() const { return laneCount(lanes); }

RunShape runShape(ArrayRef<RowLoop> lanes, ArrayRef<SmallVector<int64_t>> coefficients) {
  RunShape shape;
  shape.slopes.assign(coefficients.size(), 0);
  for (unsigned i = lanes.size(); i-- > 0;) {
    if (lanes[i].extent == 1)
      continue;
    bool continues = true;
    for (auto [f, row] : llvm::enumerate(coefficients)) {
      if (shape.length == 1)
        shape.slopes[f] = row[i];
      else
        continues = continues && uint64_t(row[i]) == uint64_t(shape.slopes[f]) * uint64_t(shape.length);
    }
    if (!continues) {
      shape.outerLoops = i + 1;
      return shape;
    }
    shape.length *= lanes[i].extent;
  }
  return shape;
}

std::optional<LinearForm> addressForm(const Nest &nest, const Access &access) {
  // Of a read with a value for outside, indices and so the sum may leave the operand: the sum wraps, and is
  // used only where the point is inside.
  LinearForm result;
  SmallVector<uint64_t> sums(nest.loops.size() + 1, 0);
  for (auto [i, index] : llvm::enumerate(access.indices.getResults())) {
    std::optional<LinearForm> form = linearForm(index, nest.loops.size());
    if (!form)
      return std::nullopt;
    uint64_t extent = uint64_t(nest.operands[access.operand].shape[i]);
    for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
      sums[loop] = sums[loop] * extent + uint64_t(form->coefficients[loop]);
    sums.back() = sums.back() * extent + uint64_t(form->constant);
  }
  result.coefficients.assign(sums.begin(), sums.end() - 1);
  result.constant = int64_t(sums.back());
  return result;
}

namespace {

class Planner {
public:
  Planner(const Nest &nest, const Statement &statement, int64_t rowLength)
      : nest(nest), statement(statement), rowLength(rowLength) {
    for (unsigned loop : statement.loops)
      if (!nest.loops[loop].sequential && nest.loops[loop].extent > 1)
        loops.push_back(loop);
    for (const nest::Node &node : statement.body) {
      if (node.op == Opcode::Read) {
        reads.push_back(&node.access);
        readsDestination = readsDestination || node.access.operand == statement.destination.operand;
      }
      looksUpDestination =
          looksUpDestination || (node.op == Opcode::TableRead && node.table == statement.destination.operand);
    }
    for (AffineExpr index : statement.destination.indices.getResults())
      destination.push_back(linearForm(index, nest.loops.size()));
    destinationIsLinear = llvm::all_of(destination, [](const auto &form) { return form.has_value(); });
  }

  RowPlan plan() const;
  RowPlan scattered() const;

private:
  bool isIn(ArrayRef<unsigned> list, unsigned loop) const { return llvm::is_contained(list, loop); }
  int64_t extent(unsigned loop) const { return nest.loops[loop].extent; }
  SmallVector<unsigned> without(ArrayRef<unsigned> some) const {
    SmallVector<unsigned> result;
    llvm::copy_if(loops, std::back_inserter(result), [&](unsigned loop) { return !isIn(some, loop); });
    return result;
  }

  bool isInjective(const LinearForm &form, SmallVector<unsigned> over) const;
  SmallVector<unsigned> parallelLoops() const;
  SmallVector<unsigned> slicedLoops() const;
  bool appendLanes(SmallVectorImpl<RowLoop> &innermostFirst, ArrayRef<unsigned> candidates) const;
  RowPlan finish(RowOrder order, ArrayRef<unsigned> first, ArrayRef<unsigned> second,
                 ArrayRef<unsigned> parallel, ArrayRef<unsigned> reduction) const;
  double accessCost(const Access &access, ArrayRef<RowLoop> lanes) const;
  double cost(const RowPlan &plan) const;

  const Nest &nest;
  const Statement &statement;
  int64_t rowLength;
  SmallVector<unsigned> loops; ///< that really run: not sequential, more than one value
  SmallVector<const Access *> reads;
  SmallVector<std::optional<LinearForm>> destination; ///< its linear indices
  bool destinationIsLinear = false;
  bool readsDestination = false;
  bool looksUpDestination = false;
};

/// Whether different values of the loops always give different values of the form: each factor is larger than
/// all that the smaller ones can add up to.
bool Planner::isInjective(const LinearForm &form, SmallVector<unsigned> over) const {
  llvm::sort(over, [&](unsigned a, unsigned b) {
    return std::abs(form.coefficients[a]) < std::abs(form.coefficients[b]);
  });
  int64_t reach = 0;
  for (unsigned loop : over) {
    int64_t factor = std::abs(form.coefficients[loop]);
    if (factor <= reach)
      return false;
    reach += factor * (extent(loop) - 1);
  }
  return true;
}

/// An index whose loops are known but for some, and which is injective in these, makes them known too.
SmallVector<unsigned> Planner::parallelLoops() const {
  SmallVector<unsigned> known;
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::optional<LinearForm> &form : destination) {
      if (!form)
        continue;
      SmallVector<unsigned> open;
      llvm::copy_if(loops, std::back_inserter(open),
                    [&](unsigned loop) { return form->uses(loop) && !isIn(known, loop); });
      if (open.empty() || !isInjective(*form, open))
        continue;
      known.append(open);
      changed = true;
    }
  }
  return without(without(known)); // in the loops' order
}

/// Of a statement that reads its own destination: the loops whose values never meet in it, since destination
/// and reads all have the same index, of this loop alone, in some dimension.
SmallVector<unsigned> Planner::slicedLoops() const {
  SmallVector<unsigned> result;
  if (looksUpDestination)
    return result;
  for (unsigned loop : loops) {
    auto isSlicedBy = [&](const Access *read) {
      if (read->operand != statement.destination.operand)
        return true;
      for (auto [i, form] : llvm::enumerate(destination)) {
        bool alone = form && form->uses(loop) &&
                     llvm::none_of(loops, [&](unsigned other) { return other != loop && form->uses(other); });
        if (alone && read->indices.getResult(i) == statement.destination.indices.getResult(i))
          return true;
      }
      return false;
    };
    if (llvm::all_of(reads, isSlicedBy))
      result.push_back(loop);
  }
  return result;
}

/// Adds loops, innermost first, as long as whole loops fit into the row; the last is cut into even pieces.
/// Whether all were added whole.
bool Planner::appendLanes(SmallVectorImpl<RowLoop> &innermostFirst, ArrayRef<unsigned> candidates) const {
  for (unsigned loop : candidates) {
    int64_t room = rowLength / laneCount(innermostFirst);
    if (extent(loop) > room) {
      if (room > 1) {
        int64_t pieces = (extent(loop) + room - 1) / room;
        innermostFirst.push_back({loop, (extent(loop) + pieces - 1) / pieces});
      }
      return false;
    }
    innermostFirst.push_back({loop, extent(loop)});
  }
  return true;
}

/// Lanes from `first` (innermost) and, if these fit whole, from `second`; what is not in the row stays
/// outside, the parallel loops around the reducing ones.
RowPlan Planner::finish(RowOrder order, ArrayRef<unsigned> first, ArrayRef<unsigned> second,
                        ArrayRef<unsigned> parallel, ArrayRef<unsigned> reduction) const {
  RowPlan plan;
  plan.order = order;
  bool whole = appendLanes(plan.lanes, first);
  unsigned inner = plan.lanes.size();
  if (whole)
    appendLanes(plan.lanes, second);
  plan.split = plan.lanes.size() - inner;
  std::reverse(plan.lanes.begin(), plan.lanes.end());
  auto addOuter = [&](ArrayRef<unsigned> list) {
    for (unsigned loop : list) {
      auto lane = llvm::find_if(plan.lanes, [&](const RowLoop &lane) { return lane.loop == loop; });
      if (lane == plan.lanes.end())
        plan.outer.push_back({loop, 1});
      else if (lane->extent < extent(loop))
        plan.outer.push_back({loop, lane->extent});
    }
  };
  addOuter(parallel);
  plan.reductionStart = plan.outer.size();
  addOuter(reduction);
  return plan;
}

double Planner::accessCost(const Access &access, ArrayRef<RowLoop> lanes) const {
  std::optional<LinearForm> address = addressForm(nest, access);
  if (!address)
    return 20;
  SmallVector<SmallVector<int64_t>> coefficients(1);
  for (const RowLoop &lane : lanes)
    coefficients[0].push_back(address->coefficients[lane.loop]);
  RunShape shape = runShape(lanes, coefficients);
  if (shape.length < 4)
    return 2;
  int64_t slope = shape.slopes[0];
  double lane = slope == 0 ? 0.25 : slope == 1 ? 0.5 : 1.5;
  return lane + (access.outside ? 8.0 : 5.0) / double(shape.length);
}

/// A rough count of cycles for each point: what the memory accesses take, and each row's and run's overhead.
double Planner::cost(const RowPlan &plan) const {
  double result = 0;
  for (const Access *read : reads)
    result += accessCost(*read, plan.lanes);
  double nodes = double(statement.body.size());
  result += (50 + 15 * nodes) / double(plan.rowLanes());
  bool reduces = plan.reductionStart < plan.outer.size() || !plan.reductionLanes().empty();
  double accumulators = double(laneCount(plan.parallelLanes()));
  double lanes = double(plan.rowLanes());
  double steps = lanes / accumulators; // and those of the outer reduction, which are free
  if (plan.order == RowOrder::StepsInside) {
    bool anyOrder = nest.operands[statement.destination.operand].type.isInteger();
    result += anyOrder ? 0.5 + 10.0 / steps : 4.0;
  } else {
    result += 0.7 + 5.0 / accumulators;
  }
  double groupSteps = steps;
  for (const OuterLoop &outer :
       ArrayRef(plan.outer).drop_front(reduces ? plan.reductionStart : plan.outer.size()))
    groupSteps *= double(extent(outer.loop)) / double(outer.step);
  return result + 2 * accessCost(statement.destination, plan.parallelLanes()) / groupSteps;
}

RowPlan Planner::scattered() const {
  SmallVector<unsigned> innermostFirst(llvm::reverse(loops));
  RowPlan plan = finish(RowOrder::Scattered, innermostFirst, {}, loops, {});
  plan.reductionStart = plan.outer.size();
  return plan;
}

RowPlan Planner::plan() const {
  if (readsDestination || looksUpDestination) {
    // Every row sees what the rows before it wrote, so nothing stays in accumulators.
    SmallVector<unsigned> sliced = slicedLoops();
    SmallVector<unsigned> innermostFirst(llvm::reverse(sliced));
    RowOrder order = destinationIsLinear ? RowOrder::StepsOutside : RowOrder::Scattered;
    RowPlan plan = finish(order, innermostFirst, {}, loops, {});
    plan.reductionStart = plan.outer.size();
    return plan;
  }
  SmallVector<unsigned> parallel = parallelLoops();
  SmallVector<unsigned> reduction = without(parallel);
  bool reductionMovesDestination = llvm::any_of(
      reduction, [&](unsigned loop) { return statement.destination.indices.isFunctionOfDim(loop); });
  if (!destinationIsLinear || reductionMovesDestination)
    return scattered();

  bool anyOrder =
      nest.operands[statement.destination.operand].type.isInteger() && statement.update != Update::Assign;
  std::optional<RowPlan> best;
  double bestCost = 0;
  auto consider = [&](RowPlan candidate) {
    double candidateCost = cost(candidate);
    if (best && candidateCost >= bestCost)
      return;
    best = std::move(candidate);
    bestCost = candidateCost;
  };
  auto startingWith = [&](unsigned innermost, ArrayRef<unsigned> list) {
    SmallVector<unsigned> result{innermost};
    llvm::copy_if(llvm::reverse(list), std::back_inserter(result),
                  [&](unsigned loop) { return loop != innermost; });
    return result;
  };
  SmallVector<unsigned> reductionInward(llvm::reverse(reduction)), parallelInward(llvm::reverse(parallel));
  for (unsigned innermost : parallelInward)
    consider(finish(RowOrder::StepsOutside, startingWith(innermost, parallel), reductionInward, parallel,
                    reduction));
  for (unsigned innermost : reductionInward)
    if (anyOrder || innermost == reduction.back())
      consider(finish(RowOrder::StepsInside, startingWith(innermost, reduction), parallelInward, parallel,
                      reduction));
  return best ? *best : finish(RowOrder::StepsOutside, {}, {}, {}, {});
}

} // namespace

RowPlan planRows(const Nest &nest, const Statement &statement, int64_t rowLength) {
  return Planner(nest, statement, rowLength).plan();
}

RowPlan planScatteredRows(const Nest &nest, const Statement &statement, int64_t rowLength) {
  return Planner(nest, statement, rowLength).scattered();
}

} // namespace tenon::reference
