// Real models on the chips that are described: every layer has a legal mapping, as a whole or as a reduction
// and what follows it, and the cheapest mapping of each part is certified.
#include "core/import/ModelFile.h"
#include "core/match/Match.h"
#include "tests/isa/chips/ChipFiles.h"
#include "tests/support/RealModels.h"

#include <gtest/gtest.h>

#include <array>

namespace tenon::match {
namespace {

/// Which parts have a mapping.
struct Parts {
  std::array<bool, 3> found = {};

  bool &operator[](Match::Part part) { return found[unsigned(part)]; }
  bool serve() {
    return (*this)[Match::Part::Whole] || ((*this)[Match::Part::Core] && (*this)[Match::Part::Final]);
  }
};

class Models : public testing::TestWithParam<std::tuple<std::string, const char *>> {
protected:
  Models() {
    mlir::DialectRegistry dialects;
    import::registerDialects(dialects);
    context.appendDialectRegistry(dialects);
  }

  /// Whether one rewrite of the computation has mappings of all that it is. Certifies the cheapest of each
  /// part.
  bool isServed(const Computation &computation) {
    llvm::Expected<std::vector<Computation>> all = rewrites(computation, {16});
    if (!all) {
      ADD_FAILURE() << llvm::toString(all.takeError());
      return false;
    }
    bool served = false;
    for (const Computation &rewritten : *all) {
      Matches matches = match(*description, rewritten);
      Parts parts;
      for (const Match &legal : matches.legal) {
        if (!parts[legal.part])
          EXPECT_EQ(llvm::toString(certify(*description, computation, matches.computation, legal)), "")
              << description->intrinsics[legal.intrinsic].name;
        parts[legal.part] = true;
      }
      served |= parts.serve();
    }
    return served;
  }

  mlir::MLIRContext context;
  std::optional<isa::Description> description;
};

TEST_P(Models, EveryLayerIsServed) {
  TENON_NEEDS_REAL_MODELS();
  auto [chip, model] = GetParam();
  llvm::Expected<isa::Description> loaded = isa::loadDescription(test::chipFile(chip));
  ASSERT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
  description = std::move(*loaded);
  auto module = import::importModel(context, *test::realModelsFolder() + "/" + model + ".tflite");
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
    for (unsigned done : computation.steps)
      covered[done] = true;
    std::string name = program->steps[step].node ? program->steps[step].node.getOp().str() : "";
    if (name == "SOFTMAX")
      continue; // no chip here has a table of exponentials
    SCOPED_TRACE("step " + std::to_string(step) + " " + name);
    EXPECT_TRUE(isServed(computation));
    ++layers;
  }
  EXPECT_GT(layers, 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Chips, Models,
    testing::Combine(testing::ValuesIn(test::chipsThere({"ws-array", "outer-product", "npu-sim"})),
                     testing::Values("mlperf_tiny_resnet8_int8", "mlperf_tiny_kws_dscnn_int8",
                                     "mlperf_tiny_ad_autoencoder_int8", "hello_world_int8")));

} // namespace
} // namespace tenon::match
