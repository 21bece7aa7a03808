// What the ONNX reader refuses: one test for each kind of mistake, with what it says.
#include "tests/import/OnnxModel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace tenon::test {
namespace {

using testing::HasSubstr;
namespace filesystem = std::filesystem;

OnnxModel relu() {
  OnnxModel model;
  model.input("x", {2, 3}).output("y").node("Relu", {"x"}, {"y"});
  return model;
}

TEST(OnnxMistake, NoneAsAStart) { EXPECT_EQ(importFailure(relu().bytes()), ""); }

TEST(OnnxMistake, NotAModel) {
  EXPECT_THAT(importFailure("\x08\x07\x12\xff"), HasSubstr("is not one serialised ONNX ModelProto"));
  std::string cut = relu().bytes();
  cut.resize(cut.size() - 5);
  EXPECT_THAT(importFailure(cut), HasSubstr("is not one serialised ONNX ModelProto"));
}

TEST(OnnxMistake, MessagesNestTooDeep) {
  OnnxModel model = relu();
  onnxschema::GraphProto *graph = &model.graph();
  for (int i = 0; i < 100; ++i) {
    onnxschema::AttributeProto &attribute = *graph->add_node()->add_attribute();
    attribute.set_type(onnxschema::AttributeProto::GRAPH);
    graph = attribute.mutable_g();
  }
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("nest deeper than 100"));
}

TEST(OnnxMistake, VersionsOutOfRange) {
  OnnxModel model = relu();
  model.proto.set_ir_version(2);
  model.proto.mutable_opset_import(0)->set_version(6);
  std::string text = importFailure(model.bytes());
  EXPECT_THAT(text, HasSubstr("has IR version 2, supported: 3 to 11"));
  EXPECT_THAT(text, HasSubstr("uses operator set 6, supported: 7 to 23"));
  model = relu();
  model.proto.mutable_opset_import(0)->set_version(24);
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("uses operator set 24, supported: 7 to 23"));
}

TEST(OnnxMistake, UnsupportedOperatorsAllListed) {
  OnnxModel model = relu();
  model.node("Mine", {"x"}, {"a"}).set_domain("of.mine");
  model.node("NonMaxSuppression", {"x"}, {"b"}).set_name("suppress");
  std::string text = importFailure(model.bytes());
  EXPECT_THAT(text, HasSubstr("of.mine.Mine #1 (a)"));
  EXPECT_THAT(text, HasSubstr("the operator of.mine.Mine is not supported"));
  EXPECT_THAT(text, HasSubstr("NonMaxSuppression #2 (suppress)"));
}

TEST(OnnxMistake, OperatorNewerThanTheSet) {
  OnnxModel model(13);
  model.input("x", {2}).output("y").node("Gelu", {"x"}, {"y"});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("Gelu came with operator set 20, the file uses 13"));
}

TEST(OnnxMistake, Subgraph) {
  OnnxModel model = relu();
  onnxschema::AttributeProto &branch = *model.node("If", {"x"}, {"z"}).add_attribute();
  branch.set_name("then_branch");
  branch.set_type(onnxschema::AttributeProto::GRAPH);
  branch.mutable_g()->set_name("inner");
  std::string text = importFailure(model.bytes());
  EXPECT_THAT(text, HasSubstr("If #1 (z)"));
  EXPECT_THAT(text, HasSubstr("has the subgraph then_branch"));
}

TEST(OnnxMistake, Dangling) {
  OnnxModel model;
  model.input("x", {2}).output("y").node("Add", {"x", "nowhere"}, {"y"});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("uses tensor 1 (nowhere), which nothing makes"));
}

TEST(OnnxMistake, OutputMadeByNothing) {
  OnnxModel model = relu();
  model.output("z");
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("output, tensor 2 (z), is made by nothing"));
}

TEST(OnnxMistake, Cycle) {
  OnnxModel model;
  model.input("x", {2}).output("c");
  model.node("Add", {"x", "b"}, {"a"});
  model.node("Relu", {"a"}, {"b"});
  model.node("Relu", {"b"}, {"c"});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("needs its own result, by way of Relu #1 (b)"));
}

TEST(OnnxMistake, LateNode) {
  OnnxModel model;
  model.input("x", {2}).output("b");
  model.node("Relu", {"a"}, {"b"});
  model.node("Relu", {"x"}, {"a"});
  EXPECT_THAT(importFailure(model.bytes()),
              HasSubstr("uses tensor 1 (a), which is made later, by Relu #1 (a)"));
}

TEST(OnnxMistake, MadeTwice) {
  OnnxModel model = relu();
  model.node("Relu", {"x"}, {"y"}).set_name("again");
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("makes tensor 1 (y), which Relu #0 (y) makes too"));
  model = relu();
  model.node("Relu", {"y"}, {"x"});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("which is an input or an initialiser"));
}

TEST(OnnxMistake, InitialiserTwice) {
  OnnxModel model = relu();
  model.floats("w", {1}, {1}).floats("w", {1}, {2});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("the initialiser tensor 0 (w) is there twice"));
}

TEST(OnnxMistake, RawDataOfTheWrongLength) {
  OnnxModel model;
  model.input("x", {2, 3}).output("y").node("Add", {"x", "w"}, {"y"});
  model.floats("w", {3}, {1, 2, 3});
  model.graph().mutable_initializer(0)->clear_float_data();
  model.graph().mutable_initializer(0)->set_raw_data("0123456789");
  EXPECT_THAT(importFailure(model.bytes()),
              HasSubstr("with 10 bytes of data, its type FLOAT and shape [3] need 12"));
}

TEST(OnnxMistake, TooManyElementsAsked) {
  OnnxModel model;
  model.input("x", {2, 3}).output("y").node("Add", {"x", "w"}, {"y"});
  model.floats("w", {int64_t(1) << 40, int64_t(1) << 40}, {1});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("bytes a tensor are supported"));
}

TEST(OnnxMistake, AttributeUnknown) {
  OnnxModel model = relu();
  setInteger(*model.graph().mutable_node(0), "strange", 1);
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("has the attribute strange, which is not supported"));
}

TEST(OnnxMistake, AttributeOfAnotherKind) {
  OnnxModel model;
  model.input("x", {2, 3}).output("y");
  setText(model.node("Softmax", {"x"}, {"y"}), "axis", "1");
  EXPECT_THAT(importFailure(model.bytes()),
              HasSubstr("has the attribute axis of kind STRING, it must be INT"));
}

TEST(OnnxMistake, ShapeComputedFromAnInput) {
  OnnxModel model;
  model.input("x", {2, 3}).input("s", {1}, Proto::INT64).output("y").node("Reshape", {"x", "s"}, {"y"});
  EXPECT_THAT(importFailure(model.bytes()),
              HasSubstr("has tensor 1 (s) computed from the graph's inputs, it must be a constant"));
}

TEST(OnnxMistake, OutputDeclaredOtherwise) {
  OnnxModel model;
  model.input("x", {2, 3}).output("y", Proto::INT64).node("Relu", {"x"}, {"y"});
  auto &shape = *model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.add_dim()->set_dim_value(2);
  shape.add_dim()->set_dim_value(4);
  std::string text = importFailure(model.bytes());
  EXPECT_THAT(text, HasSubstr("is declared as INT64, its node makes FLOAT"));
  EXPECT_THAT(text, HasSubstr("is declared with the shape [2, 4] (-1: open), its node makes [2, 3]"));
}

TEST(OnnxMistake, TypeOfTheInput) {
  OnnxModel model;
  model.input("x", {2}, Proto::STRING).output("y").node("Identity", {"x"}, {"y"});
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("has type STRING, supported: "));
}

TEST(OnnxMistake, AllNodesThatAreWrongAreListed) {
  OnnxModel model;
  model.input("x", {2, 3}).input("z", {4}).output("a").output("b");
  model.node("Add", {"x", "z"}, {"a"});
  model.node("MatMul", {"x", "z"}, {"b"});
  std::string text = importFailure(model.bytes());
  EXPECT_THAT(text, HasSubstr("has inputs of shapes [2, 3], [4], which do not broadcast"));
  EXPECT_THAT(text, HasSubstr("multiplies [2, 3] by [4], the inner dimensions differ"));
}

TEST(OnnxSizes, SymbolicSizeIsBound) {
  OnnxModel model;
  model.input("x", {-1, 2}).output("y").node("Relu", {"x"}, {"y"});
  EXPECT_THAT(importFailure(model.bytes()),
              HasSubstr("has the symbolic size N, which has no number; add --bind N=1"));
  EXPECT_THAT(importFailure(model.bytes(), {{"N", 1}, {"M", 2}}),
              HasSubstr("--bind M=2 fixes a symbolic size, the model has none of that name, but N"));
  auto results = runOnnx(model.bytes(), {floatTensor({3, 2}, {-1, 2, -3, 4, -5, 6})}, {{"N", 3}});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_EQ(floatsOf(results->front()), (std::vector<float>{0, 2, 0, 4, 0, 6}));
}

TEST(OnnxSizes, SizeWithoutANameIsRefused) {
  OnnxModel model = relu();
  auto &shape = *model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.mutable_dim(1)->Clear();
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("has dimension 1 of size unknown and without a name"));
}

/// A folder with 12 bytes of data in data.bin, and a model that has its weights there.
class OnnxExternalData : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (filesystem::temp_directory_path() / "onnx-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    inside = folder / "model";
    filesystem::create_directories(inside / "sub");
    std::vector<float> values = {1, 2, 3};
    write(inside / "data.bin", values);
    write(inside / "sub" / "data.bin", values);
    write(folder / "outside.bin", values);
  }
  void TearDown() override { filesystem::remove_all(folder); }

  static void write(const filesystem::path &path, const std::vector<float> &values) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char *>(values.data()),
               static_cast<std::streamsize>(values.size() * 4));
  }

  std::string failureOf(const std::string &location, const std::string &offset = "0") const {
    OnnxModel model;
    model.input("x", {2, 3}).output("y").node("Add", {"x", "w"}, {"y"});
    Proto &weights = *model.graph().add_initializer();
    weights.set_name("w");
    weights.set_data_type(Proto::FLOAT);
    weights.add_dims(3);
    weights.set_data_location(Proto::EXTERNAL);
    for (const auto &[key, value] : {std::pair{"location", location}, {"offset", offset}}) {
      weights.add_external_data()->set_key(key);
      weights.mutable_external_data(weights.external_data_size() - 1)->set_value(value);
    }
    return importFailure(model.bytes(), {}, inside.string());
  }

  filesystem::path folder, inside;
};

TEST_F(OnnxExternalData, InTheModelsFolderIsRead) {
  EXPECT_EQ(failureOf("data.bin"), "");
  EXPECT_EQ(failureOf("sub/./data.bin"), "");
}

TEST_F(OnnxExternalData, AboveTheFolder) {
  EXPECT_THAT(failureOf("../outside.bin"), HasSubstr("a path with '..'"));
  EXPECT_THAT(failureOf("sub/../../outside.bin"), HasSubstr("a path with '..'"));
}

TEST_F(OnnxExternalData, Absolute) {
  EXPECT_THAT(failureOf((folder / "outside.bin").string()), HasSubstr("an absolute path"));
}

TEST_F(OnnxExternalData, SymbolicLinkToAFile) {
  filesystem::create_symlink(folder / "outside.bin", inside / "link.bin");
  EXPECT_THAT(failureOf("link.bin"), HasSubstr("link.bin is a symbolic link"));
}

TEST_F(OnnxExternalData, SymbolicLinkToAFolder) {
  filesystem::create_directory_symlink(folder, inside / "up");
  EXPECT_THAT(failureOf("up/outside.bin"), HasSubstr("up is a symbolic link"));
}

TEST_F(OnnxExternalData, HardLink) {
  filesystem::create_hard_link(folder / "outside.bin", inside / "hard.bin");
  EXPECT_THAT(failureOf("hard.bin"), HasSubstr("which has 2 hard links"));
}

TEST_F(OnnxExternalData, NoPlainFile) {
  EXPECT_THAT(failureOf("sub"), HasSubstr("which is no plain file"));
  EXPECT_THAT(failureOf("nothing.bin"), HasSubstr("which cannot be opened"));
}

TEST_F(OnnxExternalData, BeyondTheEnd) {
  EXPECT_THAT(failureOf("data.bin", "4"), HasSubstr("which has 12 bytes, 12 are needed from byte 4"));
  EXPECT_THAT(failureOf("data.bin", "18446744073709551615"), HasSubstr("which has 12 bytes"));
  EXPECT_THAT(failureOf("data.bin", "-1"), HasSubstr("which is no number"));
}

TEST(OnnxMistake, ExternalDataOfAModelWithoutAFolder) {
  OnnxModel model;
  model.input("x", {1}).output("y").node("Add", {"x", "w"}, {"y"});
  model.floats("w", {1}, {1});
  Proto &weights = *model.graph().mutable_initializer(0);
  weights.set_data_location(Proto::EXTERNAL);
  weights.add_external_data()->set_key("location");
  weights.mutable_external_data(0)->set_value("data.bin");
  EXPECT_THAT(importFailure(model.bytes()), HasSubstr("but the model does not come from a folder"));
}

} // namespace
} // namespace tenon::test
