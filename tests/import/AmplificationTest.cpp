// Small files that ask for much: parts shared by many tensors and nodes, very many of them, and tensors of
// gigabytes without data. The reader's memory stays below the bound that ImportLimits states, measured as the
// peak of a child process, and its time below a few seconds.
#include "tests/import/MeasuredImport.h"
#include "tests/import/ModelSpec.h"

#include "core/reference/Program.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tenon::test {
namespace {

/// What ImportLimits states.
uint64_t memoryBound(uint64_t fileBytes, uint64_t tensors, uint64_t nodes) {
  import::ImportLimits limits;
  uint64_t bound =
      limits.copies * fileBytes + mebibyte + tensors * limits.bytesPerTensor + nodes * limits.bytesPerNode;
  return allowedGrowth(bound);
}

void expectBounded(const std::string &bytes, ExitCode code, uint64_t tensors, uint64_t nodes,
                   double seconds = 10) {
  Measure measure = measureImport(bytes, bytesOf(chain(2)));
  EXPECT_EQ(measure.code, code);
  EXPECT_LE(measure.bytes, memoryBound(bytes.size(), tensors, nodes));
  EXPECT_LE(measure.seconds, isInstrumented ? 10 * seconds : seconds);
  testing::Test::RecordProperty("mebibytes", static_cast<int>(measure.bytes / mebibyte));
}

/// What all tensors of a file share.
struct Shared {
  std::string name;
  size_t scales = 0, dataBytes = 0;
  std::vector<int32_t> shape = {1, 4};
};

/// A chain of RELUs, whose tensors all point to the same parts of the file; `others` more tensors that
/// nothing uses.
std::string sharedFile(const Shared &shared, unsigned nodeCount, unsigned others,
                       const std::vector<int32_t> &nodeInputs = {}) {
  FileBuilder file;
  auto name = file.CreateString(shared.name);
  auto shape = file.CreateVector(shared.shape);
  auto scales = file.CreateVector(std::vector<float>(shared.scales, 0.5F));
  auto zeroPoints = file.CreateVector(std::vector<int64_t>(shared.scales, 0));
  auto quantization = schema::CreateQuantizationParameters(file, 0, 0, scales, zeroPoints);
  auto data = file.CreateVector(std::vector<uint8_t>(shared.dataBytes, 7));
  std::vector<flatbuffers::Offset<schema::Buffer>> buffers = {schema::CreateBuffer(file),
                                                              schema::CreateBuffer(file, data)};
  std::vector<flatbuffers::Offset<schema::Tensor>> tensors;
  for (unsigned i = 0; i < nodeCount + 1 + others; ++i)
    tensors.push_back(schema::CreateTensor(file, shape, Type::INT8, i > nodeCount && shared.dataBytes ? 1 : 0,
                                           name, quantization));
  std::vector<flatbuffers::Offset<schema::Operator>> nodes;
  auto sharedInputs = file.CreateVector(nodeInputs);
  for (int32_t i = 0; i < static_cast<int32_t>(nodeCount); ++i) {
    auto inputs = nodeInputs.empty() ? file.CreateVector(std::vector<int32_t>{i}) : sharedInputs;
    nodes.push_back(schema::CreateOperator(file, 0, inputs, file.CreateVector(std::vector<int32_t>{i + 1})));
  }
  std::vector<flatbuffers::Offset<schema::OperatorCode>> codes = {
      schema::CreateOperatorCode(file, static_cast<int8_t>(Op::RELU), 0, 1, Op::RELU)};
  std::vector<int32_t> inputs = {0}, outputs = {static_cast<int32_t>(nodeCount)};
  std::vector<flatbuffers::Offset<schema::SubGraph>> graphs = {
      schema::CreateSubGraphDirect(file, &tensors, &inputs, &outputs, &nodes)};
  schema::FinishModelBuffer(file, schema::CreateModelDirect(file, 3, &codes, &graphs, nullptr, &buffers));
  return {reinterpret_cast<const char *>(file.GetBufferPointer()), file.GetSize()};
}

TEST(Amplification, NameSharedByManyTensors) {
  expectBounded(sharedFile({std::string(16'000, 'n'), 1, 0}, 10, 200'000), ExitCode::WrongInput, 200'000, 10);
}

TEST(Amplification, ScalesSharedByManyTensors) {
  expectBounded(sharedFile({"t", 100'000, 0, {100'000}}, 10, 100'000), ExitCode::WrongInput, 100'000, 10);
}

TEST(Amplification, DataSharedByManyTensors) {
  expectBounded(sharedFile({"t", 1, 1 << 20, {1 << 20}}, 10, 1000), ExitCode::WrongInput, 1000, 10);
}

TEST(Amplification, InputsSharedByManyNodes) {
  expectBounded(sharedFile({"t", 1, 0}, 50'000, 0, std::vector<int32_t>(1000, 0)), ExitCode::WrongInput,
                50'000, 50'000);
}

TEST(Amplification, ManyConcatenationsOfTheSameInputs) {
  constexpr int32_t inputs = 1000, nodes = 200;
  ModelSpec spec;
  spec.tensors.assign(inputs, quantised({1}));
  for (int32_t i = 0; i < inputs; ++i)
    spec.inputs.push_back(i);
  for (int32_t i = 0; i < nodes; ++i) {
    spec.nodes.push_back({Op::CONCATENATION, spec.inputs, {inputs + i}, concatenation(0), "", {}});
    spec.tensors.push_back(quantised({inputs}));
    spec.outputs.push_back(inputs + i);
  }
  expectMistake(spec, {"the tensors and nodes share parts of the file"});
}

TEST(Amplification, SharesAreCounted) {
  std::string file = sharedFile({std::string(16'000, 'n'), 1, 0}, 10, 200'000);
  expectMistake(file, {"the tensors and nodes share parts of the file",
                       "8 times the file's " + std::to_string(file.size())});
}

TEST(Amplification, SomeSharingIsAccepted) {
  EXPECT_EQ(importReport(sharedFile({std::string(1000, 'n'), 1, 4}, 100, 50)).code, ExitCode::Done);
}

TEST(Amplification, ManyTensors) {
  expectBounded(sharedFile({"t", 1, 0}, 1, 900'000), ExitCode::Done, 900'000, 1);
}

TEST(Amplification, MoreTensorsThanTheLimit) {
  expectBounded(sharedFile({"t", 1, 0}, 1, 1'000'000), ExitCode::WrongInput, 0, 1);
}

TEST(Amplification, ManyNodes) { expectBounded(bytesOf(chain(20'000)), ExitCode::Done, 20'001, 20'000); }

TEST(Amplification, ManySoftmaxNodes) { // the operator that becomes the most operations
  constexpr int32_t count = 2000;
  ModelSpec spec = chain(count);
  for (TensorSpec &tensor : spec.tensors)
    tensor = quantised({1, 4}, 1.0F / 256, -128);
  for (NodeSpec &node : spec.nodes) {
    node.op = Op::SOFTMAX;
    node.options = softmax(1);
  }
  expectBounded(bytesOf(spec), ExitCode::Done, count, count);
}

TEST(Amplification, ManyUnsupportedNodes) {
  ModelSpec spec = chain(20'000);
  for (NodeSpec &node : spec.nodes)
    node.op = Op::COS;
  expectBounded(bytesOf(spec), ExitCode::WrongInput, 20'001, 20'000);
}

TEST(Amplification, LongCycle) {
  ModelSpec spec = chain(20'000);
  spec.nodes.front().inputs = {20'000};
  expectBounded(bytesOf(spec), ExitCode::WrongInput, 20'001, 20'000);
}

TEST(Amplification, TensorsOfGigabytesWithoutData) {
  ModelSpec spec = chain(100);
  for (TensorSpec &tensor : spec.tensors)
    tensor.shape = {INT32_MAX};
  expectBounded(bytesOf(spec), ExitCode::Done, 101, 100);
}

TEST(Amplification, WindowsOfGigabytes) {
  ModelSpec spec = oneNode(
      Op::CONV_2D, {quantised({1, 4, 4, 1}), constant(quantised({1, 1, 2, 1})), quantised({1, 4, 4, 1})},
      convolution(schema::Padding::SAME, 1, 1 << 24));
  expectBounded(bytesOf(spec), ExitCode::Done, 3, 1);
}

TEST(Amplification, ManyOutputChannels) { // every channel's rounding is compared with the reference's
  constexpr int32_t channels = 20'000;
  TensorSpec weights = constant(quantised({channels, 1}));
  weights.scales.assign(channels, 0.001F);
  for (int32_t i = 0; i < channels; ++i)
    weights.scales[i] += 1e-7F * static_cast<float>(i);
  weights.zeroPoints.assign(channels, 0);
  ModelSpec spec =
      oneNode(Op::FULLY_CONNECTED, {quantised({1, 1}), weights, quantised({1, channels})}, fullyConnected());
  expectBounded(bytesOf(spec), ExitCode::Done, 3, 1);
}

/// Imports the model and takes it apart, and returns the seconds that both take.
double secondsToProgram(const ModelSpec &spec, size_t steps) {
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  std::string bytes = bytesOf(spec);
  auto begin = std::chrono::steady_clock::now();
  auto module = import::importModelFromMemory(context, bytes, "model.tflite");
  EXPECT_TRUE(bool(module)) << llvm::toString(module.takeError());
  auto program = reference::programOf(*(*module)->getOps<mlir::func::FuncOp>().begin());
  EXPECT_TRUE(bool(program)) << llvm::toString(program.takeError());
  EXPECT_EQ(program->steps.size(), steps);
  EXPECT_GT(program->peakBytes(), 0U);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(Amplification, ProgramOfManyNodes) {
  EXPECT_LT(secondsToProgram(chain(10'000), 10'000), isInstrumented ? 100 : 10);
}

TEST(Amplification, ProgramOfAConcatenationOfManyInputs) {
  constexpr int32_t count = 1024; // the most
  std::vector<TensorSpec> tensors(count, quantised({1, 1, 1, 1}));
  tensors.push_back(quantised({1, 1, 1, count}));
  EXPECT_LT(secondsToProgram(oneNode(Op::CONCATENATION, std::move(tensors), concatenation(3)), 1),
            isInstrumented ? 100 : 10);
}

TEST(Amplification, RunNeedsMoreMemoryThanAllowed) {
  ModelSpec spec = chain(2);
  for (TensorSpec &tensor : spec.tensors)
    tensor.shape = {1 << 30};
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, bytesOf(spec), "model.tflite");
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  auto program = reference::programOf(*(*module)->getOps<mlir::func::FuncOp>().begin());
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  reference::RunOptions options;
  options.memoryBytes = mebibyte;
  auto outputs = reference::run(*program, {}, options);
  ASSERT_FALSE(bool(outputs));
  FailureReport found = report(outputs.takeError());
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
  EXPECT_EQ(found.diagnostics.front().message,
            "the model needs 2147483648 bytes of memory at once, the limit is 1048576");
}

} // namespace
} // namespace tenon::test
