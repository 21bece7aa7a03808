// The packed order, for bytes and for nests.
#include "core/native/Panels.h"

#include "core/ir/nest/AccessAnalysis.h"
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

llvm::Expected<std::vector<char>> packConstant(const GatheredUse &use, const UseOperand &operand,
                                               const Panels &panels, const match::ConstantTensor &tensor) {
  std::optional<TensorAddress> address = addressOf(use, operand.access, tensor.shape);
  if (!address)
    return failure(ExitCode::TargetCannot, use.intrinsic->name + ": a constant operand is not read in order");
  std::vector<char> packed(size_t(panels.bytes()), 0);
  std::vector<std::array<int64_t, classCount>> places;
  for (int64_t element = 0; element < panels.elements; ++element)
    places.push_back(operand.placeOf(element));
  char *into = packed.data();
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

namespace {

using Points = std::array<mlir::AffineExpr, classCount>;

/// The indices of the packed array for a point of the classes' loops.
llvm::SmallVector<mlir::AffineExpr> packedIndices(const GatheredUse &use, const UseOperand &operand,
                                                  const Panels &panels, const Points &points) {
  auto step = [&](LoopClass which) { return use.of(which).step; };
  auto point = [&](LoopClass which) { return points[unsigned(which)]; };
  mlir::AffineExpr side = point(panels.side);
  llvm::SmallVector<mlir::AffineExpr> indices = {
      point(LoopClass::Group).floorDiv(step(LoopClass::Group)),
      side.floorDiv(panels.within * step(panels.side)),
      point(LoopClass::Depth).floorDiv(step(LoopClass::Depth)),
      side.floorDiv(step(panels.side)) % panels.within,
  };
  for (auto [extent, which] : llvm::zip_equal(operand.extents, operand.axisClass))
    indices.push_back(which < 0 ? mlir::getAffineConstantExpr(0, side.getContext())
                                : points[unsigned(which)] % extent);
  return indices;
}

llvm::SmallVector<int64_t> packedShape(const UseOperand &operand, const Panels &panels) {
  llvm::SmallVector<int64_t> shape = {panels.groups, panels.blocks, panels.depth, panels.within};
  shape.append(operand.extents.begin(), operand.extents.end());
  return shape;
}

/// Loops that only the packed array has: a tensor without the class's loop is repeated along the use's axis.
void addRepeats(const GatheredUse &use, const UseOperand &operand, nest::Nest &nest, Points &points,
                mlir::MLIRContext *context) {
  for (unsigned which = 0; which < classCount; ++which) {
    bool alongAxis = llvm::is_contained(operand.axisClass, int(which));
    if (points[which])
      continue;
    if (!alongAxis || use.classes[which].step == 1) {
      points[which] = mlir::getAffineConstantExpr(0, context);
      continue;
    }
    points[which] = mlir::getAffineDimExpr(unsigned(nest.loops.size()), context);
    nest.loops.push_back({"repeat", use.classes[which].step, false});
  }
}

/// Access maps over more loops than before.
void widen(nest::Nest &nest) {
  auto wider = [&](mlir::AffineMap map) {
    return mlir::AffineMap::get(unsigned(nest.loops.size()), 0, map.getResults(), map.getContext());
  };
  for (nest::Statement &statement : nest.statements) {
    statement.destination.indices = wider(statement.destination.indices);
    for (nest::Node &node : statement.body)
      if (node.op == nest::Opcode::Read)
        node.access.indices = wider(node.access.indices);
  }
}

/// Whether some element that a use reads lies past the end of a loop of the reduction: fillings of other
/// loops only reach results that are thrown away.
bool isDepthFilled(const GatheredUse &use, const UseOperand &operand, int64_t written) {
  return operand.dependsOn[unsigned(LoopClass::Depth)] && written < use.of(LoopClass::Depth).extent;
}

} // namespace

PackingNest packTensor(const GatheredUse &use, const UseOperand &operand, const Panels &panels,
                       const nest::Operand &tensor) {
  mlir::MLIRContext *context = operand.access.getContext();
  PackingNest packing;
  nest::Nest &nest = packing.nest;
  llvm::SmallVector<mlir::AffineExpr> loopOf(operand.access.getNumDims(),
                                             mlir::getAffineConstantExpr(0, context));
  Points points;
  for (unsigned which = 0; which < classCount; ++which)
    if (operand.dependsOn[which]) {
      points[which] = mlir::getAffineDimExpr(unsigned(nest.loops.size()), context);
      loopOf[unsigned(use.classes[which].loop)] = points[which];
      nest.loops.push_back({"along", use.classes[which].extent, false});
    }
  addRepeats(use, operand, nest, points, context);
  nest.operands = {tensor, {"packed", tensor.type, packedShape(operand, panels), false}};
  nest.operands.front().local = false;

  nest::Statement statement;
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    statement.loops.push_back(loop);
  unsigned loops = unsigned(nest.loops.size());
  nest::Node read;
  read.op = nest::Opcode::Read;
  read.type = tensor.type;
  read.access.operand = 0;
  read.access.indices = operand.access.replaceDimsAndSymbols(loopOf, {}, loops, 0);
  statement.body.push_back(read);
  statement.destination.operand = 1;
  statement.destination.indices =
      mlir::AffineMap::get(loops, 0, packedIndices(use, operand, panels, points), context);
  nest.statements.push_back(std::move(statement));
  return packing;
}

llvm::Expected<PackingNest> packGather(const GatheredUse &use, const UseOperand &operand,
                                       const Panels &panels, const match::Gather &gather) {
  mlir::MLIRContext *context = operand.access.getContext();
  PackingNest packing{gather.nest, false};
  nest::Nest &nest = packing.nest;
  if (nest.statements.size() != 1)
    return failure(ExitCode::OwnFault,
                   "a gather has " + std::to_string(nest.statements.size()) + " statements, it must have 1");
  mlir::AffineMap array = nest.statements.front().destination.indices;
  Points points;
  for (auto [axis, index] : llvm::enumerate(operand.access.getResults())) {
    auto loop = mlir::dyn_cast<mlir::AffineDimExpr>(index);
    if (!loop) {
      if (auto constant = mlir::dyn_cast<mlir::AffineConstantExpr>(index);
          constant && constant.getValue() == 0)
        continue;
      return failure(ExitCode::OwnFault, "a gathered array is not indexed by one loop an axis");
    }
    for (unsigned which = 0; which < classCount; ++which) {
      if (use.classes[which].loop != int(loop.getPosition()))
        continue;
      points[which] = array.getResult(unsigned(axis));
      int64_t written = 1;
      for (unsigned joined : gather.joined[axis])
        written *= nest.loops[joined].extent;
      if (which == unsigned(LoopClass::Depth))
        packing.zeroed = isDepthFilled(use, operand, written);
    }
  }
  addRepeats(use, operand, nest, points, context);
  widen(nest);
  nest::Operand &packed = nest.operands.back();
  packed.name = "packed";
  packed.shape = packedShape(operand, panels);
  nest::Statement &statement = nest.statements.front();
  statement.loops.clear();
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    statement.loops.push_back(loop);
  statement.destination.indices = mlir::AffineMap::get(unsigned(nest.loops.size()), 0,
                                                       packedIndices(use, operand, panels, points), context);
  return packing;
}

} // namespace tenon::native
