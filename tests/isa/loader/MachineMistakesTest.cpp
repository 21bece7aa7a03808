// Mistakes in what a chip has: keys, numbers, memories, queues, synchronisation, words, registers.
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::test;

namespace {

TEST(Keys, Unknown) {
  expectMistake(sampleWith("memories:\n", "memoris:\n"), "memoris",
                "unknown key 'memoris' in the description", "did you mean 'memories'?");
}

TEST(Keys, UnknownInAnEntry) {
  expectMistake(sampleWith("queues: {load: {depth: 16}", "queues: {load: {depht: 16}"), "depht",
                "unknown key 'depht' in queue 'load'", "did you mean 'depth'?");
}

TEST(Keys, UnknownAndLikeNone) {
  expectMistake(sampleWith("align: 16}", "colour: 16}"), "colour", "unknown key 'colour'",
                "known: kind, bytes");
}

TEST(Keys, NotYetSupported) {
  expectMistake(sample() + "numerics: {fused: yes}\n", "numerics", "'numerics' is not yet supported",
                "remove");
}

TEST(Keys, NotYetSupportedKind) {
  expectMistake(sampleWith("kind: interlock, between: [load, store]", "kind: barrier"), "barrier",
                "'barrier' is not yet supported", "known: interlock");
}

TEST(Keys, Missing) {
  expectMistake(sampleWith("{kind: global, bytes: 64 MiB", "{bytes: 64 MiB"), "{bytes: 64 MiB",
                "memory 'dram' has no 'kind'", "add kind: a word");
}

TEST(Keys, MissingAtTheTop) {
  expectMistake("tenon: 1\ntarget: x\nmemories: {}\n", "tenon", "the description has no 'intrinsics'",
                "add intrinsics");
}

TEST(Keys, NoValue) {
  expectMistake(sampleWith("queues: {load: {depth: 16}", "queues: {load: {depth: }"), "depth: }",
                "'depth' of queue 'load' has no value", "a number");
}

TEST(Keys, NullIsNoValue) {
  expectMistake(sampleWith("queues: {load: {depth: 16}", "queues: {load: {depth: null}"), "depth: null",
                "has no value", "a number");
}

TEST(Keys, ListForANumber) {
  expectMistake(sampleWith("queues: {load: {depth: 16}", "queues: {load: {depth: [16]}"), "[16]",
                "'depth' of queue 'load' is a list; it takes a number", "an expression over parameters");
}

TEST(Keys, NumberForAMapping) {
  expectMistake(sampleWith("queues: {load: {depth: 16}", "queues: {load: 16"), "16, execute",
                "queue 'load' is '16'; it takes a mapping", "a mapping");
}

TEST(Keys, MappingInAList) {
  expectMistake(sampleWith("between: [load, store]", "between: [load, {a: b}]"), "{a: b}",
                "a mapping in its list", "NAME");
}

TEST(Keys, UnknownWord) {
  expectMistake(sampleWith("kind: global", "kind: globl"), "globl", "'kind' of memory 'dram' is 'globl'",
                "did you mean 'global'?");
}

TEST(Version, Unknown) {
  expectMistake(sampleWith("tenon: 1", "tenon: 2"), "2\n", "version '2' of the language is unknown",
                "write tenon: 1");
}

TEST(Version, NotFirst) {
  expectMistake(sampleWith("tenon: 1\ntarget: sample-chip", "target: sample-chip\ntenon: 1"), "target",
                "'target' comes before 'tenon'", "begin the description with tenon: 1");
}

TEST(Target, NoName) {
  expectMistake(sampleWith("target: sample-chip", "target: ../x"), "../x", "'../x' cannot be a target's name",
                "letters");
}

TEST(Names, NotOne) {
  expectMistake(sampleWith("parameters: {DIM", "parameters: {8X: 1, DIM"), "8X", "'8X' is no name",
                "another name");
}

TEST(Names, AWordOfTheLanguage) {
  expectMistake(sampleWith("parameters: {DIM", "parameters: {any: 1, DIM"), "any: 1",
                "is a word of the language", "another name");
}

TEST(Numbers, LeadingZero) {
  expectMistake(sampleWith("{load: {depth: 16}", "{load: {depth: 010}"), "010", "010", "");
}

TEST(Numbers, UnknownParameter) {
  expectMistake(sampleWith("ROWS: 64*DIM", "ROWS: 64*DIN"), "DIN", "'DIN' is not known in a number",
                "did you mean 'DIM'?");
}

TEST(Numbers, ALaterParameter) {
  expectMistake(sampleWith("{DIM: 16, ROWS: 64*DIM}", "{ROWS: 64*DIM, DIM: 16}"), "DIM, DIM",
                "'DIM' is not known", "there is none");
}

TEST(Numbers, DecimalPoint) {
  expectMistake(sampleWith("depth: 8", "depth: 8.5"), "8.5", "whole number", "integer");
}

TEST(Numbers, Overflow) {
  expectMistake(sampleWith("bytes: 64 MiB", "bytes: 9000000000000 MiB"), "9000000000000", "beyond 64 bits",
                "change");
}

TEST(Numbers, OutOfRange) {
  expectMistake(sampleWith("depth: 8", "depth: 0"), "0}, store",
                "depth of queue 'execute' is 0; it may be 1 to 65536", "change the number");
}

TEST(Numbers, DivisionByZero) {
  std::vector<Diagnostic> found = mistakesOf(sampleWith("depth: 8}", "depth: 8 / (DIM - 16)}"));
  EXPECT_THAT(found.front().message, testing::HasSubstr("zero"));
}

TEST(Numbers, UnknownFunction) {
  expectMistake(sampleWith("depth: 8", "depth: mx(8)"), "mx", "unknown function 'mx'", "did you mean 'max'?");
}

TEST(Numbers, WrongNumberOfArguments) {
  expectMistake(sampleWith("depth: 8", "depth: max(8)"), "max(8)", "max has 1 arguments; it takes 2 or more",
                "comma");
}

TEST(Memories, NoCapacity) {
  expectMistake(sampleWith("kind: global, bytes: 64 MiB,", "kind: global,"), "{kind: global",
                "memory 'dram' has no 'bytes'", "add bytes: a number of bytes");
}

TEST(Memories, KeyOfAnotherKind) {
  expectMistake(sampleWith("base: 0x8000", "copies: 2"), "copies: 2}", "'copies' belongs to kind rotating",
                "change the kind");
}

TEST(Memories, RowThatIsNoPair) {
  expectMistake(sampleWith("row: [64, i8]", "row: [64]"), "[64]", "has 1 entries", "[ELEMENTS, TYPE]");
}

TEST(Memories, UnknownType) {
  expectMistake(sampleWith("row: [64, i8]", "row: [64, int8]"), "int8",
                "memory 'zmm' has the unknown type 'int8'", "f16");
}

TEST(Memories, CapacityThatIsNoMultipleOfTheRow) {
  expectMistake(sampleWith("bytes: ROWS*DIM", "bytes: ROWS*DIM + 1"), "ROWS*DIM + 1",
                "and its row has 16 bytes", "a multiple of the row");
}

TEST(Memories, UnequalBanks) {
  expectMistake(sampleWith("banks: 4", "banks: 3"), "3}", "3 banks do not divide them",
                "make the banks equal");
}

TEST(Memories, UnitWithoutARow) {
  expectMistake(sampleWith("align: 16}", "unit: row}"), "row}", "it declares no row", "add row");
}

TEST(Memories, AlignmentBeyondTheCapacity) {
  expectMistake(sampleWith("row: [16, i8], unit: byte", "align: 4096"), "4096", "and it has 1024 units",
                "smaller");
}

TEST(Sync, UnknownQueue) {
  expectMistake(sampleWith("from: load, to: execute", "from: lod, to: execute"), "lod,",
                "unknown queue 'lod'", "did you mean 'load'?");
}

TEST(Sync, UnknownQueueOfAnInterlock) {
  expectMistake(sampleWith("between: [load, store]", "between: [load, stor]"), "stor]",
                "unknown queue 'stor'", "did you mean 'store'?");
}

TEST(Sync, QueueTwice) {
  expectMistake(sampleWith("between: [load, store]", "between: [load, load]"), "load]",
                "has queue 'load' twice", "remove");
}

TEST(Sync, MissingKeyOfItsKind) {
  expectMistake(sampleWith("    count: 16\n", ""), "kind: semaphore", "sync 'sem' has no 'count'",
                "add count");
}

TEST(Sync, TokensToTheSameQueue) {
  expectMistake(sampleWith("to: execute", "to: load"), "load, max", "to the same queue",
                "in order without it");
}

TEST(Sync, CommandWithoutAQueue) {
  expectMistake(sampleWith(", n: count, queue: queue}", ", n: count}"), "{word: sy, op: 8",
                "nothing says which queue wait of sync 'sem' goes down", "on: QUEUE");
}

TEST(Sync, NameThatASignalDoesNotHave) {
  expectMistake(sampleWith("{word: sy, op: 9, id: id,", "{word: sy, op: 9, id: id, n: count,"), "count, on",
                "'count' is not known in field 'n'", "known: DIM, ROWS, id");
}

TEST(Words, WidthThatIsNoMultipleOf8) {
  expectMistake(sampleWith("bits: 64, op", "bits: 63, op"), "63, op", "bits of word 'cfg' is 63",
                "multiple of 8");
}

TEST(Words, LowBitFirst) {
  expectMistake(sampleWith("stride: 63..32}\n", "stride: 32..63}\n"), "32..63", "is 32..63", "write 63..32");
}

TEST(Words, FieldBeyondTheWord) {
  expectMistake(sampleWith("stride: 63..32}\n", "stride: 64..32}\n"), "64..32}", "is 64; it may be 0 to 63",
                "change");
}

TEST(Words, FieldTooWide) {
  expectMistake(sampleWith("dst: 95..64, rows", "dst: 100..32, rows"), "100..32",
                "has 69 bits; it may have 64", "two fields");
}

TEST(Words, ConstantTooLarge) {
  expectMistake(sampleWith("op: 7..0 = 1,", "op: 7..0 = 256,"), "256, which",
                "the constant of field 'op' of word 'cfg' is 256; it may be 0 to 255", "change");
}

TEST(Words, FieldsThatOverlap) {
  std::vector<Diagnostic> found = mistakesOf(sampleWith("which: 8,", "which: 7,"));
  EXPECT_THAT(found.front().message, testing::HasSubstr("overlap"));
}

TEST(Words, FieldNamedAsAKeyOfCommands) {
  expectMistake(sampleWith("which: 8,", "on: 8,"), "on: 8", "'on' is a key of commands", "another name");
}

TEST(Registers, CellThatIsNoInteger) {
  expectMistake(sampleWith("  ld: {stride: u32}", "  ld: {stride: f32}"), "f32", "a cell is an integer",
                "same bits");
}

TEST(Registers, ValueAfterResetThatDoesNotFit) {
  expectMistake(sampleWith("scale: u32 = 1", "scale: u8 = 256"), "256}",
                "after reset is 256; it may be 0 to 255", "change");
}

TEST(Registers, NoCells) {
  expectMistake(sampleWith("  ld: {stride: u32}", "  ld: {}"), "ld: {}", "register 'ld' has no cells",
                "{CELL: TYPE}");
}

TEST(Registers, TwiceWithSlots) {
  expectMistake(sampleWith("  ld: {stride: u32}", "  ld: {stride: u32}\n  ld[2]: {stride: u32}"), "ld[2]",
                "register 'ld' is there twice", "remove");
}

TEST(Registers, NoCount) {
  expectMistake(sampleWith("  ld3[3]: {", "  ld3[]: {"), "ld3[]", "no one count in its brackets", "[3]");
}

TEST(Mistakes, AllAtOnceInTheOrderOfTheFile) {
  std::string text = sampleWith("kind: global", "kind: globl");
  text.replace(text.find("depth: 8"), 8, "depth: 0");
  text.replace(text.find("[load, store]"), 13, "[load, stor]");
  std::vector<unsigned> lines;
  for (const Diagnostic &found : mistakesOf(text))
    lines.push_back(*found.line);
  EXPECT_THAT(lines, testing::ElementsAre(6, 13, 15));
}

TEST(Mistakes, EndAtABound) {
  std::string text = "tenon: 1\n";
  for (int i = 0; i < 1000; ++i)
    text += "unknown" + std::to_string(i) + ": 1\n";
  FailureReport found = report(isa::parseDescription(text, "sample.yaml").takeError());
  EXPECT_EQ(found.diagnostics.size(), 201U);
  EXPECT_THAT(found.diagnostics.back().message, testing::HasSubstr("more than 200 mistakes"));
}

} // namespace
