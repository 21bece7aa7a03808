// Between a tensor's home and a buffer: what to copy, and a constant in the buffer's layout.
#include "core/plan/Emission.h"

#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

/// A part of an axis whose copy is loops of fixed extents: the whole blocks, or the last, smaller one.
struct AxisPart {
  int64_t first = 0;           ///< coordinate
  std::vector<CopyLoop> loops; ///< fromStride: the tensor's, toStride: the buffer's
};

/// `step`: bytes from one coordinate to the next in the tensor.
std::vector<AxisPart> partsOf(const PlacedAxis &axis, int64_t step) {
  if (axis.cut == 0)
    return {{0, {{axis.extent, step, axis.stride, false, axis.lane}}}};
  std::vector<AxisPart> parts;
  int64_t full = axis.extent / axis.cut, rest = axis.extent % axis.cut;
  if (full > 0)
    parts.push_back(
        {0, {{full, step * axis.cut, axis.blockStride}, {axis.cut, step, axis.stride, false, axis.lane}}});
  if (rest > 0)
    parts.push_back({full * axis.cut, {{rest, step, axis.stride, false, axis.lane}}});
  return parts;
}

} // namespace

std::vector<Copy> copiesInto(const Placement &placement, int64_t address, llvm::ArrayRef<int64_t> strides,
                             unsigned global) {
  std::vector<Copy> copies{{global, placement.memory, placement.element, address, placement.address, {}}};
  for (auto [axis, stride] : llvm::zip_equal(placement.axes, strides)) {
    std::vector<Copy> longer;
    for (const Copy &copy : copies)
      for (const AxisPart &part : partsOf(axis, stride)) {
        Copy next = copy;
        next.fromAddress += part.first * stride;
        next.toAddress += axis.cut ? part.first / axis.cut * axis.blockStride : 0;
        next.loops.insert(next.loops.end(), part.loops.begin(), part.loops.end());
        longer.push_back(std::move(next));
      }
    copies = std::move(longer);
  }
  return copies;
}

std::vector<Copy> copiesOf(const Placement &placement, const Home &home, unsigned global, bool store) {
  int64_t address = home.address;
  for (auto [dimension, constant] : llvm::enumerate(placement.constants))
    address += constant * home.strides[dimension];
  llvm::SmallVector<int64_t> strides;
  for (const PlacedAxis &axis : placement.axes) {
    strides.push_back(axis.step * home.strides[axis.dimension]);
    address += axis.low * strides.back();
  }
  std::vector<Copy> copies = copiesInto(placement, address, strides, global);
  if (store)
    for (Copy &copy : copies) {
      std::swap(copy.from, copy.to);
      std::swap(copy.fromAddress, copy.toAddress);
      for (CopyLoop &loop : copy.loops) {
        std::swap(loop.fromStride, loop.toStride);
        std::swap(loop.fromLane, loop.toLane);
      }
    }
  return copies;
}

llvm::Expected<std::vector<Copy>> copiesOfStart(const Placement &sum, const match::ConstantTensor &constant,
                                                mlir::AffineMap indices, unsigned loopCount, int64_t address,
                                                unsigned global) {
  // An axis of the sum is one loop; what a step along it is in the constant follows from that loop.
  llvm::SmallVector<int64_t> strides(sum.axes.size(), 0);
  int64_t stride = constant.type.storageBytes();
  for (int dimension = int(constant.shape.size()) - 1; dimension >= 0; --dimension) {
    auto form = nest::linearForm(indices.getResult(unsigned(dimension)), loopCount);
    if (!form)
      return failure(ExitCode::TargetCannot, "the sum's start is read with an index that divides");
    address += form->constant * stride;
    for (auto [axis, step] : llvm::zip_equal(sum.axes, strides))
      for (unsigned loop = 0; loop < loopCount; ++loop)
        if (axis.index.uses(loop))
          step += form->coefficients[loop] * stride;
    stride *= constant.shape[unsigned(dimension)];
  }
  for (auto [axis, step] : llvm::zip_equal(sum.axes, strides))
    address += axis.low * step;
  return copiesInto(sum, address, strides, global);
}

llvm::Expected<Copy> copyOfTile(const isa::Description &description, const match::Match &match,
                                const match::OperandBinding &binding, const Placement &placement,
                                unsigned memory, llvm::ArrayRef<int64_t> sizes,
                                llvm::ArrayRef<int64_t> loops) {
  const isa::Intrinsic &intrinsic = description.intrinsics[match.intrinsic];
  const isa::OperandDeclaration &operand = intrinsic.operands[binding.operand];
  auto offset = placement.offset(loops);
  if (!offset)
    return failure(ExitCode::TargetCannot,
                   fmt::format("operand {} of {} would begin within a row of {}", operand.name,
                               intrinsic.name, description.memories[placement.memory].name));
  auto fromStrides = axisStrides(description, match, binding, placement);
  if (!fromStrides)
    return fromStrides.takeError();
  auto toStrides = isa::denseStrides(description, intrinsic, binding.operand, memory, sizes, match.values);
  Copy copy{placement.memory, memory, placement.element, placement.address + *offset, 0, {}};
  bool fromRows = description.memories[placement.memory].unit == isa::Memory::Unit::Row;
  bool toRows = description.memories[memory].unit == isa::Memory::Unit::Row;
  for (auto [number, axis] : llvm::enumerate(operand.axes)) {
    bool last = number + 1 == operand.axes.size();
    copy.loops.push_back({axis.size >= 0 ? sizes[axis.size] : 1, (*fromStrides)[number].value_or(0),
                          toStrides[number], last && fromRows, last && toRows});
  }
  return copy;
}

llvm::Expected<std::vector<char>> packed(const Placement &placement, const isa::Memory &memory,
                                         const match::ConstantTensor &constant,
                                         std::optional<nest::Constant> outside) {
  int64_t elementBytes = placement.element.storageBytes();
  std::vector<char> bytes(size_t(placement.units * memory.unitBytes()), 0);
  llvm::SmallVector<int64_t> at(placement.axes.size(), 0);
  while (true) {
    llvm::SmallVector<int64_t> index(placement.constants);
    int64_t place = 0; // bytes
    for (auto [axis, coordinate] : llvm::zip_equal(placement.axes, at)) {
      index[axis.dimension] += axis.step * (axis.low + coordinate);
      int64_t block = axis.cut ? coordinate / axis.cut : 0;
      int64_t within = coordinate - block * axis.cut;
      place += block * axis.blockStride * memory.unitBytes() +
               within * axis.stride * (axis.lane ? elementBytes : memory.unitBytes());
    }
    int64_t element = 0;
    bool inside = true;
    for (auto [i, extent] : llvm::zip_equal(index, constant.shape)) {
      inside &= i >= 0 && i < extent;
      element = element * extent + i;
    }
    if (place + elementBytes > int64_t(bytes.size()))
      return failure(ExitCode::OwnFault,
                     fmt::format("a constant's element at byte {} of a buffer of {}", place, bytes.size()));
    if (inside)
      std::memcpy(bytes.data() + place, constant.bytes.data() + element * elementBytes, size_t(elementBytes));
    else if (outside && placement.element.isInteger())
      std::memcpy(bytes.data() + place, &outside->integer, size_t(elementBytes));
    else
      return failure(ExitCode::TargetCannot, "a constant is read outside itself");
    size_t axis = at.size();
    while (axis > 0 && ++at[axis - 1] == placement.axes[axis - 1].extent)
      at[--axis] = 0;
    if (axis == 0)
      return bytes;
  }
}

} // namespace tenon::plan
