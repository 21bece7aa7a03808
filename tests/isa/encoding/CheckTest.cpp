// Every mistake of an encoding is found, and its message says what and where.
#include "core/isa/encoding/Check.h"
#include "tests/isa/encoding/SmallArray.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

using ::testing::HasSubstr;

TEST(EncodingMistake, NoneInTheSmallArray) { EXPECT_EQ(mistakesOf(smallArray()), ""); }

TEST(EncodingMistake, FieldsOverlap) {
  Description description = smallArray();
  field(description, MvWord, "dst").low = 60;
  EXPECT_EQ(mistakesOf(description), "field dst (95..60) of word mv overlaps field src (63..32)\n");
}

TEST(EncodingMistake, FieldLeavesTheWord) {
  Description description = smallArray();
  field(description, MvWord, "cols").high = 128;
  EXPECT_EQ(mistakesOf(description),
            "field cols (128..112) of word mv leaves the word, which has bits 127..0\n");
}

TEST(EncodingMistake, FieldEndsBelowItsStart) {
  Description description = smallArray();
  field(description, MvWord, "cols").high = 100;
  EXPECT_THAT(mistakesOf(description), HasSubstr("field cols (100..112) of word mv ends below its start"));
}

TEST(EncodingMistake, FieldOfMoreThan64Bits) {
  Description description = smallArray();
  description.words[MvWord].fields.pop_back();
  description.words[MvWord].fields[4] = {"dst", 127, 60, std::nullopt, {}};
  EXPECT_THAT(mistakesOf(description), HasSubstr("field dst (127..60) of word mv has 68 bits, at most 64"));
}

TEST(EncodingMistake, WordOfOddBits) {
  for (unsigned bits : {0U, 63U, 520U}) {
    Description description = smallArray();
    description.words[CfgWord].bits = bits;
    EXPECT_THAT(mistakesOf(description), HasSubstr("word cfg has " + std::to_string(bits) + " bits"));
  }
}

TEST(EncodingMistake, ConstantDoesNotFit) {
  Description description = smallArray();
  field(description, CfgWord, "op").constant = 256;
  EXPECT_EQ(mistakesOf(description), "field op of word cfg is 256, its 8 bits hold 0..255\n");
}

TEST(EncodingMistake, SizeLeavesItsField) {
  Description description = smallArray();
  field(description, MvWord, "rows").high = 103;
  EXPECT_EQ(mistakesOf(description), "r of mvin is 1..256, field rows holds 0..255\n");
}

TEST(EncodingMistake, AddressWithItsBaseLeavesItsField) {
  Description description = smallArray();
  field(description, MmWord, "c").high = 94;
  EXPECT_THAT(mistakesOf(description),
              HasSubstr("c.addr of matmul{update: =} is 2147483648..2147484671, field c holds "
                        "0..2147483647"));
}

TEST(EncodingMistake, NegativeValueLeavesItsField) {
  Description description = smallArray();
  field(description, MmWord, "zero").high = 30;
  EXPECT_THAT(mistakesOf(description),
              HasSubstr("zero of matmul{update: =} is -128..127, field zero holds -64..63"));
}

TEST(EncodingMistake, NeededValueLeavesItsCell) {
  Description description = smallArray();
  description.intrinsics[Mvin].needs.push_back({0, "", 0, expression("r - 5"), {}});
  EXPECT_THAT(mistakesOf(description),
              HasSubstr("r - 5 of mvin is -4..251, cell ld.stride holds 0..4294967295"));
}

TEST(EncodingMistake, TwoCommandsDecodeAlike) {
  Description description = smallArray();
  assign(description, MatmulAdd, "update", "0");
  EXPECT_EQ(mistakesOf(description),
            "matmul{update: =} and matmul{update: +=} decode alike: no constant bit tells them apart\n");
}

TEST(EncodingMistake, SyncCommandDecodesAlike) {
  Description description = smallArray();
  description.syncCommands[1].command.fields[0].value = expression("8");
  EXPECT_THAT(mistakesOf(description), HasSubstr("wait sem and signal sem"));
}

TEST(EncodingMistake, LengthCannotBeTold) {
  Description description = smallArray();
  assign(description, Mvin, "op", "1");
  EXPECT_EQ(mistakesOf(description),
            "config_ld and mvin have words of 64 and 128 bits, and no constant bit below bit 64 "
            "tells which\n");
}

TEST(EncodingMistake, FieldThatAlwaysHoldsAConstantIsGiven) {
  Description description = smallArray();
  field(description, MvWord, "op").constant = 2;
  EXPECT_THAT(mistakesOf(description), HasSubstr("field op of mv always holds 2, mvin gives it 2"));
}

TEST(EncodingMistake, FieldIsGivenTwice) {
  Description description = smallArray();
  std::vector<FieldAssignment> &fields = description.intrinsics[Mvin].command->fields;
  fields.push_back(fields.back());
  EXPECT_THAT(mistakesOf(description), HasSubstr("field cols of mvin is given twice"));
}

TEST(EncodingMistake, SizeIsPutNowhere) {
  Description description = smallArray();
  removeAssignment(description, Mvin, "rows");
  EXPECT_EQ(mistakesOf(description),
            "size r of mvin is put nowhere: no field of its command and no needed cell mentions it\n");
}

TEST(EncodingMistake, ValueIsPutNowhere) {
  Description description = smallArray();
  removeAssignment(description, MatmulAdd, "zero");
  EXPECT_THAT(mistakesOf(description), HasSubstr("value zero of matmul{update: +=} is put nowhere"));
}

TEST(EncodingMistake, AddressIsPutNowhere) {
  Description description = smallArray();
  removeAssignment(description, Mvin, "src");
  EXPECT_THAT(mistakesOf(description), HasSubstr("address of src of mvin is put nowhere"));
}

TEST(EncodingMistake, FreeStrideIsPutNowhere) {
  Description description = smallArray();
  description.intrinsics[Mvin].needs.clear();
  EXPECT_THAT(mistakesOf(description), HasSubstr("stride of axis r of src of mvin is put nowhere"));
}

TEST(EncodingMistake, StrideOfOneElementMayBeLeftOut) {
  Description description = smallArray();
  description.intrinsics[Mvin].needs.clear();
  description.intrinsics[Mvin].sizes[0].high = 1;
  EXPECT_EQ(mistakesOf(description), "");
}

TEST(EncodingMistake, CellIsPutNowhere) {
  Description description = smallArray();
  removeAssignment(description, ConfigLd, "value");
  EXPECT_THAT(mistakesOf(description), HasSubstr("cell ld.stride of config_ld is put nowhere"));
}

TEST(EncodingMistake, SlotIsPutNowhere) {
  Description description = smallArray();
  description.registers[0].count = 3;
  description.intrinsics[ConfigLd].setsSlot = "s";
  description.intrinsics[Mvin].needs[0].slot = "s";
  std::string mistakes = mistakesOf(description);
  EXPECT_THAT(mistakes, HasSubstr("slot s of config_ld is put nowhere"));
  EXPECT_THAT(mistakes, HasSubstr("slot s of mvin is put nowhere"));
}

TEST(EncodingMistake, RegisterOfSeveralSlotsIsMentionedWithoutOne) {
  Description description = smallArray();
  description.registers[0].count = 3;
  std::string mistakes = mistakesOf(description);
  EXPECT_THAT(mistakes, HasSubstr("config_ld sets ld without a slot, it has 3"));
  EXPECT_THAT(mistakes, HasSubstr("mvin needs ld without a slot, it has 3"));
}

TEST(EncodingMistake, MemoryOfAnOperandCannotBeTold) {
  Description description = smallArray();
  description.intrinsics[Mvin].operands[1].memories.push_back(2);
  EXPECT_EQ(mistakesOf(description), ""); // acc's base is above all of spad
  description.memories[2].base = 0;
  EXPECT_THAT(mistakesOf(description), HasSubstr("memory of dst of mvin is put nowhere"));
}

TEST(EncodingMistake, WaitIsPutNowhere) {
  Description description = smallArray();
  removeAssignment(description, Mvin, "wait");
  EXPECT_THAT(mistakesOf(description), HasSubstr("wait for sem of mvin is put nowhere"));
}

TEST(EncodingMistake, IdOfASyncCommandIsPutNowhere) {
  Description description = smallArray();
  description.syncCommands[0].command.fields.erase(description.syncCommands[0].command.fields.begin() + 1);
  EXPECT_THAT(mistakesOf(description), HasSubstr("id of wait sem is put nowhere"));
}

TEST(EncodingMistake, QueueOfASyncCommandIsPutNowhere) {
  Description description = smallArray();
  description.syncCommands[1].command.fields.pop_back();
  EXPECT_THAT(mistakesOf(description), HasSubstr("queue of signal sem is put nowhere"));
}

TEST(EncodingMistake, ExpressionCannotBeTurnedRound) {
  for (const char *text : {"r % 8", "r * c", "max(r, 4)", "r / 2", "r >> 1", "r & 12", "r * 0",
                           "bits(r, 7, 0)", "r | r << 1", "c * r + r", "if r > 4 then r else 0"}) {
    Description description = smallArray();
    assign(description, Mvin, "rows", text);
    EXPECT_THAT(mistakesOf(description), HasSubstr("size r of mvin cannot be read back from field rows"))
        << text;
  }
}

TEST(EncodingMistake, ExpressionThatCanBeTurnedRound) {
  for (const char *text :
       {"r - 1", "r * 3", "r << 2", "1000 - r", "r << 5 | c", "c - 1 | r << 4", "r * 17 + c",
        "(r + c) + r * 20", "bits(r, 8, 0)", "r & 511", "(4 * r + 8) / 4", "r + c"}) {
    Description description = smallArray();
    assign(description, Mvin, "rows", text);
    EXPECT_EQ(mistakesOf(description), "") << text;
  }
}

TEST(EncodingMistake, NameIsNotKnown) {
  Description description = smallArray();
  assign(description, Mvin, "rows", "r");
  removeAssignment(description, Mvin, "wait_id");
  removeAssignment(description, Mvin, "wait");
  description.intrinsics[Mvin].command->fields.push_back({1, expression("nonsense")});
  EXPECT_THAT(mistakesOf(description), HasSubstr("nonsense is not known in field wait of mvin"));
}

TEST(EncodingMistake, CellIsSetDownAnotherQueue) {
  Description description = smallArray();
  description.intrinsics[ConfigLd].queue = 1;
  EXPECT_EQ(mistakesOf(description),
            "mvin goes down queue load and needs ld.stride, which config_ld sets down queue execute\n");
}

TEST(EncodingMistake, CellIsNeverSet) {
  Description description = smallArray();
  description.intrinsics.erase(description.intrinsics.begin());
  EXPECT_EQ(mistakesOf(description),
            "mvin needs ld.stride, which no command sets and which has no value after reset\n");
  description.registers[0].cells[0].atReset = 64;
  EXPECT_EQ(mistakesOf(description), "");
}

TEST(EncodingMistake, HasThePlaceOfTheExpression) {
  Description description = smallArray();
  field(description, MvWord, "rows").high = 103;
  assignment(description, Mvin, "rows").value.place = {42, 7};
  std::vector<Diagnostic> mistakes;
  checkEncoding(description, mistakes);
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(toString(mistakes[0]),
            "small.yaml:42:7: r of mvin is 1..256, field rows holds 0..255; widen the field, or "
            "narrow the range");
}

} // namespace

} // namespace tenon::isa::test
