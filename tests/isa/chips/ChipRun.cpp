// Binds an intrinsic's sizes and values, interprets its nest and moves elements in and out of its buffers.
#include "tests/isa/chips/ChipRun.h"

#include "core/reference/Interpreter.h"
#include "tests/isa/chips/ChipFiles.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <cstring>

namespace tenon::test {

using nest::ScalarType;

isa::Description loadChip(const std::string &name, const std::map<std::string, int64_t> &parameters) {
  isa::LoadOptions options;
  options.parameters = parameters;
  llvm::Expected<isa::Description> chip = isa::loadDescription(chipFile(name), options);
  if (chip)
    return std::move(*chip);
  ADD_FAILURE() << llvm::toString(chip.takeError());
  return {};
}

const isa::Intrinsic *findIntrinsic(const isa::Description &chip, llvm::StringRef name) {
  for (const isa::Intrinsic &intrinsic : chip.intrinsics)
    if (intrinsic.name == name)
      return &intrinsic;
  ADD_FAILURE() << chip.name << " has no " << name.str();
  return nullptr;
}

int64_t &Tensor::at(std::initializer_list<int64_t> indices) {
  int64_t position = 0;
  for (auto [index, extent] : llvm::zip_equal(indices, shape)) {
    EXPECT_TRUE(index >= 0 && index < extent) << index << " is not below " << extent;
    position = position * extent + index;
  }
  return elements.at(size_t(position));
}

int64_t Tensor::atOr(std::initializer_list<int64_t> indices, int64_t outside) const {
  int64_t position = 0;
  for (auto [index, extent] : llvm::zip_equal(indices, shape)) {
    if (index < 0 || index >= extent)
      return outside;
    position = position * extent + index;
  }
  return elements.at(size_t(position));
}

int64_t Draw::between(int64_t low, int64_t high) {
  std::uniform_int_distribution<int64_t> any(low, high);
  std::uniform_int_distribution<int> choice(0, 14);
  switch (choice(generator)) {
  case 0:
    return low;
  case 1:
    return high;
  case 2:
  case 3:
  case 4:
    return std::clamp<int64_t>(std::uniform_int_distribution<int64_t>(-1, 1)(generator), low, high);
  default:
    return any(generator);
  }
}

ChipRun::ChipRun(const isa::Description &chip, llvm::StringRef intrinsicName, const Numbers &sizeNumbers,
                 const Numbers &valueNumbers)
    : name(intrinsicName), sizes(sizeNumbers), values(valueNumbers),
      context(mlir::MLIRContext::Threading::DISABLED) {
  const isa::Intrinsic *intrinsic = findIntrinsic(chip, intrinsicName);
  if (!intrinsic)
    return;
  llvm::SmallVector<int64_t> sizeList, valueList;
  for (const isa::Size &size : intrinsic->sizes) {
    if (!sizes.contains(size.name))
      sizes[size.name] = size.high;
    sizeList.push_back(sizes[size.name]);
  }
  for (const isa::ValueDeclaration &value : intrinsic->values) {
    EXPECT_TRUE(values.contains(value.name)) << name << " needs " << value.name;
    valueList.push_back(values[value.name]);
  }
  llvm::Expected<nest::Nest> bound = isa::nestOf(chip, *intrinsic, sizeList, valueList, context);
  if (!bound) {
    ADD_FAILURE() << llvm::toString(bound.takeError());
    return;
  }
  nest = std::move(*bound);
  for (const nest::Operand &operand : nest.operands)
    if (!operand.local) {
      Tensor &tensor = tensors[operand.name];
      tensor.type = operand.type;
      tensor.shape = operand.shape;
      tensor.elements.resize(size_t(std::accumulate(operand.shape.begin(), operand.shape.end(), int64_t(1),
                                                    std::multiplies<int64_t>())));
    }
}

Tensor &ChipRun::operator[](const std::string &operand) {
  auto found = tensors.find(operand);
  if (found != tensors.end())
    return found->second;
  ADD_FAILURE() << name << " has no operand " << operand;
  return tensors[operand];
}

void ChipRun::fill(Draw &draw, const std::map<std::string, std::pair<int64_t, int64_t>> &ranges) {
  for (auto &[operand, tensor] : tensors) {
    int64_t high = tensor.type.isFloat() ? 8 : int64_t((uint64_t(1) << (tensor.type.width - 1)) - 1);
    std::pair<int64_t, int64_t> range{-high - 1, high};
    if (auto given = ranges.find(operand); given != ranges.end())
      range = given->second;
    for (int64_t &element : tensor.elements)
      element = draw.between(range.first, range.second);
  }
}

namespace {

const llvm::fltSemantics &semanticsOf(ScalarType type) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return llvm::APFloat::IEEEhalf();
  case ScalarType::Kind::BFloat16:
    return llvm::APFloat::BFloat();
  case ScalarType::Kind::Float64:
    return llvm::APFloat::IEEEdouble();
  default:
    return llvm::APFloat::IEEEsingle();
  }
}

uint64_t toBits(ScalarType type, int64_t element) {
  if (type.isInteger())
    return uint64_t(element);
  llvm::APFloat number(semanticsOf(type));
  number.convertFromAPInt(llvm::APInt(64, uint64_t(element), true), true, llvm::APFloat::rmNearestTiesToEven);
  return number.bitcastToAPInt().getZExtValue();
}

int64_t fromBits(ScalarType type, uint64_t bits) {
  if (type.isInteger())
    return llvm::SignExtend64(bits, type.width);
  llvm::APSInt integer(64, false);
  bool exact = false;
  llvm::APFloat(semanticsOf(type), llvm::APInt(type.width, bits))
      .convertToInteger(integer, llvm::APFloat::rmTowardZero, &exact);
  EXPECT_TRUE(exact) << "a float that is no integer";
  return integer.getSExtValue();
}

} // namespace

void ChipRun::run() {
  std::vector<std::vector<char>> memory;
  std::vector<reference::BufferView> buffers;
  for (const nest::Operand &operand : nest.operands) {
    if (operand.local)
      continue;
    const Tensor &tensor = tensors.at(operand.name);
    unsigned bytes = operand.type.storageBytes();
    memory.emplace_back(tensor.elements.size() * bytes);
    for (auto [i, element] : llvm::enumerate(tensor.elements)) {
      uint64_t bits = toBits(operand.type, element);
      std::memcpy(memory.back().data() + i * bytes, &bits, bytes);
    }
    buffers.push_back({operand.type, operand.shape, memory.back().data(), memory.back().size()});
  }
  if (llvm::Error error = reference::interpret(nest, buffers)) {
    ADD_FAILURE() << name << ": " << llvm::toString(std::move(error));
    return;
  }
  size_t number = 0;
  for (const nest::Operand &operand : nest.operands) {
    if (operand.local)
      continue;
    unsigned bytes = operand.type.storageBytes();
    const char *data = memory[number++].data();
    for (int64_t &element : tensors.at(operand.name).elements) {
      uint64_t bits = 0;
      std::memcpy(&bits, data, bytes);
      data += bytes;
      element = fromBits(operand.type, bits);
    }
  }
}

} // namespace tenon::test
