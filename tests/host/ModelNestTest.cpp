// Every operation of real models and of the tree's small ones, emitted, compiled and compared with the
// reference interpreter byte for byte, on random inputs and the models' own constants.
#include "core/import/ModelFile.h"
#include "core/reference/Program.h"
#include "tests/host/HostRunner.h"
#include "tests/support/RealModels.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace tenon;
using namespace tenon::test;

namespace {

class ModelNests : public testing::Test {
protected:
  ModelNests() {
    mlir::DialectRegistry registry;
    import::registerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// Adds the steps of the model's main function.
  void add(const std::string &path);
  void compareAll();
  std::vector<char> randomContent(nest::ScalarType type, uint64_t count);

  struct Step {
    std::string place;
    const reference::Program *program = nullptr;
    const reference::Step *step = nullptr;
  };

  void fillMemory(const reference::Program &program);
  void compare(const Step &step, unsigned number, HostRunner &runner);

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
  std::vector<std::unique_ptr<reference::Program>> programs;
  std::vector<Step> steps;
  std::vector<std::vector<char>> memory; ///< of the program that runs, by buffer
  std::mt19937_64 random{7};
  std::vector<std::string> undefined; ///< steps without a result on their random tensors
};

void ModelNests::add(const std::string &path) {
  auto read = import::importModel(context, path);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  modules.push_back(std::move(*read));
  auto functions = modules.back()->getOps<mlir::func::FuncOp>();
  llvm::Expected<reference::Program> program = reference::programOf(*functions.begin());
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  programs.push_back(std::make_unique<reference::Program>(std::move(*program)));
  for (auto [i, step] : llvm::enumerate(programs.back()->steps)) {
    if (!step.nest)
      continue;
    steps.push_back({path + ", step " + std::to_string(i), programs.back().get(), &step});
  }
}

std::vector<char> ModelNests::randomContent(nest::ScalarType type, uint64_t count) {
  std::vector<char> bytes(count);
  unsigned size = type.storageBytes();
  for (size_t i = 0; i < bytes.size(); i += size) {
    uint64_t bits = random();
    auto real = double(int64_t(bits) >> 32) * 0x1p-28;
    auto single = float(real);
    auto half = uint16_t(bits & 0xbfff); // finite
    const void *source = &bits;
    if (type.kind == nest::ScalarType::Kind::Float32)
      source = &single;
    else if (type.kind == nest::ScalarType::Kind::Float64)
      source = &real;
    else if (type.isFloat())
      source = &half;
    std::memcpy(&bytes[i], source, size);
  }
  return bytes;
}

/// Inputs are random, constants the model's own, and everything else comes from the steps before.
void ModelNests::fillMemory(const reference::Program &program) {
  memory.clear();
  for (const reference::Buffer &buffer : program.buffers) {
    memory.push_back(randomContent(buffer.type, buffer.bytes));
    if (!buffer.constant || buffer.type.width != 8 * buffer.type.storageBytes())
      continue;
    llvm::ArrayRef<char> raw = buffer.constant.getRawData(); // of a splat, one element
    for (size_t i = 0; i < buffer.bytes; i += raw.size())
      std::memcpy(memory.back().data() + i, raw.data(), std::min<size_t>(raw.size(), buffer.bytes - i));
  }
}

void ModelNests::compare(const Step &step, unsigned number, HostRunner &runner) {
  std::vector<std::vector<char>> found;
  std::vector<reference::BufferView> views;
  for (unsigned operand : step.step->operands) {
    const reference::Value &value = step.program->values[operand];
    std::vector<char> &bytes = memory[value.buffer];
    found.push_back(bytes);
    views.push_back({value.type, value.shape, bytes.data(), bytes.size()});
  }
  llvm::Error error = reference::interpret(*step.step->nest, views);
  bool hasResult = !error;
  std::string reason = llvm::toString(std::move(error));
  if (!hasResult)
    undefined.push_back(step.place + ": " + reason);
  llvm::Expected<int32_t> status = runner.call(number, found);
  ASSERT_TRUE(bool(status)) << llvm::toString(status.takeError());
  EXPECT_EQ(*status == 0, hasResult) << host::hostStatusText(*status) << "; " << reason;
  for (auto [bytes, view] : llvm::zip(found, views))
    if (hasResult)
      EXPECT_EQ(std::memcmp(bytes.data(), view.data, view.bytes), 0);
}

void ModelNests::compareAll() {
  std::vector<host::HostFunction> functions;
  for (const Step &step : steps)
    functions.push_back({"step" + std::to_string(functions.size()), *step.step->nest});
  llvm::Expected<HostRunner> runner = HostRunner::make(functions, hostOptions());
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  const reference::Program *program = nullptr;
  for (auto [i, step] : llvm::enumerate(steps)) {
    SCOPED_TRACE(step.place);
    if (program != step.program)
      fillMemory(*step.program);
    program = step.program;
    compare(step, i, *runner);
  }
}

TEST_F(ModelNests, RealModels) {
  TENON_NEEDS_REAL_MODELS();
  std::string folder = *test::realModelsFolder();
  unsigned found = 0;
  std::error_code code;
  for (llvm::sys::fs::recursive_directory_iterator file(folder, code), end; file != end && !code;
       file.increment(code))
    if (llvm::sys::path::extension(file->path()) == ".tflite") {
      add(file->path());
      ++found;
    }
  ASSERT_GT(found, 0u) << folder << " has no .tflite files";
  compareAll();
  EXPECT_THAT(undefined, testing::IsEmpty());
}

TEST_F(ModelNests, SmallModels) {
  std::error_code code;
  for (llvm::sys::fs::recursive_directory_iterator file(TENON_SMALL_MODELS, code), end; file != end && !code;
       file.increment(code))
    if (llvm::sys::path::extension(file->path()) == ".tflite")
      add(file->path());
  ASSERT_GT(steps.size(), 20u);
  compareAll();
  EXPECT_LT(undefined.size(), steps.size() / 20);
}

} // namespace
