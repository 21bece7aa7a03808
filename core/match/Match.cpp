// Comparing a computation with every intrinsic: parts, expressions, loops, and what each mapping costs.
#include "core/match/Match.h"

#include "core/match/Assignments.h"
#include "core/match/Cost.h"
#include "core/match/Renaming.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

namespace {

llvm::StringRef sign(nest::Update update) {
  static constexpr llvm::StringLiteral signs[] = {"=", "+=", "max=", "min="};
  return signs[unsigned(update)];
}

/// One intrinsic against the computation.
class Comparison {
public:
  Comparison(const isa::Description &description, const ComputationTerms &model, unsigned number,
             Matches &matches)
      : description(description), model(model), number(number), intrinsic(description.intrinsics[number]),
        matches(matches) {}

  void run() {
    std::string reason;
    std::optional<Pattern> found = patternOf(intrinsic, contextOf(model.computation), reason);
    before = matches.legal.size();
    if (found) {
      pattern = &*found;
      comparePart(Match::Part::Whole);
      comparePart(Match::Part::Core);
      comparePart(Match::Part::Final);
    } else {
      whyNot.record(Stage::Form, 0, reason);
    }
    if (matches.legal.size() == before || gaveUp)
      matches.rejected.push_back({number, whyNot.reason, whyNot.repair});
  }

private:
  void comparePart(Match::Part part) {
    std::vector<Solution> solutions = solutionsOf(part);
    for (Solution &solution : solutions) {
      PartSolution solved{part, std::move(solution)};
      AssignmentSearch search(description, model, *pattern, solved, whyNot);
      std::vector<Assignment> assignments = search.run();
      if (assignments.size() >= search.limit) {
        gaveUp = true;
        whyNot.record(Stage::Clauses, 1,
                      "'" + intrinsic.name + "' has more than " + std::to_string(search.limit) +
                          " assignments of loops to sizes; only so many were looked at");
      }
      for (const Assignment &assignment : assignments)
        addMatch(solved, assignment);
    }
  }

  bool partsFit(Match::Part part) {
    bool hasCore = model.core.has_value(), hasFinal = model.computation.final >= 0;
    std::string name = "'" + intrinsic.name + "'";
    switch (part) {
    case Match::Part::Whole:
      if (hasCore != pattern->core.has_value()) {
        if (hasCore)
          whyNot.record(Stage::Parts, 0, "the model has a reduction, " + name + " has none");
        else
          whyNot.record(Stage::Parts, 0, "the model has no reduction, " + name + " has one");
        return false;
      }
      if (hasCore && hasFinal && !pattern->final) {
        whyNot.record(Stage::Parts, 1, name + " has nothing for what follows the reduction");
        return false;
      }
      // Adding to what is there is no whole reduction by itself: that is the core.
      return pattern->final || !pattern->accumulates();
    case Match::Part::Core:
      return hasCore && pattern->core && !pattern->final;
    case Match::Part::Final:
      return hasCore && hasFinal && !pattern->core && pattern->final;
    }
    llvm_unreachable("a part that is not listed");
  }

  std::vector<Solution> solutionsOf(Match::Part part) {
    if (!partsFit(part))
      return {};
    Unifier unifier(model, *pattern, whyNot);
    std::vector<Solution> solutions = {unifier.start()};
    auto narrow = [&](Stage stage, Term p, Term q, bool sumIsTensor) {
      std::vector<Solution> next;
      for (const Solution &solution : solutions)
        for (Solution &more : unifier.unify(stage, p, q, solution, sumIsTensor))
          next.push_back(std::move(more));
      solutions = std::move(next);
    };
    if (part != Match::Part::Final && pattern->core) {
      nest::Update update = model.computation.nest.statements[model.computation.core].update;
      if (update != pattern->update) {
        whyNot.record(Stage::Update, 0,
                      "the update is " + sign(update) + ", '" + intrinsic.name + "' does " +
                          sign(pattern->update));
        return {};
      }
      narrow(Stage::Core, *pattern->core, *model.core, false);
      if (pattern->init)
        narrow(Stage::Init, *pattern->init, *model.init, false);
    }
    if (part != Match::Part::Core && pattern->final)
      narrow(Stage::Final, *pattern->final, *model.final, part == Match::Part::Final);
    return solutions;
  }

  void addMatch(const PartSolution &solved, const Assignment &assignment) {
    Match match;
    match.intrinsic = number;
    match.part = solved.part;
    match.accumulates = solved.part != Match::Part::Final && pattern->accumulates();
    match.loops = assignment.loops;
    for (auto [value, declared] : llvm::zip_equal(assignment.values, intrinsic.values))
      match.values.push_back(value ? *value : declared.low <= 0 && declared.high >= 0 ? 0 : declared.low);
    std::optional<SmallVector<int64_t>> sizes =
        largestPiece(description, model.computation, *pattern, match, whyNot);
    if (!sizes || !bindOperands(solved, assignment, match))
      return;
    if (llvm::Error error = addCost(description, model.computation, *pattern, *sizes, match)) {
      whyNot.record(Stage::Clauses, 2,
                    "the timing of '" + intrinsic.name +
                        "' has no value: " + llvm::toString(std::move(error)));
      return;
    }
    // Commuted arguments may give the same mapping again.
    ArrayRef<Match> own = ArrayRef(matches.legal).drop_front(before);
    if (!llvm::any_of(own, [&](const Match &other) { return isSame(match, other); }))
      matches.legal.push_back(std::move(match));
  }

  static bool isSame(const Match &left, const Match &right) {
    return left.intrinsic == right.intrinsic && left.part == right.part && left.loops == right.loops &&
           left.values == right.values &&
           llvm::equal(left.operands, right.operands, [](const OperandBinding &l, const OperandBinding &r) {
             return l.tensor == r.tensor && l.access == r.access;
           });
  }

  bool bindOperands(const PartSolution &solved, const Assignment &assignment, Match &match) {
    const nest::Nest &nest = model.computation.nest;
    for (unsigned operand = 0; operand < intrinsic.operands.size(); ++operand) {
      OperandBinding binding;
      binding.operand = operand;
      binding.windows = assignment.windows[operand];
      const BoundOperand &bound = solved.solution.operands[operand];
      bool isSum = int(operand) == pattern->sum;
      if (isSum || int(operand) == pattern->result) {
        if (bound.kind != BoundOperand::Kind::Free) {
          whyNot.record(Stage::Loops, 0,
                        "'" + intrinsic.name + "' reads operand " + intrinsic.operands[operand].name +
                            " before it writes it: not yet supported");
          return false;
        }
        const nest::Statement &written =
            isSum ? nest.statements[model.computation.core] : nest.statements.back();
        binding.tensor = written.destination.operand;
        binding.access = written.destination.indices;
      } else if (!bindRead(bound, assignment, match, binding)) {
        return false;
      }
      match.operands.push_back(std::move(binding));
    }
    return true;
  }

  bool bindRead(const BoundOperand &bound, const Assignment &assignment, const Match &match,
                OperandBinding &binding) {
    const isa::OperandDeclaration &declared = intrinsic.operands[binding.operand];
    unsigned loops = model.computation.nest.loops.size();
    MLIRContext *context = contextOf(model.computation);
    binding.tensor = bound.tensor;
    binding.access = bound.access;
    switch (bound.kind) {
    case BoundOperand::Kind::Free:
      whyNot.record(Stage::Loops, 0,
                    "operand " + declared.name + " of '" + intrinsic.name + "' is never used");
      return false;
    case BoundOperand::Kind::Table:
      binding.access = AffineMap::get(loops, 0, getAffineConstantExpr(0, context), context);
      return true;
    case BoundOperand::Kind::Read:
      if (assignment.leaves[binding.operand])
        binding.outside = bound.outside;
      if (bound.narrow) {
        const ConstantTensor &wide = *model.computation.sources[bound.tensor].constant;
        std::optional<ConstantTensor> narrow = narrowed(wide, *bound.narrow, bound.narrowSigned);
        binding.tensor = addConstant(matches.computation, declared.name, std::move(*narrow));
      }
      return true;
    case BoundOperand::Kind::Uniform:
      // Equal elements along a row and where the operand must be dense; a free stride repeats them.
      SmallVector<int64_t> shape;
      SmallVector<AffineExpr> indices;
      for (auto [axis, place] : llvm::enumerate(bound.indices)) {
        bool repeats =
            axis + 1 < bound.indices.size() && declared.axes[axis].stride.kind == isa::Stride::Kind::Any;
        std::optional<unsigned> size = plainSize(place);
        if (repeats || !size)
          continue;
        for (auto [loop, places] : llvm::enumerate(match.loops)) {
          // A loop that runs along one axis in blocks of another has one index, not two.
          AffineExpr index = getAffineDimExpr(unsigned(loop), context);
          bool runsHere = places.inner == int(*size) || places.block == int(*size);
          if (!runsHere || llvm::is_contained(indices, index))
            continue;
          shape.push_back(model.computation.nest.loops[loop].extent);
          indices.push_back(index);
        }
      }
      binding.access = AffineMap::get(loops, 0, indices, context);
      binding.tensor = addConstant(matches.computation, declared.name,
                                   uniformTensor(declared.type.scalar, shape, bound.element));
      return true;
    }
    llvm_unreachable("a kind of operand that is not listed");
  }

  const isa::Description &description;
  const ComputationTerms &model;
  unsigned number;
  const isa::Intrinsic &intrinsic;
  Matches &matches;
  const Pattern *pattern = nullptr;
  WhyNot whyNot;
  bool gaveUp = false;
  size_t before = 0; ///< mappings of other intrinsics
};

} // namespace

Matches match(const isa::Description &description, const Computation &computation,
              std::optional<ArrayRef<unsigned>> among) {
  Matches result;
  result.computation = computation;
  ComputationTerms model(computation);
  for (unsigned number = 0; number < description.intrinsics.size(); ++number)
    if (!among || llvm::is_contained(*among, number))
      Comparison(description, model, number, result).run();
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(0, result.legal.size()));
  llvm::sort(order, [&](unsigned left, unsigned right) {
    return std::pair(result.legal[left].cycles, left) < std::pair(result.legal[right].cycles, right);
  });
  std::vector<Match> sorted;
  for (unsigned position : order)
    sorted.push_back(std::move(result.legal[position]));
  result.legal = std::move(sorted);
  return result;
}

} // namespace tenon::match
