// Functions, blocks, and the instructions that are no calls.
#include "core/lanes/Decoder.h"

#include "core/support/Error.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::lanes {

llvm::Error Decoder::unknown(const llvm::Instruction &instruction, const llvm::Twine &why) const {
  return failure(ExitCode::OwnFault,
                 (current->name + ": the lane interpreter does not know the instruction \"" +
                  textOf(instruction) + "\"" + why)
                     .str());
}

llvm::Expected<Operand> Decoder::operandOf(const llvm::Value *value) {
  Operand operand;
  auto slot = slots.find(value);
  if (slot != slots.end()) {
    operand.slot = slot->second;
    return operand;
  }
  auto *constant = llvm::dyn_cast<llvm::Constant>(value);
  if (!constant)
    return failure(ExitCode::OwnFault, current->name + ": an operand is neither a register nor a constant");
  auto components = constantOf(*constant);
  if (!components)
    return components.takeError();
  operand.constant = std::move(*components);
  return operand;
}

void Decoder::addFlags(const llvm::Instruction &instruction, Step &step) const {
  if (auto *overflowing = llvm::dyn_cast<llvm::OverflowingBinaryOperator>(&instruction)) {
    step.nsw = overflowing->hasNoSignedWrap();
    step.nuw = overflowing->hasNoUnsignedWrap();
  }
  if (auto *exact = llvm::dyn_cast<llvm::PossiblyExactOperator>(&instruction))
    step.exact = exact->isExact();
  if (auto *disjoint = llvm::dyn_cast<llvm::PossiblyDisjointInst>(&instruction))
    step.disjoint = disjoint->isDisjoint();
  if (auto *cast = llvm::dyn_cast<llvm::PossiblyNonNegInst>(&instruction))
    step.nneg = cast->hasNonNeg();
  if (auto *truncation = llvm::dyn_cast<llvm::TruncInst>(&instruction)) {
    step.nsw = truncation->hasNoSignedWrap();
    step.nuw = truncation->hasNoUnsignedWrap();
  }
}

llvm::Error Decoder::addControl(const llvm::Instruction &instruction, Step &step) {
  if (auto *branch = llvm::dyn_cast<llvm::BranchInst>(&instruction)) {
    step.kind = Step::Kind::Branch;
    for (unsigned i = 0; i < branch->getNumSuccessors(); ++i) // the operands have another order
      step.targets.push_back(blocks.lookup(branch->getSuccessor(i)));
    return llvm::Error::success();
  }
  if (auto *choice = llvm::dyn_cast<llvm::SwitchInst>(&instruction)) {
    step.kind = Step::Kind::Switch;
    for (const auto &entry : choice->cases()) {
      auto value = constantOf(*entry.getCaseValue());
      if (!value)
        return value.takeError();
      step.cases.emplace_back(value->front().bits, blocks.lookup(entry.getCaseSuccessor()));
    }
    step.targets.push_back(blocks.lookup(choice->getDefaultDest()));
    return llvm::Error::success();
  }
  if (llvm::isa<llvm::ReturnInst>(instruction))
    step.kind = Step::Kind::Return;
  else if (llvm::isa<llvm::UnreachableInst>(instruction))
    step.kind = Step::Kind::Unreachable;
  else
    return unknown(instruction);
  return llvm::Error::success();
}

llvm::Error Decoder::addAddress(const llvm::GetElementPtrInst &instruction, Step &step) {
  const llvm::DataLayout &layout = code.module->getDataLayout();
  step.kind = Step::Kind::Address;
  unsigned operand = 1;
  for (auto at = llvm::gep_type_begin(instruction), end = llvm::gep_type_end(instruction); at != end;
       ++at, ++operand) {
    if (llvm::StructType *structure = at.getStructTypeOrNull()) {
      auto *index = llvm::dyn_cast<llvm::ConstantInt>(at.getOperand());
      if (!index)
        return unknown(instruction);
      step.offset += int64_t(layout.getStructLayout(structure)
                                 ->getElementOffset(unsigned(index->getZExtValue()))
                                 .getFixedValue());
      continue;
    }
    step.scales.emplace_back(operand, int64_t(at.getSequentialElementStride(layout).getFixedValue()));
  }
  return llvm::Error::success();
}

llvm::Error Decoder::addMemory(const llvm::Instruction &instruction, Step &step) {
  const llvm::DataLayout &layout = code.module->getDataLayout();
  if (auto *room = llvm::dyn_cast<llvm::AllocaInst>(&instruction)) {
    std::optional<llvm::TypeSize> size = room->getAllocationSize(layout);
    if (!size || room->getParent() != &room->getFunction()->getEntryBlock())
      return unknown(instruction, ": its size is not constant, or it stands outside the first block");
    step.kind = Step::Kind::Alloca;
    current->localBytes = llvm::alignTo(current->localBytes, room->getAlign());
    step.offset = int64_t(current->localBytes);
    current->localBytes += size->getFixedValue();
    return llvm::Error::success();
  }
  llvm::Type *type = nullptr;
  if (auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) {
    if (load->isAtomic())
      return unknown(instruction);
    step.kind = Step::Kind::Load;
    type = load->getType();
    step.space = load->getPointerAddressSpace();
    step.align = load->getAlign().value();
  } else {
    auto &store = llvm::cast<llvm::StoreInst>(instruction);
    if (store.isAtomic())
      return unknown(instruction);
    step.kind = Step::Kind::Store;
    type = store.getValueOperand()->getType();
    step.space = store.getPointerAddressSpace();
    step.align = store.getAlign().value();
  }
  auto types = componentsOf(type);
  if (!types)
    return types.takeError();
  step.types = std::move(*types);
  uint64_t bytes = 0;
  for (const ScalarType &component : step.types)
    bytes += component.bytes();
  // Components stand one behind the other: a structure with gaps, or bits of a vector, would not.
  bool bitVector = type->isVectorTy() && step.types[0].width % 8 != 0;
  if (bitVector || bytes != layout.getTypeStoreSize(type).getFixedValue())
    return unknown(instruction, ": its components are not whole bytes that stand together");
  return llvm::Error::success();
}

llvm::Error Decoder::addExchange(const llvm::AtomicCmpXchgInst &instruction, Step &step) const {
  step.kind = Step::Kind::Exchange;
  step.space = instruction.getPointerAddressSpace();
  step.align = instruction.getAlign().value();
  if (!instruction.getCompareOperand()->getType()->isIntegerTy() || step.types[0].width % 8 != 0)
    return unknown(instruction, ": it exchanges no integer of whole bytes");
  return llvm::Error::success();
}

llvm::Error Decoder::addMoves(const llvm::Instruction &instruction, Step &step) {
  step.kind = Step::Kind::Copy;
  auto whole = [&](unsigned operand, size_t first, size_t count) {
    for (size_t i = 0; i < count; ++i)
      step.sources.emplace_back(operand, unsigned(first + i));
  };
  auto indexOf = [&](llvm::Type *type, llvm::ArrayRef<unsigned> indices) -> llvm::Expected<size_t> {
    size_t first = 0;
    for (unsigned index : indices) {
      for (unsigned before = 0; before < index; ++before) {
        auto types = componentsOf(llvm::GetElementPtrInst::getTypeAtIndex(type, uint64_t(before)));
        if (!types)
          return types.takeError();
        first += types->size();
      }
      type = llvm::GetElementPtrInst::getTypeAtIndex(type, uint64_t(index));
    }
    return first;
  };
  if (auto *extract = llvm::dyn_cast<llvm::ExtractValueInst>(&instruction)) {
    auto first = indexOf(extract->getAggregateOperand()->getType(), extract->getIndices());
    if (!first)
      return first.takeError();
    whole(0, *first, step.types.size());
  } else if (auto *insert = llvm::dyn_cast<llvm::InsertValueInst>(&instruction)) {
    auto first = indexOf(insert->getType(), insert->getIndices());
    auto inserted = componentsOf(insert->getInsertedValueOperand()->getType());
    if (!first)
      return first.takeError();
    if (!inserted)
      return inserted.takeError();
    whole(0, 0, step.types.size());
    for (size_t i = 0; i < inserted->size(); ++i)
      step.sources[*first + i] = {1, unsigned(i)};
  } else if (auto *shuffle = llvm::dyn_cast<llvm::ShuffleVectorInst>(&instruction)) {
    auto length = int(llvm::cast<llvm::FixedVectorType>(shuffle->getOperand(0)->getType())->getNumElements());
    for (int index : shuffle->getShuffleMask())
      step.sources.emplace_back(index < 0        ? ~0U
                                : index < length ? 0U
                                                 : 1U,
                                unsigned(index < 0 ? 0 : index % length));
  } else {
    bool extracts = llvm::isa<llvm::ExtractElementInst>(instruction);
    auto *index = llvm::dyn_cast<llvm::ConstantInt>(instruction.getOperand(extracts ? 1 : 2));
    if (!index) {
      step.kind = Step::Kind::Dynamic;
      return llvm::Error::success();
    }
    size_t length = llvm::cast<llvm::FixedVectorType>(instruction.getOperand(0)->getType())->getNumElements();
    bool inside = index->getValue().ult(length);
    if (extracts)
      step.sources.emplace_back(inside ? 0U : ~0U, inside ? unsigned(index->getZExtValue()) : 0U);
    else
      whole(inside ? 0U : ~0U, 0, length);
    if (!extracts && inside)
      step.sources[index->getZExtValue()] = {1, 0};
  }
  return llvm::Error::success();
}

llvm::Expected<Step> Decoder::stepOf(const llvm::Instruction &instruction) {
  Step step;
  step.source = &instruction;
  auto types = componentsOf(instruction.getType());
  if (!types)
    return types.takeError();
  step.types = std::move(*types);
  if (!instruction.getType()->isVoidTy())
    step.result = slots.lookup(&instruction);
  addFlags(instruction, step);
  llvm::Error error = llvm::Error::success();
  switch (instruction.getOpcode()) {
  case llvm::Instruction::GetElementPtr:
    error = addAddress(llvm::cast<llvm::GetElementPtrInst>(instruction), step);
    break;
  case llvm::Instruction::Load:
  case llvm::Instruction::Store:
  case llvm::Instruction::Alloca:
    error = addMemory(instruction, step);
    break;
  case llvm::Instruction::AtomicCmpXchg:
    error = addExchange(llvm::cast<llvm::AtomicCmpXchgInst>(instruction), step);
    break;
  case llvm::Instruction::ExtractValue:
  case llvm::Instruction::InsertValue:
  case llvm::Instruction::ExtractElement:
  case llvm::Instruction::InsertElement:
  case llvm::Instruction::ShuffleVector:
    error = addMoves(instruction, step);
    break;
  case llvm::Instruction::BitCast:
    step.kind = Step::Kind::Bitcast;
    break;
  case llvm::Instruction::Call:
    error = addCall(llvm::cast<llvm::CallInst>(instruction), step);
    break;
  default:
    if (instruction.isTerminator())
      error = addControl(instruction, step);
    else if (llvm::isa<llvm::AddrSpaceCastInst>(instruction))
      step.kind = Step::Kind::Elementwise, step.number = machine.scratchSpace.value_or(0);
    else if (instruction.isBinaryOp() || instruction.isCast() || llvm::isa<llvm::CmpInst>(instruction) ||
             llvm::isa<llvm::SelectInst>(instruction) || llvm::isa<llvm::FreezeInst>(instruction) ||
             instruction.getOpcode() == llvm::Instruction::FNeg)
      step.kind = Step::Kind::Elementwise;
    else
      error = unknown(instruction);
  }
  if (error)
    return std::move(error);
  // What is called is no operand, nor are the blocks of a branch.
  const auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  for (const llvm::Use &use : call ? call->args() : instruction.operands()) {
    if (llvm::isa<llvm::BasicBlock>(use) || use->getType()->isMetadataTy())
      continue;
    auto operand = operandOf(use);
    if (!operand)
      return operand.takeError();
    auto operandTypes = componentsOf(use->getType());
    if (!operandTypes)
      return operandTypes.takeError();
    step.operands.push_back(std::move(*operand));
    step.operandTypes.push_back(operandTypes->empty() ? ScalarType() : operandTypes->front());
  }
  return step;
}

llvm::Error Decoder::addEdges(const llvm::BasicBlock &block, Block &result) {
  for (const llvm::PHINode &phi : block.phis()) {
    auto types = componentsOf(phi.getType());
    if (!types)
      return types.takeError();
    for (unsigned i = 0; i < phi.getNumIncomingValues(); ++i) {
      auto value = operandOf(phi.getIncomingValue(i));
      if (!value)
        return value.takeError();
      unsigned from = blocks.lookup(phi.getIncomingBlock(i));
      std::vector<Edge> &edges = result.edges[from];
      int slot = slots.lookup(&phi);
      if (llvm::none_of(edges,
                        [&](const Edge &edge) { return edge.result == slot; })) // two edges from one block
        edges.push_back({slot, unsigned(types->size()), std::move(*value)});
    }
  }
  return llvm::Error::success();
}

llvm::Error Decoder::addFunction(const llvm::Function &function, Function &result) {
  current = &result;
  result.name = function.getName().str();
  slots.clear();
  blocks.clear();
  auto addSlot = [&](const llvm::Value &value) -> llvm::Error {
    auto types = componentsOf(value.getType());
    if (!types)
      return types.takeError();
    slots[&value] = int(result.slots);
    result.slots += unsigned(types->size());
    return llvm::Error::success();
  };
  for (const llvm::Argument &argument : function.args()) {
    unsigned first = result.slots;
    if (llvm::Error error = addSlot(argument))
      return error;
    result.arguments.emplace_back(int(first), result.slots - first);
  }
  for (const llvm::BasicBlock &block : function) {
    blocks[&block] = unsigned(blocks.size());
    for (const llvm::Instruction &instruction : block)
      if (!instruction.getType()->isVoidTy())
        if (llvm::Error error = addSlot(instruction))
          return error;
  }
  for (const llvm::BasicBlock &block : function) {
    Block &decoded = result.blocks.emplace_back();
    if (llvm::Error error = addEdges(block, decoded))
      return error;
    for (const llvm::Instruction &instruction : block) {
      if (llvm::isa<llvm::PHINode>(instruction))
        continue;
      auto step = stepOf(instruction);
      if (!step)
        return step.takeError();
      decoded.steps.push_back(std::move(*step));
    }
  }
  return llvm::Error::success();
}

/// Which variables of the scratchpad a function mentions.
void Decoder::noteShared() {
  unsigned number = 0;
  for (const llvm::GlobalVariable &variable : code.module->globals()) {
    if (!machine.scratchSpace || *machine.scratchSpace == 0 ||
        variable.getAddressSpace() != *machine.scratchSpace)
      continue;
    llvm::SmallVector<const llvm::User *> users(variable.user_begin(), variable.user_end());
    while (!users.empty()) {
      const llvm::User *user = users.pop_back_val();
      if (auto *instruction = llvm::dyn_cast<llvm::Instruction>(user))
        code.functions[instruction->getFunction()->getName()]->shared.push_back(number);
      else
        users.append(user->user_begin(), user->user_end());
    }
    ++number;
  }
}

llvm::Error Decoder::run() {
  if (llvm::Error error = addVariables())
    return error;
  for (const llvm::Function &function : *code.module)
    if (!function.isDeclaration())
      code.functions[function.getName()] = std::make_unique<Function>();
  for (const llvm::Function &function : *code.module)
    if (!function.isDeclaration())
      if (llvm::Error error = addFunction(function, *code.functions[function.getName()]))
        return error;
  noteShared();
  return llvm::Error::success();
}

} // namespace tenon::lanes
