// Writing a described model as a FlatBuffer, and looking at what the reader says of it.
#include "tests/import/ModelSpec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstring>

namespace tenon::test {

namespace {

using Buffers = std::vector<flatbuffers::Offset<schema::Buffer>>;

flatbuffers::Offset<schema::Tensor> tensorOf(FileBuilder &file, const TensorSpec &tensor, size_t number,
                                             Buffers &buffers) {
  uint32_t buffer = 0;
  if (tensor.data || tensor.place) {
    buffer = buffers.size();
    DataPlace place = tensor.place.value_or(DataPlace{});
    auto data = tensor.data ? file.CreateVector(*tensor.data) : 0;
    buffers.push_back(schema::CreateBuffer(file, data, place.offset, place.size));
  }
  flatbuffers::Offset<schema::QuantizationParameters> quantization;
  if (!tensor.scales.empty()) {
    auto scales = file.CreateVector(tensor.scales);
    auto zeroPoints = file.CreateVector(tensor.zeroPoints);
    quantization = schema::CreateQuantizationParameters(
        file, 0, 0, scales, zeroPoints, schema::QuantizationDetails::NONE, 0, tensor.dimension);
  }
  flatbuffers::Offset<schema::SparsityParameters> sparsity;
  if (tensor.isSparse)
    sparsity = schema::CreateSparsityParameters(file);
  auto shape = file.CreateVector(tensor.shape);
  auto name = file.CreateString(tensor.name.empty() ? "t" + std::to_string(number) : tensor.name);
  return schema::CreateTensor(file, shape, tensor.type, tensor.buffer.value_or(buffer), name, quantization,
                              tensor.isVariable, sparsity);
}

flatbuffers::Offset<schema::Operator> operatorOf(FileBuilder &file, const NodeSpec &node, uint32_t code) {
  flatbuffers::Offset<void> options;
  if (node.options.create)
    options = node.options.create(file);
  auto inputs = file.CreateVector(node.inputs), outputs = file.CreateVector(node.outputs);
  return schema::CreateOperator(file, node.codeNumber.value_or(code), inputs, outputs, node.options.type,
                                options);
}

template <typename Options, typename Create> OptionsSpec optionsOf(Create create) {
  return {schema::BuiltinOptionsTraits<Options>::enum_value,
          [=](FileBuilder &file) { return create(file).Union(); }};
}

/// Lower case first, no full stop last; names and numbers come as they are.
void expectHouseStyle(const Diagnostic &diagnostic) {
  ASSERT_FALSE(diagnostic.message.empty());
  EXPECT_FALSE(std::isupper(static_cast<unsigned char>(diagnostic.message.front()))) << diagnostic.message;
  EXPECT_NE(diagnostic.message.back(), '.') << diagnostic.message;
}

} // namespace

std::string bytesOf(const ModelSpec &spec) {
  FileBuilder file;
  Buffers buffers = {schema::CreateBuffer(file)};
  std::vector<flatbuffers::Offset<schema::Tensor>> tensors;
  for (const TensorSpec &tensor : spec.tensors)
    tensors.push_back(tensorOf(file, tensor, tensors.size(), buffers));
  std::vector<flatbuffers::Offset<schema::OperatorCode>> codes;
  std::vector<flatbuffers::Offset<schema::Operator>> nodes;
  for (const NodeSpec &node : spec.nodes) {
    auto custom = node.customCode.empty() ? 0 : file.CreateString(node.customCode);
    constexpr int highestOld = 127; // the older field is a byte
    auto old = static_cast<int8_t>(std::min(static_cast<int>(node.op), highestOld));
    codes.push_back(schema::CreateOperatorCode(file, old, custom, 1, node.op));
    nodes.push_back(operatorOf(file, node, codes.size() - 1));
  }
  auto graph = schema::CreateSubGraphDirect(file, &tensors, &spec.inputs, &spec.outputs, &nodes, "main");
  std::vector<flatbuffers::Offset<schema::SubGraph>> graphs(spec.subgraphs, graph);
  auto model = schema::CreateModelDirect(file, spec.version, &codes, &graphs, "a test", &buffers);
  schema::FinishModelBuffer(file, model);
  return {reinterpret_cast<const char *>(file.GetBufferPointer()), file.GetSize()};
}

TensorSpec quantised(std::vector<int32_t> shape, float scale, int64_t zeroPoint) {
  TensorSpec tensor;
  tensor.shape = std::move(shape);
  tensor.scales = {scale};
  tensor.zeroPoints = {zeroPoint};
  return tensor;
}

TensorSpec floats(std::vector<int32_t> shape) {
  TensorSpec tensor = quantised(std::move(shape));
  tensor.type = Type::FLOAT32;
  tensor.scales.clear();
  return tensor;
}

TensorSpec numbers(const std::vector<int32_t> &values) {
  TensorSpec tensor = floats({static_cast<int32_t>(values.size())});
  tensor.type = Type::INT32;
  tensor.data.emplace(values.size() * sizeof(int32_t));
  std::memcpy(tensor.data->data(), values.data(), tensor.data->size());
  return tensor;
}

TensorSpec constant(TensorSpec tensor) {
  size_t bytes = tensor.type == Type::INT8 ? 1 : tensor.type == Type::INT64 ? 8 : 4;
  for (int32_t extent : tensor.shape)
    bytes *= static_cast<size_t>(extent);
  tensor.data.emplace(bytes);
  return tensor;
}

OptionsSpec convolution(schema::Padding padding, int32_t stride, int32_t dilation, Activation activation) {
  return optionsOf<schema::Conv2DOptions>([=](FileBuilder &file) {
    return schema::CreateConv2DOptions(file, padding, stride, stride, activation, dilation, dilation);
  });
}

OptionsSpec depthwise(schema::Padding padding) {
  return optionsOf<schema::DepthwiseConv2DOptions>(
      [=](FileBuilder &file) { return schema::CreateDepthwiseConv2DOptions(file, padding, 1, 1, 1); });
}

OptionsSpec pool(schema::Padding padding, int32_t stride, int32_t filter, Activation activation) {
  return optionsOf<schema::Pool2DOptions>([=](FileBuilder &file) {
    return schema::CreatePool2DOptions(file, padding, stride, stride, filter, filter, activation);
  });
}

OptionsSpec fullyConnected(schema::WeightsFormat format) {
  return optionsOf<schema::FullyConnectedOptions>(
      [=](FileBuilder &file) { return schema::CreateFullyConnectedOptions(file, Activation::NONE, format); });
}

OptionsSpec add(Activation activation) {
  return optionsOf<schema::AddOptions>(
      [=](FileBuilder &file) { return schema::CreateAddOptions(file, activation); });
}

OptionsSpec multiply() {
  return optionsOf<schema::MulOptions>([](FileBuilder &file) { return schema::CreateMulOptions(file); });
}

OptionsSpec softmax(float beta) {
  return optionsOf<schema::SoftmaxOptions>(
      [=](FileBuilder &file) { return schema::CreateSoftmaxOptions(file, beta); });
}

OptionsSpec leaky(float alpha) {
  return optionsOf<schema::LeakyReluOptions>(
      [=](FileBuilder &file) { return schema::CreateLeakyReluOptions(file, alpha); });
}

OptionsSpec reducer(bool keepDimensions) {
  return optionsOf<schema::ReducerOptions>(
      [=](FileBuilder &file) { return schema::CreateReducerOptions(file, keepDimensions); });
}

OptionsSpec concatenation(int32_t axis, Activation activation) {
  return optionsOf<schema::ConcatenationOptions>(
      [=](FileBuilder &file) { return schema::CreateConcatenationOptions(file, axis, activation); });
}

ModelSpec oneNode(Op op, std::vector<TensorSpec> tensors, OptionsSpec options) {
  ModelSpec spec;
  NodeSpec node{op, {}, {static_cast<int32_t>(tensors.size()) - 1}, std::move(options), "", {}};
  for (int32_t i = 0; i + 1 < static_cast<int32_t>(tensors.size()); ++i) {
    node.inputs.push_back(i);
    if (!tensors[i].data && !tensors[i].place)
      spec.inputs.push_back(i);
  }
  spec.outputs = node.outputs;
  spec.tensors = std::move(tensors);
  spec.nodes = {std::move(node)};
  return spec;
}

ModelSpec chain(unsigned nodes) {
  ModelSpec spec;
  spec.tensors.assign(nodes + 1, TensorSpec{});
  for (int32_t i = 0; i < static_cast<int32_t>(nodes); ++i)
    spec.nodes.push_back({Op::RELU, {i}, {i + 1}, {}, "", {}});
  spec.inputs = {0};
  spec.outputs = {static_cast<int32_t>(nodes)};
  return spec;
}

FailureReport importReport(llvm::StringRef bytes, const import::ImportLimits &limits) {
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  mlir::MLIRContext context(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, bytes, "model.tflite", limits);
  return module ? FailureReport{} : report(module.takeError());
}

void expectMistake(const ModelSpec &spec, const std::vector<std::string> &parts,
                   const import::ImportLimits &limits) {
  expectMistake(bytesOf(spec), parts, limits);
}

void expectMistake(llvm::StringRef bytes, const std::vector<std::string> &parts,
                   const import::ImportLimits &limits) {
  FailureReport found = importReport(bytes, limits);
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  std::string all;
  bool isSaid = false;
  for (const Diagnostic &diagnostic : found.diagnostics) {
    expectHouseStyle(diagnostic);
    EXPECT_EQ(diagnostic.file, "model.tflite");
    std::string text = toString(diagnostic);
    all += text + "\n";
    isSaid |=
        llvm::all_of(parts, [&](const std::string &part) { return text.find(part) != std::string::npos; });
  }
  EXPECT_TRUE(isSaid) << "wanted in one diagnostic: " << testing::PrintToString(parts) << "\nfound:\n" << all;
}

} // namespace tenon::test
