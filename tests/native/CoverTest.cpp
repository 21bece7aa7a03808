// Real models on small processors: every step is covered once, every product is an intrinsic's, no name
// matters, and a wrong gather is found out.
#include "core/native/Cover.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/ModelPath.h"
#include "core/match/Gather.h"
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
    if (getenv("TENON_SHOW")) {
      llvm::errs() << layer.name << ": "
                   << (layer.match ? description.intrinsics[layer.match->intrinsic].name : layer.reason)
                   << " " << layer.cycles << " cycles, " << layer.macs << " MACs, steps "
                   << layer.steps.size() << "\n";
      if (layer.match) {
        for (const std::string &words : layer.matches->computation.rewrites)
          llvm::errs() << "    " << words << "\n";
        nest::print(layer.matches->computation.nest, llvm::errs());
      } else if (layer.original)
        nest::print(layer.original->nest, llvm::errs());
    }
  }
  for (auto [step, count] : llvm::zip_equal(loaded.program.steps, times))
    EXPECT_TRUE(step.nest ? count == 1 : count <= 1);
  EXPECT_EQ(taken, all);
  EXPECT_GT(all, 0);
  EXPECT_LT(seconds, 20) << "planning takes too long";
  if (getenv("TENON_SHOW"))
    llvm::errs() << seconds << " s\n";
}

INSTANTIATE_TEST_SUITE_P(Chips, CoverTest,
                         testing::Combine(testing::Values("dot-lanes", "pair-lanes"),
                                          testing::Values("kws", "resnet8", "autoencoder", "hello")),
                         [](const auto &info) {
                           std::string name =
                               std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace tenon::native
