// The same nest with every loop renamed and in another place: what is decided by a name or by an order shows.
#pragma once

#include "core/ir/nest/Nest.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace tenon::test {

inline nest::Nest permuted(const nest::Nest &original, std::mt19937 &random) {
  nest::Nest result = original;
  std::vector<unsigned> place(original.loops.size());
  std::iota(place.begin(), place.end(), 0);
  std::shuffle(place.begin(), place.end(), random);
  for (unsigned loop = 0; loop < place.size(); ++loop) {
    result.loops[place[loop]] = original.loops[loop];
    result.loops[place[loop]].name = "loop" + std::to_string(random() % 1000) + "_" + std::to_string(loop);
  }
  auto move = [&](nest::Access &access) {
    mlir::MLIRContext *context = access.indices.getContext();
    llvm::SmallVector<mlir::AffineExpr> dims;
    for (unsigned target : place)
      dims.push_back(mlir::getAffineDimExpr(target, context));
    access.indices = access.indices.replaceDimsAndSymbols(dims, {}, unsigned(place.size()), 0);
  };
  for (nest::Statement &statement : result.statements) {
    for (unsigned &loop : statement.loops)
      loop = place[loop];
    llvm::sort(statement.loops);
    move(statement.destination);
    for (nest::Node &node : statement.body) {
      if (node.op == nest::Opcode::Read)
        move(node.access);
      if (node.op == nest::Opcode::LoopIndex)
        node.loop = place[node.loop];
    }
  }
  for (nest::Operand &operand : result.operands)
    operand.name = "operand" + std::to_string(random());
  return result;
}

} // namespace tenon::test
