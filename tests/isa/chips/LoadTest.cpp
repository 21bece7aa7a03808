// Every description of this folder and of targets/ loads, at every size of the array that it promises.
#include "tests/isa/chips/ChipRun.h"

#include "core/isa/encoding/Check.h"
#include "tests/isa/chips/ChipFiles.h"

#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;

namespace {

class Chips : public testing::TestWithParam<std::string> {};

/// Every command can be encoded, told from the others and read back.
void expectEncodes(const isa::Description &chip) {
  std::vector<Diagnostic> mistakes;
  isa::checkEncoding(chip, mistakes);
  for (const Diagnostic &mistake : mistakes)
    ADD_FAILURE() << toString(mistake);
}

TEST_P(Chips, LoadsUnderItsOwnName) {
  isa::Description chip = loadChip(GetParam());
  EXPECT_EQ(chip.name, GetParam());
  EXPECT_FALSE(chip.intrinsics.empty());
  expectEncodes(chip);
}

TEST_P(Chips, LoadsWithArraysOfOtherSizesWhereItHasAnArray) {
  if (!loadChip(GetParam()).parameter("DIM")) {
    isa::LoadOptions options;
    options.parameters["DIM"] = 8;
    llvm::Expected<isa::Description> chip = isa::loadDescription(chipFile(GetParam()), options);
    ASSERT_FALSE(bool(chip)) << "has no DIM, and takes one";
    llvm::consumeError(chip.takeError()); // that it is refused is all
    return;
  }
  size_t count = loadChip(GetParam()).intrinsics.size();
  for (int64_t size : {8, 32}) {
    isa::Description chip = loadChip(GetParam(), {{"DIM", size}});
    EXPECT_EQ(chip.parameter("DIM"), size);
    EXPECT_EQ(chip.intrinsics.size(), count);
    expectEncodes(chip);
  }
}

TEST_P(Chips, EveryIntrinsicHasAnEncodingAndATime) {
  for (const isa::Intrinsic &intrinsic : loadChip(GetParam()).intrinsics) {
    EXPECT_TRUE(intrinsic.command || !intrinsic.llvm.empty() || !intrinsic.assembly.empty())
        << intrinsic.name;
    EXPECT_TRUE(intrinsic.timing.latency && !intrinsic.timing.busy.empty()) << intrinsic.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Folder, Chips, testing::ValuesIn(allChips()),
                         [](const testing::TestParamInfo<std::string> &chip) {
                           std::string name = chip.param;
                           std::erase(name, '-');
                           return name;
                         });

} // namespace
