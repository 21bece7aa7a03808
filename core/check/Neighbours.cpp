// Operands are gathered once; each neighbour's nest is interpreted on a copy of them.
#include "core/check/Neighbours.h"

#include "core/check/Room.h"
#include "core/isa/Semantics.h"
#include "core/reference/Interpreter.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace tenon::check {

namespace {

using nest::Opcode;

/// The operation that is mistaken for this one.
std::optional<Opcode> sibling(Opcode op) {
  switch (op) {
  case Opcode::AddI:
    return Opcode::SubI;
  case Opcode::SubI:
    return Opcode::AddI;
  case Opcode::MaxSI:
    return Opcode::MinSI;
  case Opcode::MinSI:
    return Opcode::MaxSI;
  case Opcode::AndI:
    return Opcode::OrI;
  case Opcode::OrI:
    return Opcode::AndI;
  case Opcode::ExtSI:
    return Opcode::ExtUI;
  case Opcode::ExtUI:
    return Opcode::ExtSI;
  case Opcode::ShRSI:
    return Opcode::ShRUI;
  case Opcode::ShRUI:
    return Opcode::ShRSI;
  default:
    return std::nullopt;
  }
}

nest::IntegerPredicate sibling(nest::IntegerPredicate predicate) {
  using Predicate = nest::IntegerPredicate;
  constexpr std::array<Predicate, 10> siblings = {
      Predicate::NE,  Predicate::EQ,  Predicate::SLE, Predicate::SLT, Predicate::SGE,
      Predicate::SGT, Predicate::ULE, Predicate::ULT, Predicate::UGE, Predicate::UGT};
  return siblings[size_t(predicate)];
}

std::string roundingName(nest::Rounding rounding) {
  switch (rounding) {
  case nest::Rounding::HalfUp:
    return "halves rounded up";
  case nest::Rounding::HalfAwayFromZero:
    return "halves rounded away from zero";
  case nest::Rounding::HalfToEven:
    return "halves rounded to even";
  case nest::Rounding::Down:
    return "rounded down";
  case nest::Rounding::TowardsZero:
    return "rounded towards zero";
  }
  return "another rounding";
}

} // namespace

Neighbours::Neighbours(const isa::Description &described, unsigned intrinsic)
    : description(described), own(described.intrinsics[intrinsic]) {
  addNeighbours();
}

void Neighbours::add(size_t statement, size_t node, const std::string &what,
                     llvm::function_ref<void(isa::SemanticNode &)> change) {
  Meaning meaning{own, what + " in statement " + std::to_string(statement + 1)};
  change(meaning.intrinsic.semantics.statements[statement].body[node]);
  // An index one off leaves the operand at its end: there are zeros.
  for (isa::OperandDeclaration &operand : meaning.intrinsic.operands)
    if (reads(operand) && operand.outside.kind == isa::Outside::Kind::None) {
      operand.outside.kind = isa::Outside::Kind::Value;
      operand.outside.value = isa::Expression(); // the integer 0
    }
  meanings.push_back(std::move(meaning));
}

void Neighbours::addNeighbours() {
  for (auto [statement, text] : llvm::enumerate(own.semantics.statements))
    for (auto [number, node] : llvm::enumerate(text.body)) {
      if (node.kind != isa::SemanticNode::Kind::Nest)
        continue;
      const nest::Node &operation = node.node;
      std::string name = nest::mnemonic(operation.op).str();
      if (auto other = sibling(operation.op))
        add(statement, number, nest::mnemonic(*other).str() + " for " + name,
            [&](isa::SemanticNode &one) { one.node.op = *other; });
      if (operation.op == Opcode::CmpI)
        add(statement, number, "another comparison",
            [&](isa::SemanticNode &one) { one.node.integerPredicate = sibling(operation.integerPredicate); });
      if (operation.op == Opcode::Constant && operation.type.isInteger() && operation.type.width > 1)
        add(statement, number, "a constant one more",
            [&](isa::SemanticNode &one) { one.node.constant.integer += 1; });
      if (operation.op == Opcode::RoundingShiftRight)
        for (nest::Rounding rounding : {nest::Rounding::HalfUp, nest::Rounding::HalfAwayFromZero,
                                        nest::Rounding::HalfToEven, nest::Rounding::Down})
          if (rounding != operation.rounding)
            add(statement, number, roundingName(rounding),
                [&](isa::SemanticNode &one) { one.node.rounding = rounding; });
      if (operation.op == Opcode::Read && operation.access.operand < own.operands.size())
        for (size_t axis = 0; axis < node.indices.size(); ++axis)
          for (int64_t by : {1, -1})
            add(statement, number,
                "index " + std::to_string(axis + 1) + " of " + own.operands[operation.access.operand].name +
                    (by > 0 ? " one more" : " one less"),
                [&](isa::SemanticNode &one) { one.indices[axis].push_back({by, -1, -1}); });
    }
}

std::optional<Neighbours::Buffers> Neighbours::load(const Reference &reference,
                                                    const isa::Instruction &instruction) const {
  Buffers buffers;
  for (auto [operand, use] : llvm::enumerate(instruction.operands)) {
    const isa::OperandDeclaration &declared = own.operands[operand];
    auto reach = reachOf(description, instruction, unsigned(operand));
    if (declared.holds || !reach || reach->end > capacityOf(description.memories[use.memory]))
      return std::nullopt;
    auto bytes = reference.peek(use.memory, reach->begin, reach->end - reach->begin);
    auto elements = elementsOf(description, instruction, unsigned(operand));
    if (!bytes || !elements) {
      llvm::consumeError(bytes.takeError()); // the reference has executed the command: it has places
      llvm::consumeError(elements.takeError());
      return std::nullopt;
    }
    auto elementBytes = size_t(declared.type.scalar.storageBytes());
    std::vector<uint8_t> dense(elements->size() * elementBytes);
    for (auto [number, address] : llvm::enumerate(*elements))
      std::memcpy(dense.data() + number * elementBytes, bytes->data() + (address - reach->begin),
                  elementBytes);
    buffers.push_back(std::move(dense));
  }
  return buffers;
}

std::optional<Neighbours::Buffers> Neighbours::run(const isa::Intrinsic &meaning,
                                                   const isa::Instruction &instruction, Buffers buffers) {
  auto nest = isa::nestOf(description, meaning, instruction.sizes, instruction.values, context);
  if (!nest) {
    llvm::consumeError(nest.takeError()); // a neighbour that is no meaning: an index outside, say
    return std::nullopt;
  }
  std::vector<reference::BufferView> views;
  for (const nest::Operand &operand : nest->operands)
    if (!operand.local) {
      std::vector<uint8_t> &buffer = buffers[views.size()];
      views.push_back({operand.type, operand.shape, buffer.data(), buffer.size()});
    }
  if (llvm::Error error = reference::interpret(*nest, views)) {
    llvm::consumeError(std::move(error)); // it has no result for the data
    return std::nullopt;
  }
  return buffers;
}

std::vector<bool> Neighbours::toldApart(const Reference &reference, const isa::Instruction &instruction) {
  auto before = load(reference, instruction);
  if (!before)
    return {};
  auto right = run(own, instruction, *before);
  if (!right)
    return {};
  std::vector<bool> differ;
  for (const Meaning &meaning : meanings) {
    auto other = run(meaning.intrinsic, instruction, *before);
    differ.push_back(other && *other != *right);
  }
  return differ;
}

} // namespace tenon::check
