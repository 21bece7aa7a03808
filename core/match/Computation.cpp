// Computations with other loops and operands.
#include "core/match/Computation.h"

#include "core/match/Renaming.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

unsigned Computation::parallelLoops() const {
  return nest::usedLoops(nest.statements.back().destination.indices).size();
}

MLIRContext *contextOf(const Computation &computation) {
  return computation.nest.statements.front().destination.indices.getContext();
}

std::optional<SmallVector<unsigned>> plainLoops(AffineMap indices) {
  SmallVector<unsigned> result;
  for (AffineExpr index : indices.getResults()) {
    auto loop = dyn_cast<AffineDimExpr>(index);
    if (!loop || llvm::is_contained(result, loop.getPosition()))
      return std::nullopt;
    result.push_back(loop.getPosition());
  }
  return result;
}

Renaming Renaming::same(const nest::Nest &nest, MLIRContext *context) {
  Renaming result;
  result.loopCount = nest.loops.size();
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    result.loops.push_back(getAffineDimExpr(loop, context));
  for (unsigned operand = 0; operand < nest.operands.size(); ++operand)
    result.operands.push_back(operand);
  return result;
}

nest::Access Renaming::access(const nest::Access &old) const {
  SmallVector<AffineExpr> indices;
  ArrayRef<unsigned> without;
  if (old.operand < dropped.size())
    without = dropped[old.operand];
  for (auto [dimension, index] : llvm::enumerate(old.indices.getResults()))
    if (!llvm::is_contained(without, dimension))
      indices.push_back(index.replaceDims(loops));
  nest::Access result = old;
  result.operand = operands[old.operand];
  result.indices = AffineMap::get(loopCount, 0, indices, old.indices.getContext());
  return result;
}

std::optional<Term> Renaming::rename(Terms &terms, isa::SemanticNode &term) const {
  nest::Node &node = term.node;
  if (node.op == Opcode::Read)
    node.access = access(node.access);
  if (node.op == Opcode::TableRead)
    node.table = operands[node.table];
  if (node.op != Opcode::LoopIndex)
    return std::nullopt;
  AffineExpr index = loops[node.loop];
  if (auto number = dyn_cast<AffineConstantExpr>(index))
    return terms.integer(node.type, number.getValue());
  node.loop = cast<AffineDimExpr>(index).getPosition();
  return std::nullopt;
}

nest::Statement statementOf(const Terms &terms, Term root, nest::Access destination, nest::Update update,
                            std::optional<nest::Constant> start) {
  nest::Statement result;
  result.body = terms.body(root, result.value);
  result.destination = std::move(destination);
  result.update = update;
  result.start = start;
  llvm::SmallBitVector used(result.destination.indices.getNumDims());
  auto use = [&](AffineMap indices) {
    for (unsigned loop : nest::usedLoops(indices))
      used.set(loop);
  };
  use(result.destination.indices);
  for (const nest::Node &node : result.body) {
    if (node.op == Opcode::Read)
      use(node.access.indices);
    if (node.op == Opcode::LoopIndex)
      used.set(node.loop);
  }
  for (unsigned loop : used.set_bits())
    result.loops.push_back(loop);
  return result;
}

void removeUnusedOperands(Computation &computation) {
  nest::Nest &nest = computation.nest;
  llvm::SmallBitVector used(nest.operands.size());
  used.set(computation.result);
  for (const nest::Statement &statement : nest.statements) {
    used.set(statement.destination.operand);
    for (const nest::Node &node : statement.body) {
      if (node.op == Opcode::Read)
        used.set(node.access.operand);
      if (node.op == Opcode::TableRead)
        used.set(node.table);
    }
  }
  SmallVector<unsigned> numbers(nest.operands.size(), 0);
  std::vector<nest::Operand> operands;
  std::vector<TensorSource> sources;
  for (unsigned old : used.set_bits()) {
    numbers[old] = operands.size();
    operands.push_back(nest.operands[old]);
    sources.push_back(computation.sources[old]);
  }
  for (nest::Statement &statement : nest.statements) {
    statement.destination.operand = numbers[statement.destination.operand];
    for (nest::Node &node : statement.body) {
      if (node.op == Opcode::Read)
        node.access.operand = numbers[node.access.operand];
      if (node.op == Opcode::TableRead)
        node.table = numbers[node.table];
    }
  }
  computation.result = numbers[computation.result];
  nest.operands = std::move(operands);
  computation.sources = std::move(sources);
}

} // namespace tenon::match
