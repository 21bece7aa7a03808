// What is wrong with a TFLite file as a whole, its tensors and its graph: one test for each message of the
// reader, named after the mistake. What a node's own conversion refuses is in NodeMistakesTest.cpp.
#include "tests/import/ModelSpec.h"

#include <gtest/gtest.h>

#include <limits>

namespace tenon::test {
namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN(),
                infinite = std::numeric_limits<float>::infinity();

/// The chain of two nodes with its middle tensor changed.
std::function<ModelSpec()> middle(std::function<void(TensorSpec &)> change) {
  return [=] {
    ModelSpec spec = chain(2);
    change(spec.tensors[1]);
    return spec;
  };
}

std::function<ModelSpec()> changed(std::function<void(ModelSpec &)> change) {
  return [=] {
    ModelSpec spec = chain(2);
    change(spec);
    return spec;
  };
}

class TensorMistake : public testing::TestWithParam<MistakeCase> {};
TEST_P(TensorMistake, IsReported) { expectMistake(GetParam().make(), GetParam().parts); }

INSTANTIATE_TEST_SUITE_P(
    Import, TensorMistake,
    testing::Values(
        MistakeCase{"RankAboveTheLimit",
                    middle([](TensorSpec &t) { t.shape = {1, 1, 1, 1, 1, 1, 1, 1, 4}; }),
                    {"tensor 1", "rank 9", "at most 8"}},
        MistakeCase{"DimensionUnknown",
                    middle([](TensorSpec &t) { t.shape = {-1, 4}; }),
                    {"tensor 1 (t1)", "a dimension of -1", "convert the model with a fixed shape"}},
        MistakeCase{"DimensionMostNegative",
                    middle([](TensorSpec &t) { t.shape = {INT32_MIN, 4}; }),
                    {"tensor 1 (t1)", "a dimension of -2147483648"}},
        MistakeCase{"TensorOf4TB",
                    middle([](TensorSpec &t) { t.shape = {1 << 20, 1 << 20, 4}; }),
                    {"tensor 1 (t1)", "[1048576, 1048576, 4] of int8", "at most 2147483648 bytes"}},
        MistakeCase{"DimensionsOverflow",
                    middle([](TensorSpec &t) { t.shape = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}; }),
                    {"tensor 1 (t1)", "2147483647", "at most 2147483648 bytes"}},
        MistakeCase{"DimensionsOverflowToZero",
                    middle([](TensorSpec &t) { t.shape = {1 << 16, 1 << 16, 1 << 16, 1 << 16}; }),
                    {"tensor 1 (t1)", "65536", "at most 2147483648 bytes"}},
        MistakeCase{"DimensionsOverflowBesideZero",
                    middle([](TensorSpec &t) { t.shape = {0, INT32_MAX, INT32_MAX, INT32_MAX}; }),
                    {"tensor 1 (t1)", "[0, 2147483647", "at most 2147483648 bytes"}},
        MistakeCase{"DimensionZero",
                    middle([](TensorSpec &t) { t.shape = {1, 0}; }),
                    {"RELU #0 (t1)", "tensor 1 (t1) of shape [1, 0]", "at least 1"}},
        MistakeCase{"BufferNumberOutOfRange",
                    middle([](TensorSpec &t) { t.buffer = 7; }),
                    {"tensor 1 (t1)", "buffer 7", "has 1 buffers"}},
        MistakeCase{"BufferNumberLargest",
                    middle([](TensorSpec &t) { t.buffer = UINT32_MAX; }),
                    {"tensor 1 (t1)", "buffer 4294967295", "has 1 buffers"}},
        MistakeCase{"DataBehindTheFile",
                    middle([](TensorSpec &t) { t.place = {1 << 20, 4}; }),
                    {"tensor 1 (t1)", "1048576", "the file has"}},
        MistakeCase{"DataOffsetOverflows",
                    middle([](TensorSpec &t) { t.place = {UINT64_MAX - 1, 4}; }),
                    {"tensor 1 (t1)", "18446744073709551614"}},
        MistakeCase{"DataSizeOverflows",
                    middle([](TensorSpec &t) { t.place = {16, UINT64_MAX - 8}; }),
                    {"tensor 1 (t1)", "16 + 18446744073709551607"}},
        MistakeCase{"DataTooShort",
                    middle([](TensorSpec &t) { t.data.emplace(3); }),
                    {"tensor 1 (t1)", "3 bytes of data", "need 4"}},
        MistakeCase{"DataTooLong",
                    middle([](TensorSpec &t) { t.data.emplace(5); }),
                    {"tensor 1 (t1)", "5 bytes of data", "need 4"}},
        MistakeCase{"Variable",
                    middle([](TensorSpec &t) { t.isVariable = true; }),
                    {"tensor 1 (t1)", "is a variable"}},
        MistakeCase{
            "Sparse", middle([](TensorSpec &t) { t.isSparse = true; }), {"tensor 1 (t1)", "is sparse"}},
        MistakeCase{"NameTooLong",
                    middle([](TensorSpec &t) { t.name.assign(20'000, 'n'); }),
                    {"tensor 1 has a name of 20000 bytes", "at most 16384"}}),
    [](const auto &test) { return nameOf(test.param); });

class QuantisationMistake : public testing::TestWithParam<MistakeCase> {};
TEST_P(QuantisationMistake, IsReported) { expectMistake(GetParam().make(), GetParam().parts); }

INSTANTIATE_TEST_SUITE_P(
    Import, QuantisationMistake,
    testing::Values(MistakeCase{"ScaleZero",
                                middle([](TensorSpec &t) { t.scales = {0}; }),
                                {"tensor 1 (t1) has a scale of 0,", "greater than 0"}},
                    MistakeCase{"ScaleNegative",
                                middle([](TensorSpec &t) { t.scales = {-0.5F}; }),
                                {"tensor 1 (t1) has a scale of -0.5,", "greater than 0"}},
                    MistakeCase{"ScaleNaN",
                                middle([](TensorSpec &t) { t.scales = {notANumber}; }),
                                {"tensor 1 (t1) has a scale of nan,", "finite"}},
                    MistakeCase{"ScaleInfinite",
                                middle([](TensorSpec &t) { t.scales = {infinite}; }),
                                {"tensor 1 (t1) has a scale of inf,", "finite"}},
                    MistakeCase{"ScaleOfOneChannelNaN",
                                middle([](TensorSpec &t) {
                                  t.scales = {1, 1, notANumber, 1};
                                  t.zeroPoints = {0, 0, 0, 0};
                                  t.dimension = 1;
                                }),
                                {"tensor 1 (t1) has a scale of nan,"}},
                    MistakeCase{"ZeroPointAboveInt8",
                                middle([](TensorSpec &t) { t.zeroPoints = {128}; }),
                                {"tensor 1 (t1) has a zero point of 128, int8 allows -128 to 127"}},
                    MistakeCase{"ZeroPointBelowInt8",
                                middle([](TensorSpec &t) { t.zeroPoints = {-129}; }),
                                {"tensor 1 (t1) has a zero point of -129, int8 allows"}},
                    MistakeCase{"ZeroPointAboveInt64Half",
                                middle([](TensorSpec &t) { t.zeroPoints = {INT64_MAX}; }),
                                {"a zero point of 9223372036854775807"}},
                    MistakeCase{"ZeroPointBelowUint8",
                                middle([](TensorSpec &t) {
                                  t.type = Type::UINT8;
                                  t.zeroPoints = {-1};
                                }),
                                {"a zero point of -1, uint8 allows 0 to 255"}},
                    MistakeCase{"ZeroPointAboveInt16",
                                middle([](TensorSpec &t) {
                                  t.type = Type::INT16;
                                  t.zeroPoints = {40'000};
                                }),
                                {"a zero point of 40000, int16 allows -32768 to 32767"}},
                    MistakeCase{"ZeroPointOfInt32",
                                middle([](TensorSpec &t) {
                                  t.type = Type::INT32;
                                  t.zeroPoints = {1};
                                }),
                                {"a zero point of 1, int32 allows 0 to 0"}},
                    MistakeCase{"FewerZeroPointsThanScales",
                                middle([](TensorSpec &t) {
                                  t.scales = {1, 1, 1, 1};
                                  t.dimension = 1;
                                }),
                                {"tensor 1 (t1) has 4 scales and 1 zero points"}},
                    MistakeCase{"MoreZeroPointsThanScales",
                                middle([](TensorSpec &t) { t.zeroPoints = {0, 0}; }),
                                {"tensor 1 (t1) has 1 scales and 2 zero points"}},
                    MistakeCase{"ScalesFewerThanChannels",
                                middle([](TensorSpec &t) {
                                  t.scales = {1, 1, 1};
                                  t.zeroPoints = {0, 0, 0};
                                  t.dimension = 1;
                                }),
                                {"tensor 1 (t1) has 3 scales along dimension 1, which has the size 4"}},
                    MistakeCase{"ScalesAlongDimensionPastRank",
                                middle([](TensorSpec &t) {
                                  t.scales = {1, 1};
                                  t.zeroPoints = {0, 0};
                                  t.dimension = 2;
                                }),
                                {"tensor 1 (t1)", "along dimension 2, its rank is 2"}},
                    MistakeCase{"ScalesAlongNegativeDimension",
                                middle([](TensorSpec &t) { t.dimension = -1; }),
                                {"tensor 1 (t1)", "along dimension -1, dimensions count from 0"}}),
    [](const auto &test) { return nameOf(test.param); });

class GraphMistake : public testing::TestWithParam<MistakeCase> {};
TEST_P(GraphMistake, IsReported) { expectMistake(GetParam().make(), GetParam().parts); }

INSTANTIATE_TEST_SUITE_P(
    Import, GraphMistake,
    testing::Values(
        MistakeCase{"TensorNumberOfInputOutOfRange",
                    changed([](ModelSpec &m) { m.nodes[1].inputs = {3}; }),
                    {"node 1's inputs names tensor 3, the file has 3 tensors"}},
        MistakeCase{"TensorNumberOfInputBelowNone",
                    changed([](ModelSpec &m) { m.nodes[1].inputs = {-2}; }),
                    {"node 1's inputs names tensor -2"}},
        MistakeCase{"TensorNumberOfOutputOutOfRange",
                    changed([](ModelSpec &m) { m.nodes[0].outputs = {INT32_MAX}; }),
                    {"node 0's outputs names tensor 2147483647"}},
        MistakeCase{"TensorNumberOfOutputNone",
                    changed([](ModelSpec &m) { m.nodes[0].outputs = {-1}; }),
                    {"node 0's outputs names tensor -1"}},
        MistakeCase{"TensorNumberOfGraphInputOutOfRange",
                    changed([](ModelSpec &m) { m.inputs = {9}; }),
                    {"the graph's inputs names tensor 9"}},
        MistakeCase{"TensorNumberOfGraphOutputOutOfRange",
                    changed([](ModelSpec &m) { m.outputs = {-1}; }),
                    {"the graph's outputs names tensor -1"}},
        MistakeCase{"InputsTooMany",
                    changed([](ModelSpec &m) { m.nodes[0].inputs.assign(5000, 0); }),
                    {"node 0's inputs names 5000 tensors, at most 1024"}},
        MistakeCase{"OperatorCodeOutOfRange",
                    changed([](ModelSpec &m) { m.nodes[1].codeNumber = 2; }),
                    {"node 1 has operator code 2, the file has 2 codes"}},
        MistakeCase{"OperatorCodeLargest",
                    changed([](ModelSpec &m) { m.nodes[1].codeNumber = UINT32_MAX; }),
                    {"node 1 has operator code 4294967295"}},
        MistakeCase{"NodeWithoutOutput",
                    changed([](ModelSpec &m) { m.nodes[1].outputs = {}; }),
                    {"node 1: has no output"}},
        MistakeCase{
            "GraphWithoutOutput", changed([](ModelSpec &m) { m.outputs = {}; }), {"the graph has no output"}},
        MistakeCase{"Cycle",
                    changed([](ModelSpec &m) { m.nodes[0] = {Op::ADD, {0, 2}, {1}, add(), "", {}}; }),
                    {"ADD #0 (t1): needs its own result, by way of RELU #1 (t2)"}},
        MistakeCase{"CycleOfOneNode",
                    changed([](ModelSpec &m) { m.nodes[0].inputs = {1}; }),
                    {"RELU #0 (t1): needs its own result"}},
        MistakeCase{"CycleBehindANode",
                    [] {
                      ModelSpec spec = chain(4);
                      spec.nodes[2] = {Op::ADD, {2, 4}, {3}, add(), "", {}};
                      return spec;
                    },
                    {"ADD #2 (t3): needs its own result, by way of RELU #3 (t4)"}},
        MistakeCase{"CycleOfManyNodes",
                    [] {
                      ModelSpec spec = chain(20);
                      spec.nodes[0].inputs = {20};
                      return spec;
                    },
                    {"RELU #0 (t1): needs its own result, by way of RELU #19 (t20), ", "and 11 more"}},
        MistakeCase{"NodesOutOfOrder",
                    changed([](ModelSpec &m) { std::swap(m.nodes[0], m.nodes[1]); }),
                    {"RELU #0 (t2): uses tensor 1 (t1), which is made later, by RELU #1 (t1)"}},
        MistakeCase{"InputMadeByNothing",
                    changed([](ModelSpec &m) { m.inputs = {}; }),
                    {"RELU #0 (t1): uses tensor 0 (t0), which nothing makes"}},
        MistakeCase{"OutputMadeByNothing",
                    changed([](ModelSpec &m) {
                      m.tensors.emplace_back();
                      m.outputs = {3};
                    }),
                    {"the graph's output, tensor 3 (t3), is made by nothing"}},
        MistakeCase{"GraphInputConstant",
                    changed([](ModelSpec &m) { m.tensors[0].data.emplace(4); }),
                    {"the graph's input, tensor 0 (t0), has constant data"}},
        MistakeCase{"GraphInputTwice",
                    changed([](ModelSpec &m) { m.inputs = {0, 0}; }),
                    {"tensor 0 (t0) is twice among the graph's inputs"}},
        MistakeCase{"TensorMadeTwice",
                    changed([](ModelSpec &m) { m.nodes[1].outputs = {1}; }),
                    {"RELU #1 (t1): makes tensor 1 (t1), which RELU #0 (t1) makes too"}},
        MistakeCase{"ConstantMade",
                    changed([](ModelSpec &m) { m.tensors[2].data.emplace(4); }),
                    {"RELU #1 (t2): makes tensor 2 (t2), which is a constant or an input"}},
        MistakeCase{"GraphInputMade",
                    changed([](ModelSpec &m) { m.nodes[1].outputs = {0}; }),
                    {"RELU #1 (t0): makes tensor 0 (t0), which is a constant or an input"}}),
    [](const auto &test) { return nameOf(test.param); });

TEST(FileMistake, VersionUnknown) {
  ModelSpec spec = chain(1);
  spec.version = 4;
  expectMistake(spec, {"schema version 4, version 3 is supported"});
}

TEST(FileMistake, NoSubgraph) {
  ModelSpec spec = chain(1);
  spec.subgraphs = 0;
  expectMistake(spec, {"0 subgraphs, exactly 1"});
}

TEST(FileMistake, SeveralSubgraphs) {
  ModelSpec spec = chain(1);
  spec.subgraphs = 2;
  expectMistake(spec, {"2 subgraphs, exactly 1"});
}

TEST(FileMistake, FileTooLarge) {
  import::ImportLimits limits;
  limits.fileBytes = 100;
  expectMistake(chain(1), {"bytes, at most 100 are supported"}, limits);
}

TEST(FileMistake, TooManyTensors) {
  import::ImportLimits limits;
  limits.tensors = 3;
  expectMistake(chain(3), {"4 tensors and 3 nodes, at most 3 and"}, limits);
}

TEST(FileMistake, TooManyNodes) {
  import::ImportLimits limits;
  limits.nodes = 2;
  expectMistake(chain(3), {"4 tensors and 3 nodes, at most 1000000 and 2"}, limits);
}

TEST(FileMistake, OffsetOutOfTheFile) {
  std::string bytes = bytesOf(chain(1));
  bytes[3] = '\x7f'; // the root's offset
  expectMistake(bytes,
                {"is not a whole FlatBuffer", "an offset leads out of its " + std::to_string(bytes.size())});
}

TEST(FileMistake, Empty) { expectMistake("", {"has 0 bytes and is neither TFLite"}); }
TEST(FileMistake, Zeros) { expectMistake(std::string(100, '\0'), {"has 100 bytes and is neither TFLite"}); }

TEST(FileMistake, IdentifierAlone) {
  expectMistake(std::string("\x08\0\0\0TFL3", 8), {"is not a whole FlatBuffer"});
}

TEST(FileMistake, Onnx) {
  expectMistake(std::string("\x08\x07\x12\x07pytorch", 11), {"imports no version of ONNX's operator set"});
}

TEST(FileMistake, UnsupportedOperatorsAllListed) {
  ModelSpec spec = chain(4);
  spec.nodes[1].op = Op::COS;
  spec.nodes[2].op = Op::CUSTOM;
  spec.nodes[2].customCode = "Mine";
  spec.nodes[3].op = static_cast<Op>(5000);
  FailureReport found = importReport(bytesOf(spec));
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  std::vector<std::string> texts;
  for (const Diagnostic &diagnostic : found.diagnostics)
    texts.push_back(diagnostic.node + ": " + diagnostic.message);
  EXPECT_EQ(texts, (std::vector<std::string>{
                       "COS #1 (t2): the operator COS is not supported",
                       "CUSTOM:Mine #2 (t3): the operator CUSTOM:Mine is not supported",
                       "operator 5000 #3 (t4): the operator operator 5000 is not supported",
                   }));
}

TEST(FileMistake, UnsupportedTypesAllListed) {
  ModelSpec spec = chain(3);
  spec.tensors[1].type = Type::FLOAT16;
  spec.tensors[1].scales.clear();
  spec.tensors[2].type = static_cast<Type>(77);
  spec.tensors[2].scales.clear();
  FailureReport found = importReport(bytesOf(spec));
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  std::vector<std::string> texts;
  for (const Diagnostic &diagnostic : found.diagnostics)
    texts.push_back(diagnostic.node + " " + diagnostic.message);
  std::string half = "has tensor 1 (t1) of type float16, supported: int8, int32, int64, float32";
  std::string none = "has tensor 2 (t2) of type type 77, supported: int8, int32, int64, float32";
  EXPECT_EQ(texts, (std::vector<std::string>{"RELU #0 (t1) " + half, "RELU #1 (t2) " + half,
                                             "RELU #1 (t2) " + none, "RELU #2 (t3) " + none}));
}

TEST(FileMistake, MistakesOfSeveralNodesAllListed) {
  ModelSpec spec = chain(3);
  spec.tensors[1].shape = {4};
  spec.nodes[2].inputs = {2, 2};
  FailureReport found = importReport(bytesOf(spec));
  ASSERT_EQ(found.diagnostics.size(), 3U);
  EXPECT_EQ(found.diagnostics[0].node, "RELU #0 (t1)");
  EXPECT_EQ(found.diagnostics[1].node, "RELU #1 (t2)");
  EXPECT_EQ(found.diagnostics[2].node, "RELU #2 (t3)");
}

TEST(FileMistake, MoreMistakesThanAreListed) {
  ModelSpec spec = chain(50);
  for (NodeSpec &node : spec.nodes)
    node.op = Op::COS;
  import::ImportLimits limits;
  limits.mistakes = 20;
  FailureReport found = importReport(bytesOf(spec), limits);
  ASSERT_EQ(found.diagnostics.size(), 21U);
  EXPECT_EQ(found.diagnostics.back().message, "there are more than 20 mistakes, the others are not listed");
}

TEST(FileMistake, CustomOperatorNameTooLong) {
  ModelSpec spec = chain(1);
  spec.nodes[0].op = Op::CUSTOM;
  spec.nodes[0].customCode.assign(20'000, 'c');
  expectMistake(spec, {"the custom operator of node 0 has a name of 20000 bytes, at most 16384"});
}

TEST(FileMistake, LoopsHaveTooManyPoints) {
  constexpr int32_t large = 1 << 24;
  ModelSpec spec = oneNode(Op::MAX_POOL_2D, {quantised({1, 8, 8, 1}), quantised({1, 8, 8, 1})},
                           pool(schema::Padding::SAME, 1, large));
  expectMistake(spec, {"MAX_POOL_2D #0 (t1)", "has loops over [1, 8, 8, 1, 16777216, 16777216]", "at most"});
}

TEST(FileAccepted, ChainOfTwo) { EXPECT_EQ(importReport(bytesOf(chain(2))).code, ExitCode::Done); }

TEST(FileAccepted, DataBehindTheFlatBuffer) {
  ModelSpec spec = oneNode(Op::ADD, {quantised({1, 4}), quantised({1, 4}), quantised({1, 4})}, add());
  spec.inputs = {0};
  spec.tensors[1].place = {0, 4};
  std::string bytes = bytesOf(spec);
  spec.tensors[1].place = {bytes.size() + 64, 4};
  bytes = bytesOf(spec);
  spec.tensors[1].place = {bytes.size(), 4};
  bytes = bytesOf(spec) + "abcd";
  EXPECT_EQ(importReport(bytes).code, ExitCode::Done);
  bytes.pop_back();
  expectMistake(bytes, {"tensor 1 (t1) has its data at bytes"});
}

} // namespace
} // namespace tenon::test
