// Which statements may be done together, point by point: nobody else may see the sum between them.
#include "core/native/StatementLoops.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

using nest::Access;
using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::Statement;
using nest::Update;

std::vector<unsigned> StatementGroup::statements() const {
  std::vector<unsigned> result;
  if (init >= 0)
    result.push_back(unsigned(init));
  result.push_back(core);
  if (final >= 0)
    result.push_back(unsigned(final));
  return result;
}

namespace {

bool touches(const Statement &statement, unsigned operand) {
  return statement.destination.operand == operand || llvm::any_of(statement.body, [&](const Node &node) {
           return (node.op == Opcode::Read && node.access.operand == operand) ||
                  (node.op == Opcode::TableRead && node.table == operand);
         });
}

/// The loops with more than one point, all of them or those of the access.
llvm::SmallVector<unsigned> movingLoops(const Nest &nest, const Statement &statement,
                                        const Access *access = nullptr) {
  llvm::SmallVector<unsigned> result;
  for (unsigned loop : statement.loops)
    if (nest.loops[loop].extent > 1 && (!access || access->indices.isFunctionOfDim(loop)))
      result.push_back(loop);
  return result;
}

/// Whether every element of the sum belongs to one point of the loops that its access uses.
bool ownsElements(const Nest &nest, const Statement &statement) {
  std::vector<bool> parallel = parallelLoops(nest, statement);
  return llvm::all_of(movingLoops(nest, statement, &statement.destination),
                      [&](unsigned loop) { return parallel[loop]; });
}

bool isInit(const Nest &nest, const Statement &init, const Statement &core) {
  return init.update == Update::Assign && core.update != Update::Assign && !core.start &&
         init.destination.operand == core.destination.operand &&
         init.destination.indices == core.destination.indices && !init.destination.outside &&
         selfRead(init) == SelfRead::None &&
         movingLoops(nest, init) == movingLoops(nest, core, &core.destination);
}

bool isFinal(const Nest &nest, const Statement &core, const Statement &final) {
  if (final.update != Update::Assign || final.destination.operand == core.destination.operand ||
      selfRead(final) != SelfRead::None || !ownsElements(nest, final) ||
      movingLoops(nest, final) != movingLoops(nest, core, &core.destination) ||
      movingLoops(nest, final) != movingLoops(nest, final, &final.destination))
    return false;
  return llvm::all_of(final.body, [&](const Node &node) {
    bool isSum = node.op == Opcode::Read && node.access.operand == core.destination.operand;
    bool isTable = node.op == Opcode::TableRead && node.table == core.destination.operand;
    return !isTable && (!isSum || node.access.indices == core.destination.indices);
  });
}

bool isSequential(const Nest &nest, const Statement &statement) {
  return !statement.loops.empty() && nest.loops[statement.loops.front()].sequential;
}

} // namespace

StatementGroup groupAt(const Nest &nest, unsigned first) {
  StatementGroup alone;
  alone.core = first;
  auto statement = [&](unsigned number) -> const Statement & { return nest.statements[number]; };
  auto isThere = [&](unsigned number) {
    return number < nest.statements.size() && !isSequential(nest, statement(number));
  };
  StatementGroup group = alone;
  if (isThere(first + 1) && isInit(nest, statement(first), statement(first + 1))) {
    group.init = int(first);
    group.core = first + 1;
  }
  const Statement &core = statement(group.core);
  unsigned sum = core.destination.operand;
  if (core.update == Update::Assign || selfRead(core) != SelfRead::None || !ownsElements(nest, core))
    return alone;
  if (isThere(group.core + 1) && nest.operands[sum].local && (core.start || group.init >= 0) &&
      isFinal(nest, core, statement(group.core + 1)))
    group.final = int(group.core) + 1;
  // Nobody else may know the sum, and nobody may read what the group is writing.
  std::vector<unsigned> own = group.statements();
  for (unsigned number = 0; number < nest.statements.size() && group.final >= 0; ++number)
    if (!llvm::is_contained(own, number) && touches(statement(number), sum))
      return alone;
  unsigned written = group.final >= 0 ? statement(unsigned(group.final)).destination.operand : sum;
  for (unsigned number : own)
    if (statement(number).destination.operand != written && touches(statement(number), written))
      return alone;
  return group;
}

} // namespace tenon::native
