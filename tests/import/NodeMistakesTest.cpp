// What a node's own conversion refuses: one test for each message, named after the mistake, which names the
// node.
#include "tests/import/ModelSpec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tenon::test {
namespace {

using schema::Padding;

constexpr float tiny = 1e-38F, huge = 1e38F;

ModelSpec conv(std::function<void(ModelSpec &)> change = {},
               OptionsSpec options = convolution(Padding::SAME)) {
  TensorSpec bias = constant(quantised({3}));
  bias.type = Type::INT32;
  bias = constant(bias);
  ModelSpec spec =
      oneNode(Op::CONV_2D,
              {quantised({1, 4, 4, 2}), constant(quantised({3, 2, 2, 2})), bias, quantised({1, 4, 4, 3})},
              std::move(options));
  if (change)
    change(spec);
  return spec;
}

ModelSpec dense(std::function<void(ModelSpec &)> change, OptionsSpec options = fullyConnected()) {
  ModelSpec spec =
      oneNode(Op::FULLY_CONNECTED, {quantised({1, 4}), constant(quantised({3, 4})), quantised({1, 3})},
              std::move(options));
  change(spec);
  return spec;
}

ModelSpec sum(std::function<void(ModelSpec &)> change, OptionsSpec options = add()) {
  ModelSpec spec =
      oneNode(Op::ADD, {quantised({1, 4}), quantised({1, 4}), quantised({1, 4})}, std::move(options));
  change(spec);
  return spec;
}

ModelSpec pooled(OptionsSpec options, int64_t outputs = 4) {
  auto size = static_cast<int32_t>(outputs);
  return oneNode(Op::MAX_POOL_2D, {quantised({1, 4, 4, 1}), quantised({1, size, size, 1})},
                 std::move(options));
}

ModelSpec unary(Op op, TensorSpec input, TensorSpec output, OptionsSpec options = {}) {
  return oneNode(op, {std::move(input), std::move(output)}, std::move(options));
}

ModelSpec joined(std::function<void(ModelSpec &)> change, OptionsSpec options = concatenation(1)) {
  ModelSpec spec = oneNode(Op::CONCATENATION, {quantised({1, 4}), quantised({1, 4}), quantised({1, 8})},
                           std::move(options));
  change(spec);
  return spec;
}

ModelSpec padded(TensorSpec amounts, std::vector<TensorSpec> more = {}) {
  std::vector<TensorSpec> tensors = {quantised({1, 4}), std::move(amounts)};
  tensors.insert(tensors.end(), more.begin(), more.end());
  tensors.push_back(quantised({1, 6}));
  return oneNode(more.empty() ? Op::PAD : Op::PADV2, std::move(tensors));
}

void scalesAlong(TensorSpec &tensor, int32_t dimension) {
  size_t count = tensor.shape[dimension];
  tensor.scales.assign(count, 0.5F);
  tensor.zeroPoints.assign(count, 0);
  tensor.dimension = dimension;
}

class NodeMistake : public testing::TestWithParam<MistakeCase> {};
TEST_P(NodeMistake, IsReported) { expectMistake(GetParam().make(), GetParam().parts); }

INSTANTIATE_TEST_SUITE_P(
    Shared, NodeMistake,
    testing::Values(
        MistakeCase{"OptionsMissing",
                    [] { return sum([](ModelSpec &m) { m.nodes[0].options = {}; }); },
                    {"ADD #0 (t2): has no ", "AddOptions"}},
        MistakeCase{"OptionsOfAnother",
                    [] { return sum([](ModelSpec &m) { m.nodes[0].options = softmax(1); }); },
                    {"ADD #0 (t2): has no ", "AddOptions"}},
        MistakeCase{"InputsTooMany",
                    [] { return sum([](ModelSpec &m) { m.nodes[0].inputs = {0, 1, 1}; }); },
                    {"ADD #0 (t2): has 3 inputs, it takes 2"}},
        MistakeCase{"InputsTooFew",
                    [] { return conv([](ModelSpec &m) { m.nodes[0].inputs = {0}; }); },
                    {"CONV_2D #0 (t3): has 1 inputs, it takes 2 to 3"}},
        MistakeCase{"InputAbsent",
                    [] { return sum([](ModelSpec &m) { m.nodes[0].inputs = {0, -1}; }); },
                    {"ADD #0 (t2): lacks its input 1"}},
        MistakeCase{"OutputsTooMany",
                    [] {
                      return sum([](ModelSpec &m) {
                        m.tensors.emplace_back();
                        m.nodes[0].outputs = {2, 3};
                      });
                    },
                    {"ADD #0 (t2): has 2 outputs, it makes 1"}},
        MistakeCase{"Rank",
                    [] { return conv([](ModelSpec &m) { m.tensors[0].shape = {4, 4, 2}; }); },
                    {"CONV_2D #0 (t3)", "tensor 0 (t0) of shape [4, 4, 2], it takes rank 4"}},
        MistakeCase{"TypeOfThisOperator",
                    [] { return unary(Op::RELU, numbers({1, 2}), quantised({2})); },
                    {"RELU #0 (t1)", "of type int32, supported here: int8, float32"}},
        MistakeCase{"TypesDiffer",
                    [] { return unary(Op::RELU, floats({1, 4}), quantised({1, 4})); },
                    {"RELU #0 (t1)", "of type float32 and tensor 1 (t1) of type int8, they must agree"}},
        MistakeCase{"WithoutScale",
                    [] {
                      TensorSpec plain = quantised({1, 4});
                      plain.scales.clear();
                      return unary(Op::RELU, plain, quantised({1, 4}));
                    },
                    {"RELU #0 (t1)", "tensor 0 (t0) with 0 scales, it takes exactly 1"}},
        MistakeCase{"ScalesByChannel",
                    [] {
                      TensorSpec channels = quantised({1, 4});
                      scalesAlong(channels, 1);
                      return unary(Op::RELU, channels, quantised({1, 4}));
                    },
                    {"RELU #0 (t1)", "tensor 0 (t0) with 4 scales, it takes exactly 1"}},
        MistakeCase{"OutputShape",
                    [] { return unary(Op::RELU, quantised({1, 4}), quantised({1, 5})); },
                    {"RELU #0 (t1): makes the shape [1, 4], the file gives its output tensor 1 (t1) the "
                     "shape [1, 5]"}},
        MistakeCase{"Activation",
                    [] { return sum([](ModelSpec &) {}, add(Activation::TANH)); },
                    {"ADD #0 (t2): has the fused activation TANH (4), supported: NONE, RELU"}},
        MistakeCase{"ActivationUnknown",
                    [] { return sum([](ModelSpec &) {}, add(static_cast<Activation>(99))); },
                    {"ADD #0 (t2): has the fused activation ", "(99), supported: NONE, RELU"}},
        MistakeCase{"ScaleRatioTooLarge",
                    [] { return unary(Op::QUANTIZE, quantised({1, 4}, huge), quantised({1, 4}, tiny)); },
                    {"QUANTIZE #0 (t1): has scales whose ratio is ", "below 2^31"}},
        MistakeCase{"ScaleRatioInfinite",
                    [] {
                      return oneNode(Op::MUL, {quantised({4}, huge), quantised({4}, huge), quantised({4}, 1)},
                                     multiply());
                    },
                    {"MUL #0 (t2): has scales whose ratio is inf"}}),
    [](const auto &test) { return nameOf(test.param); });

INSTANTIATE_TEST_SUITE_P(
    Windows, NodeMistake,
    testing::Values(MistakeCase{"StrideZero",
                                [] { return conv({}, convolution(Padding::SAME, 0)); },
                                {"CONV_2D #0 (t3): has a stride of 0 along y, it must be 1 to"}},
                    MistakeCase{"StrideNegative",
                                [] { return pooled(pool(Padding::SAME, -1, 2)); },
                                {"MAX_POOL_2D #0 (t1): has a stride of -1 along y"}},
                    MistakeCase{"StrideLargest",
                                [] { return pooled(pool(Padding::SAME, INT32_MAX, 2), 1); },
                                {"MAX_POOL_2D #0 (t1): has a stride of 2147483647 along y"}},
                    MistakeCase{"KernelZero",
                                [] { return pooled(pool(Padding::SAME, 1, 0)); },
                                {"MAX_POOL_2D #0 (t1): has a kernel of 0 along y"}},
                    MistakeCase{"KernelNegative",
                                [] { return pooled(pool(Padding::VALID, 1, INT32_MIN)); },
                                {"MAX_POOL_2D #0 (t1): has a kernel of -2147483648 along y"}},
                    MistakeCase{"DilationZero",
                                [] { return conv({}, convolution(Padding::SAME, 1, 0)); },
                                {"CONV_2D #0 (t3): has a dilation of 0 along y"}},
                    MistakeCase{
                        "WindowPastTheInput",
                        [] { return pooled(pool(Padding::VALID, 1, 5), 1); },
                        {"MAX_POOL_2D #0 (t1): has a window of 5 along y without padding, the input has 4"}},
                    MistakeCase{"PaddingUnknown",
                                [] { return pooled(pool(static_cast<Padding>(7), 1, 2)); },
                                {"MAX_POOL_2D #0 (t1): has padding 7, supported: SAME, VALID"}}),
    [](const auto &test) { return nameOf(test.param); });

INSTANTIATE_TEST_SUITE_P(
    Convolutions, NodeMistake,
    testing::Values(
        MistakeCase{"WeightsType",
                    [] { return conv([](ModelSpec &m) { m.tensors[1] = constant(floats({3, 2, 2, 2})); }); },
                    {"CONV_2D #0 (t3): has weights of type float32 and an input of type int8"}},
        MistakeCase{"WeightsWithoutScale",
                    [] { return conv([](ModelSpec &m) { m.tensors[1].scales.clear(); }); },
                    {"CONV_2D #0 (t3): has weights without a scale"}},
        MistakeCase{"WeightsScalesAlongInputChannels",
                    [] { return conv([](ModelSpec &m) { scalesAlong(m.tensors[1], 3); }); },
                    {"CONV_2D #0 (t3): has weights with scales along dimension 3, the output channels are "
                     "dimension 0"}},
        MistakeCase{"WeightsZeroPoint",
                    [] { return conv([](ModelSpec &m) { m.tensors[1].zeroPoints = {5}; }); },
                    {"CONV_2D #0 (t3): has weights with a zero point of 5, it must be 0"}},
        MistakeCase{"GroupsNotWhole",
                    [] { return conv([](ModelSpec &m) { m.tensors[0].shape = {1, 4, 4, 3}; }); },
                    {"CONV_2D #0 (t3): has 3 input channels, weights for 2 and 3 output channels"}},
        MistakeCase{"BiasType",
                    [] { return conv([](ModelSpec &m) { m.tensors[2] = constant(floats({3})); }); },
                    {"CONV_2D #0 (t3): has tensor 2 (t2) of type float32, supported here: int32"}},
        MistakeCase{"BiasShape",
                    [] { return conv([](ModelSpec &m) { m.tensors[2] = numbers({1, 2}); }); },
                    {"CONV_2D #0 (t3): has a bias of shape [2], its output has 3 channels"}},
        MistakeCase{"DepthwiseWeightsShape",
                    [] {
                      return oneNode(Op::DEPTHWISE_CONV_2D,
                                     {quantised({1, 4, 4, 2}), constant(quantised({1, 2, 2, 3})),
                                      quantised({1, 4, 4, 3})},
                                     depthwise(Padding::SAME));
                    },
                    {"DEPTHWISE_CONV_2D #0 (t2): has weights of shape [1, 2, 2, 3] for 2 input channels"}},
        MistakeCase{"DenseWeightsType",
                    [] { return dense([](ModelSpec &m) { m.tensors[1] = constant(floats({3, 4})); }); },
                    {"FULLY_CONNECTED #0 (t2): has weights of type float32 and an input of type int8"}},
        MistakeCase{
            "DenseWeightsShuffled",
            [] { return dense([](ModelSpec &) {}, fullyConnected(schema::WeightsFormat::SHUFFLED4x16INT8)); },
            {"FULLY_CONNECTED #0 (t2): has shuffled weights"}},
        MistakeCase{"DenseInputNoMultiple",
                    [] { return dense([](ModelSpec &m) { m.tensors[0].shape = {1, 5}; }); },
                    {"FULLY_CONNECTED #0 (t2): has 5 input elements, which is no multiple of the 4 columns"}},
        MistakeCase{"DenseWeightsWithoutScale",
                    [] { return dense([](ModelSpec &m) { m.tensors[1].scales.clear(); }); },
                    {"FULLY_CONNECTED #0 (t2): has weights without a scale"}},
        MistakeCase{"DenseScalesAlongColumns",
                    [] { return dense([](ModelSpec &m) { scalesAlong(m.tensors[1], 1); }); },
                    {"FULLY_CONNECTED #0 (t2): has weights with scales along dimension 1"}},
        MistakeCase{"DenseChannelsWithZeroPoints",
                    [] {
                      return dense([](ModelSpec &m) {
                        scalesAlong(m.tensors[1], 0);
                        m.tensors[1].zeroPoints[2] = 1;
                      });
                    },
                    {"FULLY_CONNECTED #0 (t2): has weights with a scale for each channel and zero points"}}),
    [](const auto &test) { return nameOf(test.param); });

INSTANTIATE_TEST_SUITE_P(
    Elementwise, NodeMistake,
    testing::Values(
        MistakeCase{"ShapesDoNotBroadcast",
                    [] { return sum([](ModelSpec &m) { m.tensors[1].shape = {3}; }); },
                    {"ADD #0 (t2): has inputs of shapes [1, 4] and [3], which do not broadcast"}},
        MistakeCase{"Int32Quantised",
                    [] {
                      return sum([](ModelSpec &m) {
                        for (TensorSpec &tensor : m.tensors)
                          tensor.type = Type::INT32;
                      });
                    },
                    {"ADD #0 (t2): has the quantised tensor 0 (t0) of type int32"}},
        MistakeCase{
            "Int32MixedWithInt8",
            [] { return sum([](ModelSpec &m) { m.tensors[0] = numbers({1, 2, 3, 4}), m.inputs = {1}; }); },
            {"ADD #0 (t2)", "tensor 1 (t1) of type int8, supported here: int32"}},
        MistakeCase{"AlphaNaN",
                    [] { return unary(Op::LEAKY_RELU, quantised({4}), quantised({4}), leaky(NAN)); },
                    {"LEAKY_RELU #0 (t1): has an alpha of nan, it must be finite"}},
        MistakeCase{"LogisticScale",
                    [] { return unary(Op::LOGISTIC, quantised({4}), quantised({4}, 0.5F)); },
                    {"LOGISTIC #0 (t1): has an output with scale 0.5, it must be 1/256"}},
        MistakeCase{
            "SoftmaxScale",
            [] { return unary(Op::SOFTMAX, quantised({4}), quantised({4}), softmax(1)); },
            {"SOFTMAX #0 (t1): has an output with scale 0.5 and zero point 0, they must be 1/256 and -128"}},
        MistakeCase{"SoftmaxRowTooLong",
                    [] {
                      return unary(Op::SOFTMAX, quantised({4096}), quantised({4096}, 1.0F / 256, -128),
                                   softmax(1));
                    },
                    {"SOFTMAX #0 (t1): has rows of 4096 elements", "at most 4095"}},
        MistakeCase{"SoftmaxBetaTooSmall",
                    [] {
                      return unary(Op::SOFTMAX, quantised({4}), quantised({4}, 1.0F / 256, -128),
                                   softmax(1e-9F));
                    },
                    {"SOFTMAX #0 (t1): has beta 9.99",
                     "and an input scale of 0.5, their product must be above 2^-26"}},
        MistakeCase{
            "SoftmaxBetaNaN",
            [] { return unary(Op::SOFTMAX, quantised({4}), quantised({4}, 1.0F / 256, -128), softmax(NAN)); },
            {"SOFTMAX #0 (t1): has beta nan"}},
        MistakeCase{
            "SoftmaxOfAScalar",
            [] { return unary(Op::SOFTMAX, quantised({}), quantised({}, 1.0F / 256, -128), softmax(1)); },
            {"SOFTMAX #0 (t1): has an input of rank 0"}},
        MistakeCase{"QuantizeToFloat",
                    [] { return unary(Op::QUANTIZE, quantised({4}), floats({4})); },
                    {"QUANTIZE #0 (t1)", "tensor 1 (t1) of type float32, supported here: int8"}},
        MistakeCase{"DequantizeToInt8",
                    [] { return unary(Op::DEQUANTIZE, quantised({4}), quantised({4})); },
                    {"DEQUANTIZE #0 (t1)", "tensor 1 (t1) of type int8, supported here: float32"}}),
    [](const auto &test) { return nameOf(test.param); });

INSTANTIATE_TEST_SUITE_P(
    DataMovement, NodeMistake,
    testing::Values(
        MistakeCase{"MeanAxis",
                    [] {
                      return oneNode(Op::MEAN, {quantised({1, 4}), numbers({2}), quantised({1})},
                                     reducer(false));
                    },
                    {"MEAN #0 (t2): reduces axis 2, the rank is 2"}},
        MistakeCase{"MeanAxisMostNegative",
                    [] {
                      return oneNode(Op::MEAN, {quantised({1, 4}), numbers({INT32_MIN}), quantised({1})},
                                     reducer(false));
                    },
                    {"MEAN #0 (t2): reduces axis -2147483648"}},
        MistakeCase{"AxesOfFloat",
                    [] {
                      return oneNode(Op::MEAN, {quantised({1, 4}), constant(floats({1})), quantised({1})},
                                     reducer(false));
                    },
                    {"MEAN #0 (t2)", "tensor 1 (t1) of type float32, supported here: int32, int64"}},
        MistakeCase{"AxesComputed",
                    [] {
                      TensorSpec axes = numbers({1});
                      axes.data.reset();
                      return oneNode(Op::MEAN, {quantised({1, 4}), axes, quantised({1})}, reducer(false));
                    },
                    {"MEAN #0 (t2): has tensor 1 (t1) computed at run time, it must be a constant"}},
        MistakeCase{"PadAmountsTooFew",
                    [] { return padded(numbers({0, 0, 1})); },
                    {"PAD #0 (t2): has 3 pad amounts, rank 2 needs 4"}},
        MistakeCase{"PadAmountNegative",
                    [] { return padded(numbers({0, 0, 3, -1})); },
                    {"PAD #0 (t2): pads dimension 1 by -1, an amount must be 0 to"}},
        MistakeCase{"PadValueOfFloat",
                    [] { return padded(numbers({0, 0, 1, 1}), {constant(floats({1}))}); },
                    {"PADV2 #0 (t3): has the pad value tensor 2 (t2) of shape [1] and type float32"}},
        MistakeCase{"PadValuesSeveral",
                    [] { return padded(numbers({0, 0, 1, 1}), {constant(quantised({2}))}); },
                    {"PADV2 #0 (t3): has the pad value tensor 2 (t2) of shape [2]"}},
        MistakeCase{"PadOutputShape",
                    [] { return padded(numbers({0, 0, 1, 2})); },
                    {"PAD #0 (t2): makes the shape [1, 7], the file gives its output tensor 2 (t2) the shape "
                     "[1, 6]"}},
        MistakeCase{"MovedToAnotherType",
                    [] { return unary(Op::RESHAPE, quantised({4}), floats({4})); },
                    {"RESHAPE #0 (t1): moves tensor 0 (t0) of type int8 to type float32"}},
        MistakeCase{"ReshapeElements",
                    [] { return unary(Op::RESHAPE, quantised({2, 3}), quantised({5})); },
                    {"RESHAPE #0 (t1): reshapes [2, 3] to [5], the numbers of elements differ"}},
        MistakeCase{
            "PermutationTwice",
            [] { return oneNode(Op::TRANSPOSE, {quantised({1, 4}), numbers({0, 0}), quantised({1, 4})}); },
            {"TRANSPOSE #0 (t2): has the permutation [0, 0], which is none of rank 2"}},
        MistakeCase{
            "PermutationOutOfRange",
            [] { return oneNode(Op::TRANSPOSE, {quantised({1, 4}), numbers({0, 2}), quantised({1, 4})}); },
            {"TRANSPOSE #0 (t2): has the permutation [0, 2]"}},
        MistakeCase{
            "PermutationTooLong",
            [] { return oneNode(Op::TRANSPOSE, {quantised({1, 4}), numbers({0, 1, 2}), quantised({1, 4})}); },
            {"TRANSPOSE #0 (t2): has the permutation [0, 1, 2], which is none of rank 2"}},
        MistakeCase{"JoinedAxis",
                    [] { return joined([](ModelSpec &) {}, concatenation(2)); },
                    {"CONCATENATION #0 (t2): joins along axis 2, the rank is 2"}},
        MistakeCase{"JoinedAxisMostNegative",
                    [] { return joined([](ModelSpec &) {}, concatenation(INT32_MIN)); },
                    {"CONCATENATION #0 (t2): joins along axis -2147483648"}},
        MistakeCase{"JoinedActivation",
                    [] { return joined([](ModelSpec &) {}, concatenation(1, Activation::RELU)); },
                    {"CONCATENATION #0 (t2): has a fused activation"}},
        MistakeCase{"JoinedNothing",
                    [] { return joined([](ModelSpec &m) { m.nodes[0].inputs = {}; }); },
                    {"CONCATENATION #0 (t2): has 0 inputs, it takes 1"}},
        MistakeCase{"JoinedAbsent",
                    [] { return joined([](ModelSpec &m) { m.nodes[0].inputs = {0, -1}; }); },
                    {"CONCATENATION #0 (t2): lacks its input 1"}},
        MistakeCase{"JoinedScales",
                    [] { return joined([](ModelSpec &m) { m.tensors[1].scales = {0.25F}; }); },
                    {"CONCATENATION #0 (t2): joins tensor 1 (t1) and its output has another scale"}},
        MistakeCase{"JoinedShapes",
                    [] { return joined([](ModelSpec &m) { m.tensors[1].shape = {2, 4}; }); },
                    {"CONCATENATION #0 (t2): joins tensor 1 (t1) of shape [2, 4] to [1, 8] along axis 1"}},
        MistakeCase{"JoinedLength",
                    [] { return joined([](ModelSpec &m) { m.tensors[2].shape = {1, 9}; }); },
                    {"CONCATENATION #0 (t2): makes the shape [1, 8], the file gives its output", "[1, 9]"}}),
    [](const auto &test) { return nameOf(test.param); });

} // namespace
} // namespace tenon::test
