// What the instructions of the two array chips mean, against the same arithmetic written out.
#include "tests/isa/chips/ChipRun.h"
#include "tests/isa/chips/Expected.h"

#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;

namespace {

class ArrayChips : public testing::TestWithParam<std::string> {
protected:
  isa::Description chip = loadChip(GetParam());
  Draw draw{20260101};
  bool stationary() const { return GetParam() == "ws-array"; }
};

using Numbers = ChipRun::Numbers;

std::vector<std::pair<int64_t, int64_t>> rectangles() { return {{1, 1}, {3, 16}, {17, 5}, {64, 16}}; }

void expectCopy(const isa::Description &chip, const char *name, const Numbers &sizes, const char *from,
                const char *to, Draw &draw) {
  ChipRun run(chip, name, sizes);
  run.fill(draw);
  Tensor source = run[from];
  run.run();
  EXPECT_EQ(run[to].elements, source.elements) << name;
}

TEST_P(ArrayChips, MovesCopy) {
  for (auto [rows, lanes] : rectangles()) {
    if (stationary()) {
      for (const char *move : {"mvin", "mvin_acc", "mvout"})
        expectCopy(chip, move, {{"r", rows}, {"c", lanes}}, "src", "dst", draw);
      expectCopy(chip, "preload", {{"k", std::min<int64_t>(rows, 16)}, {"n", lanes}}, "src", "dst", draw);
      continue;
    }
    expectCopy(chip, "load_inp", {{"k", rows}, {"m", lanes}}, "src", "dst", draw);
    expectCopy(chip, "load_wgt", {{"k", rows}, {"n", lanes}}, "src", "dst", draw);
    for (const char *move : {"load_za", "load_par", "store"})
      expectCopy(chip, move, {{"m", rows}, {"n", lanes}}, "src", "dst", draw);
    expectCopy(chip, "pass", {{"m", rows}, {"n", lanes}}, "x", "y", draw);
  }
}

/// c = a w or c += a w, in 32 bits that wrap; `columnsFirst`: a's rows are k.
void expectProduct(const isa::Description &chip, const std::string &name, bool adds, const Numbers &sizes,
                   const std::string &sum, bool columnsFirst, Draw &draw) {
  ChipRun run(chip, name, sizes);
  run.fill(draw);
  Tensor before = run[sum], a = run["a"], w = run["w"];
  run.run();
  for (int64_t m = 0; m < sizes.at("m"); ++m)
    for (int64_t n = 0; n < sizes.at("n"); ++n) {
      int64_t expected = adds ? before.at({m, n}) : 0;
      for (int64_t k = 0; k < sizes.at("k"); ++k)
        expected += (columnsFirst ? a.at({k, m}) : a.at({m, k})) * w.at({k, n});
      ASSERT_EQ(run[sum].at({m, n}), wrap32(expected)) << name << " at " << m << ", " << n;
    }
}

TEST_P(ArrayChips, ProductsAreSums) {
  std::vector<Numbers> list = {{{"m", 1}, {"n", 1}, {"k", 1}},
                               {{"m", 16}, {"n", 16}, {"k", 16}},
                               {{"m", 5}, {"n", 16}, {"k", 3}},
                               {{"m", 16}, {"n", 7}, {"k", 13}}};
  list.push_back(stationary() ? Numbers{{"m", 200}, {"n", 10}, {"k", 16}}
                              : Numbers{{"m", 9}, {"n", 10}, {"k", 300}});
  for (const Numbers &sizes : list)
    for (bool adds : {false, true}) {
      std::string member = adds ? "{update: +=}" : "{update: =}";
      if (!stationary()) {
        expectProduct(chip, "mopa" + member, adds, sizes, "z", true, draw);
        continue;
      }
      expectProduct(chip, "compute" + member, adds, sizes, "c", false, draw);
      expectProduct(chip, "compute_again" + member, adds, sizes, "c", false, draw);
    }
}

TEST(WeightStationary, ComputeAdvancesAndComputeAgainDoesNot) {
  isa::Description chip = loadChip("ws-array");
  for (std::string member : {"{update: =}", "{update: +=}"}) {
    EXPECT_EQ(findIntrinsic(chip, "compute" + member)->advances.size(), 1u);
    EXPECT_TRUE(findIntrinsic(chip, "compute_again" + member)->advances.empty());
  }
}

TEST_P(ArrayChips, ChannelsAreScaledWithTwoRoundings) {
  for (auto [rows, lanes] : rectangles()) {
    Numbers values{{"zero", draw.between(-128, 127)}, {"low", -100}, {"high", 127}};
    ChipRun run(chip, "requantise_channels", {{"m", rows}, {"n", lanes}}, values);
    run.fill(draw, {{"shift", {0, 31}}});
    Tensor multiplier = run["multiplier"], shift = run["shift"], t = run["t"];
    run.run();
    for (int64_t m = 0; m < rows; ++m)
      for (int64_t n = 0; n < lanes; ++n) {
        int64_t scaled = scaleTwice(int32_t(t.at({m, n})), multiplier.at({n}), shift.at({n}));
        ASSERT_EQ(run["y"].at({m, n}), clampTo(wrap32(scaled + values["zero"]), -100, 127))
            << t.at({m, n}) << " * " << multiplier.at({n}) << " >> " << shift.at({n});
      }
  }
}

TEST_P(ArrayChips, OneScaleIsRoundedOnce) {
  for (int64_t shift : {0, 1, 31, 36, 40, 62})
    for (int64_t multiplier : {1, 1 << 30, 2147483647, -2147483647 - 1}) {
      Numbers values{
          {"zero", -9}, {"low", -128}, {"high", 100}, {"multiplier", multiplier}, {"shift", shift}};
      ChipRun run(chip, "requantise", {{"m", 40}, {"n", 16}}, values);
      run.fill(draw);
      Tensor t = run["t"];
      run.run();
      for (int64_t m = 0; m < 40; ++m)
        for (int64_t n = 0; n < 16; ++n)
          ASSERT_EQ(run["y"].at({m, n}),
                    clampTo(scaleOnce(int32_t(t.at({m, n})), multiplier, shift) - 9, -128, 100))
              << t.at({m, n}) << " * " << multiplier << " >> " << shift;
    }
}

TEST_P(ArrayChips, SumsOfQuantisedTensors) {
  for (int trial = 0; trial < 20; ++trial) {
    AddScales p{draw.between(-128, 127),
                draw.between(1 << 30, 2147483647),
                draw.between(0, 8),
                draw.between(-128, 127),
                draw.between(1 << 30, 2147483647),
                draw.between(0, 8),
                draw.between(1 << 30, 2147483647),
                draw.between(15, 20),
                draw.between(-128, 127),
                draw.between(-128, 0),
                draw.between(1, 127)};
    Numbers values{{"z1", p.z1},     {"m1", p.m1},   {"s1", p.s1},    {"z2", p.z2},
                   {"m2", p.m2},     {"s2", p.s2},   {"m3", p.m3},    {"s3", p.s3},
                   {"zero", p.zero}, {"low", p.low}, {"high", p.high}};
    ChipRun run(chip, "add", {{"m", 31}, {"n", 16}}, values);
    run.fill(draw);
    Tensor x1 = run["x1"], x2 = run["x2"];
    run.run();
    for (int64_t m = 0; m < 31; ++m)
      for (int64_t n = 0; n < 16; ++n)
        ASSERT_EQ(run["y"].at({m, n}), addQuantized(x1.at({m, n}), x2.at({m, n}), p)) << trial;
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, ArrayChips, testing::Values("ws-array", "outer-product"),
                         [](const testing::TestParamInfo<std::string> &chip) {
                           return chip.param == "ws-array" ? "WeightStationary" : "OuterProduct";
                         });

} // namespace
