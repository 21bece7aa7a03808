// ONNX's own node tests (Debian's libonnx-testdata), all that use only operators which are read: each gives
// its stored output, or is in onnx_refusals.txt with what the reader says.
#include "tests/import/OnnxModel.h"

#include "core/import/onnx/Import.h"
#include "core/import/onnx/TensorData.h"
#include "core/support/Error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace tenon::test {
namespace {

namespace filesystem = std::filesystem;

std::string contents(const filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> claimedOperators() {
  std::set<std::string> names;
  for (const import::onnx::OperatorText &each : import::onnx::supportedOperators())
    names.insert(each.name.str());
  return names;
}

struct NodeCase {
  std::string name;
  std::set<std::string> operators;
  friend void PrintTo(const NodeCase &value, std::ostream *stream) { *stream << value.name; }
};

/// Only tensors of types that are read: others (sequences, strings) belong to operators that are not.
bool usesKnownTypes(const onnxschema::GraphProto &graph) {
  mlir::MLIRContext context;
  for (const auto *list : {&graph.input(), &graph.output()})
    for (const onnxschema::ValueInfoProto &value : *list)
      if (!import::onnx::elementType(&context, value.type().tensor_type().elem_type()))
        return false;
  return true;
}

std::vector<NodeCase> cases() {
  std::vector<NodeCase> found;
  std::set<std::string> claimed = claimedOperators();
  std::error_code code;
  for (const auto &folder : filesystem::directory_iterator(TENON_ONNX_NODE_TESTS, code)) {
    onnxschema::ModelProto model;
    if (!model.ParseFromString(contents(folder.path() / "model.onnx")) || !usesKnownTypes(model.graph()))
      continue;
    NodeCase each = {folder.path().filename().string(), {}};
    for (const onnxschema::NodeProto &node : model.graph().node())
      each.operators.insert((node.domain().empty() ? "" : node.domain() + ".") + node.op_type());
    if (std::includes(claimed.begin(), claimed.end(), each.operators.begin(), each.operators.end()))
      found.push_back(std::move(each));
  }
  std::sort(found.begin(), found.end(), [](const NodeCase &a, const NodeCase &b) { return a.name < b.name; });
  return found;
}

/// NAME: a part of the message, one a line.
std::map<std::string, std::string> refusals() {
  std::map<std::string, std::string> list;
  std::istringstream lines(contents(TENON_ONNX_REFUSALS));
  for (std::string line; std::getline(lines, line);)
    if (size_t colon = line.find(": "); !line.empty() && line[0] != '#' && colon != std::string::npos)
      list[line.substr(0, colon)] = line.substr(colon + 2);
  return list;
}

std::vector<Proto> tensorsOf(const filesystem::path &folder, const std::string &kind) {
  std::vector<Proto> tensors;
  for (int i = 0;; ++i) {
    filesystem::path path = folder / (kind + "_" + std::to_string(i) + ".pb");
    if (!filesystem::exists(path))
      return tensors;
    tensors.emplace_back();
    EXPECT_TRUE(tensors.back().ParseFromString(contents(path)));
  }
}

/// Shapes, axes and the like are inputs in these tests, which the reader takes as constants alone: all inputs
/// from one on become initialisers.
std::string withConstants(onnxschema::ModelProto model, const std::vector<Proto> &inputs, size_t first) {
  for (size_t i = first; i < inputs.size(); ++i) {
    Proto &constant = *model.mutable_graph()->add_initializer();
    constant = inputs[i];
    constant.set_name(model.graph().input(static_cast<int>(i)).name());
  }
  return model.SerializeAsString();
}

double realAt(const reference::Tensor &tensor, size_t i) {
  if (tensor.type == nest::ScalarType::f32()) {
    float value = 0;
    std::memcpy(&value, &tensor.bytes[i * sizeof(value)], sizeof(value));
    return value;
  }
  if (tensor.type == nest::ScalarType::f64()) {
    double value = 0;
    std::memcpy(&value, &tensor.bytes[i * sizeof(value)], sizeof(value));
    return value;
  }
  uint16_t bits = 0;
  std::memcpy(&bits, &tensor.bytes[i * sizeof(bits)], sizeof(bits));
  const llvm::fltSemantics &semantics =
      tensor.type == nest::ScalarType::f16() ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat();
  return llvm::APFloat(semantics, llvm::APInt(16, bits)).convertToDouble();
}

void expectEqual(const reference::Tensor &got, const reference::Tensor &want) {
  ASSERT_EQ(got.type, want.type);
  ASSERT_EQ(got.shape, want.shape);
  bool isFloating = want.type == nest::ScalarType::f32() || want.type == nest::ScalarType::f64() ||
                    want.type == nest::ScalarType::f16() || want.type == nest::ScalarType::bf16();
  if (!isFloating) {
    EXPECT_EQ(got.bytes, want.bytes);
    return;
  }
  double tolerance = want.type.storageBytes() == 2 ? 1e-2 : 1e-5;
  size_t count = want.bytes.size() / want.type.storageBytes();
  for (size_t i = 0; i < count; ++i) {
    double a = realAt(got, i), b = realAt(want, i);
    if (a == b || (std::isnan(a) && std::isnan(b)))
      continue;
    ASSERT_LE(std::abs(a - b), tolerance * std::max(1.0, std::abs(b)))
        << "element " << i << ": " << a << ", " << b;
  }
}

/// Some of the tests come from before operator set 7 with operators that have not changed by then, and their
/// numbers of type BFLOAT16 are stored as UINT16.
void adapt(onnxschema::ModelProto &model, std::vector<Proto> &inputs, std::vector<Proto> &outputs) {
  constexpr int64_t first = 7;
  auto &set = *model.mutable_opset_import(0);
  set.set_version(std::max<int64_t>(set.version(), first));
  auto retype = [](Proto &tensor, const onnxschema::ValueInfoProto &declared) {
    if (declared.type().tensor_type().elem_type() == Proto::BFLOAT16 && tensor.data_type() == Proto::UINT16)
      tensor.set_data_type(Proto::BFLOAT16);
  };
  for (size_t i = 0; i < inputs.size(); ++i)
    retype(inputs[i], model.graph().input(static_cast<int>(i)));
  for (size_t i = 0; i < outputs.size(); ++i)
    retype(outputs[i], model.graph().output(static_cast<int>(i)));
}

class OnnxNode : public testing::TestWithParam<NodeCase> {};

TEST_P(OnnxNode, GivesItsStoredOutput) {
  static const std::map<std::string, std::string> refused = refusals();
  filesystem::path folder = filesystem::path(TENON_ONNX_NODE_TESTS) / GetParam().name;
  filesystem::path data = folder / "test_data_set_0";
  onnxschema::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(contents(folder / "model.onnx")));
  std::vector<Proto> inputs = tensorsOf(data, "input"), outputs = tensorsOf(data, "output");
  adapt(model, inputs, outputs);
  auto results = runOnnx(model.SerializeAsString(), inputs);
  std::string failure;
  if (!results) {
    failure = llvm::toString(results.takeError());
    for (size_t first : {1U, 0U}) {
      bool needsConstants = failure.find("must be a constant") != std::string::npos ||
                            failure.find("every dimension must be at least 1") != std::string::npos;
      if (!needsConstants || inputs.size() <= first)
        continue;
      results = runOnnx(withConstants(model, inputs, first), {inputs.begin(), inputs.begin() + first});
      failure = results ? "" : llvm::toString(results.takeError());
    }
  }
  if (auto found = refused.find(GetParam().name); found != refused.end()) {
    EXPECT_NE(failure.find(found->second), std::string::npos)
        << "expected to be refused with '" << found->second << "', got '" << failure << "'";
    return;
  }
  ASSERT_EQ(failure, "");
  ASSERT_EQ(results->size(), outputs.size());
  mlir::MLIRContext context;
  for (size_t i = 0; i < outputs.size(); ++i) {
    auto want = referenceTensor(context, outputs[i]);
    ASSERT_TRUE(bool(want)) << llvm::toString(want.takeError());
    expectEqual((*results)[i], *want);
  }
}

INSTANTIATE_TEST_SUITE_P(Debian, OnnxNode, testing::ValuesIn(cases()),
                         [](const auto &each) { return each.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnnxNode);

/// What Debian's version of the tests is too old for has its own tests in OnnxOperatorsTest.cpp; the
/// operators of ONNX Runtime, in tests/models/quantised.
TEST(OnnxNodes, CoverEveryOperatorThatIsClaimed) {
  if (!filesystem::exists(TENON_ONNX_NODE_TESTS))
    GTEST_SKIP() << "libonnx-testdata is not installed: no " << TENON_ONNX_NODE_TESTS;
  std::map<std::string, std::string> refused = refusals();
  std::set<std::string> covered = {"Gelu", "GroupNormalization", "Mish"};
  for (const NodeCase &each : cases())
    if (!refused.count(each.name))
      covered.insert(each.operators.begin(), each.operators.end());
  for (const std::string &name : claimedOperators())
    EXPECT_TRUE(covered.count(name) || name.starts_with("com.microsoft."))
        << "no node test of " << name << " passes";
}

TEST(OnnxNodes, RefusalsAreAllOfTestsThatThereAre) {
  if (!filesystem::exists(TENON_ONNX_NODE_TESTS))
    GTEST_SKIP() << "libonnx-testdata is not installed: no " << TENON_ONNX_NODE_TESTS;
  std::set<std::string> names;
  for (const NodeCase &each : cases())
    names.insert(each.name);
  for (const auto &[name, message] : refusals())
    EXPECT_TRUE(names.count(name)) << name;
}

} // namespace
} // namespace tenon::test
