// Rewriting float sums of nests.
#include "tests/conformance/OtherOrder.h"

#include "core/ir/nest/AccessAnalysis.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::test {

namespace {

using namespace nest;

bool isFloatSum(const Nest &nest, const Statement &statement) {
  return statement.update == Update::Add && nest.operands[statement.destination.operand].type.isFloat();
}

} // namespace

Nest reversedSums(const Nest &original) {
  Nest nest = original;
  for (Statement &statement : nest.statements) {
    if (!isFloatSum(nest, statement))
      continue;
    llvm::SmallVector<unsigned> kept = usedLoops(statement.destination.indices);
    mlir::MLIRContext *context = statement.destination.indices.getContext();
    llvm::SmallVector<mlir::AffineExpr> replacements;
    for (unsigned loop = 0; loop < nest.loops.size(); ++loop) {
      mlir::AffineExpr here = mlir::getAffineDimExpr(loop, context);
      bool turns = llvm::is_contained(statement.loops, loop) && !llvm::is_contained(kept, loop) &&
                   !nest.loops[loop].sequential;
      replacements.push_back(turns ? nest.loops[loop].extent - 1 - here : here);
    }
    if (llvm::any_of(statement.body, [](const Node &node) { return node.op == Opcode::LoopIndex; }))
      continue;
    for (Node &node : statement.body)
      if (node.op == Opcode::Read)
        node.access.indices =
            node.access.indices.replaceDimsAndSymbols(replacements, {}, unsigned(nest.loops.size()), 0);
  }
  return nest;
}

Nest wideSums(const Nest &original) {
  Nest nest = original;
  std::vector<Statement> statements;
  for (const Statement &statement : original.statements) {
    ScalarType type = original.operands[statement.destination.operand].type;
    // What is accumulated onto would have to be widened too; here every sum has its start.
    if (!isFloatSum(nest, statement) || !statement.start || type == ScalarType::f64()) {
      statements.push_back(statement);
      continue;
    }
    Statement wide = statement;
    unsigned local = unsigned(nest.operands.size());
    nest.operands.push_back(
        {"wide", ScalarType::f64(), nest.operands[statement.destination.operand].shape, true});
    wide.destination.operand = local;
    auto widened = [&](unsigned node) {
      Node cast;
      cast.op = Opcode::ExtF;
      cast.type = ScalarType::f64();
      cast.arguments = {node};
      wide.body.push_back(cast);
      return unsigned(wide.body.size() - 1);
    };
    Node value = statement.body[statement.value];
    if (value.op == Opcode::MulF) {
      Node product = value;
      product.type = ScalarType::f64();
      product.arguments = {widened(value.arguments[0]), widened(value.arguments[1])};
      wide.body.push_back(product);
      wide.value = unsigned(wide.body.size() - 1);
    } else {
      wide.value = widened(statement.value);
    }
    statements.push_back(wide);
    Statement narrow;
    narrow.loops = usedLoops(statement.destination.indices);
    narrow.destination = statement.destination;
    Node read;
    read.op = Opcode::Read;
    read.type = ScalarType::f64();
    read.access = wide.destination;
    Node cast;
    cast.op = Opcode::TruncF;
    cast.type = type;
    cast.arguments = {0};
    narrow.body = {read, cast};
    narrow.value = 1;
    statements.push_back(narrow);
  }
  nest.statements = std::move(statements);
  return nest;
}

llvm::Expected<std::vector<reference::Tensor>> runChanged(const reference::Program &program,
                                                          llvm::ArrayRef<reference::Tensor> inputs,
                                                          Nest (*change)(const Nest &)) {
  reference::Program changed = program;
  for (reference::Step &step : changed.steps)
    if (step.nest)
      step.nest = change(*step.nest);
  return reference::run(changed, inputs);
}

} // namespace tenon::test
