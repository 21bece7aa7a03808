// Constants as components of registers, and the module's variables as bytes with addresses.
#include "core/lanes/Decoder.h"

#include "core/support/Error.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::lanes {
namespace {

std::string printed(const llvm::Value &value) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  value.print(stream);
  return text;
}

} // namespace

llvm::Expected<std::vector<ScalarType>> Decoder::componentsOf(llvm::Type *type) const {
  using Kind = ScalarType::Kind;
  std::vector<ScalarType> result;
  if (type->isVoidTy())
    return result;
  if (auto *structure = llvm::dyn_cast<llvm::StructType>(type)) {
    for (llvm::Type *element : structure->elements()) {
      auto inner = componentsOf(element);
      if (!inner)
        return inner.takeError();
      result.insert(result.end(), inner->begin(), inner->end());
    }
    return result;
  }
  auto repeat = [&](llvm::Type *element, uint64_t count) -> llvm::Error {
    auto inner = componentsOf(element);
    if (!inner)
      return inner.takeError();
    for (uint64_t i = 0; i < count; ++i)
      result.insert(result.end(), inner->begin(), inner->end());
    return llvm::Error::success();
  };
  llvm::Error error = llvm::Error::success();
  if (auto *array = llvm::dyn_cast<llvm::ArrayType>(type))
    error = repeat(array->getElementType(), array->getNumElements());
  else if (auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(type))
    error = repeat(vector->getElementType(), vector->getNumElements());
  else if (type->isIntegerTy() && type->getIntegerBitWidth() <= 64)
    result.push_back({Kind::Integer, type->getIntegerBitWidth()});
  else if (type->isPointerTy())
    result.push_back({Kind::Pointer, 64});
  else if (type->isHalfTy())
    result.push_back({Kind::Half, 16});
  else if (type->isBFloatTy())
    result.push_back({Kind::Brain, 16});
  else if (type->isFloatTy())
    result.push_back({Kind::Single, 32});
  else if (type->isDoubleTy())
    result.push_back({Kind::Double, 64});
  else {
    std::string text;
    llvm::raw_string_ostream(text) << *type;
    error = failure(ExitCode::OwnFault, "the lane interpreter does not know the type " + text);
  }
  if (error)
    return std::move(error);
  return result;
}

llvm::Expected<std::vector<Scalar>> Decoder::constantOf(const llvm::Constant &constant) {
  auto types = componentsOf(constant.getType());
  if (!types)
    return types.takeError();
  if (llvm::isa<llvm::UndefValue>(constant)) // poison too
    return std::vector<Scalar>(types->size(), poisoned());
  if (constant.isNullValue())
    return std::vector<Scalar>(types->size());
  if (auto *integer = llvm::dyn_cast<llvm::ConstantInt>(&constant))
    return std::vector<Scalar>{{integer->getZExtValue(), false}};
  if (auto *real = llvm::dyn_cast<llvm::ConstantFP>(&constant))
    return std::vector<Scalar>{{real->getValueAPF().bitcastToAPInt().getZExtValue(), false}};
  if (auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(&constant))
    return std::vector<Scalar>{{variables.lookup(variable), false}};
  if (constant.getType()->isPointerTy()) {
    llvm::APInt offset(64, 0);
    const llvm::Value *base =
        constant.stripAndAccumulateConstantOffsets(code.module->getDataLayout(), offset, true);
    if (base != &constant && llvm::isa<llvm::Constant>(base)) {
      auto address = constantOf(*llvm::cast<llvm::Constant>(base));
      if (!address)
        return address.takeError();
      uint64_t value = uint64_t(address->front().bits) + offset.getZExtValue();
      bool fromShared =
          machine.scratchSpace && base->getType()->getPointerAddressSpace() == *machine.scratchSpace;
      bool toShared =
          machine.scratchSpace && constant.getType()->getPointerAddressSpace() == *machine.scratchSpace;
      value += fromShared == toShared ? 0 : toShared ? -sharedWindow : sharedWindow;
      return std::vector<Scalar>{{value, false}};
    }
  }
  std::vector<Scalar> result;
  for (unsigned i = 0; constant.getAggregateElement(i); ++i) {
    auto element = constantOf(*constant.getAggregateElement(i));
    if (!element)
      return element.takeError();
    result.insert(result.end(), element->begin(), element->end());
  }
  if (result.size() != types->size() || result.empty())
    return failure(ExitCode::OwnFault,
                   "the lane interpreter does not know the constant " + printed(constant));
  return result;
}

/// Writes a constant as it lies in memory; padding and undefined parts stay undefined.
llvm::Error Decoder::addBytes(const llvm::Constant &constant, uint64_t offset,
                              llvm::MutableArrayRef<uint8_t> bytes, llvm::MutableArrayRef<uint8_t> defined) {
  const llvm::DataLayout &layout = code.module->getDataLayout();
  llvm::Type *type = constant.getType();
  if (type->isAggregateType() || type->isVectorTy()) {
    auto *structure = llvm::dyn_cast<llvm::StructType>(type);
    for (unsigned i = 0; const llvm::Constant *element = constant.getAggregateElement(i); ++i) {
      uint64_t place = structure ? layout.getStructLayout(structure)->getElementOffset(i).getFixedValue()
                                 : i * layout.getTypeAllocSize(element->getType()).getFixedValue();
      if (llvm::Error error = addBytes(*element, offset + place, bytes, defined))
        return error;
    }
    return llvm::Error::success();
  }
  auto value = constantOf(constant);
  if (!value)
    return value.takeError();
  if (value->front().poison)
    return llvm::Error::success();
  uint64_t size = layout.getTypeStoreSize(type).getFixedValue();
  for (uint64_t i = 0; i < size; ++i) {
    bytes[offset + i] = uint8_t(value->front().bits >> (8 * i));
    defined[offset + i] = 1;
  }
  return llvm::Error::success();
}

llvm::Error Decoder::addVariables() {
  const llvm::DataLayout &layout = code.module->getDataLayout();
  for (const llvm::GlobalVariable &variable : code.module->globals()) {
    uint64_t size = layout.getTypeAllocSize(variable.getValueType()).getFixedValue();
    if (machine.scratchSpace && *machine.scratchSpace != 0 &&
        variable.getAddressSpace() == *machine.scratchSpace) {
      if (variable.hasInitializer() && !llvm::isa<llvm::UndefValue>(variable.getInitializer()))
        return failure(ExitCode::OwnFault,
                       "@" + variable.getName().str() +
                           " lies in the scratchpad and has an initial value: nothing writes it");
      uint64_t align = std::max<uint64_t>(variable.getAlign().valueOrOne().value(), 16);
      uint64_t end = code.shared.empty() ? 0 : code.shared.back().address + code.shared.back().bytes;
      // Far apart, so that an address behind one is not inside another.
      uint64_t address = end == 0 ? 0 : llvm::alignTo(end + 65536, align);
      variables[&variable] = address;
      code.shared.push_back({"@" + variable.getName().str(), address, size});
      continue;
    }
    if (!variable.hasInitializer())
      return failure(ExitCode::OwnFault, "@" + variable.getName().str() + " has no value in the module");
    uint64_t address = memory.allocate("@" + variable.getName().str(), size);
    variables[&variable] = address;
    uint64_t offset = 0;
    Allocation &allocation = *memory.find(address, size, offset);
    allocation.readOnly = variable.isConstant();
    if (llvm::Error error =
            addBytes(*variable.getInitializer(), 0, allocation.content.bytes, allocation.content.defined))
      return error;
  }
  return llvm::Error::success();
}

} // namespace tenon::lanes
