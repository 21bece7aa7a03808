// Clones of instructions between loads and stores.
#include "RowsAlone.h"

#include "TextOfRows.h"
#include "core/codegen/ChildFormat.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"

#include <map>

namespace tenon::codegen {
namespace {

bool canLieInMemory(llvm::Type *type) {
  return type->isSized() && !type->isTokenTy() && !type->isMetadataTy() && !type->isLabelTy();
}

bool canStandAlone(const llvm::Instruction &instruction) {
  if (instruction.isTerminator() || llvm::isa<llvm::PHINode>(instruction))
    return false;
  if (!instruction.getType()->isVoidTy() && !canLieInMemory(instruction.getType()))
    return false;
  return llvm::all_of(instruction.operands(), [](const llvm::Use &use) {
    bool isLocal = llvm::isa<llvm::Instruction>(use.get()) || llvm::isa<llvm::Argument>(use.get());
    return !isLocal || canLieInMemory(use->getType());
  });
}

/// The function in the new module that a call refers to.
llvm::Function *declarationIn(llvm::Module &module, const llvm::Function &original) {
  if (llvm::Function *found = module.getFunction(original.getName()))
    return found;
  llvm::Function *made = llvm::Function::Create(
      original.getFunctionType(), llvm::GlobalValue::ExternalLinkage, original.getName(), module);
  made->copyAttributesFrom(&original);
  return made;
}

void addAlone(llvm::Module &module, const llvm::Instruction &instruction, unsigned line) {
  llvm::LLVMContext &context = module.getContext();
  auto *pointer = llvm::PointerType::get(context, 0);
  std::vector<const llvm::Use *> locals;
  for (const llvm::Use &use : instruction.operands())
    if (llvm::isa<llvm::Instruction>(use.get()) || llvm::isa<llvm::Argument>(use.get()))
      locals.push_back(&use);
  std::vector<llvm::Type *> parameters(locals.size() + 1, pointer);
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), parameters, false);
  llvm::Function *function =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, rowFunction(line), module);
  if (const llvm::Function *original = instruction.getFunction())
    function->setAttributes(llvm::AttributeList().addFnAttributes(
        context, llvm::AttrBuilder(context, original->getAttributes().getFnAttrs())));
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", function));
  llvm::Instruction *clone = instruction.clone();
  for (auto [i, use] : llvm::enumerate(locals))
    clone->setOperand(use->getOperandNo(),
                      builder.CreateLoad((*use)->getType(), function->getArg(unsigned(i))));
  if (auto *call = llvm::dyn_cast<llvm::CallBase>(clone))
    if (const llvm::Function *called = call->getCalledFunction())
      call->setCalledFunction(declarationIn(module, *called));
  builder.Insert(clone);
  if (!clone->getType()->isVoidTy())
    builder.CreateStore(clone, function->getArg(unsigned(locals.size())));
  builder.CreateRetVoid();
}

/// Whether every global that the instruction names is a function that it calls: other globals stay behind.
bool namesNoVariable(const llvm::Instruction &instruction) {
  auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  return llvm::none_of(instruction.operands(), [&](const llvm::Use &use) {
    if (call && call->isCallee(&use))
      return false;
    return llvm::isa<llvm::Constant>(use.get()) && !llvm::isa<llvm::ConstantData>(use.get()) &&
           !llvm::isa<llvm::ConstantAggregate>(use.get());
  });
}

} // namespace

unsigned rowLine(const llvm::Instruction &instruction) {
  const llvm::MDNode *node = instruction.getMetadata(rowMetadata);
  if (!node || node->getNumOperands() != 1)
    return 0;
  auto *number = llvm::mdconst::dyn_extract<llvm::ConstantInt>(node->getOperand(0));
  return number ? unsigned(number->getZExtValue()) : 0;
}

std::unique_ptr<llvm::Module> rowsAlone(const llvm::Module &module, const std::vector<unsigned> &lines) {
  auto alone = std::make_unique<llvm::Module>("rows", module.getContext());
  alone->setTargetTriple(module.getTargetTriple());
  alone->setDataLayout(module.getDataLayout());
  std::map<unsigned, const llvm::Instruction *> byLine;
  for (const llvm::Function &function : module)
    for (const llvm::BasicBlock &block : function)
      for (const llvm::Instruction &instruction : block)
        if (unsigned line = rowLine(instruction))
          byLine.emplace(line, &instruction);
  for (unsigned line : lines)
    if (auto found = byLine.find(line); found != byLine.end())
      if (canStandAlone(*found->second) && namesNoVariable(*found->second))
        addAlone(*alone, *found->second, line);
  return alone;
}

} // namespace tenon::codegen
