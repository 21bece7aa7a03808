// Real models on small processors: every step is covered once, every product is an intrinsic's, no name
// matters, and a wrong gather is found out.
#include "core/native/Cover.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/ModelPath.h"
#include "core/import/ModelFile.h"
#include "core/match/Gather.h"
#include "tests/conformance/GraphProgram.h"
#include "tests/conformance/RandomGraph.h"
#include "tests/support/PermutedNest.h"
#include "tests/support/RealModels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <random>

namespace tenon::native {
namespace {

using match::TensorSource;
using testing::HasSubstr;

isa::Description chip(const std::string &name) {
  auto loaded = isa::loadDescription(std::string(TENON_REPOSITORY) + "/tests/native/chips/" + name + ".yaml");
  EXPECT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
  return loaded ? std::move(*loaded) : isa::Description();
}

driver::LoadedModel model(const std::string &name) {
  auto path = driver::findModel(name, {*test::realModelsFolder()});
  EXPECT_TRUE(bool(path)) << llvm::toString(path.takeError());
  auto loaded = driver::loadModel(*path, {});
  EXPECT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
  return std::move(*loaded);
}

class CoverTest : public testing::TestWithParam<std::tuple<const char *, const char *>> {};

TEST_P(CoverTest, EveryProductIsAnIntrinsics) {
  TENON_NEEDS_REAL_MODELS();
  auto [chipName, modelName] = GetParam();
  isa::Description description = chip(chipName);
  driver::LoadedModel loaded = model(modelName);
  auto begin = std::chrono::steady_clock::now();
  auto layers = cover(description, loaded.program, {});
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  ASSERT_TRUE(bool(layers)) << llvm::toString(layers.takeError());
  std::vector<unsigned> times(loaded.program.steps.size(), 0);
  int64_t taken = 0, all = 0;
  for (const NativeLayer &layer : *layers) {
    for (unsigned step : layer.steps)
      ++times[step];
    all += layer.macs;
    if (layer.match)
      taken += layer.macs;
    else
      EXPECT_NE(layer.reason, "") << layer.name;
    EXPECT_EQ(layer.candidates.size(), description.intrinsics.size());
  }
  for (auto [step, count] : llvm::zip_equal(loaded.program.steps, times))
    EXPECT_TRUE(step.nest ? count == 1 : count <= 1);
  EXPECT_EQ(taken, all);
  EXPECT_GT(all, 0);
  EXPECT_LT(seconds, 20) << "planning takes too long";
}

INSTANTIATE_TEST_SUITE_P(Chips, CoverTest,
                         testing::Combine(testing::Values("dot-lanes", "pair-lanes", "tiles"),
                                          testing::Values("kws", "resnet8", "autoencoder", "hello")),
                         [](const auto &info) {
                           std::string name =
                               std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// What a cover is, without names: the steps of each layer, its intrinsic, its loops and its cycles.
std::vector<std::string> summary(llvm::ArrayRef<NativeLayer> layers) {
  std::vector<std::string> lines;
  for (const NativeLayer &layer : layers) {
    std::string line;
    for (unsigned step : layer.steps)
      line += std::to_string(step) + " ";
    if (layer.match) {
      line += std::to_string(layer.match->intrinsic) + " " + std::to_string(layer.cycles);
      for (const nest::Loop &loop : layer.matches->computation.nest.loops)
        line += " " + loop.name + std::to_string(loop.extent);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(CoverTest, NoNameMatters) {
  TENON_NEEDS_REAL_MODELS();
  for (const char *chipName : {"dot-lanes", "pair-lanes"}) {
    isa::Description description = chip(chipName);
    driver::LoadedModel loaded = model("resnet8");
    auto before = cover(description, loaded.program, {});
    ASSERT_TRUE(bool(before)) << llvm::toString(before.takeError());
    std::mt19937 random(23);
    for (reference::Step &step : loaded.program.steps) {
      step.node = {};
      if (step.nest)
        step.nest = test::permuted(*step.nest, random);
    }
    for (isa::Intrinsic &intrinsic : description.intrinsics) {
      intrinsic.name = "row" + std::to_string(random());
      intrinsic.family = intrinsic.name;
    }
    auto after = cover(description, loaded.program, {});
    ASSERT_TRUE(bool(after)) << llvm::toString(after.takeError());
    EXPECT_EQ(summary(*before), summary(*after));
  }
}

/// The layers of a small program.
class SmallCoverTest : public testing::Test {
protected:
  SmallCoverTest() {
    mlir::DialectRegistry dialects;
    import::registerDialects(dialects);
    context.appendDialectRegistry(dialects);
  }

  std::vector<NativeLayer> layersOf(const isa::Description &description, const std::string &text) {
    auto read = import::importModelFromMemory(context, text, "test.mlir");
    EXPECT_TRUE(bool(read)) << llvm::toString(read.takeError());
    if (!read)
      return {};
    module = std::move(*read);
    auto program = reference::programOf(*module->getOps<mlir::func::FuncOp>().begin());
    EXPECT_TRUE(bool(program)) << llvm::toString(program.takeError());
    auto layers = cover(description, *program, {});
    EXPECT_TRUE(bool(layers)) << llvm::toString(layers.takeError());
    return layers ? std::move(*layers) : std::vector<NativeLayer>();
  }

  static const plan::Candidate &candidate(const isa::Description &description, const NativeLayer &layer,
                                          const std::string &name) {
    for (const plan::Candidate &found : layer.candidates)
      if (description.intrinsics[found.intrinsic].name == name)
        return found;
    ADD_FAILURE() << "no row " << name;
    return layer.candidates[0];
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// relu(x W + bias), with types of x and W and of the sum.
std::string linear(const std::string &type, const std::string &sum, const std::string &widen) {
  bool isFloat = sum[0] == 'f';
  std::string text = R"(
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#n = affine_map<(m, n) -> (n)>
func.func @main(%x: tensor<5x16xTYPE>, %w: tensor<16x12xTYPE>, %bias: tensor<12xSUM>) -> tensor<5x12xSUM> {
  %zero = arith.constant ZERO : SUM
  %e = tensor.empty() : tensor<5x12xSUM>
  %f = linalg.fill ins(%zero : SUM) outs(%e : tensor<5x12xSUM>) -> tensor<5x12xSUM>
  %p = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<5x16xTYPE>, tensor<16x12xTYPE>) outs(%f : tensor<5x12xSUM>) {
    ^bb0(%a: TYPE, %b: TYPE, %c: SUM):
WIDEN
      %m = arith.mul%T %aw, %bw : SUM
      %s = arith.add%T %c, %m : SUM
      linalg.yield %s : SUM
  } -> tensor<5x12xSUM>
  %b = linalg.generic {indexing_maps = [#id, #n, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p, %bias : tensor<5x12xSUM>, tensor<12xSUM>) outs(%e : tensor<5x12xSUM>) {
    ^bb0(%a: SUM, %n: SUM, %o: SUM):
      %s = arith.add%T %a, %n : SUM
      linalg.yield %s : SUM
  } -> tensor<5x12xSUM>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b : tensor<5x12xSUM>) outs(%e : tensor<5x12xSUM>) {
    ^bb0(%a: SUM, %o: SUM):
      %s = arith.MAX %a, %zero : SUM
      linalg.yield %s : SUM
  } -> tensor<5x12xSUM>
  return %r : tensor<5x12xSUM>
}
)";
  std::string casts;
  if (!widen.empty())
    casts =
        "      %aw = arith." + widen + " %a : TYPE to SUM\n      %bw = arith." + widen + " %b : TYPE to SUM";
  auto replace = [&](const std::string &what, const std::string &by) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
      text.replace(at, what.size(), by);
  };
  replace("WIDEN", casts);
  if (widen.empty()) {
    replace("%aw", "%a");
    replace("%bw", "%b");
  }
  replace("TYPE", type);
  replace("SUM", sum);
  replace("ZERO", isFloat ? "0.0" : "0");
  replace("MAX", isFloat ? "maximumf" : "maxsi");
  replace("%T", isFloat ? "f" : "i");
  return text;
}

TEST_F(SmallCoverTest, ALinearLayerIsOneLayer) {
  isa::Description description = chip("pair-lanes");
  std::vector<NativeLayer> layers = layersOf(description, linear("f32", "f32", ""));
  ASSERT_EQ(layers.size(), 1u);
  ASSERT_TRUE(layers[0].match)
      << layers[0].reason << candidate(description, layers[0], description.intrinsics.back().name).reason;
  EXPECT_EQ(description.intrinsics[layers[0].match->intrinsic].name, "float_row");
  // Both factors are read where they lie, and the bias and the limit are what follows the sum.
  for (const TensorSource &source : layers[0].matches->computation.sources)
    if (source.kind == TensorSource::Kind::Gathered)
      EXPECT_TRUE(match::stridedRead(*source.gather));
  EXPECT_GE(layers[0].matches->computation.final, 0);
}

TEST_F(SmallCoverTest, FloatsKeepTheirOrderWhereARowDoesNotSayOtherwise) {
  isa::Description description = chip("pair-lanes");
  std::vector<NativeLayer> layers = layersOf(description, linear("f32", "f32", ""));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_THAT(candidate(description, layers[0], "float_blocks").reason,
              HasSubstr("would add floats in another order"));
  // Who may is told the next reason.
  for (isa::Intrinsic &intrinsic : description.intrinsics)
    intrinsic.numerics.anyOrder = true;
  layers = layersOf(description, linear("f32", "f32", ""));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_THAT(candidate(description, layers[0], "float_blocks").reason,
              HasSubstr("would take k in blocks along two of its sizes"));
}

TEST_F(SmallCoverTest, SaysWhyNot) {
  isa::Description description = chip("dot-lanes");
  // Bytes of one sign on both sides, neither of them known: no number can be added to either.
  std::vector<NativeLayer> layers = layersOf(description, linear("i8", "i32", "extsi"));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_FALSE(layers[0].match);
  EXPECT_THAT(layers[0].reason,
              HasSubstr("no row takes its sum; 'dot_row': a factor has the values -128..127"));
  EXPECT_THAT(candidate(description, layers[0], "dot_row").repair, HasSubstr("has the sign of the model's"));
  EXPECT_THAT(candidate(description, layers[0], "load_bytes{type: u8}").reason, HasSubstr("a move"));
  isa::Description wider = chip("pair-lanes");
  layers = layersOf(wider, linear("i8", "i32", "extsi"));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_TRUE(layers[0].match);
  EXPECT_EQ(candidate(wider, layers[0], "float_row").reason, "the model sums in i32, 'float_row' in f32");
}

TEST_F(SmallCoverTest, ARowWhoseFeaturesLackIsNotTaken) {
  isa::Description description = chip("pair-lanes");
  for (isa::Intrinsic &intrinsic : description.intrinsics)
    intrinsic.requiredFeatures = {"sixteen-bits"};
  std::vector<NativeLayer> layers = layersOf(description, linear("i8", "i32", "extsi"));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_FALSE(layers[0].match);
  EXPECT_THAT(candidate(description, layers[0], "pair_row").reason, HasSubstr("needs sixteen-bits"));
}

TEST_F(SmallCoverTest, ASumOutsideRegistersIsNotTaken) {
  isa::Description description = chip("pair-lanes");
  for (isa::Memory &memory : description.memories)
    if (memory.kind == isa::Memory::Kind::Registers)
      memory.kind = isa::Memory::Kind::Scratchpad;
  std::vector<NativeLayer> layers = layersOf(description, linear("i8", "i32", "extsi"));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_THAT(candidate(description, layers[0], "pair_row").reason, HasSubstr("lies in vec"));
}

TEST_F(SmallCoverTest, ALibraryTakesASumThatItStarts) {
  isa::Description description = chip("tiles");
  std::vector<NativeLayer> layers = layersOf(description, linear("f32", "f32", ""));
  ASSERT_EQ(layers.size(), 1u);
  ASSERT_TRUE(layers[0].match)
      << layers[0].reason << candidate(description, layers[0], description.intrinsics.back().name).reason;
  EXPECT_EQ(description.intrinsics[layers[0].match->intrinsic].name, "library_product");
  EXPECT_FALSE(layers[0].match->accumulates);
  for (isa::Intrinsic &intrinsic : description.intrinsics)
    intrinsic.call.clear();
  layers = layersOf(description, linear("f32", "f32", ""));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_THAT(candidate(description, layers[0], "library_product").reason, HasSubstr("has no code"));
}

TEST_F(SmallCoverTest, AFunctionTakesALayerAsAWhole) {
  isa::Description description = chip("call");
  std::vector<NativeLayer> layers = layersOf(description, linear("i8", "i32", "extsi"));
  ASSERT_EQ(layers.size(), 1u);
  ASSERT_TRUE(layers[0].match)
      << layers[0].reason << candidate(description, layers[0], description.intrinsics.back().name).reason;
  EXPECT_EQ(description.intrinsics[layers[0].match->intrinsic].name, "dense_i8");
  EXPECT_EQ(layers[0].match->part, match::Match::Part::Whole);
  // What follows is not the function's: it takes the shorter chain, and the rest is a layer of its own.
  std::string text = linear("i8", "i32", "extsi");
  std::string last = "  return %r";
  text.replace(
      text.find(last), last.size(),
      R"(  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%r : tensor<5x12xi32>) outs(%e : tensor<5x12xi32>) {
    ^bb0(%a: i32, %o: i32):
      %s = arith.muli %a, %a : i32
      linalg.yield %s : i32
  } -> tensor<5x12xi32>
  return %t)");
  layers = layersOf(description, text);
  ASSERT_EQ(layers.size(), 2u);
  ASSERT_TRUE(layers[0].match)
      << layers[0].reason << candidate(description, layers[0], description.intrinsics.back().name).reason;
  EXPECT_EQ(layers[0].match->part, match::Match::Part::Whole);
  EXPECT_EQ(layers[0].steps.size() + layers[1].steps.size(), 4u);
  EXPECT_FALSE(layers[1].match);
}

TEST_F(SmallCoverTest, AFunctionThatStartsItsSumTakesNoPartOfIt) {
  isa::Description description = chip("tiles");
  for (isa::Intrinsic &intrinsic : description.intrinsics)
    if (intrinsic.name == "library_product")
      intrinsic.sizes[2].high = 8;
  std::vector<NativeLayer> layers = layersOf(description, linear("f32", "f32", ""));
  ASSERT_EQ(layers.size(), 1u);
  EXPECT_FALSE(layers[0].match);
  EXPECT_THAT(candidate(description, layers[0], "library_product").reason, HasSubstr("starts its sum anew"));
}

/// Certificates are the judge: cover() fails if a rewrite or a mapping changes a bit.
TEST(CoverTest, RandomGraphsAreCoveredAndCertified) {
  unsigned taken = 0;
  for (const char *chipName : {"dot-lanes", "pair-lanes", "tiles"}) {
    isa::Description description = chip(chipName);
    for (uint64_t seed = 1; seed <= 400; ++seed) {
      SCOPED_TRACE(std::string(chipName) + ", seed " + std::to_string(seed));
      test::Choices choices(seed);
      auto graph = test::graphProgram(test::randomGraph(choices));
      ASSERT_TRUE(bool(graph)) << llvm::toString(graph.takeError());
      auto layers = cover(description, graph->program, {});
      ASSERT_TRUE(bool(layers)) << llvm::toString(layers.takeError());
      std::vector<unsigned> times(graph->program.steps.size(), 0);
      for (const NativeLayer &layer : *layers) {
        for (unsigned step : layer.steps)
          ++times[step];
        taken += layer.match != nullptr;
      }
      for (auto [step, count] : llvm::zip_equal(graph->program.steps, times))
        ASSERT_TRUE(step.nest ? count == 1 : count <= 1);
    }
  }
  EXPECT_GT(taken, 150u);
}

/// A copy of a layer's gathered computation in which one gather is wrong.
match::Computation spoilt(const NativeLayer &layer, llvm::function_ref<bool(nest::Node &)> change) {
  match::Computation made = layer.matches->computation;
  bool done = false;
  for (TensorSource &source : made.sources) {
    if (source.kind != TensorSource::Kind::Gathered || done)
      continue;
    auto wrong = std::make_shared<match::Gather>(*source.gather);
    for (nest::Node &node : wrong->nest.statements[0].body)
      done = done || change(node);
    source.gather = wrong;
  }
  EXPECT_TRUE(done) << "there was nothing to change";
  return made;
}

TEST(CertificateTest, FindsAWrongGather) {
  TENON_NEEDS_REAL_MODELS();
  isa::Description description = chip("dot-lanes");
  driver::LoadedModel loaded = model("kws");
  auto layers = cover(description, loaded.program, {});
  ASSERT_TRUE(bool(layers)) << llvm::toString(layers.takeError());
  const NativeLayer &layer = layers->front();
  ASSERT_TRUE(layer.match);
  // In full, and as if the layer were too large for that.
  for (double most : {1e9, 0.0}) {
    match::CertifyOptions options;
    options.mostPoints = most;
    auto judged = [&](const match::Computation &computation) {
      return llvm::toString(match::certify(description, *layer.original, computation, *layer.match, options));
    };
    EXPECT_EQ(judged(layer.matches->computation), "");
    // Another value outside the tensor, another number added, a window that stands one element further.
    EXPECT_THAT(judged(spoilt(layer,
                              [](nest::Node &node) {
                                if (!node.access.outside)
                                  return false;
                                node.access.outside->integer += 1;
                                return true;
                              })),
                HasSubstr("after rewriting"));
    EXPECT_THAT(judged(spoilt(layer,
                              [](nest::Node &node) {
                                if (node.op != nest::Opcode::Constant)
                                  return false;
                                node.constant.integer -= 1;
                                return true;
                              })),
                HasSubstr("after rewriting"));
    EXPECT_THAT(judged(spoilt(layer,
                              [](nest::Node &node) {
                                if (node.op != nest::Opcode::Read)
                                  return false;
                                llvm::SmallVector<mlir::AffineExpr> indices(node.access.indices.getResults());
                                indices.back() = indices.back() + 1;
                                node.access.indices =
                                    mlir::AffineMap::get(node.access.indices.getNumDims(), 0, indices,
                                                         node.access.indices.getContext());
                                return true;
                              })),
                HasSubstr("after rewriting"));
  }
}

} // namespace
} // namespace tenon::native
