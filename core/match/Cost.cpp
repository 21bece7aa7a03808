// The largest piece that an intrinsic takes, and the declared timing of all pieces.
#include "core/match/Cost.h"

#include "core/isa/Instruction.h"
#include "core/match/Assignments.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

namespace {

/// The numbers that a clause may name; nothing for any other name.
std::optional<int64_t> number(const isa::Description &description, const isa::Intrinsic &intrinsic,
                              ArrayRef<int64_t> sizes, ArrayRef<int64_t> values, llvm::StringRef name) {
  for (auto [i, size] : llvm::enumerate(intrinsic.sizes))
    if (size.name == name)
      return sizes[i];
  for (auto [i, value] : llvm::enumerate(intrinsic.values))
    if (value.name == name)
      return values[i];
  if (auto found = intrinsic.memberCode.find(name.str()); found != intrinsic.memberCode.end())
    return found->second;
  return description.parameter(name);
}

/// The first clause that refuses the sizes; null if none does.
const isa::Clause *refusal(const isa::Description &description, const isa::Intrinsic &intrinsic,
                           ArrayRef<int64_t> sizes, ArrayRef<int64_t> values) {
  auto lookup = [&](llvm::StringRef name) { return number(description, intrinsic, sizes, values, name); };
  for (const isa::Clause &clause : intrinsic.where) {
    std::vector<std::string> names;
    clause.condition.collectNames(names);
    if (!llvm::all_of(names, [&](const std::string &name) { return lookup(name).has_value(); }))
      continue; // addresses and strides: whoever places the operands sees to it
    llvm::Expected<int64_t> holds = isa::evaluate(clause.condition, lookup);
    if (!holds) {
      llvm::consumeError(holds.takeError()); // a clause without a value does not hold
      return &clause;
    }
    if (!*holds)
      return &clause;
  }
  return nullptr;
}

/// The largest values: what the loops need, or the smallest where none runs.
SmallVector<int64_t> largestValues(const Computation &computation, const Pattern &pattern,
                                   const Match &match) {
  SmallVector<int64_t> result;
  for (const isa::Size &size : pattern.intrinsic.sizes)
    result.push_back(smallestOf(size));
  auto upTo = [&](int size, int64_t extent) {
    const isa::Size &declared = pattern.intrinsic.sizes[size];
    result[size] = largestUpTo(declared, extent).value_or(smallestOf(declared));
  };
  for (auto [loop, places] : llvm::enumerate(match.loops)) {
    int64_t extent = computation.nest.loops[loop].extent;
    if (places.inner >= 0)
      upTo(places.inner, extent);
    if (places.block >= 0)
      upTo(places.block, extent / result[places.inner]);
  }
  return result;
}

} // namespace

std::optional<SmallVector<int64_t>> largestPiece(const isa::Description &description,
                                                 const Computation &computation, const Pattern &pattern,
                                                 const Match &match, WhyNot &whyNot) {
  const isa::Intrinsic &intrinsic = pattern.intrinsic;
  SmallVector<int64_t> sizes = largestValues(computation, pattern, match);
  const isa::Clause *first = refusal(description, intrinsic, sizes, match.values);
  if (!first)
    return sizes;
  // A loop that must be inside one use keeps its size; of the others the largest becomes smaller, until the
  // clauses hold.
  SmallVector<unsigned> free;
  for (auto [loop, places] : llvm::enumerate(match.loops))
    if (places.inner >= 0 && (match.part == Match::Part::Core || loop < computation.parallelLoops()))
      for (int size : {places.inner, places.block})
        if (size >= 0)
          free.push_back(size);
  while (true) {
    unsigned *widest = llvm::max_element(free, [&](unsigned a, unsigned b) { return sizes[a] < sizes[b]; });
    std::optional<int64_t> smaller;
    if (widest != free.end())
      smaller = largestUpTo(intrinsic.sizes[*widest], sizes[*widest] / 2);
    if (!smaller)
      break;
    sizes[*widest] = *smaller;
    if (!refusal(description, intrinsic, sizes, match.values))
      return sizes;
  }
  whyNot.record(Stage::Clauses, 0, "'" + intrinsic.name + "' demands " + first->text);
  return std::nullopt;
}

llvm::Error addCost(const isa::Description &description, const Computation &computation,
                    const Pattern &pattern, ArrayRef<int64_t> sizes, Match &match) {
  double uses = 1;
  match.useful = 1;
  llvm::SmallBitVector along(sizes.size());
  for (unsigned loop = 0; loop < loopsOf(computation, match.part); ++loop) {
    int64_t extent = computation.nest.loops[loop].extent;
    LoopAssignment places = match.loops[loop];
    int64_t pieces = extent;
    double covered = double(extent);
    if (places.inner >= 0) {
      along.set(places.inner);
      pieces = llvm::divideCeil(extent, sizes[places.inner]);
      // Only a piece below the smallest size is filled up.
      covered = double(std::max(extent, smallestOf(pattern.intrinsic.sizes[places.inner])));
      if (int64_t rest = extent % sizes[places.inner]; rest && extent > sizes[places.inner]) {
        const isa::Size &size = pattern.intrinsic.sizes[places.inner];
        covered = double(extent - rest + std::max(rest, smallestOf(size)));
      }
    }
    if (places.block >= 0) {
      along.set(places.block);
      pieces = llvm::divideCeil(pieces, sizes[places.block]);
    }
    uses *= double(pieces);
    match.useful *= double(extent) / covered;
  }
  for (unsigned size = 0; size < sizes.size(); ++size)
    if (!along[size] && !pattern.unused[size])
      match.useful /= double(sizes[size]);
  isa::Instruction instruction;
  instruction.intrinsic = match.intrinsic;
  instruction.queue = unsigned(std::max(pattern.intrinsic.queue, 0));
  instruction.sizes.assign(sizes.begin(), sizes.end());
  instruction.values.assign(match.values.begin(), match.values.end());
  for (auto [number, operand] : llvm::enumerate(pattern.intrinsic.operands)) {
    isa::OperandUse use;
    use.memory = operand.memories[0];
    use.strides = isa::denseStrides(description, pattern.intrinsic, number, use.memory, instruction.sizes,
                                    instruction.values);
    instruction.operands.push_back(std::move(use));
  }
  llvm::Expected<isa::Cost> cost = isa::cost(description, instruction);
  if (!cost)
    return cost.takeError();
  match.uses = uses;
  match.cycles = cost->bound() * uses;
  return llvm::Error::success();
}

} // namespace tenon::match
