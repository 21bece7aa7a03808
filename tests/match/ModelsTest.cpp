// The models that the models' folder has, on the chips that are described: every layer that a chip is made for has a
// legal mapping, and the cheapest ones are certified. TENON_MODELS names the folder; without it there is
// nothing to test.
#include "core/import/ModelFile.h"
#include "core/match/Match.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tenon::match {
namespace {

struct Layer {
  bool whole = false, core = false, final = false;
  bool served() const { return whole || (core && final); }
};

class Models : public testing::TestWithParam<std::tuple<const char *, const char *>> {
protected:
  Models() {
    mlir::DialectRegistry dialects;
    import::registerDialects(dialects);
    context.appendDialectRegistry(dialects);
  }

  /// What the longest prefix from the step has, over all its rewrites.
  void tryLayer(const Computation &computation, Layer &layer) {
    llvm::Expected<std::vector<Computation>> all = rewrites(computation, {16});
    ASSERT_TRUE(bool(all)) << llvm::toString(all.takeError());
    for (const Computation &rewritten : *all) {
      Matches matches = match(*description, rewritten);
      Layer found;
      for (const Match &legal : matches.legal) {
        bool *kind = legal.part == Match::Part::Whole  ? &found.whole
                     : legal.part == Match::Part::Core ? &found.core
                                                       : &found.final;
        if (!*kind && !*(&layer.whole + (kind - &found.whole)))
          EXPECT_EQ(llvm::toString(certify(*description, computation, matches.computation, legal)), "");
        *kind = true;
      }
      // A core and a final belong together if they are of the same rewrite.
      layer.whole |= found.whole;
      if (found.core && found.final)
        layer.core = layer.final = true;
    }
  }

  mlir::MLIRContext context;
  std::optional<isa::Description> description;
};

TEST_P(Models, EveryLayerIsServed) {
  const char *folder = std::getenv("TENON_MODELS");
  if (!folder)
    GTEST_SKIP() << "TENON_MODELS is not set";
  auto [chip, model] = GetParam();
  llvm::Expected<isa::Description> loaded = isa::loadDescription(std::string(TENON_CHIPS) + "/" + chip + ".yaml");
  ASSERT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
  description = std::move(*loaded);
  auto module = import::importModel(context, std::string(folder) + "/models/" + model + ".tflite");
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  llvm::Expected<reference::Program> program =
      reference::programOf(*(*module)->getOps<mlir::func::FuncOp>().begin());
  ASSERT_TRUE(bool(program)) << llvm::toString(program.takeError());
  std::vector<bool> covered(program->steps.size(), false);
  size_t layers = 0;
  for (unsigned step = 0; step < program->steps.size(); ++step) {
    if (covered[step] || !program->steps[step].nest)
      continue;
    ComputationChain chain = computationsFrom(*program, step, false);
    ASSERT_FALSE(chain.prefixes.empty()) << "step " << step << ": " << chain.reason;
    // A prefix of two: the reduction and its requantisation; an addition is one by itself.
    const Computation &computation = chain.prefixes[std::min<size_t>(chain.prefixes.size() - 1, 1)];
    bool isResidual = computation.core < 0 && computation.steps.size() == 1;
    for (unsigned done : computation.steps)
      covered[done] = true;
    std::string name = program->steps[step].node ? program->steps[step].node.getOp().str() : "";
    if (name == "SOFTMAX")
      continue; // no chip here has a table of exponentials
    SCOPED_TRACE("step " + std::to_string(step) + " " + name + (isResidual ? ", residual" : ""));
    Layer layer;
    tryLayer(computation, layer);
    EXPECT_TRUE(layer.served());
    ++layers;
    if (HasFatalFailure())
      return;
  }
  EXPECT_GT(layers, 2u);
}

INSTANTIATE_TEST_SUITE_P(Chips, Models,
                         testing::Combine(testing::Values("ws-array", "outer-product", "npu"),
                                          testing::Values("mlperf_tiny_resnet8_int8", "mlperf_tiny_kws_dscnn_int8",
                                                          "mlperf_tiny_ad_autoencoder_int8", "hello_world_int8")));

} // namespace
} // namespace tenon::match
