// Inputs to bytes, bytes to outputs.
#include "core/driver/EngineRun.h"

#include "core/driver/Progress.h"

namespace tenon::driver {

namespace {

std::vector<runtime::Bytes> bytesOf(llvm::ArrayRef<reference::Tensor> tensors) {
  std::vector<runtime::Bytes> all;
  for (const reference::Tensor &tensor : tensors)
    all.emplace_back(tensor.bytes.begin(), tensor.bytes.end());
  return all;
}

std::vector<reference::Tensor> tensorsOf(llvm::ArrayRef<runtime::Bytes> bytes,
                                         llvm::ArrayRef<ModelTensor> described) {
  std::vector<reference::Tensor> tensors;
  for (auto [content, tensor] : llvm::zip_equal(bytes, described))
    tensors.push_back({tensor.type, tensor.shape, std::vector<char>(content.begin(), content.end())});
  return tensors;
}

} // namespace

llvm::Expected<EngineResult> runOnEngine(const RunCommand &command, const EngineRun &what,
                                         llvm::ArrayRef<std::vector<reference::Tensor>> inferences) {
  auto worker = runtime::findWorker(command.program.path);
  if (!worker)
    return worker.takeError();
  runtime::ExecuteOptions options;
  options.device.worker.program = options.host.worker.program = *worker;
  what.device.addTo(options.device);
  options.device.descriptionPath = what.descriptionPath;
  auto executor = runtime::Executor::start(*what.bundle, options);
  if (!executor)
    return executor.takeError();
  Progress progress(command.report.quiet);
  size_t total = what.bundle->steps.size() * inferences.size(), done = 0;
  runtime::ExecuteCallbacks callbacks;
  EngineResult result;
  callbacks.afterStep = [&](unsigned step, double, llvm::ArrayRef<runtime::Counter> added) {
    result.counters[step] = added.vec();
    const runtime::Step &ended = what.bundle->steps[step];
    progress.step(++done, total, ended.host ? what.bundle->layers[ended.host->layer].name : "commands");
    return llvm::Error::success();
  };
  for (const std::vector<reference::Tensor> &inputs : inferences) {
    result.counters.assign(what.bundle->steps.size(), {});
    callbacks.onTensor = result.outputs.empty() ? what.onTensor : nullptr;
    auto run = executor->run(bytesOf(inputs), callbacks);
    if (!run)
      return run.takeError();
    result.seconds = run->seconds;
    result.outputs.push_back(tensorsOf(run->outputs, what.outputs));
  }
  if (llvm::Error error = executor->stop())
    return std::move(error);
  return result;
}

} // namespace tenon::driver
