// Prints the program of each function: its steps, their nests and the buffers of their operands, to standard
// output.
#include "core/tools/PrintNests.h"

#include "core/ir/ModelNodes.h"
#include "core/reference/Program.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace tenon::tools {

namespace {

void printProgram(const reference::Program &program, llvm::raw_ostream &stream) {
  for (auto [number, step] : llvm::enumerate(program.steps)) {
    stream << "step " << number << ": " << step.operation->getName();
    for (auto [place, node] : llvm::enumerate(step.nodes))
      stream << (place == 0 ? " of " : " + ") << ir::nodeText(node);
    stream << "\n";
    if (!step.nest) {
      stream << "  view of buffer " << program.values[step.results.front()].buffer << "\n";
      continue;
    }
    for (auto [operand, value] : llvm::zip(step.nest->operands, step.operands)) {
      stream << "  " << operand.name << " = buffer " << program.values[value].buffer << ": "
             << operand.type.str() << "[";
      llvm::interleaveComma(operand.shape, stream);
      stream << "]\n";
    }
    nest::print(*step.nest, stream.indent(0));
    if (int64_t macs = nest::multiplyAccumulates(*step.nest))
      stream << "  " << macs << " multiply-accumulates\n";
  }
}

/// Of the module, not of a function: functions' passes run beside each other, and their output would mix.
struct PrintNestsPass : mlir::PassWrapper<PrintNestsPass, mlir::OperationPass<mlir::ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintNestsPass)

  llvm::StringRef getArgument() const final { return "tenon-print-nests"; }
  llvm::StringRef getDescription() const final { return "print the nests of each function's operations"; }
  void runOnOperation() final {
    for (auto function : getOperation().getOps<mlir::func::FuncOp>()) {
      llvm::Expected<reference::Program> program = reference::programOf(function);
      if (!program) {
        mlir::emitError(function.getLoc()) << llvm::toString(program.takeError());
        return signalPassFailure();
      }
      llvm::outs() << "function " << function.getName() << "\n";
      printProgram(*program, llvm::outs());
    }
  }
};

} // namespace

void registerPrintNestsPass() { mlir::PassRegistration<PrintNestsPass>(); }

} // namespace tenon::tools
