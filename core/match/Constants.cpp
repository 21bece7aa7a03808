// Elements as bytes, little end first, in the storage that the interpreter uses.
#include "core/match/Constants.h"

#include "core/reference/Interpreter.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;

namespace tenon::match {

namespace {

const llvm::fltSemantics &semantics(const nest::ScalarType &type) {
  switch (type.kind) {
  case nest::ScalarType::Kind::Float16:
    return llvm::APFloat::IEEEhalf();
  case nest::ScalarType::Kind::BFloat16:
    return llvm::APFloat::BFloat();
  case nest::ScalarType::Kind::Float32:
    return llvm::APFloat::IEEEsingle();
  default:
    return llvm::APFloat::IEEEdouble();
  }
}

} // namespace

int64_t elementCount(const ConstantTensor &tensor) {
  return tensor.bytes.size() / tensor.type.storageBytes();
}

nest::Constant elementAt(const ConstantTensor &tensor, int64_t position) {
  unsigned size = tensor.type.storageBytes();
  uint64_t word = 0;
  std::memcpy(&word, tensor.bytes.data() + position * size, size);
  if (tensor.type.isInteger())
    return nest::Constant::ofInteger(llvm::SignExtend64(word, tensor.type.width));
  llvm::APFloat value(semantics(tensor.type), llvm::APInt(tensor.type.width, word));
  bool lost = false;
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return nest::Constant::ofReal(value.convertToDouble());
}

void setElement(ConstantTensor &tensor, int64_t position, nest::Constant value) {
  unsigned size = tensor.type.storageBytes();
  uint64_t word = uint64_t(value.integer);
  if (tensor.type.isFloat()) {
    llvm::APFloat real(value.real);
    bool lost = false;
    real.convert(semantics(tensor.type), llvm::APFloat::rmNearestTiesToEven, &lost);
    word = real.bitcastToAPInt().getZExtValue();
  }
  std::memcpy(tensor.bytes.data() + position * size, &word, size);
}

ConstantTensor uniformTensor(nest::ScalarType type, ArrayRef<int64_t> shape, nest::Constant value) {
  ConstantTensor result{type, SmallVector<int64_t>(shape), {}};
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  result.bytes.resize(count * type.storageBytes());
  for (int64_t i = 0; i < count; ++i)
    setElement(result, i, value);
  return result;
}

std::optional<nest::Constant> uniformElement(const ConstantTensor &tensor) {
  size_t size = tensor.type.storageBytes();
  if (tensor.bytes.size() < size ||
      std::memcmp(tensor.bytes.data(), tensor.bytes.data() + size, tensor.bytes.size() - size) != 0)
    return std::nullopt;
  return elementAt(tensor, 0);
}

std::optional<ConstantTensor> narrowed(const ConstantTensor &tensor, nest::ScalarType type, bool isSigned) {
  ConstantTensor result{type, tensor.shape, {}};
  int64_t count = elementCount(tensor);
  result.bytes.resize(count * type.storageBytes());
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = elementAt(tensor, i).integer;
    if (isSigned ? !llvm::isIntN(type.width, value) : value < 0 || !llvm::isUIntN(type.width, value))
      return std::nullopt;
    setElement(result, i, nest::Constant::ofInteger(llvm::SignExtend64(value, type.width)));
  }
  return result;
}

bool same(const ConstantTensor &left, const ConstantTensor &right) {
  return left.type == right.type && left.shape == right.shape && left.bytes == right.bytes;
}

unsigned addConstant(Computation &computation, llvm::StringRef name, ConstantTensor tensor) {
  for (auto [number, source] : llvm::enumerate(computation.sources))
    if (source.kind == TensorSource::Kind::Constant && same(*source.constant, tensor))
      return number;
  computation.nest.operands.push_back({name.str(), tensor.type, tensor.shape, false});
  TensorSource source;
  source.kind = TensorSource::Kind::Constant;
  source.constant = std::make_shared<ConstantTensor>(std::move(tensor));
  computation.sources.push_back(std::move(source));
  return computation.sources.size() - 1;
}

llvm::Expected<ConstantTensor> evaluate(const nest::Nest &nest, ArrayRef<const ConstantTensor *> tensors) {
  const nest::Operand &last = nest.operands.back();
  ConstantTensor result = uniformTensor(last.type, last.shape, {});
  std::vector<reference::BufferView> views;
  for (const ConstantTensor *tensor : tensors)
    views.push_back(
        {tensor->type, tensor->shape, const_cast<char *>(tensor->bytes.data()), tensor->bytes.size()});
  views.push_back({result.type, result.shape, result.bytes.data(), result.bytes.size()});
  if (llvm::Error error = reference::interpret(nest, views))
    return std::move(error);
  return result;
}

} // namespace tenon::match
