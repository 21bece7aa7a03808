// What decode() refuses, with the offset of the command, and how registers are followed.
#include "core/isa/encoding/Decode.h"
#include "tests/isa/encoding/SmallArray.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

using ::testing::HasSubstr;

class Decode : public ::testing::Test {
protected:
  std::vector<uint8_t> bytesOf(llvm::ArrayRef<Instruction> instructions) {
    auto bytes = encodeAll(description, instructions);
    if (bytes)
      return *bytes;
    ADD_FAILURE() << messages(bytes.takeError());
    return {};
  }

  /// The error's message, which is one of the input; "" for none.
  std::string refusal(llvm::ArrayRef<uint8_t> stream) {
    auto commands = CommandSet::create(description);
    if (!commands)
      return messages(commands.takeError());
    auto instructions = decodeAll(*commands, stream);
    if (instructions)
      return "";
    FailureReport found = report(instructions.takeError());
    EXPECT_EQ(found.code, ExitCode::WrongInput);
    return found.diagnostics.front().message;
  }

  Description description = smallArray();
};

TEST_F(Decode, TakesSettingsFromRegisters) {
  auto commands = CommandSet::create(description);
  ASSERT_TRUE(static_cast<bool>(commands));
  Instruction far = mvin();
  far.operands[0].strides[0] = 1000;
  std::vector<Instruction> stream = {configLd(64), mvin(), mvin(), configLd(1000), far};
  auto decoded = decodeAll(*commands, bytesOf(stream));
  ASSERT_TRUE(static_cast<bool>(decoded)) << messages(decoded.takeError());
  EXPECT_EQ(*decoded, stream);
}

TEST_F(Decode, CellThatIsNotSet) {
  EXPECT_EQ(refusal(bytesOf({mvin()})),
            "offset 0: mvin: reads ld.stride, which no command before it has set");
  description.registers[0].cells[0].atReset = 64;
  EXPECT_EQ(refusal(bytesOf({mvin()})), "");
}

TEST_F(Decode, SlotThatIsNotSet) {
  description.registers[0].count = 3;
  description.intrinsics[ConfigLd].setsSlot = "s";
  description.intrinsics[Mvin].needs[0].slot = "t";
  assign(description, ConfigLd, "which", "s");
  description.words[MvWord].fields.push_back({"slot", 15, 13, std::nullopt, {}});
  description.intrinsics[Mvin].command->fields.push_back({7, expression("t")});
  Instruction set = configLd(64), move = mvin();
  set.setsSlot = 2;
  move.slots["t"] = 2;
  EXPECT_EQ(refusal(bytesOf({set, move})), "");
  move.slots["t"] = 1;
  EXPECT_EQ(refusal(bytesOf({set, move})),
            "offset 8: mvin: reads ld[1].stride, which no command before it has set");
}

TEST_F(Decode, StreamThatEnds) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes.resize(20);
  EXPECT_EQ(refusal(bytes), "offset 8: mvin has 16 bytes, the stream has 12 more");
  RegisterState registers(description);
  auto decoded = decode(description, bytes, 20, registers);
  ASSERT_FALSE(static_cast<bool>(decoded));
  EXPECT_EQ(messages(decoded.takeError()), "offset 20: the stream ends at 20\n");
}

TEST_F(Decode, UnknownCommand) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes[8] = 0x12;
  EXPECT_EQ(refusal(bytes),
            "offset 8: no command has these constant bits: 1200000000010000; nearest is mvin, whose op is 2 "
            "and not 18");
}

TEST_F(Decode, BitInNoField) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64)});
  bytes[2] = 4;
  EXPECT_EQ(refusal(bytes), "offset 0: config_ld: bit 18 is in no field and must be 0");
}

TEST_F(Decode, FieldThatIsNotGivenMustBeZero) {
  removeAssignment(description, Mvin, "wait");
  removeAssignment(description, Mvin, "wait_id");
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes[9] = 1;
  EXPECT_THAT(refusal(bytes), HasSubstr("nearest is mvin, whose wait is 0 and not 1"));
}

TEST_F(Decode, SizeOutsideItsRange) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes[8 + 12] = 0;
  EXPECT_EQ(refusal(bytes), "offset 8: mvin: size r of mvin is 0, it may be 1..256");
}

TEST_F(Decode, SizeThatIsNotAllowed) {
  description.intrinsics[Mvin].sizes[0].choices = {8, 16, 24, 32};
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes[8 + 12] = 9;
  EXPECT_EQ(refusal(bytes), "offset 8: mvin: field rows is 9, no value of r");
}

TEST_F(Decode, OperandThatLeavesItsMemory) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes[8 + 4] = 0xf0;
  bytes[8 + 5] = 0xff;
  bytes[8 + 6] = 0x0f;
  EXPECT_THAT(refusal(bytes), HasSubstr("offset 8: mvin: "));
  EXPECT_THAT(refusal(bytes), HasSubstr("dram has 1048576 bytes"));
}

TEST_F(Decode, ClauseThatDoesNotHold) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  description.intrinsics[Mvin].where.push_back({expression("r < 16"), "r < 16", {}});
  EXPECT_EQ(refusal(bytes), "offset 8: mvin: where r < 16 does not hold for r = 16");
}

TEST_F(Decode, FieldThatFollowsFromOthers) {
  description.words[MvWord].fields.push_back({"bytes", 31, 13, std::nullopt, {}});
  description.intrinsics[Mvin].command->fields.push_back({7, expression("src.bytes + dst.stride.r")});
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  EXPECT_EQ(refusal(bytes), "");
  bytes[8 + 1] ^= 0x20;
  EXPECT_EQ(refusal(bytes), "offset 8: mvin: field bytes is 256, src.bytes + dst.stride.r is 257");
}

TEST_F(Decode, IdOfAWaitThatIsNone) {
  std::vector<uint8_t> bytes = bytesOf({configLd(64), mvin()});
  bytes[8 + 1] = 3 << 1;
  EXPECT_EQ(refusal(bytes), "offset 8: mvin: sem.wait is 0, but its id is 3 and its count 0");
}

TEST_F(Decode, QueueThatDoesNotExist) {
  EXPECT_EQ(refusal({0x09, 0, 0, 7}), "offset 0: signal sem: queue of signal sem is 7, it may be 0..1");
}

TEST_F(Decode, TokensTellTheirQueue) {
  Sync tokens;
  tokens.name = "l2c";
  tokens.kind = Sync::Kind::Tokens;
  tokens.from = 0;
  tokens.to = 1;
  tokens.max = 4;
  description.syncs.push_back(tokens);
  Command command = description.syncCommands[0].command;
  command.fields = {{0, expression("10")}};
  description.syncCommands.push_back({1, true, -1, command});
  auto commands = CommandSet::create(description);
  ASSERT_TRUE(static_cast<bool>(commands)) << messages(commands.takeError());
  auto decoded = decodeAll(*commands, {10, 0, 0, 0});
  ASSERT_TRUE(static_cast<bool>(decoded)) << messages(decoded.takeError());
  EXPECT_EQ(decoded->front().queue, 1U);
  EXPECT_EQ(decoded->front().syncs.front(), (SyncUse{1, true, 0, 1}));
}

TEST_F(Decode, AddressTellsItsMemory) {
  description.intrinsics[Mvin].operands[1].memories.push_back(2);
  description.memories[2].rowBytes = 16;
  Instruction move = mvin();
  move.operands[1].memory = 2;
  auto commands = CommandSet::create(description);
  ASSERT_TRUE(static_cast<bool>(commands)) << messages(commands.takeError());
  auto decoded = decodeAll(*commands, bytesOf({configLd(64), move}));
  ASSERT_TRUE(static_cast<bool>(decoded)) << messages(decoded.takeError());
  EXPECT_EQ(decoded->back(), move);
  std::vector<uint8_t> bytes = bytesOf({configLd(64), move});
  bytes[8 + 11] = 0x40; // between the two
  EXPECT_THAT(refusal(bytes),
              HasSubstr("address of dst of mvin is 1073741827, which is in none of its memories"));
}

TEST_F(Decode, NoCommandsAtAll) {
  description.intrinsics.clear();
  description.syncCommands.clear();
  EXPECT_EQ(refusal({1, 2}),
            "offset 0: no command has these constant bits: 0102; the target has no command words");
}

} // namespace

} // namespace tenon::isa::test
