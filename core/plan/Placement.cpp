// The buffer of a tensor's part: its axes, their order and strides, and what an intrinsic's operand needs of
// them.
#include "core/plan/Placement.h"

#include "core/support/Error.h"

#include "fmt/format.h"

#include <numeric>

namespace tenon::plan {

namespace {

int64_t ceilDivide(int64_t value, int64_t by) { return (value + by - 1) / by; }

int64_t largest(const isa::Size &size) {
  return size.choices.empty() ? size.high : *std::max_element(size.choices.begin(), size.choices.end());
}

/// The loop that runs along a size, or whose blocks it counts; -1: none.
int loopOf(const match::Match &match, int size, bool blocks) {
  for (auto [loop, assignment] : llvm::enumerate(match.loops))
    if (size >= 0 && (blocks ? assignment.block : assignment.inner) == size)
      return int(loop);
  return -1;
}

nest::LinearForm only(const nest::LinearForm &form, unsigned loop) {
  nest::LinearForm result;
  result.coefficients.assign(form.coefficients.size(), 0);
  result.coefficients[loop] = 1;
  return result;
}

/// Takes a binding's tensor apart into the axes of a buffer.
class AxisBuilder {
public:
  AxisBuilder(const isa::Intrinsic &intrinsic, const match::Computation &computation,
              const match::Match &match, const match::OperandBinding &binding, const Region &region,
              bool rows)
      : intrinsic(intrinsic), computation(computation), match(match), binding(binding), region(region),
        rows(rows) {
    const auto &axes = intrinsic.operands[binding.operand].axes;
    if (rows && !axes.empty())
      laneLoop = loopOf(match, axes.back().size, false);
  }

  llvm::Error build(Placement &placement) {
    for (auto [dimension, expression] : llvm::enumerate(binding.access.getResults())) {
      auto form = nest::linearForm(expression, computation.nest.loops.size());
      if (!form)
        return failure(ExitCode::TargetCannot,
                       fmt::format("operand {} of {} divides in its index {}, which has no strides",
                                   intrinsic.operands[binding.operand].name, intrinsic.name, dimension));
      placement.constants.push_back(form->constant);
      form->constant = 0;
      addDimension(unsigned(dimension), *form, placement);
    }
    return llvm::Error::success();
  }

private:
  void addDimension(unsigned dimension, const nest::LinearForm &form, Placement &placement) {
    for (const match::WindowAxis &window : binding.windows)
      if (window.dimension == dimension)
        return addWindow(dimension, form, runsAlongRow(window), placement);
    nest::LinearForm rest = form;
    unsigned used = 0;
    for (unsigned loop = 0; loop < form.coefficients.size(); ++loop)
      used += form.uses(loop);
    for (unsigned loop = 0; loop < form.coefficients.size(); ++loop) {
      bool lane = int(loop) == laneLoop;
      bool cut = lane || match.loops[loop].block >= 0;
      if (!form.uses(loop) || (!cut && used > 1))
        continue;
      addAxis(dimension, only(form, loop), form.coefficients[loop], lane,
              cut ? largest(intrinsic.sizes[match.loops[loop].inner]) : 0, placement);
      rest.coefficients[loop] = 0;
    }
    int64_t step = 0;
    for (int64_t coefficient : rest.coefficients)
      step = std::gcd(step, coefficient);
    if (step == 0)
      return;
    for (int64_t &coefficient : rest.coefficients)
      coefficient /= step;
    addAxis(dimension, rest, step, false, 0, placement);
  }

  bool runsAlongRow(const match::WindowAxis &window) const {
    return rows && window.axis + 1 == intrinsic.operands[binding.operand].axes.size();
  }

  /// A window that the intrinsic walks itself holds the tensor's own rows, without what is outside. Along a
  /// row it may go on in the next one: its places are not cut.
  void addWindow(unsigned dimension, const nest::LinearForm &form, bool lane, Placement &placement) {
    addAxis(dimension, form, 1, lane, 0, placement);
    PlacedAxis &axis = placement.axes.back();
    int64_t constant = placement.constants[dimension];
    int64_t size = computation.nest.operands[binding.tensor].shape[dimension];
    int64_t low = std::max<int64_t>(axis.low + constant, 0);
    int64_t high = std::min(axis.low + axis.extent + constant, size);
    axis.low = low - constant;
    axis.extent = std::max<int64_t>(high - low, 1);
  }

  void addAxis(unsigned dimension, nest::LinearForm index, int64_t step, bool lane, int64_t cut,
               Placement &placement) {
    PlacedAxis axis;
    axis.dimension = dimension;
    axis.step = step;
    axis.lane = lane;
    axis.cut = cut;
    int64_t high = 0;
    for (unsigned loop = 0; loop < index.coefficients.size(); ++loop) {
      int64_t first = index.coefficients[loop] * region.start[loop];
      int64_t last = index.coefficients[loop] * (region.start[loop] + region.extent[loop] - 1);
      axis.low += std::min(first, last);
      high += std::max(first, last);
    }
    axis.extent = high - axis.low + 1;
    axis.index = std::move(index);
    placement.axes.push_back(std::move(axis));
  }

  const isa::Intrinsic &intrinsic;
  const match::Computation &computation;
  const match::Match &match;
  const match::OperandBinding &binding;
  const Region &region;
  bool rows;
  int laneLoop = -1;
};

/// Gives the axes their strides: along the operand's axes from the last to the first, so that what the
/// intrinsic reads as dense is dense, and what it does not walk itself outermost.
class StrideBuilder {
public:
  StrideBuilder(const isa::Intrinsic &intrinsic, const match::Match &match,
                const match::OperandBinding &binding, Placement &placement)
      : intrinsic(intrinsic), match(match), binding(binding), placement(placement),
        placeDone(placement.axes.size()), blockDone(placement.axes.size()) {}

  void build(const isa::Memory &memory) {
    const isa::OperandDeclaration &operand = intrinsic.operands[binding.operand];
    bool rows = memory.unit == isa::Memory::Unit::Row;
    running = placement.element.storageBytes();
    int last = int(operand.axes.size()) - 1;
    if (rows) {
      int64_t places =
          last >= 0 && operand.axes[last].size >= 0 ? largest(intrinsic.sizes[operand.axes[last].size]) : 1;
      for (auto [number, axis] : llvm::enumerate(placement.axes))
        if (axis.lane) {
          axis.stride = 1;
          placeDone[number] = true;
          places = axis.cut ? places : axis.extent;
        }
      running = ceilDivide(places * running, int64_t(memory.rowBytes));
      --last;
    }
    for (int axis = last; axis >= 0; --axis)
      alongOperandAxis(unsigned(axis), operand.axes[axis].size);
    for (unsigned axis = 0; axis < placement.axes.size(); ++axis) {
      place(axis);
      block(axis);
    }
    placement.units = running;
  }

private:
  void alongOperandAxis(unsigned number, int size) {
    for (const match::WindowAxis &window : binding.windows)
      if (window.axis == number) {
        for (auto [axis, placed] : llvm::enumerate(placement.axes))
          if (placed.dimension == window.dimension)
            place(unsigned(axis));
        return;
      }
    int inner = loopOf(match, size, false), blocks = loopOf(match, size, true);
    for (auto [axis, placed] : llvm::enumerate(placement.axes)) {
      if (inner >= 0 && placed.index.uses(unsigned(inner)))
        place(unsigned(axis));
      if (blocks >= 0 && placed.cut && placed.index.uses(unsigned(blocks)))
        block(unsigned(axis));
    }
  }

  void place(unsigned number) {
    PlacedAxis &axis = placement.axes[number];
    if (placeDone[number])
      return;
    placeDone[number] = true;
    axis.stride = running;
    running *= axis.cut ? std::min(axis.cut, axis.extent) : axis.extent;
  }

  void block(unsigned number) {
    PlacedAxis &axis = placement.axes[number];
    if (blockDone[number] || axis.cut == 0)
      return;
    blockDone[number] = true;
    axis.blockStride = running;
    running *= axis.blocks();
  }

  const isa::Intrinsic &intrinsic;
  const match::Match &match;
  const match::OperandBinding &binding;
  Placement &placement;
  std::vector<bool> placeDone, blockDone;
  int64_t running = 1;
};

} // namespace

std::optional<int64_t> Placement::offset(llvm::ArrayRef<int64_t> loops) const {
  int64_t distance = 0;
  for (const PlacedAxis &axis : axes) {
    int64_t coordinate = -axis.low;
    for (auto [coefficient, value] : llvm::zip_equal(axis.index.coefficients, loops))
      coordinate += coefficient * value;
    assert(coordinate >= 0 && coordinate < axis.extent && "a use outside its buffer");
    int64_t block = axis.cut ? coordinate / axis.cut : 0;
    int64_t within = coordinate - block * axis.cut;
    if (axis.lane && within != 0)
      return std::nullopt;
    distance += block * axis.blockStride + (axis.lane ? 0 : within * axis.stride);
  }
  return distance;
}

llvm::Expected<Placement> place(const isa::Description &description, const match::Computation &computation,
                                const match::Match &match, const match::OperandBinding &binding,
                                const Region &region, unsigned memoryNumber) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  Placement placement;
  placement.memory = memoryNumber;
  placement.tensor = binding.tensor;
  placement.element = computation.nest.operands[binding.tensor].type;
  const isa::Memory &memory = description.memories[placement.memory];
  bool rows = memory.unit == isa::Memory::Unit::Row;
  if (llvm::Error error = AxisBuilder(intrinsic, computation, match, binding, region, rows).build(placement))
    return error;
  StrideBuilder(intrinsic, match, binding, placement).build(memory);
  return placement;
}

llvm::Expected<std::vector<Piece>> piecesOf(const isa::Intrinsic &intrinsic,
                                            const match::LoopAssignment &assignment, int64_t start,
                                            int64_t extent) {
  std::vector<Piece> pieces;
  int64_t at = start, end = start + extent;
  const isa::Size *inner = assignment.inner >= 0 ? &intrinsic.sizes[assignment.inner] : nullptr;
  const isa::Size *block = assignment.block >= 0 ? &intrinsic.sizes[assignment.block] : nullptr;
  while (at < end) {
    Piece piece;
    piece.start = at;
    if (inner) {
      piece.inner = std::min(end - at, largest(*inner));
      while (piece.inner > 0 && !inner->allows(piece.inner))
        --piece.inner;
      if (piece.inner == 0)
        return failure(ExitCode::TargetCannot,
                       fmt::format("{} places are left of a loop, {} of {} does not allow so few", end - at,
                                   inner->name, intrinsic.name));
      if (block && piece.inner == largest(*inner)) {
        piece.blocks = std::min((end - at) / piece.inner, largest(*block));
        while (piece.blocks > 1 && !block->allows(piece.blocks))
          --piece.blocks;
      }
    }
    at += piece.inner * piece.blocks;
    pieces.push_back(piece);
  }
  return pieces;
}

namespace {

/// The stride that one step of a size makes in the buffer; nothing where it would leave a row's places.
std::optional<int64_t> strideOfLoop(const Placement &placement, unsigned loop, int64_t steps, bool blocks,
                                    bool lastAxis) {
  int64_t stride = 0;
  for (const PlacedAxis &axis : placement.axes) {
    int64_t coefficient = axis.index.coefficients[loop];
    if (coefficient == 0)
      continue;
    // Rows and places along a row are different units: one is never the other.
    if (!blocks && axis.lane != lastAxis)
      return std::nullopt;
    if (axis.cut && blocks)
      stride += axis.blockStride;
    else
      stride += coefficient * steps * axis.stride;
  }
  return stride;
}

llvm::Error wrongStride(const isa::Intrinsic &intrinsic, const isa::OperandDeclaration &operand,
                        const isa::Axis &axis, int64_t found, const std::string &needed) {
  return failure(ExitCode::TargetCannot,
                 {{.message = fmt::format("neighbours along {} of operand {} lie {} apart, {} needs {}",
                                          axis.name, operand.name, found, intrinsic.name, needed),
                   .file = {},
                   .line = {},
                   .column = {},
                   .node = {},
                   .repair = fmt::format("declare 'stride: {{{}: any}}' if the hardware can", axis.name)}});
}

/// Sets the window's values for a piece that begins at `first` in the tensor; gives the place in the buffer's
/// axis where its operand begins: along a row of `rowPlaces` at a row's start.
llvm::Expected<int64_t> bindWindow(const match::WindowAxis &window, const PlacedAxis &axis, int64_t first,
                                   int64_t rowPlaces, const isa::Intrinsic &intrinsic,
                                   llvm::MutableArrayRef<int64_t> values) {
  int64_t base = std::max(first, axis.low);
  if (axis.lane)
    base -= (base - axis.low) % rowPlaces;
  if (window.offsetValue >= 0) {
    int64_t value = (first - base) * window.offsetFactor;
    const isa::ValueDeclaration &declared = intrinsic.values[window.offsetValue];
    if (value < declared.low || value > declared.high)
      return failure(ExitCode::TargetCannot, fmt::format("{} = {} is outside {}..{} of {}", declared.name,
                                                         value, declared.low, declared.high, intrinsic.name));
    values[window.offsetValue] = value;
  } else if (first != base) {
    return failure(ExitCode::TargetCannot,
                   fmt::format("a window begins {} places before its operand, {} has no value for that",
                               base - first, intrinsic.name));
  }
  if (window.extentValue >= 0)
    values[window.extentValue] = axis.low + axis.extent - base;
  return base;
}

} // namespace

llvm::Expected<llvm::SmallVector<std::optional<int64_t>, 4>> axisStrides(const isa::Description &description,
                                                                         const match::Match &match,
                                                                         const match::OperandBinding &binding,
                                                                         const Placement &placement) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  const isa::OperandDeclaration &operand = intrinsic.operands[binding.operand];
  bool rows = description.memories[placement.memory].unit == isa::Memory::Unit::Row;
  llvm::SmallVector<std::optional<int64_t>, 4> strides;
  for (auto [number, axis] : llvm::enumerate(operand.axes)) {
    bool last = rows && number + 1 == operand.axes.size();
    std::optional<int64_t> stride;
    bool walked = false; // by the intrinsic, or by a loop
    for (const match::WindowAxis &window : binding.windows)
      if (window.axis == number)
        for (const PlacedAxis &placed : placement.axes)
          if (placed.dimension == window.dimension) {
            walked = true;
            stride = placed.lane == last ? std::optional(placed.stride) : std::nullopt;
          }
    int inner = loopOf(match, axis.size, false), blocks = loopOf(match, axis.size, true);
    if (!walked && (inner >= 0 || blocks >= 0)) {
      walked = true;
      stride = inner >= 0 ? strideOfLoop(placement, unsigned(inner), 1, false, last)
                          : strideOfLoop(placement, unsigned(blocks),
                                         largest(intrinsic.sizes[match.loops[blocks].inner]), true, last);
    }
    if (walked && !stride)
      return failure(ExitCode::TargetCannot,
                     fmt::format("{} of operand {} of {} {} along a row of {}", axis.name, operand.name,
                                 intrinsic.name, last ? "does not run" : "runs",
                                 description.memories[placement.memory].name));
    strides.push_back(stride);
  }
  return strides;
}

llvm::Expected<isa::OperandUse> operandUse(const isa::Description &description,
                                           const match::Computation &computation, const match::Match &match,
                                           const match::OperandBinding &binding, const Placement &placement,
                                           llvm::ArrayRef<int64_t> loops, llvm::ArrayRef<int64_t> sizes,
                                           llvm::MutableArrayRef<int64_t> values) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  const isa::OperandDeclaration &operand = intrinsic.operands[binding.operand];
  isa::OperandUse use;
  use.memory = placement.memory;
  auto rowBytes = int64_t(description.memories[placement.memory].rowBytes);
  Placement shifted = placement;
  for (const match::WindowAxis &window : binding.windows)
    for (PlacedAxis &axis : shifted.axes) {
      if (axis.dimension != window.dimension)
        continue;
      int64_t first = 0;
      for (auto [coefficient, value] : llvm::zip_equal(axis.index.coefficients, loops))
        first += coefficient * value;
      int64_t rowPlaces = std::max<int64_t>(rowBytes / placement.element.storageBytes(), 1);
      auto base = bindWindow(window, axis, first, rowPlaces, intrinsic, values);
      if (!base)
        return base.takeError();
      use.address += axis.lane ? (*base - axis.low) / rowPlaces : (*base - axis.low) * axis.stride;
      axis.low = first; // counted: the rest of the offset is the other axes'
      axis.extent = 1;
    }
  auto offset = shifted.offset(loops);
  if (!offset)
    return failure(ExitCode::TargetCannot,
                   fmt::format("operand {} of {} would begin within a row of {}", operand.name,
                               intrinsic.name, description.memories[placement.memory].name));
  use.address += placement.address + *offset;

  auto strides = axisStrides(description, match, binding, placement);
  if (!strides)
    return strides.takeError();
  bool rows = description.memories[placement.memory].unit == isa::Memory::Unit::Row;
  auto dense = isa::denseStrides(description, intrinsic, binding.operand, placement.memory, sizes, values);
  for (auto [number, axis] : llvm::enumerate(operand.axes)) {
    bool last = rows && number + 1 == operand.axes.size();
    bool free = axis.stride.kind == isa::Stride::Kind::Any && !last;
    std::optional<int64_t> stride = (*strides)[number];
    if (!stride || (axis.size >= 0 && sizes[axis.size] == 1))
      stride = free ? 0 : dense[number];
    if (free && *stride % axis.stride.multiple != 0)
      return wrongStride(intrinsic, operand, axis, *stride,
                         fmt::format("a multiple of {}", axis.stride.multiple));
    if (!free && *stride != dense[number])
      return wrongStride(intrinsic, operand, axis, *stride, std::to_string(dense[number]));
    use.strides.push_back(*stride);
  }
  return use;
}

} // namespace tenon::plan
