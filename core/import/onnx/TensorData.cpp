// Element types and elements.
#include "core/import/onnx/TensorData.h"

#include "core/import/onnx/ExternalData.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>

namespace tenon::import::onnx {

using T = schema::TensorProto;

mlir::Type elementType(mlir::MLIRContext *context, int type) {
  mlir::Builder builder(context);
  switch (type) {
  case T::FLOAT:
    return builder.getF32Type();
  case T::DOUBLE:
    return builder.getF64Type();
  case T::FLOAT16:
    return builder.getF16Type();
  case T::BFLOAT16:
    return builder.getBF16Type();
  case T::INT8:
  case T::UINT8:
    return builder.getI8Type();
  case T::INT16:
  case T::UINT16:
    return builder.getI16Type();
  case T::INT32:
  case T::UINT32:
    return builder.getI32Type();
  case T::INT64:
  case T::UINT64:
    return builder.getI64Type();
  case T::BOOL:
    return builder.getI1Type();
  default:
    return nullptr;
  }
}

std::string typeName(int type) {
  return T::DataType_IsValid(type) ? T::DataType_Name(static_cast<T::DataType>(type))
                                   : "type " + std::to_string(type);
}

bool isFloatType(int type) {
  return type == T::FLOAT || type == T::DOUBLE || type == T::FLOAT16 || type == T::BFLOAT16;
}

bool isUnsignedType(int type) {
  return type == T::UINT8 || type == T::UINT16 || type == T::UINT32 || type == T::UINT64 || type == T::BOOL;
}

namespace {

/// Elements of a repeated field, each as the low bytes of its own width.
template <typename Field> std::vector<char> fieldBytes(const Field &field, unsigned elementBytes) {
  std::vector<char> bytes(static_cast<size_t>(field.size()) * elementBytes);
  for (int i = 0; i < field.size(); ++i) {
    auto value = field.Get(i);
    std::memcpy(&bytes[static_cast<size_t>(i) * elementBytes], &value, elementBytes);
  }
  return bytes;
}

std::vector<char> inlineBytes(const T &tensor, unsigned elementBytes) {
  if (tensor.has_raw_data())
    return {tensor.raw_data().begin(), tensor.raw_data().end()};
  switch (tensor.data_type()) {
  case T::FLOAT:
    return fieldBytes(tensor.float_data(), elementBytes);
  case T::DOUBLE:
    return fieldBytes(tensor.double_data(), elementBytes);
  case T::INT64:
    return fieldBytes(tensor.int64_data(), elementBytes);
  case T::UINT32:
  case T::UINT64:
    return fieldBytes(tensor.uint64_data(), elementBytes);
  default: // the narrower types share a field
    return fieldBytes(tensor.int32_data(), elementBytes);
  }
}

/// The shape, within the limits; a dimension of 0 is a list without entries.
llvm::Expected<llvm::SmallVector<int64_t>> shapeOfData(const T &tensor, unsigned elementBytes,
                                                       const ImportLimits &limits) {
  llvm::SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  if (shape.size() > limits.rank)
    return wrongInput("has a constant of rank " + std::to_string(shape.size()) + ", at most " +
                      std::to_string(limits.rank) + " is supported");
  uint64_t bytes = elementBytes;
  for (int64_t extent : shape) {
    if (extent < 0)
      return wrongInput("has a constant of shape " + shapeText(shape) + ", no dimension may be below 0");
    bytes = llvm::SaturatingMultiply(bytes, static_cast<uint64_t>(extent));
  }
  if (bytes > limits.tensorBytes)
    return wrongInput("has a constant of shape " + shapeText(shape) + ", at most " +
                      std::to_string(limits.tensorBytes) + " bytes a tensor are supported");
  return shape;
}

} // namespace

llvm::Expected<mlir::DenseElementsAttr> elementsOf(mlir::MLIRContext *context, const T &tensor,
                                                   const DataSource &source) {
  mlir::Type element = elementType(context, tensor.data_type());
  if (!element)
    return wrongInput("has a constant of type " + typeName(tensor.data_type()) +
                      ", supported: floats of 16 to 64 bits, integers of 8 to 64 bits, BOOL");
  constexpr unsigned bitsOfByte = 8;
  unsigned size = std::max(1U, element.getIntOrFloatBitWidth() / bitsOfByte);
  auto shape = shapeOfData(tensor, size, *source.limits);
  if (!shape)
    return shape.takeError();
  uint64_t needed = size;
  for (int64_t extent : *shape)
    needed *= static_cast<uint64_t>(extent);
  std::vector<char> bytes;
  if (tensor.data_location() == T::EXTERNAL) {
    auto external = externalBytes(tensor, needed, source.folder);
    if (!external)
      return external.takeError();
    bytes = std::move(*external);
  } else {
    bytes = inlineBytes(tensor, size);
  }
  if (bytes.size() != needed)
    return wrongInput("has a constant with " + std::to_string(bytes.size()) + " bytes of data, its type " +
                      typeName(tensor.data_type()) + " and shape " + shapeText(*shape) + " need " +
                      std::to_string(needed));
  auto type = mlir::RankedTensorType::get(*shape, element);
  if (tensor.data_type() != T::BOOL)
    return mlir::DenseElementsAttr::getFromRawBuffer(type, bytes);
  llvm::SmallVector<bool> flags;
  for (char byte : bytes)
    flags.push_back(byte != 0);
  return mlir::DenseElementsAttr::get(type, llvm::ArrayRef<bool>(flags));
}

} // namespace tenon::import::onnx
