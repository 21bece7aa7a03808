// Axes whose index is a window, y*sy + dy*dil - pad: compared with the index of a tensor's dimension term by
// term, which solves the values; and what is read outside the tensor.
#include "core/match/Assignments.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

namespace {

/// The window axes of one operand against one tensor.
class WindowSolver {
public:
  WindowSolver(const ComputationTerms &model, const Pattern &pattern, unsigned operand,
               const BoundOperand &bound, unsigned loopCount, Assignment &assignment, WhyNot &whyNot)
      : model(model), pattern(pattern), operand(operand), bound(bound),
        declaration(pattern.intrinsic.operands[operand]), loopCount(loopCount), assignment(assignment),
        whyNot(whyNot) {}

  bool solve() {
    SmallVector<unsigned> axes;
    for (auto [axis, index] : llvm::enumerate(bound.indices))
      if (!plainSize(index))
        axes.push_back(axis);
    if (axes.empty())
      return true;
    if (bound.kind == BoundOperand::Kind::Read)
      for (AffineExpr index : bound.access.getResults())
        forms.push_back(nest::linearForm(index, model.computation.nest.loops.size()));
    dimensionOf.assign(bound.indices.size(), -1);
    for (unsigned axis : axes)
      if (!findDimension(axis))
        return false;
    pairTheRest(axes);
    return llvm::all_of(axes, [&](unsigned axis) { return solveAxis(axis); });
  }

private:
  bool fail(const llvm::Twine &reason, const llvm::Twine &repair = "") {
    whyNot.record(Stage::Windows, int(operand), reason, repair);
    return false;
  }
  std::string axisName(unsigned axis) const {
    return "axis " + declaration.axes[axis].name + " of " + declaration.name + " of '" +
           pattern.intrinsic.name + "'";
  }
  bool isAssigned(unsigned loop) const { return loop < loopCount && assignment.loops[loop].inner >= 0; }
  static bool uses(const isa::SymbolicIndex &index, int size) {
    return llvm::any_of(index, [&](const isa::IndexTerm &term) { return size >= 0 && term.size == size; });
  }

  /// The dimension that the loops on the axis' sizes index, and no other assigned loop does.
  bool findDimension(unsigned axis) {
    const isa::SymbolicIndex &index = bound.indices[axis];
    for (unsigned dimension = 0; dimension < forms.size(); ++dimension) {
      AffineExpr expression = bound.access.getResult(dimension);
      bool inside = false, foreign = false;
      for (unsigned loop = 0; loop < model.computation.nest.loops.size(); ++loop) {
        if (!expression.isFunctionOfDim(loop) || !isAssigned(loop))
          continue;
        LoopAssignment places = assignment.loops[loop];
        bool mine = uses(index, places.inner) || uses(index, places.block);
        inside |= mine;
        foreign |= !mine || !uses(index, places.inner) || (places.block >= 0 && !uses(index, places.block));
      }
      if (!inside)
        continue;
      if (foreign || dimensionOf[axis] >= 0 || llvm::is_contained(dimensionOf, int(dimension)))
        return fail("the loops that index " + axisName(axis) +
                    " do not index one dimension of the model's tensor alone");
      if (!forms[dimension])
        return fail("the model divides in an index where " + axisName(axis) + " is linear");
      dimensionOf[axis] = int(dimension);
    }
    return true;
  }

  /// Axes along which nothing runs stand for the dimensions that only loops outside index, in order, if there
  /// are as many.
  void pairTheRest(ArrayRef<unsigned> axes) {
    SmallVector<unsigned> free, open;
    for (unsigned axis : axes)
      if (dimensionOf[axis] < 0)
        free.push_back(axis);
    for (unsigned dimension = 0; dimension < forms.size(); ++dimension) {
      bool touched = llvm::is_contained(dimensionOf, int(dimension)) || !forms[dimension];
      for (unsigned loop = 0; loop < loopCount; ++loop)
        touched |= isAssigned(loop) && bound.access.getResult(dimension).isFunctionOfDim(loop);
      if (!touched)
        open.push_back(dimension);
    }
    if (free.size() == open.size())
      for (auto [axis, dimension] : llvm::zip_equal(free, open))
        dimensionOf[axis] = int(dimension);
  }

  bool solveAxis(unsigned axis) {
    const isa::SymbolicIndex &index = bound.indices[axis];
    int dimension = dimensionOf[axis];
    for (unsigned loop = 0; loop < loopCount; ++loop) {
      LoopAssignment places = assignment.loops[loop];
      int64_t factor = dimension < 0 ? 0 : forms[dimension]->coefficients[loop];
      if (uses(index, places.inner) && !solveFactor(axis, places.inner, factor, loop))
        return false;
      if (uses(index, places.block)) {
        int64_t places1 = largestOf(pattern.intrinsic.sizes[places.inner]);
        int64_t blockFactor = 0;
        if (llvm::MulOverflow(factor, places1, blockFactor) ||
            !solveFactor(axis, places.block, blockFactor, loop))
          return fail("the index of " + axisName(axis) + " does not step from block to block");
      }
    }
    WindowAxis found;
    found.axis = axis;
    found.dimension = unsigned(std::max(dimension, 0));
    if (!solveOffset(axis, found) || !solveExtent(axis, found))
      return false;
    if (dimension >= 0)
      assignment.windows[operand].push_back(found);
    return true;
  }

  bool setValue(unsigned axis, unsigned value, int64_t number, bool wholeTensor) {
    const isa::ValueDeclaration &declared = pattern.intrinsic.values[value];
    std::optional<int64_t> &known = assignment.values[value];
    if (known && *known != number)
      return fail("value " + declared.name + " of '" + pattern.intrinsic.name + "' would be " +
                  std::to_string(*known) + " and " + std::to_string(number));
    // What belongs to a place in the whole tensor is set anew for each piece.
    if (!wholeTensor && (number < declared.low || number > declared.high))
      return fail(declared.name + " = " + std::to_string(number) + " is outside " +
                  std::to_string(declared.low) + ".." + std::to_string(declared.high) + " of '" +
                  pattern.intrinsic.name + "'");
    known = number;
    return true;
  }

  /// The axis' index steps by `factor` along the size.
  bool solveFactor(unsigned axis, int size, int64_t factor, unsigned loop) {
    int64_t rest = factor;
    const isa::IndexTerm *open = nullptr;
    for (const isa::IndexTerm &term : bound.indices[axis]) {
      if (term.size != size)
        continue;
      if (term.value >= 0 && !assignment.values[term.value]) {
        if (open)
          return fail("the index of " + axisName(axis) + " has two unknown factors");
        open = &term;
        continue;
      }
      rest -= term.factor * (term.value >= 0 ? *assignment.values[term.value] : 1);
    }
    std::string step =
        "the model steps by " + std::to_string(factor) + " along " + model.computation.nest.loops[loop].name;
    if (!open)
      return rest == 0 || fail(step + ", " + axisName(axis) + " by another number",
                               "a value as the factor of " + pattern.intrinsic.sizes[size].name);
    if (rest % open->factor != 0)
      return fail(step + ", " + axisName(axis) + " by multiples of " + std::to_string(open->factor));
    return setValue(axis, open->value, rest / open->factor, /*wholeTensor=*/false);
  }

  /// The constant term, by the one value that is not multiplied with a size.
  bool solveOffset(unsigned axis, WindowAxis &found) {
    int64_t rest = dimensionOf[axis] < 0 ? 0 : forms[dimensionOf[axis]]->constant;
    for (const isa::IndexTerm &term : bound.indices[axis]) {
      if (term.size >= 0)
        continue;
      if (term.value < 0) {
        rest -= term.factor;
        continue;
      }
      if (found.offsetValue >= 0)
        return fail("the index of " + axisName(axis) + " has two values as its offset");
      found.offsetValue = term.value;
      found.offsetFactor = term.factor;
    }
    if (found.offsetValue < 0)
      return true; // the address of a piece does it
    if (rest % found.offsetFactor != 0)
      return fail("the offset " + std::to_string(rest) + " is no multiple of " +
                  std::to_string(found.offsetFactor) + ", as " + axisName(axis) + " has it");
    return setValue(axis, found.offsetValue, rest / found.offsetFactor, /*wholeTensor=*/true);
  }

  bool solveExtent(unsigned axis, WindowAxis &found) {
    const isa::Axis &declared = declaration.axes[axis];
    if (declared.size >= 0 && pattern.unused[declared.size])
      return fail("the extent of " + axisName(axis) + " is a size that is no index: not yet supported",
                  "declare " + declared.name + " as a value");
    if (!declared.extent || declared.extent->kind != isa::Expression::Kind::Name)
      return true;
    for (auto [number, value] : llvm::enumerate(pattern.intrinsic.values)) {
      if (value.name != declared.extent->text)
        continue;
      found.extentValue = int(number);
      int64_t extent = dimensionOf[axis] < 0 || bound.kind != BoundOperand::Kind::Read
                           ? 1
                           : model.computation.nest.operands[bound.tensor].shape[dimensionOf[axis]];
      return setValue(axis, number, extent, /*wholeTensor=*/true);
    }
    return true;
  }

  const ComputationTerms &model;
  const Pattern &pattern;
  unsigned operand;
  const BoundOperand &bound;
  const isa::OperandDeclaration &declaration;
  unsigned loopCount;
  Assignment &assignment;
  WhyNot &whyNot;
  SmallVector<std::optional<nest::LinearForm>> forms;
  SmallVector<int> dimensionOf; ///< for each axis; -1: none
};

} // namespace

bool solveWindows(const ComputationTerms &model, const Pattern &pattern, unsigned operand,
                  const BoundOperand &bound, unsigned loopCount, Assignment &assignment, WhyNot &whyNot) {
  return WindowSolver(model, pattern, operand, bound, loopCount, assignment, whyNot).solve();
}

bool solveOutside(const isa::Description &description, const ComputationTerms &model, const Pattern &pattern,
                  unsigned operand, const BoundOperand &bound, Assignment &assignment, WhyNot &whyNot) {
  const nest::Nest &nest = model.computation.nest;
  const nest::Operand &tensor = nest.operands[bound.tensor];
  bool leavesWindow = false;
  for (auto [dimension, index] : llvm::enumerate(bound.access.getResults())) {
    std::optional<nest::Interval> range = nest::indexRange(index, nest.loops);
    if (range && range->low >= 0 && range->high < tensor.shape[dimension])
      continue;
    if (!bound.outside && range)
      continue; // a quasi-affine index: the interval is not exact, and the nest says that it stays inside
    assignment.leaves[operand] = true;
    leavesWindow |= llvm::any_of(assignment.windows[operand],
                                 [&](const WindowAxis &axis) { return axis.dimension == dimension; });
  }
  const isa::OperandDeclaration &declaration = pattern.intrinsic.operands[operand];
  if (!leavesWindow || declaration.outside.kind != isa::Outside::Kind::Value)
    return true; // whoever places the tensor pads it
  const isa::Expression &outside = declaration.outside.value;
  int64_t needed = bound.outside ? bound.outside->integer : 0;
  std::optional<int64_t> given;
  for (auto [number, value] : llvm::enumerate(pattern.intrinsic.values)) {
    if (outside.kind != isa::Expression::Kind::Name || outside.text != value.name)
      continue;
    std::optional<int64_t> &known = assignment.values[number];
    if (!known && needed >= value.low && needed <= value.high)
      known = needed;
    given = known;
  }
  if (outside.kind != isa::Expression::Kind::Name || !given) {
    llvm::Expected<int64_t> evaluated =
        isa::evaluate(outside, [&](llvm::StringRef name) -> std::optional<int64_t> {
          for (auto [number, value] : llvm::enumerate(pattern.intrinsic.values))
            if (value.name == name)
              return assignment.values[number];
          return description.parameter(name);
        });
    if (evaluated)
      given = *evaluated;
    else
      llvm::consumeError(evaluated.takeError()); // reported below, as a value that is not known
  }
  if (tensor.type.isInteger() && given == needed)
    return true;
  whyNot.record(Stage::Outside, int(operand),
                "outside its tensor the model reads " + std::to_string(needed) + ", operand " +
                    declaration.name + " of '" + pattern.intrinsic.name + "' gives " +
                    (given ? std::to_string(*given) : "another value"),
                "pad the tensor with " + std::to_string(needed));
  return false;
}

} // namespace tenon::match
