// The reader of TFLite models.
#pragma once

#include "core/import/ModelFile.h"

namespace tenon::import::tflite {

/// See importModelFromMemory. The module owns all that it needs; `bytes` may go away.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importTflite(mlir::MLIRContext &context,
                                                               llvm::StringRef bytes, llvm::StringRef name,
                                                               const ImportLimits &limits);

/// The names of the operators that are read, in alphabetical order.
std::vector<std::string> supportedOperators();

} // namespace tenon::import::tflite
