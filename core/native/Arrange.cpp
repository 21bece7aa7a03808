// The nests of copies: the loops are those that the tensor depends on, and one for each that it is repeated
// along.
#include "core/native/Arrange.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/support/Error.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/STLExtras.h"

namespace tenon::native {
namespace {

using Points = llvm::SmallVector<mlir::AffineExpr>;

/// Points of loops that the tensor does not depend on: 0, or a loop of the copy's own.
void addRepeats(const Arrangement &arrangement, nest::Nest &nest, Points &points,
                mlir::MLIRContext *context) {
  for (auto [number, point] : llvm::enumerate(points)) {
    if (point)
      continue;
    if (arrangement.repeats[number] <= 1) {
      point = mlir::getAffineConstantExpr(0, context);
      continue;
    }
    point = mlir::getAffineDimExpr(unsigned(nest.loops.size()), context);
    nest.loops.push_back({"repeat", arrangement.repeats[number], false});
  }
}

/// The index without divisions that the loops' ranges decide.
mlir::AffineExpr simplified(mlir::AffineExpr index, llvm::ArrayRef<nest::Loop> loops) {
  auto binary = mlir::dyn_cast<mlir::AffineBinaryOpExpr>(index);
  if (!binary)
    return index;
  mlir::AffineExpr left = simplified(binary.getLHS(), loops), right = simplified(binary.getRHS(), loops);
  mlir::AffineExpr whole = mlir::getAffineBinaryOpExpr(binary.getKind(), left, right);
  auto divisor = mlir::dyn_cast<mlir::AffineConstantExpr>(right);
  bool divides = binary.getKind() == mlir::AffineExprKind::FloorDiv;
  auto form = nest::linearForm(left, unsigned(loops.size()));
  if (!divisor || !form || (!divides && binary.getKind() != mlir::AffineExprKind::Mod))
    return whole;
  // left = divisor * quotient + rest
  int64_t by = divisor.getValue();
  mlir::MLIRContext *context = index.getContext();
  mlir::AffineExpr quotient = mlir::getAffineConstantExpr(0, context), rest = quotient;
  for (auto [loop, factor] : llvm::enumerate(form->coefficients)) {
    mlir::AffineExpr dim = mlir::getAffineDimExpr(unsigned(loop), context);
    if (factor % by == 0)
      quotient = quotient + dim * (factor / by);
    else
      rest = rest + dim * factor;
  }
  rest = rest + form->constant;
  std::optional<nest::Interval> range = nest::indexRange(rest, loops);
  if (!range || range->low < 0 || range->high >= by)
    return whole;
  return divides ? quotient : rest;
}

/// Cuts a loop of the nest in two, blocks and their points, if it has whole blocks. Gives the value of the
/// loop.
mlir::AffineExpr cutLoop(nest::Nest &nest, unsigned loop, int64_t block, mlir::MLIRContext *context) {
  mlir::AffineExpr value = mlir::getAffineDimExpr(loop, context);
  if (block <= 1 || nest.loops[loop].extent <= block || nest.loops[loop].extent % block != 0)
    return value;
  nest.loops[loop].extent /= block;
  nest.loops.push_back({nest.loops[loop].name, block, false});
  return value * block + mlir::getAffineDimExpr(unsigned(nest.loops.size() - 1), context);
}

/// Replaces a loop's value in all accesses.
void substitute(nest::Nest &nest, unsigned loop, mlir::AffineExpr value) {
  for (nest::Statement &statement : nest.statements) {
    auto replaced = [&](mlir::AffineMap map) {
      mlir::MLIRContext *context = map.getContext();
      llvm::SmallVector<mlir::AffineExpr> dims;
      for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
        dims.push_back(dim == loop ? value : mlir::getAffineDimExpr(dim, context));
      return map.replaceDimsAndSymbols(dims, {}, unsigned(nest.loops.size()), 0);
    };
    statement.destination.indices = replaced(statement.destination.indices);
    for (nest::Node &node : statement.body)
      if (node.op == nest::Opcode::Read)
        node.access.indices = replaced(node.access.indices);
  }
}

/// Whether a body asks for the loop's value itself.
bool usesIndex(const nest::Nest &nest, unsigned loop) {
  return llvm::any_of(nest.statements, [&](const nest::Statement &statement) {
    return llvm::any_of(statement.body, [&](const nest::Node &node) {
      return node.op == nest::Opcode::LoopIndex && node.loop == loop;
    });
  });
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

void finish(nest::Nest &nest, nest::Statement &statement, const Arrangement &arrangement,
            const Points &points, mlir::MLIRContext *context) {
  statement.loops.clear();
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    statement.loops.push_back(loop);
  statement.destination.operand = unsigned(nest.operands.size() - 1);
  llvm::SmallVector<mlir::AffineExpr> indices = arrangement.indices(points);
  for (mlir::AffineExpr &index : indices)
    index = simplified(index, nest.loops);
  statement.destination.indices = mlir::AffineMap::get(unsigned(nest.loops.size()), 0, indices, context);
}

} // namespace

ArrangingNest arrangeTensor(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                            const nest::Operand &tensor, const Arrangement &arrangement) {
  mlir::MLIRContext *context = access.getContext();
  ArrangingNest result;
  nest::Nest &nest = result.nest;
  Points points(loops.size()), inside(loops.size(), mlir::getAffineConstantExpr(0, context));
  for (unsigned loop : nest::usedLoops(access)) {
    auto own = unsigned(nest.loops.size());
    nest.loops.push_back({loops[loop].name, loops[loop].extent, false});
    points[loop] = inside[loop] = cutLoop(nest, own, arrangement.blocks[loop], context);
  }
  addRepeats(arrangement, nest, points, context);
  nest.operands = {tensor, {"copy", tensor.type, arrangement.shape, false}};
  nest.operands.front().local = false;
  nest::Statement statement;
  nest::Node read;
  read.op = nest::Opcode::Read;
  read.type = tensor.type;
  read.access.indices = access.replaceDimsAndSymbols(inside, {}, unsigned(nest.loops.size()), 0);
  statement.body.push_back(read);
  finish(nest, statement, arrangement, points, context);
  nest.statements.push_back(std::move(statement));
  return result;
}

llvm::Expected<ArrangingNest> arrangeGather(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                                            const match::Gather &gather, const Arrangement &arrangement) {
  mlir::MLIRContext *context = access.getContext();
  ArrangingNest result{gather.nest, false};
  nest::Nest &nest = result.nest;
  if (nest.statements.size() != 1)
    return failure(ExitCode::OwnFault,
                   "a gather has " + std::to_string(nest.statements.size()) + " statements, it must have 1");
  for (auto [axis, index] : llvm::enumerate(access.getResults())) {
    auto loop = mlir::dyn_cast<mlir::AffineDimExpr>(index);
    if (!loop && index != mlir::getAffineConstantExpr(0, context))
      return failure(ExitCode::OwnFault, "a gathered array is not indexed by one loop an axis");
    int64_t written = 1;
    for (unsigned joined : gather.joined[axis])
      written *= nest.loops[joined].extent;
    result.zeroed |= written < nest.operands.back().shape[axis];
    if (!loop || gather.joined[axis].empty() || usesIndex(nest, gather.joined[axis].back()))
      continue;
    unsigned innermost = gather.joined[axis].back();
    mlir::AffineExpr value = cutLoop(nest, innermost, arrangement.blocks[loop.getPosition()], context);
    substitute(nest, innermost, value);
  }
  mlir::AffineMap array = nest.statements.front().destination.indices;
  Points points(loops.size());
  for (auto [axis, index] : llvm::enumerate(access.getResults()))
    if (auto loop = mlir::dyn_cast<mlir::AffineDimExpr>(index))
      points[loop.getPosition()] = array.getResult(unsigned(axis));
  addRepeats(arrangement, nest, points, context);
  widen(nest);
  nest.operands.back().name = "copy";
  nest.operands.back().shape = arrangement.shape;
  finish(nest, nest.statements.front(), arrangement, points, context);
  return std::move(result);
}

} // namespace tenon::native
