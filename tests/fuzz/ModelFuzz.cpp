// Importing and running one fuzzed model.
#include "tests/fuzz/ModelFuzz.h"

#include "core/reference/Program.h"
#include "core/support/Error.h"

#include <cstdlib>

namespace tenon::fuzz {

namespace {

constexpr uint64_t mostBytes = uint64_t(16) << 20, mostPoints = 200'000;

import::ImportLimits smallLimits() {
  import::ImportLimits limits;
  limits.tensorBytes = mostBytes;
  limits.nodes = 1000;
  limits.tensors = 1000;
  return limits;
}

/// A fault of our own is what is looked for; all other errors are the input's.
void consume(llvm::Error error) {
  FailureReport found = report(std::move(error));
  if (found.code == ExitCode::OwnFault)
    std::abort();
}

void runModel(mlir::ModuleOp module) {
  auto program = reference::programOf(*module.getOps<mlir::func::FuncOp>().begin());
  if (!program)
    return consume(program.takeError());
  if (program->points() > mostPoints || program->peakBytes() > mostBytes)
    return;
  std::vector<reference::Tensor> inputs;
  for (unsigned number : program->inputs) {
    const reference::Value &value = program->values[number];
    uint64_t size = reference::Tensor::byteCount(value.type, value.shape);
    inputs.push_back({value.type, value.shape, std::vector<char>(size, 1)});
  }
  reference::RunOptions options;
  options.memoryBytes = mostBytes;
  if (auto outputs = reference::run(*program, inputs, options); !outputs)
    consume(outputs.takeError());
}

} // namespace

void importAndRun(llvm::StringRef bytes, llvm::StringRef name) {
  static const mlir::DialectRegistry dialects = [] {
    mlir::DialectRegistry registry;
    import::registerDialects(registry);
    return registry;
  }();
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, bytes, name, smallLimits());
  if (module)
    runModel(**module);
  else
    consume(module.takeError());
}

} // namespace tenon::fuzz
