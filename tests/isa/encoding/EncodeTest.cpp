// What encode() writes, bit by bit, and what it refuses.
#include "core/isa/encoding/Encode.h"
#include "tests/isa/encoding/SmallArray.h"

#include "llvm/ADT/StringExtras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

using ::testing::HasSubstr;

std::string bytesOf(const Description &description, const Instruction &instruction) {
  auto bytes = encode(description, instruction);
  if (!bytes)
    return messages(bytes.takeError());
  return llvm::toHex(*bytes, true);
}

Instruction product() {
  Instruction instruction;
  instruction.intrinsic = MatmulAdd;
  instruction.queue = 1;
  instruction.sizes = {16};
  instruction.values = {-2};
  instruction.operands = {{1, 0x102, {1}}, {2, 5, {1}}};
  return instruction;
}

TEST(Encode, LittleEndFirst) {
  EXPECT_EQ(bytesOf(smallArray(), mvin()), "02000000"
                                           "00010000"
                                           "03000000"
                                           "10001000");
}

TEST(Encode, NegativeValueMemberAndBase) {
  // op 3, update 1, m 16 from bit 12, zero 0xfe; address of c with its base.
  EXPECT_EQ(bytesOf(smallArray(), product()), "030101fe"
                                              "02010000"
                                              "05000080");
}

TEST(Encode, FieldsThatCrossSixtyFourBits) {
  Description description = smallArray();
  field(description, MvWord, "src").low = 13;
  field(description, MvWord, "src").high = 40;
  field(description, MvWord, "dst").low = 41;
  field(description, MvWord, "dst").high = 90;
  // dst 3 << 41, src 0x100 << 13
  EXPECT_EQ(bytesOf(description, mvin()), "02002000"
                                          "00060000"
                                          "00000000"
                                          "10001000");
  Instruction high = mvin();
  high.operands[1].address = 0x3f00; // bits 49 to 54
  EXPECT_EQ(bytesOf(description, high), "02002000"
                                        "00007e00"
                                        "00000000"
                                        "10001000");
}

TEST(Encode, WaitAndSyncCommand) {
  Instruction waiting = mvin();
  waiting.syncs.push_back({0, true, 5, 1});
  EXPECT_EQ(bytesOf(smallArray(), waiting).substr(0, 4), "020b"); // wait, 5 << 1
  Instruction wait;
  wait.kind = Instruction::Kind::Sync;
  wait.queue = 1;
  wait.syncs.push_back({0, true, 3, 200});
  EXPECT_EQ(bytesOf(smallArray(), wait), "0803c801");
}

TEST(Encode, AllOneAfterTheOther) {
  auto bytes = encodeAll(smallArray(), {configLd(64), mvin()});
  ASSERT_TRUE(static_cast<bool>(bytes)) << messages(bytes.takeError());
  EXPECT_EQ(bytes->size(), 24U);
  EXPECT_EQ(llvm::toHex(llvm::ArrayRef(*bytes).take_front(8), true), "0100000040000000");
}

TEST(Encode, NamesTheInstructionThatIsWrong) {
  Instruction wrong = mvin();
  wrong.sizes[0] = 0;
  auto bytes = encodeAll(smallArray(), {configLd(64), wrong});
  ASSERT_FALSE(static_cast<bool>(bytes));
  FailureReport found = report(bytes.takeError());
  EXPECT_EQ(found.code, ExitCode::TargetCannot);
  EXPECT_EQ(found.diagnostics.front().node, "instruction 1");
}

TEST(Encode, RefusesSizeOutsideItsRange) {
  Instruction wrong = mvin();
  wrong.sizes[0] = 257;
  EXPECT_THAT(bytesOf(smallArray(), wrong), HasSubstr("size r is 257"));
}

TEST(Encode, RefusesStrideThatItsCellDoesNotHold) {
  Description description = smallArray();
  description.registers[0].cells[0].type.scalar = nest::ScalarType::integer(4);
  Instruction wrong = mvin();
  EXPECT_THAT(bytesOf(description, wrong), HasSubstr("ld.stride must hold src.stride.r = 64"));
}

TEST(Encode, RefusesStrideThatItsFieldDoesNotHold) {
  Description description = smallArray();
  description.intrinsics[Mvin].needs.clear();
  description.words[MvWord].fields.push_back({"step", 17, 13, std::nullopt, {}});
  description.intrinsics[Mvin].command->fields.push_back({7, expression("src.stride.r")});
  EXPECT_EQ(bytesOf(description, mvin()), "mvin: src.stride.r is 64, field step holds 0..31\n");
}

TEST(Encode, RefusesStrideThatOverflowsIntoTheNextDigit) {
  Description description = smallArray();
  description.intrinsics[Mvin].needs.clear();
  assign(description, Mvin, "cols", "c << 6 | src.stride.r");
  EXPECT_EQ(bytesOf(description, mvin()),
            "mvin: does not read back: field cols is 1088, no value of c << 6 | src.stride.r\n");
  Instruction small = mvin();
  small.operands[0].strides[0] = 63;
  EXPECT_EQ(bytesOf(description, small).size(), 32U);
}

TEST(Encode, RefusesStrideThatIsPutNowhere) {
  Description description = smallArray();
  description.intrinsics[Mvin].needs.clear();
  description.intrinsics[Mvin].sizes[0].high = 1;
  Instruction one = mvin();
  one.sizes = {1, 16};
  EXPECT_THAT(bytesOf(description, one),
              HasSubstr("stride of axis r of src of mvin is 64, its word and cells say 16"));
  one.operands[0].strides[0] = 16;
  EXPECT_EQ(bytesOf(description, one).size(), 32U);
}

TEST(Encode, RefusesWaitThatTheWordHasNoFieldFor) {
  Instruction wrong = product();
  wrong.syncs.push_back({0, true, 5, 1});
  EXPECT_THAT(bytesOf(smallArray(), wrong),
              HasSubstr("it waits for sem (id 5, count 1), its word has no way to say so"));
  Instruction two = mvin();
  two.syncs = {{0, true, 5, 1}, {0, true, 6, 1}};
  EXPECT_THAT(bytesOf(smallArray(), two), HasSubstr("it waits for sem (id 6, count 1)"));
  Instruction counts = mvin();
  counts.syncs.push_back({0, true, 5, 2});
  EXPECT_THAT(bytesOf(smallArray(), counts), HasSubstr("it waits for sem (id 5, count 2)"));
}

TEST(Encode, RefusesWhatHasNoWord) {
  Description description = smallArray();
  description.intrinsics[MatmulAdd].command.reset();
  EXPECT_EQ(bytesOf(description, product()), "matmul{update: +=} has no command word to encode it in\n");
}

TEST(Encode, RefusesADescriptionWithMistakes) {
  Description description = smallArray();
  removeAssignment(description, Mvin, "rows");
  EXPECT_THAT(bytesOf(description, mvin()), HasSubstr("size r of mvin is put nowhere"));
}

} // namespace

} // namespace tenon::isa::test
