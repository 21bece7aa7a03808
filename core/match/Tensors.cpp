// The tensors that certificates work on: random ones, and what a computation's own nest makes of them.
#include "core/match/Execution.h"
#include "core/match/Gather.h"
#include "core/match/Renaming.h"
#include "core/reference/Interpreter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <random>

using namespace mlir;

namespace tenon::match {

namespace {

ConstantTensor randomTensor(const nest::Operand &operand, uint64_t seed) {
  ConstantTensor tensor = uniformTensor(operand.type, operand.shape, {});
  std::mt19937_64 random(seed);
  for (int64_t i = 0; i < elementCount(tensor); ++i) {
    uint64_t word = random();
    if (operand.type.isFloat()) {
      setElement(tensor, i, nest::Constant::ofReal(double(int64_t(word % 9) - 4)));
      continue;
    }
    unsigned width = operand.type.width;
    int64_t value = word % 8 == 0   ? llvm::minIntN(width)
                    : word % 8 == 1 ? llvm::maxIntN(width)
                                    : llvm::SignExtend64(word >> 8, std::min(width, 56u));
    setElement(tensor, i, nest::Constant::ofInteger(value));
  }
  return tensor;
}

llvm::Expected<ConstantTensor> tensorFor(const nest::Operand &operand, const TensorSource &source,
                                         uint64_t seed) {
  if (source.kind == TensorSource::Kind::Constant)
    return *source.constant;
  if (source.kind != TensorSource::Kind::Gathered)
    return randomTensor(operand, seed * 0x9e3779b97f4a7c15 + source.value);
  Tensors parts;
  std::vector<const ConstantTensor *> views;
  for (auto [part, number] : llvm::zip_first(source.gather->sources, source.gather->nest.operands)) {
    llvm::Expected<ConstantTensor> tensor = tensorFor(number, part, seed);
    if (!tensor)
      return tensor.takeError();
    parts.push_back(std::move(*tensor));
  }
  for (const ConstantTensor &part : parts)
    views.push_back(&part);
  return evaluate(*source.gather, views);
}

} // namespace

llvm::Expected<Tensors> randomTensors(const Computation &computation, uint64_t seed) {
  Tensors result;
  for (auto [operand, source] : llvm::zip_equal(computation.nest.operands, computation.sources)) {
    llvm::Expected<ConstantTensor> tensor = tensorFor(operand, source, seed);
    if (!tensor)
      return tensor.takeError();
    result.push_back(std::move(*tensor));
  }
  return std::move(result);
}

llvm::Error execute(const Computation &computation, Tensors &tensors) {
  nest::Nest nest = computation.nest;
  std::vector<reference::BufferView> views;
  for (auto [operand, tensor] : llvm::zip_equal(nest.operands, tensors)) {
    operand.local = false; // the sum is wanted, too
    views.push_back({tensor.type, tensor.shape, tensor.bytes.data(), tensor.bytes.size()});
  }
  return reference::interpret(nest, views);
}

llvm::Error execute(const Computation &computation, Tensors &tensors, const Box &box) {
  MLIRContext *context = contextOf(computation);
  Renaming renaming = Renaming::same(computation.nest, context);
  Computation part = computation;
  for (auto [loop, start] : llvm::enumerate(box.starts)) {
    renaming.loops[loop] = getAffineDimExpr(unsigned(loop), context) + start;
    part.nest.loops[loop].extent = box.extents[loop];
  }
  for (nest::Statement &statement : part.nest.statements) {
    Terms terms(context);
    Term root = terms.import(statement, [&](isa::SemanticNode &term) -> std::optional<Term> {
      nest::Node &node = term.node;
      if (node.op == nest::Opcode::Read)
        node.access = renaming.access(node.access);
      if (node.op != nest::Opcode::LoopIndex || node.loop >= box.starts.size())
        return std::nullopt;
      Term own = terms.make(term);
      Term start = terms.integer(node.type, box.starts[node.loop]);
      return terms.operation(nest::Opcode::AddI, node.type, {own, start});
    });
    statement.destination = renaming.access(statement.destination);
    statement.body = terms.body(root, statement.value);
  }
  return execute(part, tensors);
}

} // namespace tenon::match
