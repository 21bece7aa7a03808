// Writes small nests in few words, for tests.
#pragma once

#include "core/ir/nest/Nest.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/MLIRContext.h"

namespace tenon::test {

class NestBuilder {
public:
  nest::Nest nest;

  unsigned loop(llvm::StringRef name, int64_t extent, bool sequential = false) {
    nest.loops.push_back({name.str(), extent, sequential});
    return nest.loops.size() - 1;
  }

  unsigned operand(llvm::StringRef name, nest::ScalarType type, llvm::SmallVector<int64_t> shape,
                   bool local = false) {
    nest.operands.push_back({name.str(), type, shape, local});
    return nest.operands.size() - 1;
  }

  /// The value of loop number `number` in an index.
  mlir::AffineExpr at(unsigned number) { return mlir::getAffineDimExpr(number, &context); }
  mlir::AffineExpr number(int64_t value) { return mlir::getAffineConstantExpr(value, &context); }

  nest::Access access(unsigned operand, llvm::ArrayRef<mlir::AffineExpr> indices,
                      std::optional<nest::Constant> outside = std::nullopt) {
    nest::Access result;
    result.operand = operand;
    result.indices = mlir::AffineMap::get(nest.loops.size(), 0, indices, &context);
    result.outside = outside;
    return result;
  }

  /// Starts a statement; the nodes that follow are its body.
  nest::Statement &statement(llvm::SmallVector<unsigned> loops, nest::Access destination,
                             nest::Update update = nest::Update::Assign,
                             std::optional<nest::Constant> start = std::nullopt) {
    nest::Statement result;
    result.loops = loops;
    result.destination = destination;
    result.update = update;
    result.start = start;
    nest.statements.push_back(result);
    return nest.statements.back();
  }

  /// Adds a node to the last statement, whose value it becomes.
  unsigned node(nest::Opcode op, nest::ScalarType type, llvm::SmallVector<unsigned, 3> arguments = {}) {
    nest::Node result;
    result.op = op;
    result.type = type;
    result.arguments = arguments;
    nest::Statement &last = nest.statements.back();
    last.body.push_back(result);
    last.value = last.body.size() - 1;
    return last.value;
  }
  unsigned read(nest::Access access) {
    unsigned result = node(nest::Opcode::Read, nest.operands[access.operand].type);
    lastNode().access = access;
    return result;
  }
  unsigned constant(nest::ScalarType type, nest::Constant value) {
    unsigned result = node(nest::Opcode::Constant, type);
    lastNode().constant = value;
    return result;
  }
  unsigned integer(nest::ScalarType type, int64_t value) {
    return constant(type, nest::Constant::ofInteger(value));
  }
  unsigned index(unsigned loop) {
    unsigned result = node(nest::Opcode::LoopIndex, nest::ScalarType::index());
    lastNode().loop = loop;
    return result;
  }
  unsigned lookup(unsigned table, unsigned entry) {
    unsigned result = node(nest::Opcode::TableRead, nest.operands[table].type, {entry});
    lastNode().table = table;
    return result;
  }
  nest::Node &lastNode() { return nest.statements.back().body.back(); }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

inline const nest::ScalarType i1 = nest::ScalarType::integer(1), i8 = nest::ScalarType::integer(8),
                              i32 = nest::ScalarType::integer(32), f32 = nest::ScalarType::f32();

} // namespace tenon::test
