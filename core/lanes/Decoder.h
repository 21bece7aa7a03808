// Turns LLVM's instructions into the interpreter's steps.
#pragma once

#include "core/lanes/Code.h"

#include "llvm/ADT/DenseMap.h"

namespace tenon::lanes {

class Decoder {
public:
  Decoder(const LaneMachine &target, Code &result, DeviceMemory &device)
      : machine(target), code(result), memory(device) {}

  llvm::Error run();

private:
  llvm::Error unknown(const llvm::Instruction &instruction, const llvm::Twine &why = "") const;
  // Constants and variables (DecodeConstants.cpp).
  llvm::Error addVariables();
  llvm::Error addBytes(const llvm::Constant &constant, uint64_t offset, llvm::MutableArrayRef<uint8_t> bytes,
                       llvm::MutableArrayRef<uint8_t> defined);
  llvm::Expected<std::vector<Scalar>> constantOf(const llvm::Constant &constant);
  llvm::Expected<std::vector<ScalarType>> componentsOf(llvm::Type *type) const;
  // Functions.
  void noteShared();
  llvm::Error addFunction(const llvm::Function &function, Function &result);
  llvm::Error addEdges(const llvm::BasicBlock &block, Block &result);
  llvm::Expected<Operand> operandOf(const llvm::Value *value);
  llvm::Expected<Step> stepOf(const llvm::Instruction &instruction);
  llvm::Error addControl(const llvm::Instruction &instruction, Step &step);
  llvm::Error addMemory(const llvm::Instruction &instruction, Step &step);
  llvm::Error addAddress(const llvm::GetElementPtrInst &instruction, Step &step);
  llvm::Error addExchange(const llvm::AtomicCmpXchgInst &instruction, Step &step) const;
  llvm::Error addMoves(const llvm::Instruction &instruction, Step &step);
  void addFlags(const llvm::Instruction &instruction, Step &step) const;
  // Calls (DecodeCalls.cpp).
  llvm::Error addCall(const llvm::CallInst &call, Step &step);
  llvm::Error addIntrinsic(const llvm::CallInst &call, Step &step);
  llvm::Error addMaskedAccess(const llvm::CallInst &call, Step &step);
  llvm::Error addMemoryMove(const llvm::CallInst &call, Step &step);
  bool isBarrier(const llvm::CallInst &call) const;

  const LaneMachine &machine;
  Code &code;
  DeviceMemory &memory;
  llvm::DenseMap<const llvm::GlobalVariable *, uint64_t> variables;
  llvm::DenseMap<const llvm::Value *, int> slots;            ///< of the function that is decoded
  llvm::DenseMap<const llvm::BasicBlock *, unsigned> blocks; ///< of the function that is decoded
  Function *current = nullptr;
};

} // namespace tenon::lanes
