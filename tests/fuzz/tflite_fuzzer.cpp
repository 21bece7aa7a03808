// libFuzzer on the TFLite reader and on what it makes: any bytes are refused with an error, or they are a
// module that the reference takes apart and runs, or refuses. Bounds are small, so that an input takes
// milliseconds.
#include "core/import/ModelFile.h"
#include "core/reference/Program.h"
#include "core/support/Error.h"

#include "llvm/Support/MathExtras.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

using namespace tenon;

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

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const mlir::DialectRegistry dialects = [] {
    mlir::DialectRegistry registry;
    import::registerDialects(registry);
    return registry;
  }();
  constexpr size_t identifierEnd = 8;
  if (size < identifierEnd)
    return -1; // nothing to learn from
  // The identifier is always there, else the text of MLIR is fuzzed: its parser is not ours.
  auto bytes = std::make_unique<char[]>(size);
  std::memcpy(bytes.get(), data, size);
  std::memcpy(bytes.get() + 4, "TFL3", 4);
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, {bytes.get(), size}, "fuzzed", smallLimits());
  if (module)
    runModel(**module);
  else
    consume(module.takeError());
  return 0;
}
