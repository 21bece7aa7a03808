// Running a program: buffers that live as long as they are needed, and the interpreter on each nest.
#include "core/ir/ModelNodes.h"
#include "core/reference/Program.h"
#include "core/support/Error.h"

#include <chrono>
#include <cstring>
#include <new>

namespace tenon::reference {

void writeConstant(mlir::DenseElementsAttr constant, nest::ScalarType type, char *bytes) {
  unsigned size = type.storageBytes();
  llvm::ArrayRef<char> raw = constant.getRawData();
  if (!constant.isSplat() && type.width == size * 8) { // MLIR stores whole bytes as we do
    std::memcpy(bytes, raw.data(), raw.size());
    return;
  }
  auto put = [&](const llvm::APInt &value) {
    uint64_t word = type.isInteger() ? static_cast<uint64_t>(value.getSExtValue()) : value.getZExtValue();
    std::memcpy(bytes, &word, size);
    bytes += size;
  };
  if (type.isInteger()) {
    for (const llvm::APInt &value : constant.getValues<llvm::APInt>())
      put(value);
    return;
  }
  for (const llvm::APFloat &value : constant.getValues<llvm::APFloat>())
    put(value.bitcastToAPInt());
}

namespace {

class ProgramRun {
public:
  ProgramRun(const Program &planned, const RunOptions &runOptions)
      : program(planned), options(runOptions), memory(planned.buffers.size()),
        endingAt(planned.steps.size()) {
    for (auto [index, buffer] : llvm::enumerate(program.buffers))
      if (!buffer.constant && buffer.lastStep >= 0 && buffer.lastStep < static_cast<int>(endingAt.size()))
        endingAt[buffer.lastStep].push_back(index);
  }

  llvm::Expected<std::vector<Tensor>> run(llvm::ArrayRef<Tensor> inputs);

private:
  llvm::Error start(llvm::ArrayRef<Tensor> inputs);
  llvm::Error runStep(unsigned number);
  BufferView view(unsigned value) {
    const Value &found = program.values[value];
    std::vector<char> &bytes = memory[found.buffer];
    return {found.type, found.shape, bytes.data(), bytes.size()};
  }

  const Program &program;
  const RunOptions &options;
  std::vector<std::vector<char>> memory;                ///< by buffer; empty before and after its life
  std::vector<llvm::SmallVector<unsigned, 2>> endingAt; ///< buffers whose last step it is, by step
};

llvm::Error ProgramRun::start(llvm::ArrayRef<Tensor> inputs) {
  uint64_t needed = program.peakBytes();
  if (needed > options.memoryBytes)
    return failure(ExitCode::SystemFailed, "the model needs " + std::to_string(needed) +
                                               " bytes of memory at once, the limit is " +
                                               std::to_string(options.memoryBytes));
  if (inputs.size() != program.inputs.size())
    return failure(ExitCode::WrongUse, std::to_string(inputs.size()) + " inputs are given, the model has " +
                                           std::to_string(program.inputs.size()));
  for (unsigned i = 0; i < inputs.size(); ++i) {
    const Value &value = program.values[program.inputs[i]];
    if (inputs[i].type != value.type || inputs[i].shape != value.shape ||
        inputs[i].bytes.size() != Tensor::byteCount(value.type, value.shape))
      return failure(ExitCode::WrongUse,
                     "input " + std::to_string(i) + " does not have the type and shape of the model's");
    memory[value.buffer] = inputs[i].bytes;
  }
  for (auto [number, buffer] : llvm::enumerate(program.buffers))
    if (buffer.constant) {
      memory[number].resize(buffer.bytes);
      writeConstant(buffer.constant, buffer.type, memory[number].data());
    }
  return llvm::Error::success();
}

llvm::Error ProgramRun::runStep(unsigned number) {
  const Step &step = program.steps[number];
  auto begin = std::chrono::steady_clock::now();
  double seconds = 0;
  if (step.nest) {
    for (unsigned result : step.results)
      memory[program.values[result].buffer].resize(program.buffers[program.values[result].buffer].bytes);
    llvm::SmallVector<BufferView> views;
    for (unsigned operand : step.operands)
      views.push_back(view(operand));
    if (llvm::Error wrong = interpret(*step.nest, views, options.interpreter))
      return withPlace(std::move(wrong), "", step.node ? ir::nodeText(step.node) : "");
    std::chrono::duration<double> ran = std::chrono::steady_clock::now() - begin;
    seconds = ran.count();
    if (options.onNest)
      if (llvm::Error wrong = options.onNest(step, number, views))
        return wrong;
  }
  if (step.tensor && options.onTensor)
    if (llvm::Error wrong = options.onTensor(step.tensor, view(step.results.front())))
      return wrong;
  if (options.afterStep)
    if (llvm::Error wrong = options.afterStep(step, number, seconds))
      return wrong;
  for (unsigned index : endingAt[number])
    std::vector<char>().swap(memory[index]);
  return llvm::Error::success();
}

llvm::Expected<std::vector<Tensor>> ProgramRun::run(llvm::ArrayRef<Tensor> inputs) {
  if (llvm::Error wrong = start(inputs))
    return std::move(wrong);
  for (unsigned number = 0; number < program.steps.size(); ++number)
    if (llvm::Error wrong = runStep(number))
      return std::move(wrong);
  std::vector<Tensor> outputs;
  for (unsigned output : program.outputs) {
    const Value &value = program.values[output];
    outputs.push_back({value.type, value.shape, memory[value.buffer]});
  }
  return outputs;
}

} // namespace

llvm::Expected<std::vector<Tensor>> run(const Program &program, llvm::ArrayRef<Tensor> inputs,
                                        const RunOptions &options) {
  try {
    return ProgramRun(program, options).run(inputs);
  } catch (const std::bad_alloc &) {
    return failure(ExitCode::SystemFailed, "the model needs " + std::to_string(program.peakBytes()) +
                                               " bytes of memory, the system has less");
  }
}

} // namespace tenon::reference
