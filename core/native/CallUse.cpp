// Tiles and strides of a call.
#include "core/native/CallUse.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/native/RegisterLayout.h"
#include "core/support/Error.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

llvm::Error refuse(const isa::Intrinsic &row, const std::string &why) {
  return failure(ExitCode::TargetCannot, row.name + ": " + why);
}

/// The largest tile for which also the last, smaller one is allowed; 0: there is none.
int64_t tileAlong(const isa::Size &size, int64_t extent) {
  for (int64_t step = sizeAlong(size, extent); step > 0; --step)
    if (size.allows(step) && (extent % step == 0 || (step < extent && size.allows(extent % step))))
      return step;
  return 0;
}

} // namespace

llvm::Expected<CallUse> callUse(const isa::Description &description, const match::Computation &computation,
                                const match::Match &match) {
  CallUse use;
  use.intrinsic = &description.intrinsics[match.intrinsic];
  use.values.assign(match.values.begin(), match.values.end());
  const isa::Intrinsic &row = *use.intrinsic;
  llvm::SmallVector<unsigned> results = nest::usedLoops(
      computation.nest.statements[unsigned(computation.core < 0 ? computation.final : computation.core)]
          .destination.indices);
  std::vector<bool> taken(row.sizes.size(), false);
  for (auto [number, loop] : llvm::enumerate(computation.nest.loops)) {
    const match::LoopAssignment &assignment = match.loops[number];
    TiledLoop tiled;
    tiled.extent = loop.extent;
    tiled.size = assignment.inner;
    tiled.isSum = !llvm::is_contained(results, unsigned(number));
    if (assignment.block >= 0)
      return refuse(row, "loop " + loop.name + " is cut in two");
    if (assignment.inner >= 0) {
      const isa::Size &size = row.sizes[unsigned(assignment.inner)];
      taken[unsigned(assignment.inner)] = true;
      tiled.step = tileAlong(size, loop.extent);
      if (tiled.step == 0)
        return refuse(row, "no tiles of " + size.name + " make up the " + std::to_string(loop.extent) +
                               " points of loop " + loop.name);
    }
    use.loops.push_back(tiled);
  }
  for (auto [size, isTaken] : llvm::zip_equal(row.sizes, taken))
    if (!isTaken && !size.allows(1))
      return refuse(row, "size " + size.name + " is at least " + std::to_string(size.low) +
                             ", the layer has no loop along it; let it be 1");
  for (const match::OperandBinding &binding : match.operands) {
    const isa::OperandDeclaration &declared = row.operands[binding.operand];
    if (!binding.windows.empty() || binding.outside)
      return refuse(row, "operand " + declared.name + " would need a window");
    if (description.memories[declared.memories.front()].kind != isa::Memory::Kind::Global)
      return refuse(row, "operand " + declared.name + " is in " +
                             description.memories[declared.memories.front()].name +
                             ", a function takes operands in global memory");
    CallOperand operand{binding.operand, binding.tensor, binding.access, {}};
    for (const isa::Axis &axis : declared.axes) {
      int along = -1;
      for (auto [number, loop] : llvm::enumerate(use.loops))
        if (loop.size >= 0 && loop.size == axis.size)
          along = int(number);
      operand.loops.push_back(along);
    }
    use.operands.push_back(std::move(operand));
  }
  return std::move(use);
}

std::optional<LoopStrides> loopStrides(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                                       llvm::ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t> dense(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;)
    dense[axis - 1] = dense[axis] * shape[axis];
  auto addressAt = [&](llvm::ArrayRef<int64_t> point) {
    int64_t address = 0;
    llvm::SmallVector<int64_t> indices = access.compose(point);
    for (auto [index, stride] : llvm::zip_equal(indices, dense))
      address += index * stride;
    return address;
  };
  // The address is a sum over the loops only if no index mixes two of them below a division.
  for (mlir::AffineExpr index : access.getResults()) {
    auto form = nest::linearForm(index, unsigned(loops.size()));
    unsigned used = 0;
    for (unsigned loop = 0; loop < loops.size(); ++loop)
      used += index.isFunctionOfDim(loop) ? 1 : 0;
    if (!form && used > 1)
      return std::nullopt;
  }
  LoopStrides result;
  llvm::SmallVector<int64_t> point(loops.size(), 0);
  result.start = addressAt(point);
  for (auto [number, loop] : llvm::enumerate(loops)) {
    int64_t stride = 0;
    for (int64_t at = 1; at < loop.extent; ++at) {
      point[number] = at;
      int64_t distance = addressAt(point) - result.start;
      if (at == 1)
        stride = distance;
      else if (distance != stride * at)
        return std::nullopt;
    }
    point[number] = 0;
    result.strides.push_back(stride);
  }
  return result;
}

llvm::Error checkStrides(const isa::Description &description, const CallUse &use, const CallOperand &operand,
                         llvm::ArrayRef<int64_t> strides) {
  const isa::OperandDeclaration &declared = use.intrinsic->operands[operand.operand];
  int64_t bytes = declared.type.scalar.storageBytes(), dense = bytes;
  bool isKnown = true; // whether the dense distance is the same for every tile
  for (size_t axis = declared.axes.size(); axis-- > 0;) {
    const isa::Axis &each = declared.axes[axis];
    int along = operand.loops[axis];
    int64_t stride = along < 0 ? 0 : strides[size_t(along)] * bytes;
    bool isOne = along < 0 || use.loops[size_t(along)].extent == 1;
    auto refuseStride = [&](const std::string &wanted) {
      return refuse(*use.intrinsic, "axis " + each.name + " of " + declared.name + " has a stride of " +
                                        std::to_string(stride) + " bytes, the row wants " + wanted +
                                        "; declare its stride as any");
    };
    if (!isOne && each.stride.kind == isa::Stride::Kind::Dense && (!isKnown || stride != dense))
      return refuseStride(isKnown ? std::to_string(dense) : "that of each tile");
    if (!isOne && each.stride.kind == isa::Stride::Kind::Any && stride % each.stride.multiple != 0)
      return refuseStride("a multiple of " + std::to_string(each.stride.multiple));
    if (each.stride.kind == isa::Stride::Kind::Fixed) {
      llvm::Expected<int64_t> wanted = isa::evaluate(
          each.stride.value, [&](llvm::StringRef named) { return description.parameter(named); });
      if (!wanted)
        return wanted.takeError();
      if (!isOne && *wanted != stride)
        return refuseStride(std::to_string(*wanted));
    }
    if (along >= 0) {
      const TiledLoop &loop = use.loops[size_t(along)];
      isKnown &= loop.extent % loop.step == 0;
      dense *= loop.step;
    }
  }
  return llvm::Error::success();
}

AxisOrder axisOrder(const CallUse &use, const CallOperand &operand) {
  AxisOrder result;
  Arrangement &order = result.arrangement;
  order.repeats.assign(use.loops.size(), 1);
  order.blocks.assign(use.loops.size(), 1);
  llvm::SmallVector<int> along;
  for (unsigned loop : nest::usedLoops(operand.access))
    if (!llvm::is_contained(operand.loops, int(loop)))
      along.push_back(int(loop));
  along.append(operand.loops.begin(), operand.loops.end());
  for (int loop : along) {
    order.shape.push_back(loop < 0 ? 1 : use.loops[size_t(loop)].extent);
    if (loop >= 0 && llvm::is_contained(operand.loops, loop))
      order.repeats[size_t(loop)] = use.loops[size_t(loop)].extent;
  }
  mlir::MLIRContext *context = operand.access.getContext();
  order.indices = [along, context](llvm::ArrayRef<mlir::AffineExpr> points) {
    llvm::SmallVector<mlir::AffineExpr> indices;
    for (int loop : along)
      indices.push_back(loop < 0 ? mlir::getAffineConstantExpr(0, context) : points[size_t(loop)]);
    return indices;
  };
  auto loops = unsigned(use.loops.size());
  llvm::SmallVector<mlir::AffineExpr> points;
  for (unsigned loop = 0; loop < loops; ++loop)
    points.push_back(mlir::getAffineDimExpr(loop, context));
  result.place = mlir::AffineMap::get(loops, 0, order.indices(points), context);
  result.strides.strides.assign(loops, 0);
  int64_t stride = 1;
  for (size_t axis = along.size(); axis-- > 0; stride *= order.shape[axis])
    if (along[axis] >= 0)
      result.strides.strides[size_t(along[axis])] += stride;
  return result;
}

} // namespace tenon::native
