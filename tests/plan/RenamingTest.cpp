// Nothing is recognised by a name or by the order in which loops happen to stand: with every loop renamed and
// permuted, a model's plan takes the same intrinsics for the same cycles.
#include "PlanTest.h"

#include "core/driver/LoadedModel.h"
#include "core/driver/ModelPath.h"
#include "core/plan/Plan.h"
#include "tests/support/PermutedNest.h"
#include "tests/support/RealModels.h"

using namespace tenon;

namespace {

/// What a plan is, without names: the steps of each layer, its intrinsics and its cycles.
std::vector<std::string> summary(const isa::Description &description, const plan::Plan &plan) {
  std::vector<std::string> lines;
  for (const plan::PlannedLayer &layer : plan.layers) {
    std::string line;
    for (unsigned step : layer.steps)
      line += std::to_string(step) + " ";
    if (layer.lowering) {
      line += description.intrinsics[layer.lowering->main().intrinsic].family + " ";
      if (layer.lowering->final)
        line += description.intrinsics[layer.lowering->final->intrinsic].family + " ";
      line += std::to_string(layer.cycles);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

class RenamingTest : public testing::TestWithParam<std::tuple<std::string, const char *>> {};

TEST_P(RenamingTest, SamePlan) {
  auto [chip, model] = GetParam();
  TENON_NEEDS_REAL_MODELS();
  auto path = driver::findModel(model, {*test::realModelsFolder()});
  ASSERT_TRUE(bool(path)) << llvm::toString(path.takeError());
  isa::Description description = test::chip(chip);
  auto loaded = driver::loadModel(*path, {});
  ASSERT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
  auto original = plan::plan(description, loaded->program, {});
  ASSERT_TRUE(bool(original)) << llvm::toString(original.takeError());
  std::mt19937 random(17);
  for (reference::Step &step : loaded->program.steps)
    if (step.nest)
      step.nest = test::permuted(*step.nest, random);
  auto renamed = plan::plan(description, loaded->program, {});
  ASSERT_TRUE(bool(renamed)) << llvm::toString(renamed.takeError());
  EXPECT_EQ(summary(description, *original), summary(description, *renamed));
}

INSTANTIATE_TEST_SUITE_P(Chips, RenamingTest,
                         testing::Combine(testing::ValuesIn(test::chipsThere({"ws-array", "npu-sim"})),
                                          testing::Values("kws", "resnet8")),
                         [](const auto &info) {
                           std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
