// The derived bound of float results: it holds whatever order sums have, says nothing where nothing may
// differ, is not far from what another order really does, and a result that is off by ten times as much is
// refused.
#include "core/reference/ErrorBound.h"
#include "core/support/Error.h"
#include "tests/conformance/GraphProgram.h"
#include "tests/conformance/OtherOrder.h"
#include "tests/conformance/RandomGraph.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace tenon::test {
namespace {

using reference::BoundedRun;
using reference::Tensor;

BoundedRun bounded(const GraphProgram &graph, llvm::ArrayRef<Tensor> inputs) {
  auto run = reference::runWithBounds(graph.program, inputs);
  if (!run) {
    ADD_FAILURE() << llvm::toString(run.takeError());
    return {};
  }
  return std::move(*run);
}

GraphProgram program(llvm::StringRef text) {
  auto graph = graphProgram(text);
  if (!graph) {
    ADD_FAILURE() << llvm::toString(graph.takeError());
    return {};
  }
  return std::move(*graph);
}

Tensor floats(std::vector<float> values) {
  Tensor tensor{
      nest::ScalarType::f32(), {int64_t(values.size())}, std::vector<char>(values.size() * sizeof(float))};
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

constexpr const char *sumText = R"(
func.func @main(%x: tensor<1000xf32>) -> tensor<1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1xf32>
  %s = linalg.fill ins(%zero : f32) outs(%e : tensor<1xf32>) -> tensor<1xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(o, k) -> (k)>, affine_map<(o, k) -> (o)>],
                       iterator_types = ["parallel", "reduction"]} ins(%x : tensor<1000xf32>) outs(%s : tensor<1xf32>) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %b, %a : f32
    linalg.yield %c : f32
  } -> tensor<1xf32>
  return %y : tensor<1xf32>
})";

TEST(BoundTest, ElementByElementNothingMayDiffer) {
  GraphProgram graph = program(R"(
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.mulf %a, %a : f32
    %d = arith.addf %c, %a : f32
    %f = math.exp %d : f32
    linalg.yield %f : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
})");
  BoundedRun run = bounded(graph, {floats({1, 2, 3, 4})});
  ASSERT_EQ(run.bounds.size(), 1u);
  EXPECT_TRUE(run.bounds[0].empty());
}

TEST(BoundTest, ASumsBoundIsWithinAFactorOfWhatAnotherOrderDoes) {
  // A large term first swallows the small ones, which are a little less than half a unit of it; last, they
  // add up.
  std::vector<float> values(1000, std::ldexp(0.99f, -24));
  values[0] = 1;
  GraphProgram graph = program(sumText);
  BoundedRun run = bounded(graph, {floats(values)});
  auto other = runChanged(graph.program, {floats(values)}, reversedSums);
  ASSERT_TRUE(bool(other)) << llvm::toString(other.takeError());
  double distance = std::abs(realAt((*other)[0], 0) - realAt(run.outputs[0], 0));
  EXPECT_GT(distance, 0);
  EXPECT_LE(distance, run.bounds[0][0]);
  EXPECT_LE(run.bounds[0][0], 3 * distance);
}

TEST(BoundTest, TenTimesTheBoundIsWrong) {
  GraphProgram graph = program(sumText);
  std::vector<float> values(1000);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(i % 17) / 7 - 1;
  BoundedRun run = bounded(graph, {floats(values)});
  double bound = run.bounds[0][0];
  ASSERT_GT(bound, 0);
  float want = 0, wrong = 0;
  std::memcpy(&want, run.outputs[0].bytes.data(), sizeof(want));
  wrong = want + float(10 * bound);
  Tensor got = run.outputs[0];
  EXPECT_EQ(beyondBound(got, run.outputs[0], run.bounds[0]), "");
  std::memcpy(got.bytes.data(), &wrong, sizeof(wrong));
  EXPECT_NE(beyondBound(got, run.outputs[0], run.bounds[0]), "");
}

TEST(BoundTest, AConversionToAnIntegerWidensOnlyWhereTheBoundReachesAcross) {
  std::string text = sumText;
  size_t end = text.find("  return");
  text = text.substr(0, end) + R"(
  %i = tensor.empty() : tensor<1xi8>
  %z = linalg.generic {indexing_maps = [affine_map<(o) -> (o)>, affine_map<(o) -> (o)>], iterator_types = ["parallel"]}
      ins(%y : tensor<1xf32>) outs(%i : tensor<1xi8>) {
  ^bb0(%a: f32, %b: i8):
    %r = math.roundeven %a : f32
    %c = arith.fptosi %r : f32 to i8
    linalg.yield %c : i8
  } -> tensor<1xi8>
  return %z : tensor<1xi8>
})";
  text.replace(text.find("-> tensor<1xf32> {"), 18, "-> tensor<1xi8> {");
  GraphProgram graph = program(text);
  std::vector<float> values(1000, 0);
  values[0] = 7.25;
  BoundedRun inside = bounded(graph, {floats(values)});
  ASSERT_EQ(inside.bounds[0].size(), 1u);
  EXPECT_EQ(inside.bounds[0][0], 0);
  values[0] = 7.5;
  BoundedRun across = bounded(graph, {floats(values)});
  EXPECT_EQ(across.bounds[0][0], 1); // 7 or 8
}

TEST(BoundTest, FunctionsOfAnotherLibraryMayRoundToANeighbour) {
  GraphProgram graph = program(R"(
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %f = math.log %a : f32
    linalg.yield %f : f32
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
})");
  reference::BoundOptions options;
  options.functionError = std::ldexp(1, -44);
  auto run = reference::runWithBounds(graph.program, {floats({2, 3})}, {}, options);
  ASSERT_TRUE(bool(run)) << llvm::toString(run.takeError());
  ASSERT_EQ(run->bounds[0].size(), 2u);
  float log = float(realAt(run->outputs[0], 1)), next = std::nextafter(log, 2.0f); // above 1
  EXPECT_TRUE(reference::withinBound(double(next), double(log), run->bounds[0][1]));
  EXPECT_FALSE(reference::withinBound(double(std::nextafter(next, 2.0f)), double(log), run->bounds[0][1]));
}

TEST(BoundTest, AFunctionThatIsDefinedByItsStepsIsTheSameEverywhere) {
  std::string text = R"(
func.func @main(%x: tensor<2xTYPE>) -> tensor<2xTYPE> {
  %e = tensor.empty() : tensor<2xTYPE>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<2xTYPE>) outs(%e : tensor<2xTYPE>) {
  ^bb0(%a: TYPE, %b: TYPE):
    %f = math.exp %a : TYPE
    %g = math.tanh %f : TYPE
    %h = math.erf %g : TYPE
    linalg.yield %h : TYPE
  } -> tensor<2xTYPE>
  return %y : tensor<2xTYPE>
})";
  reference::BoundOptions options;
  options.functionError = std::ldexp(1, -44);
  for (auto [name, bounds] : {std::pair("f32", 0u), std::pair("f64", 2u)}) {
    std::string of = text;
    for (size_t at = of.find("TYPE"); at != std::string::npos; at = of.find("TYPE"))
      of.replace(at, 4, name);
    GraphProgram graph = program(of);
    Tensor input{graph.program.values[graph.program.inputs[0]].type, {2}, {}};
    input.bytes.resize(Tensor::byteCount(input.type, input.shape));
    auto run = reference::runWithBounds(graph.program, {input}, {}, options);
    ASSERT_TRUE(bool(run)) << llvm::toString(run.takeError());
    EXPECT_EQ(run->bounds[0].size(), bounds) << name;
  }
}

TEST(BoundTest, WhatIsNotCoveredMustBeEqual) {
  EXPECT_TRUE(reference::withinBound(1, 1, 0));
  EXPECT_FALSE(reference::withinBound(1, 1 + 1e-9, 0));
  EXPECT_FALSE(reference::withinBound(0.0, -0.0, 0));
  EXPECT_TRUE(reference::withinBound(0.0, -0.0, 1e-30));
  EXPECT_TRUE(reference::withinBound(NAN, NAN, 0));
  EXPECT_FALSE(reference::withinBound(NAN, 1, 1e30));
  EXPECT_TRUE(reference::withinBound(1, 1, HUGE_VAL));
  EXPECT_FALSE(reference::withinBound(1, 2, HUGE_VAL));
  EXPECT_FALSE(reference::withinBound(1, 2, NAN));
}

/// A sum with a bound, and what is done to it in float.
std::string sumThen(llvm::StringRef operations) {
  std::string text = sumText;
  text = text.substr(0, text.find("  return"));
  return text + R"(
  %i = tensor.empty() : tensor<1xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(o) -> (o)>, affine_map<(o) -> (o)>], iterator_types = ["parallel"]}
      ins(%y : tensor<1xf32>) outs(%i : tensor<1xf32>) {
  ^bb0(%a: f32, %b: f32):
)" + operations.str() +
         R"(
    linalg.yield %r : f32
  } -> tensor<1xf32>
  return %z : tensor<1xf32>
})";
}

TEST(BoundTest, ALargeOperandSwallowsTheBoundOfASmallOne) {
  std::vector<float> values(1000, 0.1F);
  // Scaled, as scores are: of a sum itself the mask might be the start.
  std::string mask = "    %m = arith.constant -3.0e38 : f32\n    %c = arith.constant 8.0 : f32\n"
                     "    %q = arith.divf %a, %c : f32\n    %t = arith.addf %q, %m : f32\n";
  BoundedRun masked = bounded(program(sumThen(mask + "    %r = arith.negf %t : f32")), {floats(values)});
  ASSERT_EQ(masked.bounds[0].size(), 1u);
  EXPECT_EQ(masked.bounds[0][0], 0);
  BoundedRun hidden = bounded(program(sumThen(mask + "    %r = math.exp %t : f32")), {floats(values)});
  EXPECT_EQ(hidden.bounds[0][0], 0);
  BoundedRun small =
      bounded(program(sumThen("    %m = arith.constant 1.0 : f32\n    %r = arith.addf %a, %m : f32")),
              {floats(values)});
  EXPECT_GT(small.bounds[0][0], 0);
  EXPECT_LT(small.bounds[0][0], 1);
}

TEST(BoundTest, WhatIsAddedToASumMayBeWhatItStartsFrom) {
  std::vector<float> values(1000, std::ldexp(0.9F, -25)); // below half a unit of 1: each is swallowed
  BoundedRun run =
      bounded(program(sumThen("    %m = arith.constant 1.0 : f32\n    %r = arith.addf %a, %m : f32")),
              {floats(values)});
  float other = 1;
  for (float value : values)
    other += value;
  double distance = std::abs(double(other) - realAt(run.outputs[0], 0));
  EXPECT_EQ(other, 1);
  EXPECT_GT(distance, 2e-5);
  EXPECT_GT(run.bounds[0][0], distance);
  EXPECT_LT(run.bounds[0][0], 10 * distance);
}

TEST(BoundTest, TheExponentialOfAnUncertainValueIsNotMoreThanItsLargest) {
  std::vector<float> values(1000, 0);
  values[0] = 1e30F; // with a bound of 1e26
  values[1] = -2e30F;
  BoundedRun run = bounded(program(sumThen("    %r = math.exp %a : f32")), {floats(values)});
  EXPECT_EQ(run.outputs[0].type, nest::ScalarType::f32());
  EXPECT_LT(run.bounds[0][0], 1e-30);
}

TEST(BoundTest, ARunGoesOnFromWhatTheWatchGivesBack) {
  std::string text = sumThen("    %r = arith.addf %a, %a : f32");
  std::string_view sum = "outs(%s : tensor<1xf32>)";
  text.insert(text.find(sum) + sum.size(),
              " attrs = {tenon.tensor = #tenon.tensor<7, \"middle\", scale = 0.0 : f64, zero_point = 0>}");
  GraphProgram graph = program(text);
  ASSERT_FALSE(graph.program.steps.empty());
  std::vector<float> values(1000, 0.1F);
  Tensor other = floats({5});
  unsigned seen = 0;
  auto run = reference::runWithBounds(graph.program, {floats(values)}, {}, {},
                                      [&](ir::TensorAttr tensor, const reference::BufferView &,
                                          const reference::Bounds &bounds) -> llvm::Expected<const Tensor *> {
                                        EXPECT_EQ(tensor.getIndex(), 7);
                                        EXPECT_GT(bounds.at(0), 0);
                                        ++seen;
                                        return &other;
                                      });
  ASSERT_TRUE(bool(run)) << llvm::toString(run.takeError());
  EXPECT_EQ(seen, 1u);
  EXPECT_EQ(realAt(run->outputs[0], 0), 10);
  EXPECT_TRUE(run->bounds[0].empty());
}

TEST(BoundTest, HoldsForRandomGraphsInTwoOtherOrders) {
  constexpr uint64_t graphs = 1500;
  unsigned compared = 0, differing = 0, failed = 0;
  for (uint64_t seed = 1; seed <= graphs; ++seed) {
    Choices choices(seed);
    std::string text = randomGraph(choices);
    auto graph = graphProgram(text);
    ASSERT_TRUE(bool(graph)) << "seed " << seed << ": " << llvm::toString(graph.takeError()) << "\n" << text;
    std::vector<Tensor> inputs = graphInputs(graph->program, seed);
    auto run = reference::runWithBounds(graph->program, inputs);
    if (!run) { // a float outside an integer type
      FailureReport found = report(run.takeError());
      EXPECT_NE(found.code, ExitCode::OwnFault) << found.diagnostics.front().message << "\n" << text;
      ++failed;
      continue;
    }
    for (auto change : {reversedSums, wideSums}) {
      auto other = runChanged(graph->program, inputs, change);
      if (!other) {
        llvm::consumeError(other.takeError());
        continue;
      }
      for (size_t output = 0; output < other->size(); ++output) {
        ++compared;
        differing += (*other)[output].bytes != run->outputs[output].bytes;
        std::string beyond = beyondBound((*other)[output], run->outputs[output], run->bounds[output]);
        ASSERT_EQ(beyond, "") << "seed " << seed << "\n" << text;
      }
    }
  }
  EXPECT_GT(compared, 2 * graphs * 9 / 10);
  EXPECT_GT(differing, 50u); // else nothing was shown
  EXPECT_LT(failed, graphs / 10);
}

} // namespace
} // namespace tenon::test
