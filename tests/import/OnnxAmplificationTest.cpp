// Small ONNX files that ask for much: messages without content, constants in many shapes, lists of places,
// and folding. The reader's memory stays below the bound that ImportLimits states, measured as the peak of a
// child process, and its time below a few seconds.
#include "tests/import/MeasuredImport.h"
#include "tests/import/OnnxModel.h"

#include <gtest/gtest.h>

namespace tenon::test {
namespace {

std::string smallModel() {
  OnnxModel model;
  model.input("x", {4}).output("y").node("Relu", {"x"}, {"y"});
  return model.bytes();
}

void expectBounded(const std::string &bytes, ExitCode code, uint64_t tensors, uint64_t nodes) {
  import::ImportLimits limits;
  uint64_t bound = 3 * limits.copies * bytes.size() + 2 * limits.ownBytes + mebibyte +
                   tensors * limits.bytesPerTensor + nodes * limits.bytesPerNode;
  Measure measure = measureImport(bytes, smallModel());
  EXPECT_EQ(measure.code, code);
  EXPECT_LE(measure.bytes, allowedGrowth(bound));
  EXPECT_LE(measure.seconds, isInstrumented ? 200 : 20);
  testing::Test::RecordProperty("mebibytes", static_cast<int>(measure.bytes / mebibyte));
}

std::string chain(int count, const std::string &op) {
  OnnxModel model;
  model.input("t0", {4}).output("t" + std::to_string(count));
  for (int i = 0; i < count; ++i)
    model.node(op, {"t" + std::to_string(i)}, {"t" + std::to_string(i + 1)});
  return model.bytes();
}

TEST(OnnxAmplification, ManyNodes) { expectBounded(chain(20'000, "Relu"), ExitCode::Done, 20'001, 20'000); }

TEST(OnnxAmplification, ManyUnknownNodes) {
  expectBounded(chain(20'000, "Unheard"), ExitCode::WrongInput, 20'001, 20'000);
}

TEST(OnnxAmplification, LongCycle) {
  OnnxModel model;
  model.output("t0");
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i)
    model.node("Relu", {"t" + std::to_string(i)}, {"t" + std::to_string((i + 1) % count)});
  expectBounded(model.bytes(), ExitCode::WrongInput, count, count);
}

/// Two bytes each in the file.
TEST(OnnxAmplification, NodesWithoutContent) {
  OnnxModel model;
  for (int i = 0; i < 1'000'000; ++i)
    model.graph().add_node();
  expectBounded(model.bytes(), ExitCode::WrongInput, 0, 0);
}

TEST(OnnxAmplification, InitialisersWithoutContent) {
  OnnxModel model;
  for (int i = 0; i < 1'000'000; ++i)
    model.graph().add_initializer();
  expectBounded(model.bytes(), ExitCode::WrongInput, 0, 0);
}

TEST(OnnxAmplification, InputsWithoutNames) {
  OnnxModel model;
  onnxschema::NodeProto &node = model.input("x", {4}).output("y").node("Sum", {}, {"y"});
  for (int i = 0; i < 4'000'000; ++i)
    node.add_input();
  expectBounded(model.bytes(), ExitCode::WrongInput, 2, 1);
}

/// One constant of a MiB, read in as many shapes as there are nodes: each is another constant.
TEST(OnnxAmplification, AConstantInManyShapes) {
  OnnxModel model;
  constexpr int64_t elements = 1 << 18;
  model.floats("c", {elements}, std::vector<float>(elements, 0));
  for (int64_t i = 0; i < elements; ++i) // no splat
    model.graph().mutable_initializer(0)->set_float_data(static_cast<int>(i), static_cast<float>(i));
  for (int a = 0; a < 18; ++a)
    for (int b = 0; a + b < 18; ++b)
      for (int c = 0; a + b + c < 18; ++c) {
        std::string name = std::to_string(a) + "_" + std::to_string(b) + "_" + std::to_string(c);
        model.integers("s" + name, {1 << a, 1 << b, 1 << c, -1});
        model.node("Reshape", {"c", "s" + name}, {"y" + name});
        model.output("y" + name);
      }
  expectBounded(model.bytes(), ExitCode::WrongInput, 3000, 1200);
}

/// Tables of places along an axis of gigabytes.
TEST(OnnxAmplification, PlacesOfGigabytes) {
  for (const char *op : {"Pad", "Resize", "Gather", "AveragePool", "Slice"}) {
    SCOPED_TRACE(op);
    OnnxModel model;
    constexpr int64_t extent = 1 << 29;
    model.input("x", {1, 1, extent}).output("y");
    onnxschema::NodeProto &node = *model.graph().add_node();
    node.set_op_type(op);
    node.add_input("x");
    node.add_output("y");
    if (std::string(op) == "Pad") {
      model.integers("p", {0, 0, 1, 0, 0, 1});
      node.add_input("p");
      setText(node, "mode", "edge");
    } else if (std::string(op) == "Resize") {
      model.floats("r", {3}, {1, 1, 0.5F});
      node.add_input("");
      node.add_input("r");
    } else if (std::string(op) == "Gather") {
      model.integers("i", {0});
      node.add_input("i");
      setInteger(node, "axis", 0);
    } else if (std::string(op) == "AveragePool") {
      setIntegers(node, "kernel_shape", {3});
      setIntegers(node, "pads", {1, 1});
    } else {
      model.integers("s", {-1}).integers("e", {INT64_MIN}).integers("a", {2}).integers("t", {-1});
      for (const char *input : {"s", "e", "a", "t"})
        node.add_input(input);
    }
    expectBounded(model.bytes(), ExitCode::WrongInput, 6, 1);
  }
}

/// Each node takes a shape that a long computation makes.
TEST(OnnxAmplification, FoldingIsBounded) {
  OnnxModel model;
  constexpr int count = 250;
  model.integers("n", {1 << 19}).integers("one", {1}).integers("zero", {0}).integers("four", {4});
  model.input("x", {4});
  Proto &value = *model.node("ConstantOfShape", {"n"}, {"c"}).add_attribute()->mutable_t();
  onnxschema::AttributeProto &attribute = *model.graph().mutable_node(0)->mutable_attribute(0);
  attribute.set_name("value");
  attribute.set_type(onnxschema::AttributeProto::TENSOR);
  value.set_data_type(Proto::INT64);
  value.add_dims(1);
  value.add_int64_data(1);
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    model.node("Add", {"c", "zero"}, {"a" + number});
    model.node("Mul", {"a" + number, "a" + number}, {"b" + number});
    model.node("ReduceMax", {"b" + number}, {"m" + number});
    setInteger(*model.graph().mutable_node(model.graph().node_size() - 1), "keepdims", 0);
    model.node("Mul", {"m" + number, "four"}, {"s" + number});
    model.node("Reshape", {"x", "s" + number}, {"y" + number});
    model.output("y" + number);
  }
  expectBounded(model.bytes(), ExitCode::WrongInput, 6 * count, 5 * count);
}

/// Every group has as many scales as its weights have channels, all the same ones of the file.
TEST(OnnxAmplification, ScalesSharedByManyGroups) {
  OnnxModel model(13);
  constexpr int64_t channels = 1 << 16;
  constexpr int count = 200;
  model.input("x", {1, 1, 1, 1}, Proto::INT8);
  model.floats("scale", {1}, {0.5F}).floats("scales", {channels}, std::vector<float>(channels, 0.5F));
  for (auto [name, shape] :
       {std::pair("zero", std::vector<int64_t>{1}), {"zeros", {channels}}, {"w", {channels, 1, 1, 1}}}) {
    Proto &constant = *model.graph().add_initializer();
    constant.set_name(name);
    constant.set_data_type(Proto::INT8);
    int64_t elements = 1;
    for (int64_t extent : shape) {
      constant.add_dims(extent);
      elements *= extent;
    }
    constant.set_raw_data(std::string(elements, 0));
  }
  model.node("DequantizeLinear", {"x", "scale", "zero"}, {"xf"});
  setInteger(model.node("DequantizeLinear", {"w", "scales", "zeros"}, {"wf"}), "axis", 0);
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    model.node("Conv", {"xf", "wf"}, {"c" + number});
    model.node("QuantizeLinear", {"c" + number, "scale", "zero"}, {"q" + number});
    model.output("q" + number, Proto::INT8);
  }
  expectBounded(model.bytes(), ExitCode::WrongInput, 2 * count, 2 * count);
}

} // namespace
} // namespace tenon::test
