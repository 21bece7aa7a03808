// The text form: how instructions look, and what is said of text that is none.
#include "core/isa/encoding/Assembly.h"
#include "tests/isa/encoding/SmallArray.h"

#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

std::string wrong(const std::string &text) {
  auto read = assemble(smallArray(), text, "a.s");
  if (read)
    return "";
  std::string all;
  FailureReport found = report(read.takeError());
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  for (const Diagnostic &diagnostic : found.diagnostics)
    all += toString(diagnostic) + "\n";
  return all;
}

TEST(Assembly, Prints) {
  Description description = smallArray();
  Instruction move = mvin();
  move.syncs = {{0, true, 2, 1}, {0, false, 3, 1}};
  EXPECT_EQ(print(description, move),
            "mvin r=16 c=16 src=dram[0x100] src.stride.r=64 dst=spad[3] wait sem[2] x1 signal sem[3]");
  EXPECT_EQ(print(description, configLd(64)), "config_ld ld.stride=64");
}

TEST(Assembly, ReadsWithCommentsSpacesAndDefaults) {
  Description description = smallArray();
  auto read = assemble(description,
                       "# a comment\n\n  config_ld ld.stride=0x40 # more\r\n"
                       "mvin src = dram[256] dst=spad[0x3] c=16\tr=16 src.stride.r=64\n"
                       "matmul{update:+=} m=4 zero=-128 a=spad[1] c=acc[2]\n"
                       "signal sem[7] on execute\n"
                       "wait sem[7] x9 on load",
                       "a.s");
  ASSERT_TRUE(static_cast<bool>(read)) << messages(read.takeError());
  ASSERT_EQ(read->size(), 5U);
  EXPECT_EQ((*read)[0], configLd(64));
  EXPECT_EQ((*read)[1], mvin());
  EXPECT_EQ((*read)[2].intrinsic, unsigned(MatmulAdd));
  EXPECT_EQ((*read)[2].values[0], -128);
  EXPECT_EQ((*read)[2].operands[1].strides, (llvm::SmallVector<int64_t, 4>{1}));
  EXPECT_EQ((*read)[3].queue, 1U);
  EXPECT_EQ((*read)[4].syncs.front(), (SyncUse{0, true, 7, 9}));
}

TEST(Assembly, DenseStrideIsTheDefault) {
  auto read = assemble(smallArray(), "mvin r=16 c=8 src=dram[0] dst=spad[0]", "a.s");
  ASSERT_TRUE(static_cast<bool>(read)) << messages(read.takeError());
  EXPECT_EQ(read->front().operands[0].strides[0], 8);
}

TEST(AssemblyMistake, UnknownInstruction) {
  EXPECT_EQ(wrong("\n  mvim r=1"), "a.s:2:3: there is no instruction mvim; did you mean mvin\n");
}

TEST(AssemblyMistake, UnknownName) {
  EXPECT_EQ(wrong("config_ld ld.stripe=1"),
            "a.s:1:11: config_ld has no ld.stripe; its names are ld.stride\n");
}

TEST(AssemblyMistake, MissingName) {
  EXPECT_EQ(wrong("mvin r=1 src=dram[0] dst=spad[0]"), "a.s:1:33: c of mvin is missing; write c=...\n");
}

TEST(AssemblyMistake, NameGivenTwice) {
  EXPECT_EQ(wrong("config_ld ld.stride=1 ld.stride=1"),
            "a.s:1:23: ld.stride is given twice; remove one of the two\n");
}

TEST(AssemblyMistake, NoNumber) {
  EXPECT_EQ(wrong("config_ld ld.stride=x"), "a.s:1:21: 'x' is no number of 64 bits\n");
  EXPECT_EQ(wrong("config_ld ld.stride=9223372036854775808"),
            "a.s:1:21: '9223372036854775808' is no number of 64 bits\n");
  EXPECT_EQ(wrong("config_ld ld.stride=010"), "a.s:1:21: '010' is no number of 64 bits\n");
  EXPECT_EQ(wrong("config_ld ld.stride"), "a.s:1:20: '=' is missing after ld.stride\n");
}

TEST(AssemblyMistake, NoPlace) {
  EXPECT_EQ(wrong("mvin src=cache[0]"), "a.s:1:10: there is no memory cache[0]; write src=memory[address]\n");
  EXPECT_EQ(wrong("mvin src=dram[x]"), "a.s:1:15: an address is a number in brackets; write dram[0]\n");
}

TEST(AssemblyMistake, NoSync) {
  EXPECT_EQ(wrong("config_ld ld.stride=1 wait lock[0]"), "a.s:1:28: there is no sync lock[0]\n");
  EXPECT_EQ(wrong("wait sem[0] on loud"), "a.s:1:20: there is no such queue\n");
}

TEST(AssemblyMistake, EveryLineIsRead) {
  EXPECT_EQ(wrong("a\nconfig_ld ld.stride=1\nb\n"),
            "a.s:1:1: there is no instruction a\na.s:3:1: there is no instruction b\n");
}

TEST(AssemblyMistake, ControlCharactersAreNotPrinted) {
  EXPECT_EQ(wrong("config_ld \x1b[31m"), "a.s:1:11: '?[31m' is no name; write name=number\n");
}

} // namespace

} // namespace tenon::isa::test
