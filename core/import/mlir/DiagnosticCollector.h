// What MLIR's own diagnostics say, as ours.
#pragma once

#include "core/support/Error.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"

namespace tenon::import {

/// Collects the errors of its lifetime; notes and warnings are not reported.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext &context)
      : handler(&context, [this](mlir::Diagnostic &found) {
          if (found.getSeverity() == mlir::DiagnosticSeverity::Error)
            add(found);
          return mlir::success();
        }) {}

  /// All of them, or `otherwise` where there are none.
  llvm::Error take(llvm::StringRef otherwise) {
    if (list.empty())
      return wrongInput(otherwise.str());
    return failure(ExitCode::WrongInput, std::move(list));
  }

private:
  void add(mlir::Diagnostic &found) {
    Diagnostic diagnostic;
    diagnostic.message = found.str();
    if (auto place = found.getLocation()->findInstanceOf<mlir::FileLineColLoc>()) {
      diagnostic.file = place.getFilename().str();
      diagnostic.line = place.getLine();
      diagnostic.column = place.getColumn();
    }
    list.push_back(std::move(diagnostic));
  }

  std::vector<Diagnostic> list;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace tenon::import
