// The reader of ONNX models.
#pragma once

#include "core/import/ModelFile.h"

namespace tenon::import::onnx {

/// Whether the file may be an ONNX model: it begins with its version (field 1, a small number) and goes on
/// with another field below 16.
bool mayBeOnnxFile(llvm::StringRef bytes);

/// See importModelFromMemory. The module owns all that it needs; `bytes` may go away. `folder` is where
/// external data may lie; empty: nowhere.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext &context, llvm::StringRef bytes, llvm::StringRef name, llvm::StringRef folder,
           const ImportLimits &limits, const SizeBindings &bindings);

/// The operators that are read, each with what of it is taken, in alphabetical order.
struct OperatorText {
  llvm::StringRef name;
  int firstVersion; ///< of the operator set in which its present form appeared
};
std::vector<OperatorText> supportedOperators();

} // namespace tenon::import::onnx
