// MLIR's own parser, behind bounds that it does not keep itself.
#include "core/import/mlir/Text.h"

#include "core/import/MlirChecks.h"
#include "core/import/mlir/DiagnosticCollector.h"

#include "mlir/Parser/Parser.h"

namespace tenon::import {

namespace {

/// MLIR's advice is for its own tools.
llvm::Error inOurWords(llvm::Error error) {
  FailureReport found = report(std::move(error));
  for (Diagnostic &diagnostic : found.diagnostics) {
    llvm::StringRef message = diagnostic.message;
    if (message.contains("with an unregistered dialect"))
      diagnostic.message = "the operation is of a dialect that is not read";
    else if (!message.contains("not found for custom op"))
      continue;
    diagnostic.repair = lowerToLinalg;
  }
  return failure(found.code, std::move(found.diagnostics));
}

} // namespace

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importMlirText(mlir::MLIRContext &context,
                                                                 llvm::StringRef text, llvm::StringRef name,
                                                                 const ImportLimits &limits) {
  if (llvm::Error wrong = checkNesting(text, limits))
    return std::move(wrong);
  DiagnosticCollector collector(context);
  mlir::ParserConfig config(&context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(text, config, name);
  if (!module)
    return inOurWords(collector.take("the file is neither TFLite, ONNX nor MLIR"));
  if (llvm::Error wrong = checkTensors(*module, limits))
    return std::move(wrong);
  if (llvm::Error wrong = prepare(*module, limits))
    return std::move(wrong);
  return module;
}

} // namespace tenon::import
