// The packed order, for bytes and for nests.
#include "core/native/Panels.h"

#include "core/support/Error.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace tenon::native {

Panels panelsOf(const GatheredUse &use, const UseOperand &operand, LoopClass side, int64_t within) {
  auto usesAlong = [&](LoopClass which) {
    return operand.dependsOn[unsigned(which)] ? use.of(which).uses() : 1;
  };
  Panels panels;
  panels.side = side;
  panels.within = within;
  panels.groups = usesAlong(LoopClass::Group);
  panels.blocks = (use.of(side).uses() + within - 1) / within;
  panels.depth = usesAlong(LoopClass::Depth);
  panels.elements = operand.elements();
  panels.elementBytes = use.intrinsic->operands[operand.operand].type.scalar.storageBytes();
  return panels;
}

llvm::Expected<match::ConstantTensor> packConstant(const GatheredUse &use, const UseOperand &operand,
                                                   const Panels &panels,
                                                   const match::ConstantTensor &tensor) {
  std::optional<TensorAddress> address = addressOf(use, operand.access, tensor.shape);
  if (!address)
    return failure(ExitCode::TargetCannot, use.intrinsic->name + ": a constant operand is not read in order");
  match::ConstantTensor packed{tensor.type, {panels.bytes() / panels.elementBytes}, {}};
  packed.bytes.assign(size_t(panels.bytes()), 0);
  std::vector<std::array<int64_t, classCount>> places;
  places.reserve(size_t(panels.elements));
  for (int64_t element = 0; element < panels.elements; ++element)
    places.push_back(operand.placeOf(element));
  char *into = packed.bytes.data();
  auto pack = [&](const std::array<int64_t, classCount> &base) {
    for (const auto &place : places) {
      int64_t position = address->start;
      bool inside = true;
      for (unsigned which = 0; which < classCount; ++which) {
        int64_t point = base[which] * use.classes[which].step + place[which];
        inside &= !operand.dependsOn[which] || point < use.classes[which].extent;
        position += point * address->strides[which];
      }
      if (inside)
        std::memcpy(into, tensor.bytes.data() + position * panels.elementBytes, size_t(panels.elementBytes));
      into += panels.elementBytes;
    }
  };
  for (int64_t group = 0; group < panels.groups; ++group)
    for (int64_t block = 0; block < panels.blocks; ++block)
      for (int64_t depth = 0; depth < panels.depth; ++depth)
        for (int64_t within = 0; within < panels.within; ++within) {
          std::array<int64_t, classCount> base = {};
          base[unsigned(LoopClass::Group)] = group;
          base[unsigned(panels.side)] = block * panels.within + within;
          base[unsigned(LoopClass::Depth)] = depth;
          pack(base);
        }
  return packed;
}

Arrangement packedOrder(const GatheredUse &use, const UseOperand &operand, const Panels &panels,
                        size_t loops) {
  Arrangement order;
  if (panels.interleaved)
    order.shape = {panels.groups, panels.blocks, panels.depth, panels.within};
  else
    order.shape = {panels.groups, panels.blocks * panels.within, panels.depth + panels.gap};
  order.shape.append(operand.extents.begin(), operand.extents.end());
  order.repeats.assign(loops, 1);
  order.blocks.assign(loops, 1);
  for (unsigned which = 0; which < classCount; ++which)
    if (int loop = use.classes[which].loop; loop >= 0 && llvm::is_contained(operand.axisClass, int(which)))
      order.repeats[size_t(loop)] = order.blocks[size_t(loop)] = use.classes[which].step;
  mlir::MLIRContext *context = operand.access.getContext();
  order.indices = [&use, &operand, panels, context](llvm::ArrayRef<mlir::AffineExpr> points) {
    auto point = [&](unsigned which) {
      int loop = use.classes[which].loop;
      return loop < 0 ? mlir::getAffineConstantExpr(0, context) : points[size_t(loop)];
    };
    auto useAlong = [&](LoopClass which) { return point(unsigned(which)).floorDiv(use.of(which).step); };
    llvm::SmallVector<mlir::AffineExpr> indices = {useAlong(LoopClass::Group)};
    mlir::AffineExpr side = useAlong(panels.side), depth = useAlong(LoopClass::Depth);
    if (panels.interleaved)
      indices.append({side.floorDiv(panels.within), depth, side % panels.within});
    else
      indices.append({side, depth});
    for (auto [extent, which] : llvm::zip_equal(operand.extents, operand.axisClass))
      indices.push_back(which < 0 ? mlir::getAffineConstantExpr(0, context)
                                  : point(unsigned(which)) % extent);
    return indices;
  };
  return order;
}

} // namespace tenon::native
