// A program and its bounds, nest by nest.
#include "core/reference/ErrorBound.h"

#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include <cstring>

namespace tenon::reference {

namespace {

class BoundsOfRun {
public:
  BoundsOfRun(const Program &program, const BoundOptions &options)
      : program(program), options(options), bounds(program.buffers.size()), terms(program.buffers.size()) {}

  /// The bounds of what a nest has just written.
  llvm::Error after(const Step &step, llvm::ArrayRef<BufferView> views) {
    if (!step.nest)
      return llvm::Error::success();
    const nest::Nest &nest = *step.nest;
    auto found = boundNest(nest, uncertain(step, nest), termsOf(step, nest), options);
    if (!found)
      return llvm::Error::success();
    std::vector<BufferView> buffers;
    std::vector<std::pair<unsigned, Bounds>> made; ///< buffer, its bounds
    unsigned global = 0;
    for (auto [operand, declared] : llvm::enumerate(nest.operands)) {
      if (declared.local)
        continue;
      if (!found->nest.operands[operand].local)
        buffers.push_back(views[global]);
      ++global;
    }
    global = 0;
    made.reserve(step.operands.size());
    for (auto [operand, declared] : llvm::enumerate(nest.operands)) {
      if (declared.local)
        continue;
      unsigned value = step.operands[global++];
      if (found->bounds[operand] < 0)
        continue;
      bool writes = found->nest.operands[operand].local;
      terms[program.values[value].buffer] = found->terms[operand];
      Bounds *memory = &bounds[program.values[value].buffer];
      if (writes) {
        size_t elements = views[global - 1].bytes / declared.type.storageBytes();
        made.emplace_back(program.values[value].buffer, Bounds(elements, 0));
        memory = &made.back().second;
      }
      buffers.push_back(
          {nest::ScalarType::f64(), declared.shape, memory->data(), memory->size() * sizeof(double)});
    }
    if (llvm::Error wrong = interpret(found->nest, buffers))
      return withPlace(std::move(wrong), "", step.node ? ir::nodeText(step.node) : "");
    for (auto &[buffer, values] : made)
      bounds[buffer] = std::move(values);
    return llvm::Error::success();
  }

  const Bounds &of(unsigned value) const { return bounds[program.values[value].buffer]; }
  void forget(unsigned value) {
    bounds[program.values[value].buffer].clear();
    terms[program.values[value].buffer] = 0;
  }

  void release(unsigned step) {
    for (auto [buffer, values] : llvm::zip_equal(program.buffers, bounds))
      if (buffer.lastStep == int(step))
        Bounds().swap(values);
  }

private:
  llvm::SmallVector<double> termsOf(const Step &step, const nest::Nest &nest) const {
    llvm::SmallVector<double> result;
    unsigned global = 0;
    for (const nest::Operand &operand : nest.operands)
      result.push_back(operand.local ? 0 : terms[program.values[step.operands[global++]].buffer]);
    return result;
  }

  llvm::SmallVector<bool> uncertain(const Step &step, const nest::Nest &nest) const {
    llvm::SmallVector<bool> result;
    unsigned global = 0;
    for (const nest::Operand &operand : nest.operands)
      result.push_back(!operand.local && !of(step.operands[global++]).empty());
    return result;
  }

  const Program &program;
  const BoundOptions &options;
  std::vector<Bounds> bounds; ///< by buffer; empty: exact
  std::vector<double> terms;  ///< by buffer: BoundNest::terms
};

} // namespace

llvm::Expected<BoundedRun> runWithBounds(const Program &program, llvm::ArrayRef<Tensor> inputs,
                                         const RunOptions &options, const BoundOptions &boundOptions,
                                         const TensorWatch &onTensor) {
  BoundsOfRun bounds(program, boundOptions);
  RunOptions inner = options;
  unsigned current = 0;
  inner.onNest = [&](const Step &step, unsigned, llvm::ArrayRef<BufferView> views) {
    return bounds.after(step, views);
  };
  inner.onTensor = [&](ir::TensorAttr tensor, const BufferView &view) -> llvm::Error {
    if (!onTensor)
      return llvm::Error::success();
    unsigned value = program.steps[current].results.front();
    auto other = onTensor(tensor, view, bounds.of(value));
    if (!other)
      return other.takeError();
    if (*other) {
      std::memcpy(view.data, (*other)->bytes.data(), view.bytes);
      bounds.forget(value);
    }
    return llvm::Error::success();
  };
  inner.afterStep = [&](const Step &step, unsigned number, double seconds) {
    current = number + 1;
    bounds.release(number);
    return options.afterStep ? options.afterStep(step, number, seconds) : llvm::Error::success();
  };
  auto outputs = run(program, inputs, inner);
  if (!outputs)
    return outputs.takeError();
  BoundedRun result{std::move(*outputs), {}};
  for (unsigned output : program.outputs)
    result.bounds.push_back(bounds.of(output));
  return result;
}

} // namespace tenon::reference
