// Reading a TensorProto through ONNX's own generated classes.
#include "core/driver/OnnxTensor.h"

#include "core/support/Error.h"

#include "llvm/Support/MathExtras.h"

#include <onnx/onnx_pb.h>

#include <cstring>

namespace tenon::driver {

namespace {

using onnx::TensorProto;

std::optional<nest::ScalarType> scalarType(int type) {
  switch (type) {
  case TensorProto::FLOAT:
    return nest::ScalarType::f32();
  case TensorProto::BOOL:
    return nest::ScalarType::integer(1);
  case TensorProto::INT8:
  case TensorProto::UINT8:
    return nest::ScalarType::integer(8);
  case TensorProto::INT16:
  case TensorProto::UINT16:
    return nest::ScalarType::integer(16);
  case TensorProto::INT32:
  case TensorProto::UINT32:
    return nest::ScalarType::integer(32);
  case TensorProto::INT64:
  case TensorProto::UINT64:
    return nest::ScalarType::integer(64);
  case TensorProto::FLOAT16:
    return nest::ScalarType::f16();
  case TensorProto::BFLOAT16:
    return nest::ScalarType::bf16();
  case TensorProto::DOUBLE:
    return nest::ScalarType::f64();
  default:
    return std::nullopt;
  }
}

/// Elements of a repeated field, each as the low bytes of its own width.
template <typename Field> std::vector<char> fieldBytes(const Field &field, unsigned elementBytes) {
  std::vector<char> bytes(static_cast<size_t>(field.size()) * elementBytes);
  for (int i = 0; i < field.size(); ++i) {
    auto value = field.Get(i);
    std::memcpy(&bytes[static_cast<size_t>(i) * elementBytes], &value, elementBytes);
  }
  return bytes;
}

std::vector<char> dataOf(const TensorProto &tensor, nest::ScalarType type) {
  if (tensor.has_raw_data())
    return {tensor.raw_data().begin(), tensor.raw_data().end()};
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return fieldBytes(tensor.float_data(), type.storageBytes());
  case TensorProto::DOUBLE:
    return fieldBytes(tensor.double_data(), type.storageBytes());
  case TensorProto::INT64:
    return fieldBytes(tensor.int64_data(), type.storageBytes());
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    return fieldBytes(tensor.uint64_data(), type.storageBytes());
  default: // the narrower types share a field
    return fieldBytes(tensor.int32_data(), type.storageBytes());
  }
}

bool isUnsigned(int type) {
  return type == TensorProto::UINT8 || type == TensorProto::UINT16 || type == TensorProto::UINT32 ||
         type == TensorProto::UINT64;
}

} // namespace

llvm::Expected<OnnxTensor> parseOnnxTensor(llvm::StringRef file) {
  TensorProto tensor;
  constexpr size_t largest = INT32_MAX; // protobuf's own bound
  if (file.size() > largest || !tensor.ParseFromArray(file.data(), static_cast<int>(file.size())))
    return wrongInput("the file is not one serialised ONNX TensorProto");
  std::optional<nest::ScalarType> type = scalarType(tensor.data_type());
  if (!type)
    return wrongInput("the tensor has ONNX data type " + std::to_string(tensor.data_type()) +
                      ", supported: FLOAT, DOUBLE, FLOAT16, BFLOAT16, integers of 8 to 64 bits, BOOL");
  if (tensor.data_location() == TensorProto::EXTERNAL)
    return wrongInput("the tensor's data lies in another file, it must lie in this one");
  OnnxTensor whole;
  whole.isUnsigned = isUnsigned(tensor.data_type());
  reference::Tensor &result = whole.tensor;
  result.type = *type;
  uint64_t bytes = type->storageBytes();
  for (int64_t extent : tensor.dims()) {
    if (extent < 0)
      return wrongInput("the tensor has a dimension of " + std::to_string(extent));
    result.shape.push_back(extent);
    bytes = llvm::SaturatingMultiply(bytes, static_cast<uint64_t>(extent));
  }
  result.bytes = dataOf(tensor, *type);
  if (result.bytes.size() != bytes)
    return wrongInput("the tensor has " + std::to_string(result.bytes.size()) +
                      " bytes of data, its type and dimensions need " + std::to_string(bytes));
  return whole;
}

} // namespace tenon::driver
