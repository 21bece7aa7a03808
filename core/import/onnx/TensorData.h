// ONNX's element types, and the elements of a tensor that a file holds.
#pragma once

#include "core/import/onnx/Model.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace tenon::import::onnx {

/// Integers become signless; the sign stays with Tensor::type. Null for a type that no conversion knows.
mlir::Type elementType(mlir::MLIRContext *context, int type);
std::string typeName(int type); ///< "FLOAT"; "type 99" for what ONNX does not have
bool isFloatType(int type);
bool isUnsignedType(int type); ///< integers from 0, BOOL among them

/// Where external data may lie, and how much of it.
struct DataSource {
  llvm::StringRef folder; ///< empty: none may be used
  const ImportLimits *limits = nullptr;
};

/// The elements of a TensorProto, from its raw data, its typed field or a file beside the model. Refuses a
/// size that is not what type and shape need.
llvm::Expected<mlir::DenseElementsAttr>
elementsOf(mlir::MLIRContext *context, const schema::TensorProto &tensor, const DataSource &source);

} // namespace tenon::import::onnx
