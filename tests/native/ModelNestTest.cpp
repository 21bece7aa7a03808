// Every operation of the tree's small models, alone and with the elementwise ones that follow it, as portable
// kernels, compared with the reference interpreter byte for byte.
#include "core/import/ModelFile.h"
#include "core/match/Constants.h"
#include "core/native/Portable.h"
#include "core/reference/Program.h"
#include "tests/native/NestRunner.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

using namespace tenon;
using namespace tenon::test;

namespace {

struct Case {
  std::string place;
  nest::Nest nest;
  std::vector<const std::vector<char> *> contents; ///< by operand; null for a local
  native::OperandFacts facts;
  native::PortableCode code;
};

class NativeModelNests : public testing::Test {
protected:
  NativeModelNests() {
    mlir::DialectRegistry registry;
    import::registerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  void runModel(const std::string &path);
  void runProgram(const reference::Program &program);
  void addCases(const reference::Program &program, const std::string &path);
  void addFact(Case &made, const nest::Operand &operand, const std::vector<char> *constant);
  void compare(const Case &one, NestRunner &runner);

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  std::vector<std::vector<char>> memory; ///< of the program, by buffer
  std::vector<std::unique_ptr<match::Computation>> computations;
  std::vector<Case> cases;
  isa::Description machine = plainProcessor(32);
  std::mt19937_64 random{11};
  unsigned compared = 0, undefined = 0, grouped = 0;
};

/// All buffers as they are after a run on random inputs.
void NativeModelNests::runProgram(const reference::Program &program) {
  memory.clear();
  for (const reference::Buffer &buffer : program.buffers) {
    memory.emplace_back(buffer.bytes);
    if (buffer.constant)
      reference::writeConstant(buffer.constant, buffer.type, memory.back().data());
  }
  for (unsigned input : program.inputs) {
    const reference::Value &value = program.values[input];
    std::vector<char> &bytes = memory[value.buffer];
    for (size_t i = 0; i < bytes.size(); i += value.type.storageBytes()) {
      uint64_t bits = random();
      auto single = float(double(int64_t(bits) >> 32) * 0x1p-28);
      std::memcpy(&bytes[i],
                  value.type.kind == nest::ScalarType::Kind::Float32 ? static_cast<void *>(&single) : &bits,
                  value.type.storageBytes());
    }
  }
  for (const reference::Step &step : program.steps) {
    if (!step.nest)
      continue;
    std::vector<reference::BufferView> views;
    for (unsigned operand : step.operands) {
      const reference::Value &value = program.values[operand];
      std::vector<char> &bytes = memory[value.buffer];
      views.push_back({value.type, value.shape, bytes.data(), bytes.size()});
    }
    llvm::consumeError(reference::interpret(*step.nest, views));
  }
}

void NativeModelNests::addFact(Case &made, const nest::Operand &operand, const std::vector<char> *constant) {
  native::OperandFacts::Fact fact;
  if (constant && operand.type.isInteger() && !constant->empty()) {
    nest::Interval range{INT64_MAX, INT64_MIN};
    match::ConstantTensor tensor{operand.type, operand.shape, *constant};
    for (int64_t i = 0; i < match::elementCount(tensor); ++i) {
      int64_t value = match::elementAt(tensor, i).integer;
      range = {std::min(range.low, value), std::max(range.high, value)};
    }
    fact.range = range;
  }
  made.facts.facts.push_back(fact);
}

void NativeModelNests::addCases(const reference::Program &program, const std::string &path) {
  for (auto [i, step] : llvm::enumerate(program.steps)) {
    if (!step.nest)
      continue;
    std::string place = path + ", step " + std::to_string(i);
    Case alone{place, *step.nest, {}, {}, {}};
    unsigned next = 0;
    for (const nest::Operand &operand : alone.nest.operands) {
      const reference::Value *value = operand.local ? nullptr : &program.values[step.operands[next++]];
      alone.contents.push_back(value ? &memory[value->buffer] : nullptr);
      addFact(alone, operand,
              value && program.buffers[value->buffer].constant ? alone.contents.back() : nullptr);
    }
    cases.push_back(std::move(alone));
    match::ComputationChain chain = match::computationsFrom(program, unsigned(i), /*keepTensors=*/false);
    if (chain.prefixes.empty())
      continue;
    computations.push_back(std::make_unique<match::Computation>(std::move(chain.prefixes.back())));
    const match::Computation &computation = *computations.back();
    Case whole{place + " and what follows", computation.nest, {}, {}, {}};
    for (auto [operand, source] : llvm::zip(computation.nest.operands, computation.sources)) {
      bool isConstant = source.kind == match::TensorSource::Kind::Constant;
      whole.contents.push_back(operand.local ? nullptr
                               : isConstant  ? &source.constant->bytes
                                             : &memory[program.values[source.value].buffer]);
      addFact(whole, operand, isConstant ? whole.contents.back() : nullptr);
    }
    cases.push_back(std::move(whole));
  }
}

void NativeModelNests::compare(const Case &one, NestRunner &runner) {
  SCOPED_TRACE(one.place);
  std::vector<std::vector<char>> expected;
  std::vector<FencedMemory> found;
  std::vector<void *> data;
  std::vector<reference::BufferView> views;
  for (auto [operand, content] : llvm::zip(one.nest.operands, one.contents)) {
    expected.push_back(content ? *content : std::vector<char>());
    found.emplace_back(expected.back().size());
    llvm::copy(expected.back(), found.back().data());
    data.push_back(found.back().data());
  }
  for (unsigned i = 0; i < expected.size(); ++i)
    if (!one.nest.operands[i].local)
      views.push_back(
          {one.nest.operands[i].type, one.nest.operands[i].shape, expected[i].data(), expected[i].size()});
  llvm::Error error = reference::interpret(one.nest, views);
  bool hasResult = !error;
  std::string reason = llvm::toString(std::move(error));
  int32_t status = runKernels(runner, one.code.kernels, one.code.scratchBytes, data);
  ASSERT_EQ(status == 0, hasResult) << "status " << status << "; " << reason;
  ++(hasResult ? compared : undefined);
  if (hasResult)
    for (unsigned i = 0; i < expected.size(); ++i)
      ASSERT_TRUE(std::equal(expected[i].begin(), expected[i].end(), found[i].data()))
          << one.nest.operands[i].name << " differs";
}

void NativeModelNests::runModel(const std::string &path) {
  auto read = import::importModel(context, path);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  auto functions = (*read)->getOps<mlir::func::FuncOp>();
  llvm::Expected<reference::Program> program = reference::programOf(*functions.begin());
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  cases.clear();
  computations.clear();
  runProgram(*program);
  addCases(*program, path);
  std::vector<native::Kernel> all;
  for (Case &one : cases) {
    llvm::Expected<native::PortableCode> code =
        native::portableKernels(machine, one.nest, "k" + std::to_string(all.size()) + "_", one.facts);
    ASSERT_TRUE(bool(code)) << one.place << ": " << llvm::toString(code.takeError());
    one.code = std::move(*code);
    all.insert(all.end(), one.code.kernels.begin(), one.code.kernels.end());
    grouped += one.code.kernels.size() < one.nest.statements.size();
  }
  if (all.empty())
    return;
  llvm::Expected<std::unique_ptr<NestRunner>> runner = NestRunner::make(machine, all);
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  for (const Case &one : cases)
    compare(one, **runner);
}

TEST_F(NativeModelNests, SmallModels) {
  std::error_code code;
  for (llvm::sys::fs::recursive_directory_iterator file(TENON_SMALL_MODELS, code), end;
       file != end && !code && !HasFailure(); file.increment(code))
    if (llvm::sys::path::extension(file->path()) == ".tflite")
      runModel(file->path());
  EXPECT_GT(compared, 500u);
  EXPECT_LT(undefined, compared / 20);
  EXPECT_GT(grouped, 50u) << "sums that stay in registers";
}

} // namespace
