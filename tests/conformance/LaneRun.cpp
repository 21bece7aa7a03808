// Planned kernels run lane by lane, so that graphs need no machine of many lanes.
#include "tests/conformance/LaneRun.h"

#include "core/lanes/LaneInterpreter.h"

#include <cstring>

namespace tenon::test {

using reference::Tensor;

bool isParallel(const isa::Description &description) {
  return description.level(isa::Level::Kind::Lanes) != nullptr;
}

static llvm::ArrayRef<uint8_t> bytesOf(const std::vector<char> &bytes) {
  return {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()};
}

llvm::Expected<int32_t> runByLanes(const isa::Description &description, const native::NativePlan &plan,
                                   llvm::ArrayRef<uint8_t> weightBytes, llvm::ArrayRef<Tensor> inputs,
                                   llvm::MutableArrayRef<Tensor> outputs) {
  lanes::DeviceMemory memory;
  auto interpreter = lanes::LaneInterpreter::create(description, plan.module, memory);
  if (!interpreter)
    return interpreter.takeError();
  uint64_t arena = memory.allocate("arena", plan.arenaBytes);
  uint64_t weights = memory.allocate("weights", weightBytes.size());
  int32_t status = 0;
  llvm::Error error = llvm::joinErrors(memory.write(arena, std::vector<uint8_t>(sizeof(status))),
                                       memory.allowUnordered(arena, sizeof(status)));
  error = llvm::joinErrors(std::move(error), memory.write(weights, weightBytes));
  for (auto [input, tensor] : llvm::zip_equal(inputs, plan.inputs))
    error = llvm::joinErrors(std::move(error), memory.write(arena + tensor.offset, bytesOf(input.bytes)));
  if (error)
    return std::move(error);
  for (const native::Launch &launch : plan.launches) {
    lanes::Launch call{launch.kernel, {}, launch.items, launch.threadsPerBlock};
    for (auto [number, argument] : llvm::enumerate(launch.arguments)) {
      bool isWeight = argument.place == native::NativeArgument::Place::Weights;
      auto view = memory.view("argument " + std::to_string(number),
                              (isWeight ? weights : arena) + argument.offset, argument.bytes);
      if (!view)
        return view.takeError();
      call.arguments.push_back(*view);
    }
    call.arguments.push_back(arena);
    if (llvm::Error failed = (*interpreter)->launch(call))
      return std::move(failed);
    for (uint64_t view : llvm::ArrayRef(call.arguments).drop_back())
      if (llvm::Error failed = memory.free(view))
        return std::move(failed);
    auto said = memory.read(arena, sizeof(status));
    if (!said)
      return said.takeError();
    std::memcpy(&status, said->data(), sizeof(status));
    if (status != 0)
      return status;
  }
  for (auto [output, tensor] : llvm::zip_equal(outputs, plan.outputs)) {
    auto bytes = memory.read(arena + tensor.offset, output.bytes.size());
    if (!bytes)
      return bytes.takeError();
    std::memcpy(output.bytes.data(), bytes->data(), bytes->size());
  }
  return status;
}

} // namespace tenon::test
