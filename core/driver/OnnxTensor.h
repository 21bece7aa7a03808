// ONNX's .pb files: one serialised TensorProto (onnx.proto), as ONNX's test data and tools write them.
#pragma once

#include "core/reference/Program.h"

namespace tenon::driver {

struct OnnxTensor {
  reference::Tensor tensor; ///< integers are signless
  bool isUnsigned = false;
};

/// Reads a tensor from its raw data or from the field of its type. Refuses types that models do not have
/// here, data that lies in another file, and data whose size is not what type and dimensions say
/// (ExitCode::WrongInput). The shape is the tensor's own.
llvm::Expected<OnnxTensor> parseOnnxTensor(llvm::StringRef file);

} // namespace tenon::driver
