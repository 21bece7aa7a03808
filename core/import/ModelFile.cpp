// Choosing the reader by a file's content, and reading MLIR itself.
#include "core/import/ModelFile.h"

#include "core/import/tflite/Import.h"
#include "core/import/tflite/Model.h"
#include "core/ir/TenonDialect.h"
#include "core/support/Error.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"

namespace tenon::import {

void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::linalg::LinalgDialect,
                  mlir::math::MathDialect, mlir::tensor::TensorDialect, ir::TenonDialect>();
}

namespace {

/// What MLIR's own diagnostics say, as ours.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext &context)
      : handler(&context, [this](mlir::Diagnostic &found) {
          if (found.getSeverity() == mlir::DiagnosticSeverity::Error)
            add(found);
          return mlir::success();
        }) {}

  llvm::Error take(llvm::StringRef otherwise) {
    if (list.empty())
      return wrongInput(otherwise.str());
    return failure(ExitCode::WrongInput, std::move(list));
  }

private:
  void add(mlir::Diagnostic &found) {
    Diagnostic diagnostic;
    diagnostic.message = found.str();
    if (auto place = mlir::dyn_cast<mlir::FileLineColLoc>(found.getLocation())) {
      diagnostic.file = place.getFilename().str();
      diagnostic.line = place.getLine();
      diagnostic.column = place.getColumn();
    }
    list.push_back(std::move(diagnostic));
  }

  std::vector<Diagnostic> list;
  mlir::ScopedDiagnosticHandler handler;
};

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importMlir(mlir::MLIRContext &context, llvm::StringRef bytes,
                                                             llvm::StringRef name) {
  DiagnosticCollector collector(context);
  mlir::ParserConfig config(&context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(bytes, config, name);
  if (!module)
    return collector.take("the file is neither TFLite nor MLIR");
  return module;
}

/// Text that can't be MLIR is not shown to its parser, whose message would lead nowhere.
bool looksLikeText(llvm::StringRef bytes) {
  return llvm::none_of(bytes.take_front(4096), [](char c) { return c == 0; });
}

} // namespace

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModelFromMemory(mlir::MLIRContext &context,
                                                                        llvm::StringRef bytes, llvm::StringRef name,
                                                                        const ImportLimits &limits) {
  context.loadAllAvailableDialects();
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = [&] {
    if (tflite::isTfliteFile(bytes))
      return tflite::importTflite(context, bytes, name, limits);
    if (!bytes.empty() && (looksLikeText(bytes) || bytes.starts_with("ML\xefR")))
      return importMlir(context, bytes, name);
    return llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>(
        wrongInput("the file has " + std::to_string(bytes.size()) +
                   " bytes and is neither TFLite (TFL3 at byte 4) nor MLIR"));
  }();
  if (!module)
    return withPlace(module.takeError(), name);
  DiagnosticCollector collector(context);
  if (mlir::failed(mlir::verify(**module))) {
    FailureReport found = report(collector.take("the module does not verify"));
    return withPlace(failure(ExitCode::OwnFault, std::move(found.diagnostics)), name);
  }
  return module;
}

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context, llvm::StringRef path,
                                                              const ImportLimits &limits) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return withPlace(failure(ExitCode::SystemFailed, "cannot be read: " + file.getError().message()), path);
  return importModelFromMemory(context, (*file)->getBuffer(), path, limits);
}

} // namespace tenon::import
