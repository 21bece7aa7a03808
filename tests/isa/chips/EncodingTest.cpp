// Every command of the chips goes into its words and comes back: negative numbers, strides in registers,
// syncs.
#include "tests/isa/chips/ChipFiles.h"
#include "tests/isa/chips/ChipRun.h"
#include "tests/isa/encoding/RandomDescription.h"

#include "core/isa/encoding/Decode.h"

#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::test;

namespace {

using isa::test::randomStream;

class ChipEncoding : public testing::TestWithParam<std::string> {};

/// The chip with smaller ranges, from which random commands are drawn that fit its memories. What runs along
/// a row keeps its range: strides follow from it.
isa::Description withSmallRanges(isa::Description chip) {
  constexpr int64_t most = 6, mostExtent = 12;
  for (isa::Intrinsic &intrinsic : chip.intrinsics) {
    for (auto [number, size] : llvm::enumerate(intrinsic.sizes)) {
      bool alongRow = llvm::any_of(intrinsic.operands, [&](const isa::OperandDeclaration &operand) {
        return operand.axes.back().size == int(number);
      });
      if (!alongRow)
        size.high = std::min(size.high, most);
    }
    for (isa::ValueDeclaration &value : intrinsic.values)
      if (llvm::StringRef(value.name).starts_with("in_"))
        value.high = mostExtent;
  }
  return chip;
}

TEST_P(ChipEncoding, WordsGiveCommandsBack) {
  for (int64_t size : {8, 16, 32}) {
    isa::Description chip = loadChip(GetParam(), {{"DIM", size}});
    llvm::Expected<isa::CommandSet> commands = isa::CommandSet::create(chip);
    ASSERT_TRUE(bool(commands)) << llvm::toString(commands.takeError());
    isa::test::Draw draw{uint64_t(size)};
    std::vector<isa::Instruction> stream = randomStream(withSmallRanges(chip), draw, 600);
    std::vector<bool> seen(chip.intrinsics.size());
    std::vector<uint8_t> bytes;
    for (const isa::Instruction &instruction : stream) {
      llvm::Error error = isa::encode(*commands, instruction, bytes);
      ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
      if (instruction.kind == isa::Instruction::Kind::Intrinsic)
        seen[instruction.intrinsic] = true;
    }
    llvm::Expected<std::vector<isa::Instruction>> decoded = isa::decodeAll(*commands, bytes);
    ASSERT_TRUE(bool(decoded)) << llvm::toString(decoded.takeError());
    EXPECT_TRUE(*decoded == stream);
    for (auto [intrinsic, wasSeen] : llvm::zip(chip.intrinsics, seen))
      EXPECT_TRUE(wasSeen) << "no command " << intrinsic.name << " was made";
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, ChipEncoding,
                         testing::ValuesIn(chipsThere({"ws-array", "outer-product", "npu-sim"})),
                         [](const testing::TestParamInfo<std::string> &chip) {
                           std::string name = chip.param;
                           std::erase(name, '-');
                           return name;
                         });

} // namespace
