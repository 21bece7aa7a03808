// Between a result's buffer and a reader's.
#include "core/plan/Residence.h"

namespace tenon::plan {

namespace {

/// The one loop of a form that is that loop and nothing else.
std::optional<unsigned> singleLoop(const nest::LinearForm &form) {
  std::optional<unsigned> found;
  for (unsigned loop = 0; loop < form.coefficients.size(); ++loop) {
    if (form.coefficients[loop] == 0)
      continue;
    if (found || form.coefficients[loop] != 1)
      return std::nullopt;
    found = loop;
  }
  return found;
}

/// Axes of neighbouring dimensions, the outermost first, as one axis of the dimension that they are together:
/// each a whole number of the next one, or blocks that fill a row each.
std::optional<PlacedAxis> joined(llvm::ArrayRef<PlacedAxis> axes) {
  PlacedAxis result = axes.back();
  if (axes.size() == 1)
    return result;
  if (result.cut && (!result.lane || result.cut != result.extent))
    return std::nullopt;
  llvm::ArrayRef<PlacedAxis> outer = axes.drop_back();
  if (result.lane) {
    result.cut = result.extent;
    result.blockStride = outer.back().stride;
    result.extent *= outer.back().extent;
    outer = outer.drop_back();
  }
  int64_t rest = result.lane ? result.blockStride * result.blocks() : result.stride * result.extent;
  for (const PlacedAxis &axis : llvm::reverse(axes.take_front(outer.size()))) {
    if (axis.lane || axis.cut || axis.stride != rest)
      return std::nullopt;
    rest *= axis.extent;
    result.extent *= axis.extent;
  }
  const PlacedAxis &next = axes[axes.size() - 2];
  return next.lane || next.cut ? std::nullopt : std::optional(result);
}

/// The resident tensor under another shape of as many elements; nothing where that has a dimension for less
/// than one of its own, or one whose places are no single axis.
std::optional<Resident> reshaped(const Resident &resident, llvm::ArrayRef<int64_t> shape) {
  if (llvm::ArrayRef(resident.shape) == shape)
    return resident;
  Resident result = resident;
  result.shape.assign(shape.begin(), shape.end());
  result.axes.clear();
  size_t from = 0;
  for (auto [dimension, extent] : llvm::enumerate(shape)) {
    size_t to = from;
    for (int64_t places = 1; to < resident.shape.size() && places < extent; ++to)
      places *= resident.shape[to];
    llvm::ArrayRef<PlacedAxis> group = llvm::ArrayRef(resident.axes).slice(from, to - from);
    std::optional<PlacedAxis> axis = group.empty() ? std::nullopt : joined(group);
    if (!axis || axis->extent != extent)
      return std::nullopt;
    axis->dimension = unsigned(dimension);
    result.axes.push_back(std::move(*axis));
    from = to;
  }
  return from == resident.shape.size() ? std::optional(std::move(result)) : std::nullopt;
}

} // namespace

std::optional<Resident> residentOf(const Placement &placement, llvm::ArrayRef<int64_t> shape) {
  Resident resident{placement.memory,
                    placement.address,
                    placement.units,
                    placement.element,
                    llvm::SmallVector<int64_t>(shape),
                    std::vector<PlacedAxis>(shape.size())};
  std::vector<bool> filled(shape.size(), false);
  for (const PlacedAxis &axis : placement.axes) {
    if (filled[axis.dimension] || axis.step != 1 || axis.low != 0 || axis.extent != shape[axis.dimension] ||
        placement.constants[axis.dimension] != 0 || !singleLoop(axis.index))
      return std::nullopt;
    filled[axis.dimension] = true;
    resident.axes[axis.dimension] = axis;
  }
  return llvm::is_contained(filled, false) ? std::nullopt : std::optional(std::move(resident));
}

std::optional<Placement> readInPlace(const isa::Description &description,
                                     const match::Computation &computation, const match::Match &match,
                                     const match::OperandBinding &binding, const Route &route,
                                     const Resident &tensor) {
  const nest::Operand &operand = computation.nest.operands[binding.tensor];
  std::optional<Resident> viewed = reshaped(tensor, operand.shape);
  if (!viewed || tensor.memory != route.residence || tensor.element != operand.type)
    return std::nullopt;
  const Resident &resident = *viewed;
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  const auto &declared = intrinsic.operands[binding.operand].axes;
  bool rows = description.memories[resident.memory].unit == isa::Memory::Unit::Row;
  Placement placement;
  placement.memory = resident.memory;
  placement.tensor = binding.tensor;
  placement.element = resident.element;
  placement.address = resident.address;
  placement.units = resident.units;
  for (auto [dimension, expression] : llvm::enumerate(binding.access.getResults())) {
    auto form = nest::linearForm(expression, computation.nest.loops.size());
    auto range = nest::indexRange(expression, computation.nest.loops);
    if (!form || !range)
      return std::nullopt;
    const auto *window = llvm::find_if(
        binding.windows, [&, &number = dimension](const auto &axis) { return axis.dimension == number; });
    bool isWindow = window != binding.windows.end();
    if (!isWindow && (range->low < 0 || range->high >= resident.shape[dimension]))
      return std::nullopt;
    PlacedAxis axis = resident.axes[dimension];
    placement.constants.push_back(form->constant);
    axis.low = -form->constant;
    form->constant = 0;
    axis.index = *form;
    if (isWindow && rows && window->axis + 1 == declared.size() && !axis.lane)
      return std::nullopt;
    if (axis.cut) {
      auto loop = singleLoop(*form);
      if (isWindow || !loop || axis.low != 0)
        return std::nullopt;
      const match::LoopAssignment &assignment = match.loops[*loop];
      if (assignment.inner < 0 || intrinsic.sizes[assignment.inner].high != axis.cut)
        return std::nullopt;
      if (axis.lane && (declared.empty() || declared.back().size != assignment.inner))
        return std::nullopt;
    }
    placement.axes.push_back(std::move(axis));
  }
  return placement;
}

} // namespace tenon::plan
