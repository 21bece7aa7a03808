// Kernels of computations made by hand, executed lane by lane from their text: bit for bit what the oracle
// gives, no race, no undefined byte read, nothing touched outside of an operand. Floats are small integers,
// whose sums are exact in any order.
#include "core/lanes/LaneInterpreter.h"
#include "core/native/ParallelKernel.h"
#include "core/native/ir/IrModule.h"
#include "targets/cuda/tests/unit/RowCases.h"

#include <gtest/gtest.h>

namespace tenon::cuda {
namespace {

using test::GatheredBuilder;

/// One layer's buffers on the interpreter's device.
class LayerRun {
public:
  LayerRun(const isa::Description &ofMachine, const native::LayerCode &layer, const GatheredBuilder &made)
      : description(ofMachine), code(layer) {
    for (const auto &[number, tensor] : made.values)
      values[number] = place("value " + std::to_string(number), tensor);
    for (uint64_t bytes : code.scratchBytes)
      scratch.push_back(memory.allocate("scratch", bytes));
    status = memory.allocate("status", 4);
    llvm::cantFail(memory.write(status, std::vector<uint8_t>(4)));
    llvm::cantFail(memory.allowUnordered(status, 4));
  }

  llvm::Error run() {
    native::IrModule module(description);
    for (const native::Kernel &kernel : code.kernels)
      module.add(kernel);
    auto interpreter = lanes::LaneInterpreter::create(description, module.text(), memory);
    if (!interpreter)
      return interpreter.takeError();
    for (const native::Kernel &kernel : code.kernels) {
      lanes::Launch launch;
      launch.kernel = kernel.name;
      launch.blocks = kernel.items;
      launch.threadsPerBlock = kernel.threadsPerBlock;
      for (const native::KernelArgument &argument : kernel.arguments)
        launch.arguments.push_back(addressOf(argument));
      launch.arguments.push_back(status);
      if (llvm::Error error = (*interpreter)->launch(launch))
        return error;
    }
    return llvm::Error::success();
  }

  llvm::Expected<std::vector<uint8_t>> value(unsigned number, uint64_t bytes) {
    return memory.read(values.at(number), bytes);
  }
  std::vector<uint8_t> statusBytes() { return llvm::cantFail(memory.read(status, 4)); }

private:
  uint64_t place(const std::string &name, const match::ConstantTensor &tensor) {
    uint64_t address = memory.allocate(name, tensor.bytes.size());
    llvm::cantFail(
        memory.write(address, llvm::ArrayRef(reinterpret_cast<const uint8_t *>(tensor.bytes.data()),
                                             tensor.bytes.size())));
    return address;
  }
  uint64_t addressOf(const native::KernelArgument &argument) {
    switch (argument.kind) {
    case native::KernelArgument::Kind::Value:
      return values.at(argument.value);
    case native::KernelArgument::Kind::Constant:
      return place("constant", *argument.constant);
    case native::KernelArgument::Kind::Scratch:
      return scratch.at(argument.scratch);
    }
    return 0;
  }

  const isa::Description &description;
  const native::LayerCode &code;
  lanes::DeviceMemory memory;
  std::map<unsigned, uint64_t> values;
  std::vector<uint64_t> scratch;
  uint64_t status = 0;
};

/// Larger cases are for the assembler alone: the interpreter looks at every access.
constexpr int64_t mostProducts = 50000, mostSums = 3000;

class KernelRun : public testing::TestWithParam<Form> {};

/// Runs a row's mapping to a case; gives the threads of a block.
int64_t runCase(const isa::Description &description, const GatheredCase &one, const GatheredBuilder &made,
                const match::Computation &computation, const match::Match &legal) {
  auto code = native::parallelKernels(description, computation, legal, "layer");
  if (!code) {
    ADD_FAILURE() << one.text() << ": " << llvm::toString(code.takeError());
    return 0;
  }
  const native::Kernel &kernel = code->kernels.back();
  std::string what = one.text() + ", " + kernel.what;
  LayerRun run(description, *code, made);
  if (llvm::Error error = run.run()) {
    ADD_FAILURE() << what << ": " << llvm::toString(std::move(error));
    return 0;
  }
  match::ConstantTensor expected = test::expectedResult(made);
  auto bytes = run.value(3, expected.bytes.size());
  if (!bytes) {
    ADD_FAILURE() << what << ": " << llvm::toString(bytes.takeError());
    return 0;
  }
  EXPECT_TRUE(std::vector<char>(bytes->begin(), bytes->end()) == expected.bytes) << what;
  EXPECT_EQ(run.statusBytes(), std::vector<uint8_t>(4));
  return kernel.threadsPerBlock;
}

/// The row's mappings to the case, the cheapest first, `most` of them.
std::vector<int64_t> runCase(const isa::Description &description, const Form &form, const GatheredCase &one,
                             size_t most = SIZE_MAX) {
  std::vector<int64_t> threads;
  GatheredBuilder made(one);
  match::Matches matches = match::match(description, made.computation);
  for (const match::Match &legal : matches.legal)
    if (isWanted(description, form, legal) && threads.size() < most)
      threads.push_back(runCase(description, one, made, matches.computation, legal));
  return threads;
}

/// The cases that are not too large; gives how many mappings there were.
size_t runCases(const isa::Description &description, const Form &form, int64_t products, int64_t sums) {
  size_t done = 0;
  for (const GatheredCase &one : casesOf(form, /*few=*/false))
    if (one.m * one.n * one.g * one.k <= products && one.m * one.n * one.g <= sums)
      done += runCase(description, form, one).size();
  return done;
}

isa::Description load() {
  return llvm::cantFail(isa::loadDescription(std::string(TENON_CUDA) + "/sm_80.yaml"));
}

TEST_P(KernelRun, EqualsTheOracle) {
  EXPECT_GE(runCases(load(), GetParam(), mostProducts, mostSums), 5U) << GetParam().row;
}

/// Many groups a block and many pieces of the reduction, on machines with few blocks and few registers: what
/// groups share is ordered by barriers alone.
TEST(Blocks, GroupsWaitForEachOther) {
  for (const Form &form : forms()) {
    if (form.hasGroups)
      continue;
    bool isMatrix = form.row.starts_with("mma");
    isa::Description description = load();
    for (isa::Memory &memory : description.memories)
      if (memory.kind == isa::Memory::Kind::Registers && isMatrix)
        memory.bytes = 112 * memory.rowBytes;
    for (isa::Level &level : description.levels)
      if (level.kind == isa::Level::Kind::Grid)
        level.most = isMatrix ? 5 : 1;
    GatheredCase one = casesOf(form, /*few=*/true).front();
    std::tie(one.m, one.n, one.k) =
        isMatrix ? std::tuple(70, 60, 3 * form.step) : std::tuple(30, 40, 19 * form.step);
    for (int64_t threads : runCase(description, form, one, 1))
      EXPECT_GE(threads, 64) << form.file;
  }
}

/// What the description says of the machine changes the code and not the result.
TEST(OtherMachines, GiveTheSameResults) {
  const Form form = forms().front();
  for (const char *swizzle : {"", "p ^ (p >> 5 & 0x1c)", "p ^ (p >> 4 & 0x30)"})
    for (uint64_t bytes : {uint64_t(48) << 10, uint64_t(2) << 10})
      for (int64_t groups : {1, 8}) {
        isa::Description description = load();
        for (isa::Memory &memory : description.memories)
          if (memory.swizzle) {
            memory.swizzle.reset();
            if (*swizzle)
              memory.swizzle = llvm::cantFail(isa::parseExpression(swizzle, {}));
            memory.bytes = bytes;
          }
        for (isa::Level &level : description.levels)
          if (level.kind == isa::Level::Kind::Group)
            level.most = groups;
        EXPECT_GE(runCases(description, form, 20000, 400), 3U) << swizzle << " " << bytes << " " << groups;
      }
}

INSTANTIATE_TEST_SUITE_P(Rows, KernelRun, testing::ValuesIn(forms()),
                         [](const auto &named) { return named.param.file; });

} // namespace
} // namespace tenon::cuda
