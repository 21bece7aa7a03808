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
                                     const Resident &resident) {
  const nest::Operand &operand = computation.nest.operands[binding.tensor];
  if (resident.memory != route.residence || resident.element != operand.type ||
      resident.shape != operand.shape)
    return std::nullopt;
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
