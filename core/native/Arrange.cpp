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
  statement.destination.indices =
      mlir::AffineMap::get(unsigned(nest.loops.size()), 0, arrangement.indices(points), context);
}

} // namespace

ArrangingNest arrangeTensor(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                            const nest::Operand &tensor, const Arrangement &arrangement) {
  mlir::MLIRContext *context = access.getContext();
  ArrangingNest result;
  nest::Nest &nest = result.nest;
  Points points(loops.size()), inside(loops.size(), mlir::getAffineConstantExpr(0, context));
  for (unsigned loop : nest::usedLoops(access)) {
    points[loop] = inside[loop] = mlir::getAffineDimExpr(unsigned(nest.loops.size()), context);
    nest.loops.push_back({loops[loop].name, loops[loop].extent, false});
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
  mlir::AffineMap array = nest.statements.front().destination.indices;
  Points points(loops.size());
  for (auto [axis, index] : llvm::enumerate(access.getResults())) {
    if (auto loop = mlir::dyn_cast<mlir::AffineDimExpr>(index))
      points[loop.getPosition()] = array.getResult(unsigned(axis));
    else if (index != mlir::getAffineConstantExpr(0, context))
      return failure(ExitCode::OwnFault, "a gathered array is not indexed by one loop an axis");
    int64_t written = 1;
    for (unsigned joined : gather.joined[axis])
      written *= nest.loops[joined].extent;
    result.zeroed |= written < nest.operands.back().shape[axis];
  }
  addRepeats(arrangement, nest, points, context);
  widen(nest);
  nest.operands.back().name = "copy";
  nest.operands.back().shape = arrangement.shape;
  finish(nest, nest.statements.front(), arrangement, points, context);
  return std::move(result);
}

} // namespace tenon::native
