// Choosing the reader by a file's content.
#include "core/import/ModelFile.h"

#include "core/import/MlirChecks.h"
#include "core/import/mlir/Bytecode.h"
#include "core/import/mlir/DiagnosticCollector.h"
#include "core/import/mlir/Text.h"
#include "core/import/onnx/Import.h"
#include "core/import/tflite/Import.h"
#include "core/import/tflite/Model.h"
#include "core/ir/TenonDialect.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

namespace tenon::import {

void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::linalg::LinalgDialect,
                  mlir::math::MathDialect, mlir::ml_program::MLProgramDialect, mlir::tensor::TensorDialect,
                  ir::TenonDialect>();
}

namespace {

/// What tenon-read-bytecode prints of it, read as text. Places in that text are nobody's and are left out.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importMlirBytecode(mlir::MLIRContext &context,
                                                                     llvm::StringRef bytes,
                                                                     llvm::StringRef name,
                                                                     const ImportLimits &limits) {
  auto text = textOfBytecode(bytes, limits);
  if (!text)
    return text.takeError();
  auto module = importMlirText(context, (*text)->getBuffer(), name, limits);
  if (module)
    return module;
  FailureReport found = report(module.takeError());
  for (Diagnostic &diagnostic : found.diagnostics)
    if (diagnostic.file.empty() || diagnostic.file == name)
      diagnostic.line = diagnostic.column = std::nullopt;
  return failure(found.code, std::move(found.diagnostics));
}

/// TFLite's sizes are numbers, and so are those of the tensors that MLIR's text may have here.
llvm::Error noSymbolicSizes(const SizeBindings &bindings) {
  Diagnostic diagnostic;
  diagnostic.message = "--bind " + bindings.begin()->first + "=" + std::to_string(bindings.begin()->second) +
                       " fixes a symbolic size, the model has none";
  diagnostic.repair = "leave --bind out";
  return failure(ExitCode::WrongUse, std::move(diagnostic));
}

/// What is known of a file that no reader here takes.
llvm::Error noReader(llvm::StringRef bytes) {
  return wrongInput(
      "the file has " + std::to_string(bytes.size()) +
      " bytes and is neither TFLite (TFL3 at byte 4), ONNX (8 at byte 0) nor the text or bytecode "
      "of MLIR");
}

/// What can't be MLIR's text is not shown to its parser, whose message would lead nowhere.
bool looksLikeText(llvm::StringRef bytes) {
  return !bytes.empty() && !bytes.contains('\0') && bytes[0] != 0x08;
}

} // namespace

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importModelFromMemory(mlir::MLIRContext &context, llvm::StringRef bytes, llvm::StringRef name,
                      const ImportLimits &limits, const SizeBindings &bindings, llvm::StringRef folder) {
  if (bytes.size() > limits.fileBytes)
    return withPlace(wrongInput("the file has " + std::to_string(bytes.size()) + " bytes, at most " +
                                std::to_string(limits.fileBytes) + " are supported"),
                     name);
  context.loadAllAvailableDialects();
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = [&] {
    using Result = llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>;
    bool isTflite = tflite::isTfliteFile(bytes);
    if (!isTflite && (name.ends_with(".onnx") || onnx::mayBeOnnxFile(bytes)))
      return onnx::importOnnx(context, bytes, name, folder, limits, bindings);
    if (!bindings.empty())
      return Result(noSymbolicSizes(bindings));
    if (isTflite)
      return tflite::importTflite(context, bytes, name, limits);
    if (isMlirBytecode(bytes))
      return importMlirBytecode(context, bytes, name, limits);
    if (name.ends_with(".yaml") || name.ends_with(".yml"))
      return Result(
          wrongInput("a model is wanted here, and this is named like the description of a chip; give that to "
                     "--target"));
    if (looksLikeText(bytes))
      return importMlirText(context, bytes, name, limits);
    return Result(noReader(bytes));
  }();
  if (!module)
    return withPlace(module.takeError(), name);
  DiagnosticCollector collector(context);
  if (mlir::failed(mlir::verify(**module))) {
    FailureReport found = report(collector.take("the module does not verify"));
    return withPlace(failure(ExitCode::OwnFault, std::move(found.diagnostics)), name);
  }
  if (llvm::Error wrong = checkPoints(**module, limits))
    return withPlace(std::move(wrong), name);
  return module;
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context,
                                                              llvm::StringRef path,
                                                              const ImportLimits &limits,
                                                              const SizeBindings &bindings) {
  auto file = readFile(path, limits.fileBytes);
  if (!file)
    return file.takeError();
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  return importModelFromMemory(context, (*file)->getBuffer(), path, limits, bindings,
                               folder.empty() ? "." : folder);
}

} // namespace tenon::import
