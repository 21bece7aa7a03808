// A random graph is a function of its choices, and smaller choices make it smaller: what a shrinker relies
// on.
#include "tests/conformance/GraphProgram.h"
#include "tests/conformance/RandomGraph.h"

#include <gtest/gtest.h>

namespace tenon::test {
namespace {

std::string graphOf(const std::vector<uint32_t> &given) {
  Choices choices(given);
  return randomGraph(choices);
}

size_t countOf(llvm::StringRef text, llvm::StringRef what) { return text.count(what); }

TEST(ShrinkTest, WhatWasDrawnGivesTheSameGraphAgain) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Choices choices(seed);
    std::string text = randomGraph(choices);
    EXPECT_EQ(graphOf(choices.used()), text);
  }
}

TEST(ShrinkTest, NoChoicesAtAllAreTheSimplestGraph) {
  std::string text = graphOf({});
  EXPECT_EQ(countOf(text, "linalg.generic"), 1u);
  EXPECT_NE(text.find("tensor<1xi8>"), std::string::npos);
  auto graph = graphProgram(text);
  EXPECT_TRUE(bool(graph)) << llvm::toString(graph.takeError());
}

TEST(ShrinkTest, TheSmallestGraphThatFailsIsOneOperation) {
  unsigned found = 0;
  for (uint64_t seed = 1; seed <= 400 && found < 5; ++seed) {
    Choices choices(seed);
    std::string text = randomGraph(choices);
    auto fails = [](llvm::StringRef graph) { return graph.contains("math.tanh"); };
    if (!fails(text) || countOf(text, "linalg.generic") < 3)
      continue;
    ++found;
    unsigned runs = 0;
    std::vector<uint32_t> smallest = shrink(
        choices.used(), [&](const std::vector<uint32_t> &given) { return fails(graphOf(given)); },
        [&] { return ++runs < 20000; });
    std::string small = graphOf(smallest);
    EXPECT_TRUE(fails(small)) << small;
    EXPECT_EQ(countOf(small, "linalg.generic"), 1u) << small;
    EXPECT_NE(small.find("tensor<1x"), std::string::npos) << small;
    EXPECT_LT(runs, 20000u);
  }
  EXPECT_EQ(found, 5u);
}

TEST(ShrinkTest, NothingIsTriedOnceTimeIsUp) {
  unsigned tried = 0;
  std::vector<uint32_t> given = {3, 1, 4, 1, 5};
  auto kept = shrink(given, [&](const std::vector<uint32_t> &) { return ++tried > 0; }, [] { return false; });
  EXPECT_EQ(kept, given);
  EXPECT_EQ(tried, 0u);
}

} // namespace
} // namespace tenon::test
