// Nothing is recognised by a name or by the order in which loops happen to stand: with every loop renamed and
// permuted, a model's plan takes the same intrinsics for the same cycles.
#include "PlanTest.h"

#include "core/driver/LoadedModel.h"
#include "core/driver/ModelPath.h"
#include "core/plan/Plan.h"
#include "tests/support/RealModels.h"

#include <numeric>
#include <random>

using namespace tenon;

namespace {

nest::Nest permuted(const nest::Nest &original, std::mt19937 &random) {
  nest::Nest result = original;
  std::vector<unsigned> place(original.loops.size());
  std::iota(place.begin(), place.end(), 0);
  std::shuffle(place.begin(), place.end(), random);
  for (unsigned loop = 0; loop < place.size(); ++loop) {
    result.loops[place[loop]] = original.loops[loop];
    result.loops[place[loop]].name = "loop" + std::to_string(random() % 1000) + "_" + std::to_string(loop);
  }
  auto move = [&](nest::Access &access) {
    mlir::MLIRContext *context = access.indices.getContext();
    llvm::SmallVector<mlir::AffineExpr> dims;
    for (unsigned target : place)
      dims.push_back(mlir::getAffineDimExpr(target, context));
    access.indices = access.indices.replaceDimsAndSymbols(dims, {}, unsigned(place.size()), 0);
  };
  for (nest::Statement &statement : result.statements) {
    for (unsigned &loop : statement.loops)
      loop = place[loop];
    llvm::sort(statement.loops);
    move(statement.destination);
    for (nest::Node &node : statement.body) {
      if (node.op == nest::Opcode::Read)
        move(node.access);
      if (node.op == nest::Opcode::LoopIndex)
        node.loop = place[node.loop];
    }
  }
  for (nest::Operand &operand : result.operands)
    operand.name = "operand" + std::to_string(random());
  return result;
}

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
      step.nest = permuted(*step.nest, random);
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
