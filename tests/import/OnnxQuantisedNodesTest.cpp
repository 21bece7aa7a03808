// What is refused of operators on quantised tensors, which have no floats to fall back on; and what is known
// of scales.
#include "tests/import/OnnxModel.h"

#include "core/ir/ModelNodes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::test {
namespace {

using testing::HasSubstr;

void number(OnnxModel &model, const std::string &name, int type, const std::vector<int32_t> &values) {
  Proto &constant = *model.graph().add_initializer();
  constant.set_name(name);
  constant.set_data_type(type);
  if (values.size() != 1)
    constant.add_dims(static_cast<int64_t>(values.size()));
  for (int32_t value : values)
    constant.add_int32_data(value);
}

/// y = QLinearMatMul(x, w) of INT8, with scales `s` and zero points `z`; wrong at one place by its caller.
OnnxModel product() {
  OnnxModel model;
  model.input("x", {1, 2}, Proto::INT8).output("y", Proto::INT8).floats("s", {}, {0.5F});
  number(model, "z", Proto::INT8, {0});
  Proto &weights = *model.graph().add_initializer();
  weights.set_name("w");
  weights.set_data_type(Proto::INT8);
  weights.add_dims(2);
  weights.add_dims(2);
  weights.set_raw_data(std::string(4, 1));
  model.node("QLinearMatMul", {"x", "s", "z", "w", "s", "z", "s", "z"}, {"y"});
  return model;
}

std::string failureWith(unsigned input, const std::string &name, OnnxModel model) {
  model.graph().mutable_node(0)->set_input(static_cast<int>(input), name);
  return importFailure(model.bytes());
}

TEST(OnnxQuantisedNode, IsRead) { EXPECT_EQ(importFailure(product().bytes()), ""); }

TEST(OnnxQuantisedNode, ScaleThatIsComputedIsRefused) {
  OnnxModel model = product();
  model.input("t", {});
  EXPECT_THAT(failureWith(1, "t", model),
              HasSubstr("(t) computed from the graph's inputs, it must be a constant"));
}

TEST(OnnxQuantisedNode, ScaleThatIsNotAboveZeroIsRefused) {
  OnnxModel model = product();
  model.floats("t", {}, {0});
  EXPECT_THAT(failureWith(6, "t", model), HasSubstr("has the scale 0, it must be above 0"));
}

TEST(OnnxQuantisedNode, ScaleThatIsLeftOutIsRefused) {
  EXPECT_THAT(failureWith(6, "", product()), HasSubstr("lacks its input 6"));
  OnnxModel gemm = product();
  gemm.graph().mutable_node(0)->set_op_type("QGemm");
  gemm.graph().mutable_node(0)->set_domain("com.microsoft");
  gemm.graph().mutable_node(0)->mutable_input()->DeleteSubrange(6, 2);
  EXPECT_THAT(importFailure(gemm.bytes()), HasSubstr("lacks the scale of its result, which would be floats"));
}

TEST(OnnxQuantisedNode, ZeroPointOfAnotherTypeIsRefused) {
  OnnxModel model = product();
  number(model, "t", Proto::UINT8, {3});
  EXPECT_THAT(failureWith(2, "t", model), HasSubstr("of type UINT8, supported here: INT8"));
}

TEST(OnnxQuantisedNode, ScalesOfRowsAreRefused) {
  OnnxModel model = product();
  model.floats("t", {2}, {1, 2});
  EXPECT_THAT(failureWith(1, "t", model), HasSubstr("has 2 scales or zero points of tensor"));
  EXPECT_THAT(failureWith(6, "t", model), HasSubstr("has 2 scales of its result, supported: 1"));
  model.floats("u", {3}, {1, 2, 3});
  EXPECT_THAT(failureWith(4, "u", model), HasSubstr("has 3 scales or zero points of tensor"));
}

TEST(OnnxQuantisedNode, ScalesAndZeroPointsMustAgree) {
  OnnxModel model = product();
  model.floats("t", {2}, {1, 2});
  number(model, "u", Proto::INT8, {1, 2, 3});
  model.graph().mutable_node(0)->set_input(4, "t");
  EXPECT_THAT(failureWith(5, "u", model), HasSubstr("has 2 scales and 3 zero points of one tensor"));
}

TEST(OnnxQuantisedNode, ImagesWithChannelsLastAreRefused) {
  OnnxModel model;
  model.input("x", {1, 2, 3, 3}, Proto::INT8).output("y", Proto::INT8).floats("s", {}, {0.5F});
  number(model, "z", Proto::INT8, {0});
  onnxschema::NodeProto &node = model.node("QLinearGlobalAveragePool", {"x", "s", "z", "s", "z"}, {"y"});
  node.set_domain("com.microsoft");
  setInteger(node, "channels_last", 1);
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("has channels_last 1, only 0 is supported"));
}

/// The scale and zero point of the model's input and output, as files of floats are quantised by them.
std::string scalesOf(const OnnxModel &model) {
  mlir::DialectRegistry registry;
  import::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(context, model.bytes(), "model.onnx");
  if (!module)
    return llvm::toString(module.takeError());
  auto function = (*module)->lookupSymbol<mlir::func::FuncOp>("main");
  std::string text;
  for (mlir::Attribute each : {function.getArgAttr(0, ir::tensorAttributeName),
                               function.getResultAttr(0, ir::tensorAttributeName)}) {
    auto tensor = mlir::cast<ir::TensorAttr>(each);
    text += std::to_string(tensor.getScale().getValueAsDouble()).substr(0, 4) + " " +
            std::to_string(tensor.getZeroPoint()) + (tensor.getIsUnsigned() ? " unsigned; " : "; ");
  }
  return text;
}

TEST(OnnxScales, AreThoseOfTheNodesAtTheEdge) {
  EXPECT_EQ(scalesOf(product()), "0.50 0; 0.50 0; ");
  OnnxModel model(13);
  model.input("x", {4}, Proto::UINT8).output("y", Proto::UINT8);
  model.floats("s", {}, {0.25F}).floats("t", {}, {0.5F}).integers("shape", {2, 2});
  number(model, "z", Proto::UINT8, {200});
  number(model, "v", Proto::UINT8, {7});
  model.node("Reshape", {"x", "shape"}, {"moved"});
  model.node("DequantizeLinear", {"moved", "s", "z"}, {"f"});
  model.node("QuantizeLinear", {"f", "t", "v"}, {"q"});
  model.node("Transpose", {"q"}, {"y"});
  EXPECT_EQ(scalesOf(model), "0.25 200 unsigned; 0.50 7 unsigned; ");
}

TEST(OnnxScales, Of16BitsAreKnownToo) {
  OnnxModel model(21);
  model.input("x", {4}, Proto::INT16)
      .output("y", Proto::UINT16)
      .floats("s", {}, {0.25F})
      .floats("t", {}, {0.5F});
  number(model, "z", Proto::INT16, {-300});
  number(model, "v", Proto::UINT16, {700});
  model.node("DequantizeLinear", {"x", "s", "z"}, {"f"});
  model.node("QuantizeLinear", {"f", "t", "v"}, {"y"});
  EXPECT_EQ(scalesOf(model), "0.25 -300; 0.50 700 unsigned; ");
}

TEST(OnnxScales, OfWhichTwoAreSaidAreNotKnown) {
  OnnxModel model(13);
  model.input("x", {4}, Proto::INT8).output("y").floats("s", {}, {0.25F}).floats("t", {}, {0.5F});
  number(model, "z", Proto::INT8, {0});
  model.node("DequantizeLinear", {"x", "s", "z"}, {"a"});
  model.node("DequantizeLinear", {"x", "t", "z"}, {"b"});
  model.node("Add", {"a", "b"}, {"y"});
  EXPECT_EQ(scalesOf(model), "0.00 0; 0.00 0; ");
}

} // namespace
} // namespace tenon::test
