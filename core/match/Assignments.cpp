// A depth-first search over the loops: each goes to a size, is cut over two, or stays outside.
#include "core/match/Assignments.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

int64_t largestOf(const isa::Size &size) {
  return size.choices.empty() ? size.low + (size.high - size.low) / size.step * size.step
                              : *llvm::max_element(size.choices);
}

int64_t smallestOf(const isa::Size &size) {
  return size.choices.empty() ? size.low : *llvm::min_element(size.choices);
}

std::optional<int64_t> largestUpTo(const isa::Size &size, int64_t limit) {
  if (limit < smallestOf(size))
    return std::nullopt;
  if (size.choices.empty())
    return size.low + (std::min(limit, largestOf(size)) - size.low) / size.step * size.step;
  int64_t result = smallestOf(size);
  for (int64_t choice : size.choices)
    if (choice <= limit)
      result = std::max(result, choice);
  return result;
}

bool canBeCut(const isa::Size &size, int64_t extent) {
  while (extent > 0) {
    std::optional<int64_t> piece = largestUpTo(size, extent);
    if (!piece)
      return false;
    extent %= *piece;
  }
  return true;
}

unsigned loopsOf(const Computation &computation, Match::Part part) {
  return part == Match::Part::Final ? computation.parallelLoops() : computation.nest.loops.size();
}

AssignmentSearch::AssignmentSearch(const isa::Description &target, const ComputationTerms &terms,
                                   const Pattern &intrinsicPattern, const PartSolution &solved,
                                   WhyNot &reasons)
    : description(target), model(terms), pattern(intrinsicPattern), part(solved), whyNot(reasons),
      parallelLoops(terms.computation.parallelLoops()), loopCount(loopsOf(terms.computation, solved.part)) {
  unsigned sizes = pattern.intrinsic.sizes.size();
  for (const BoundOperand &bound : part.solution.operands) {
    llvm::SmallBitVector usedSizes(sizes), usedLoops(model.computation.nest.loops.size());
    for (const isa::SymbolicIndex &index : bound.indices)
      for (const isa::IndexTerm &term : index)
        if (term.size >= 0)
          usedSizes.set(term.size);
    if (bound.kind == BoundOperand::Kind::Read)
      for (unsigned loop : nest::usedLoops(bound.access))
        usedLoops.set(loop);
    operandSizes.push_back(usedSizes);
    operandLoops.push_back(usedLoops);
  }
  current.loops.resize(model.computation.nest.loops.size());
  current.values = part.solution.values;
  current.windows.resize(part.solution.operands.size());
  current.leaves.resize(part.solution.operands.size(), false);
  taken.resize(sizes);
}

std::vector<Assignment> AssignmentSearch::run() {
  if (sizesWithoutLoopFit())
    place(0);
  return std::move(found);
}

/// Whether whatever reads along the loop is an operand with that size.
bool AssignmentSearch::fits(unsigned loop, unsigned size) {
  if (isParallel(loop) ? !pattern.parallel[size] : !pattern.reduction[size])
    return false;
  if (largestOf(pattern.intrinsic.sizes[size]) == 1)
    return false; // nothing runs along it: the loop is as good outside
  for (unsigned operand = 0; operand < operandSizes.size(); ++operand)
    if (operandLoops[operand][loop] && !operandSizes[operand][size])
      return false;
  return true;
}

bool AssignmentSearch::mayStayOutside(unsigned loop) const {
  return isParallel(loop) || part.part == Match::Part::Core || (pattern.accumulates() && !pattern.sumIsLocal);
}

bool AssignmentSearch::extentFits(unsigned loop, LoopAssignment assignment) {
  const nest::Loop &run = model.computation.nest.loops[loop];
  const isa::Size &inner = pattern.intrinsic.sizes[assignment.inner];
  std::string name = "'" + pattern.intrinsic.name + "'";
  if (isParallel(loop))
    return true; // a piece that is too small is filled up
  bool inOneUse = !mayStayOutside(loop);
  if (assignment.block < 0) {
    if (inOneUse ? inner.allows(run.extent) : canBeCut(inner, run.extent))
      return true;
    int64_t filled = largestOf(inner);
    for (int64_t value = filled; value >= run.extent; --value)
      if (inner.allows(value))
        filled = value;
    std::string needs = std::to_string(smallestOf(inner));
    if (largestOf(inner) > smallestOf(inner))
      needs += ".." + std::to_string(largestOf(inner));
    if (inner.step > 1)
      needs += " by " + std::to_string(inner.step);
    std::string repair;
    if (filled >= run.extent)
      repair = "pad " + run.name + " to " + std::to_string(filled) + " (" +
               std::to_string((filled - run.extent) * 100 / filled) + " % wasted)";
    whyNot.record(Stage::Extents, int(loop),
                  run.name + " is " + std::to_string(run.extent) + ", " + name + " needs " + inner.name +
                      " = " + needs,
                  repair);
    return false;
  }
  const isa::Size &block = pattern.intrinsic.sizes[assignment.block];
  int64_t places = largestOf(inner), blocks = run.extent / places, rest = run.extent % places;
  bool fit = inOneUse ? rest == 0 && block.allows(blocks)
                      : canBeCut(block, blocks) && (rest == 0 || (canBeCut(inner, rest) && block.allows(1)));
  if (!fit)
    whyNot.record(Stage::Extents, int(loop),
                  run.name + " is " + std::to_string(run.extent) + ", " + name + " needs blocks of " +
                      std::to_string(places) + " along " + block.name,
                  "pad " + run.name + " to " + std::to_string((blocks + 1) * places));
  return fit;
}

void AssignmentSearch::place(unsigned loop) {
  if (found.size() >= limit)
    return;
  if (loop == loopCount) {
    complete();
    return;
  }
  int64_t extent = model.computation.nest.loops[loop].extent;
  bool fitsAny = false;
  for (unsigned inner = 0; inner < pattern.intrinsic.sizes.size(); ++inner) {
    if (taken[inner] || !fits(loop, inner))
      continue;
    fitsAny = true;
    tryPlace(loop, {int(inner), -1});
    if (extent / largestOf(pattern.intrinsic.sizes[inner]) < 2)
      continue; // there are no two blocks
    for (unsigned block = 0; block < pattern.intrinsic.sizes.size(); ++block)
      if (block != inner && !taken[block] && fits(loop, block))
        tryPlace(loop, {int(inner), int(block)});
  }
  if (mayStayOutside(loop))
    tryPlace(loop, {});
  else if (!fitsAny)
    failPlacing(loop);
}

void AssignmentSearch::tryPlace(unsigned loop, LoopAssignment assignment) {
  if (assignment.inner >= 0 && !extentFits(loop, assignment))
    return;
  auto take = [&](bool value) {
    for (int size : {assignment.inner, assignment.block})
      if (size >= 0)
        taken[size] = value;
  };
  take(true);
  current.loops[loop] = assignment;
  place(loop + 1);
  current.loops[loop] = {};
  take(false);
}

void AssignmentSearch::failPlacing(unsigned loop) {
  const nest::Nest &nest = model.computation.nest;
  std::string tensors;
  bool constant = false;
  for (auto [operand, bound] : llvm::enumerate(part.solution.operands))
    if (bound.kind == BoundOperand::Kind::Read && operandLoops[operand][loop]) {
      tensors += (tensors.empty() ? "" : ", ") + nest.operands[bound.tensor].name;
      constant |= model.computation.sources[bound.tensor].kind == TensorSource::Kind::Constant;
    }
  if (isParallel(loop))
    tensors += tensors.empty() ? "the result" : " and the result";
  whyNot.record(Stage::Loops, int(loop),
                "loop " + nest.loops[loop].name + " is an index of " +
                    (tensors.empty() ? "nothing" : tensors) + "; no free size of '" + pattern.intrinsic.name +
                    "' is",
                isParallel(loop) && constant ? "a diagonal embedding of the constant would do" : "");
}

/// A reduction cannot be filled up: what is added would not be nothing.
bool AssignmentSearch::sizesWithoutLoopFit() {
  bool canBePlaced = loopCount > parallelLoops;
  for (unsigned size : pattern.reduction.set_bits()) {
    const isa::Size &declared = pattern.intrinsic.sizes[size];
    if (canBePlaced || declared.allows(1))
      continue;
    whyNot.record(Stage::Loops, 0,
                  "size " + declared.name + " of '" + pattern.intrinsic.name + "' is at least " +
                      std::to_string(smallestOf(declared)) + "; the model has no loop for it");
    return false;
  }
  return true;
}

/// A tensor that lacks a loop is the same along its size: that takes a stride of 0, or a constant that is
/// laid out so.
bool AssignmentSearch::canBeRepeated(unsigned operand) {
  const BoundOperand &bound = part.solution.operands[operand];
  if (bound.kind != BoundOperand::Kind::Read ||
      model.computation.sources[bound.tensor].kind == TensorSource::Kind::Constant)
    return true;
  const isa::OperandDeclaration &declared = pattern.intrinsic.operands[operand];
  for (auto [axis, index] : llvm::enumerate(bound.indices)) {
    std::optional<unsigned> size = plainSize(index);
    if (!size || declared.axes[axis].stride.kind == isa::Stride::Kind::Any)
      continue;
    for (unsigned loop = 0; loop < loopCount; ++loop) {
      LoopAssignment places = current.loops[loop];
      if (operandLoops[operand][loop] || (places.inner != int(*size) && places.block != int(*size)))
        continue;
      const nest::Nest &nest = model.computation.nest;
      whyNot.record(Stage::Loops, int(loopCount + 1),
                    nest.operands[bound.tensor].name + " has no index " + nest.loops[loop].name + "; axis " +
                        declared.axes[axis].name + " of " + declared.name + " of '" + pattern.intrinsic.name +
                        "' has no stride that could be 0");
      return false;
    }
  }
  return true;
}

void AssignmentSearch::complete() {
  for (unsigned size : pattern.reduction.set_bits()) {
    const isa::Size &declared = pattern.intrinsic.sizes[size];
    if (taken[size] || declared.allows(1))
      continue;
    whyNot.record(Stage::Loops, int(loopCount),
                  "size " + declared.name + " of '" + pattern.intrinsic.name + "' is at least " +
                      std::to_string(smallestOf(declared)) + "; no loop runs along it");
    return;
  }
  Assignment candidate = current;
  for (unsigned operand = 0; operand < part.solution.operands.size(); ++operand)
    if (!canBeRepeated(operand))
      return;
  for (auto [operand, bound] : llvm::enumerate(part.solution.operands)) {
    if (bound.kind != BoundOperand::Kind::Read && bound.kind != BoundOperand::Kind::Uniform)
      continue;
    if (!solveWindows(model, pattern, operand, bound, loopCount, candidate, whyNot))
      return;
  }
  for (auto [operand, bound] : llvm::enumerate(part.solution.operands))
    if (bound.kind == BoundOperand::Kind::Read &&
        !solveOutside(description, model, pattern, operand, bound, candidate, whyNot))
      return;
  found.push_back(std::move(candidate));
}

} // namespace tenon::match
