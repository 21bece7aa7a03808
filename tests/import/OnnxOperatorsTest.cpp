// What the node tests of Debian's libonnx do not reach: newer operators, older forms, and shapes that a model
// computes.
#include "tests/import/OnnxModel.h"

#include "core/import/onnx/TensorData.h"
#include "core/ir/QuantizationMarker.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tenon::test {
namespace {

using testing::FloatNear;
using testing::Pointwise;

std::vector<float> resultOf(const OnnxModel &model, const std::vector<Proto> &inputs,
                            const import::SizeBindings &bindings = {}) {
  auto results = runOnnx(model.bytes(), inputs, bindings);
  EXPECT_TRUE(bool(results)) << llvm::toString(results.takeError());
  return results ? floatsOf(results->front()) : std::vector<float>();
}

TEST(OnnxOperator, Gelu) {
  std::vector<float> x = {-3, -1, -0.5, 0, 0.5, 1, 3}, exact, byTanh;
  for (float value : x) {
    exact.push_back(value * 0.5F * (1 + std::erf(value / std::sqrt(2.0F))));
    float inner = 0.7978845608F * (value + 0.044715F * value * value * value);
    byTanh.push_back(value * 0.5F * (1 + std::tanh(inner)));
  }
  OnnxModel model(20);
  model.input("x", {7}).output("y").node("Gelu", {"x"}, {"y"});
  EXPECT_THAT(resultOf(model, {floatTensor({7}, x)}), Pointwise(FloatNear(1e-6), exact));
  setText(*model.graph().mutable_node(0), "approximate", "tanh");
  EXPECT_THAT(resultOf(model, {floatTensor({7}, x)}), Pointwise(FloatNear(1e-6), byTanh));
}

TEST(OnnxOperator, Mish) {
  std::vector<float> x = {-30, -1, 0, 0.5, 3, 200}, expected;
  for (double value : x)
    expected.push_back(
        static_cast<float>(value * std::tanh(value > 50 ? value : std::log1p(std::exp(value)))));
  OnnxModel model(18);
  model.input("x", {6}).output("y").node("Mish", {"x"}, {"y"});
  EXPECT_THAT(resultOf(model, {floatTensor({6}, x)}), Pointwise(FloatNear(1e-6), expected));
}

/// Two groups of two channels; the numbers of each have mean 2.5 and variance 1.25, or 10 times as much.
TEST(OnnxOperator, GroupNormalization) {
  std::vector<float> x = {1, 2, 3, 4, 10, 20, 30, 40}, scale = {1, 2, 3, 4}, bias = {0, 1, 0, -1};
  std::vector<float> byChannel, byGroup;
  for (int i = 0; i < 8; ++i) {
    float normal = static_cast<float>((i % 4 - 1.5) / std::sqrt(1.25));
    byChannel.push_back(normal * scale[i / 2] + bias[i / 2]);
    byGroup.push_back(normal * scale[i / 4] + bias[i / 4]);
  }
  for (int64_t operatorSet : {21, 18}) {
    bool isOld = operatorSet == 18; // its scale and bias are for groups
    OnnxModel model(operatorSet);
    model.input("x", {1, 4, 1, 2}).output("y");
    model.floats("s", {isOld ? 2 : 4}, isOld ? std::vector<float>{1, 2} : scale);
    model.floats("b", {isOld ? 2 : 4}, isOld ? std::vector<float>{0, 1} : bias);
    onnxschema::NodeProto &node = model.node("GroupNormalization", {"x", "s", "b"}, {"y"});
    setInteger(node, "num_groups", 2);
    onnxschema::AttributeProto &epsilon = *node.add_attribute();
    epsilon.set_name("epsilon");
    epsilon.set_type(onnxschema::AttributeProto::FLOAT);
    epsilon.set_f(0);
    EXPECT_THAT(resultOf(model, {floatTensor({1, 4, 1, 2}, x)}),
                Pointwise(FloatNear(1e-5), isOld ? byGroup : byChannel));
  }
}

TEST(OnnxOperator, SliceOfAShapeMayBeEmpty) {
  OnnxModel model(13);
  model.input("x", {2, 3}).output("y");
  model.integers("zero", {0}).integers("rest", {-1});
  model.node("Shape", {"x"}, {"s"});
  model.node("Slice", {"s", "zero", "zero"}, {"none"});
  setInteger(model.node("Concat", {"none", "rest"}, {"shape"}), "axis", 0);
  model.node("Reshape", {"x", "shape"}, {"y"});
  EXPECT_EQ(resultOf(model, {floatTensor({2, 3}, {1, 2, 3, 4, 5, 6})}).size(), 6U);
}

/// Shape, Gather, Unsqueeze and Concat make the shape that a Reshape takes, as exporters write a flatten.
TEST(OnnxOperator, ShapeOfAReshapeIsComputed) {
  OnnxModel model(11);
  model.input("x", {-1, 2, 3}).output("y").integers("zero", {0}).integers("rest", {-1});
  model.node("Shape", {"x"}, {"s"});
  model.node("Gather", {"s", "zero"}, {"n"});
  setInteger(model.node("Concat", {"n", "rest"}, {"shape"}), "axis", 0);
  model.node("Reshape", {"x", "shape"}, {"y"});
  auto results = runOnnx(model.bytes(), {floatTensor({2, 2, 3}, std::vector<float>(12, 1))}, {{"N", 2}});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_EQ(results->front().shape, (llvm::SmallVector<int64_t>{2, 6}));
}

TEST(OnnxOperator, OlderFormsHaveAttributes) {
  OnnxModel model(9);
  model.input("x", {1, 4}).output("y");
  onnxschema::NodeProto &slice = model.node("Slice", {"x"}, {"a"});
  setIntegers(slice, "axes", {1});
  setIntegers(slice, "starts", {1});
  setIntegers(slice, "ends", {INT64_MAX});
  setIntegers(model.node("Squeeze", {"a"}, {"b"}), "axes", {0});
  setIntegers(model.node("Pad", {"b"}, {"c"}), "pads", {1, 1});
  setIntegers(model.node("Unsqueeze", {"c"}, {"d"}), "axes", {0});
  onnxschema::AttributeProto &most = *model.node("Clip", {"d"}, {"y"}).add_attribute();
  most.set_name("max");
  most.set_type(onnxschema::AttributeProto::FLOAT);
  most.set_f(3);
  EXPECT_EQ(resultOf(model, {floatTensor({1, 4}, {1, 2, 3, 4})}), (std::vector<float>{0, 2, 3, 3, 0}));
}

TEST(OnnxOperator, SoftmaxBeforeOperatorSet13TakesAllAxesFromOneOn) {
  OnnxModel model(11);
  model.input("x", {1, 2, 2}).output("y").node("Softmax", {"x"}, {"y"});
  EXPECT_THAT(resultOf(model, {floatTensor({1, 2, 2}, {1, 1, 1, 1})}),
              Pointwise(FloatNear(1e-6), std::vector<float>(4, 0.25F)));
}

TEST(OnnxOperator, GroupedConvolution) {
  OnnxModel model;
  model.input("x", {1, 2, 2, 2}).output("y");
  model.floats("w", {2, 1, 1, 1}, {2, 3}).floats("b", {2}, {10, 20});
  setInteger(model.node("Conv", {"x", "w", "b"}, {"y"}), "group", 2);
  EXPECT_EQ(resultOf(model, {floatTensor({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}),
            (std::vector<float>{12, 14, 16, 18, 35, 38, 41, 44}));
}

TEST(OnnxOperator, QuantizeAndDequantizeSaturateAndRoundHalvesToEven) {
  OnnxModel model(13);
  model.input("x", {6}).output("y").floats("s", {}, {0.5F});
  Proto &zero = *model.graph().add_initializer();
  zero.set_name("z");
  zero.set_data_type(Proto::UINT8);
  zero.add_int32_data(128);
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"y"});
  EXPECT_EQ(resultOf(model, {floatTensor({6}, {0.25F, 0.75F, -0.25F, 1, 1000, -1000})}),
            (std::vector<float>{0, 1, 0, 1, 63.5F, -64}));
}

TEST(OnnxOperator, QuantizeCarriesItsScales) {
  OnnxModel model(13);
  model.input("x", {2, 3}).output("y").floats("s", {3}, {1, 2, 4});
  onnxschema::NodeProto &quantize = model.node("QuantizeLinear", {"x", "s"}, {"q"});
  setInteger(quantize, "axis", -1);
  setInteger(model.node("DequantizeLinear", {"q", "s"}, {"y"}), "axis", -1);
  mlir::DialectRegistry registry;
  import::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, model.bytes(), "model.onnx");
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  unsigned quantizes = 0, dequantizes = 0;
  (*module)->walk([&](mlir::Operation *operation) {
    auto marker = ir::quantizationOf(operation);
    if (!marker)
      return;
    (marker->isQuantize ? quantizes : dequantizes) += 1;
    EXPECT_TRUE(marker->isUnsigned);
    EXPECT_EQ(marker->axis, 1);
    EXPECT_EQ(llvm::to_vector(marker->scales.getValues<float>()), (llvm::SmallVector<float>{1, 2, 4}));
    EXPECT_EQ(marker->zeroPoints.getNumElements(), 3);
  });
  EXPECT_EQ(quantizes, 1U);
  EXPECT_EQ(dequantizes, 1U);
}

} // namespace
} // namespace tenon::test
