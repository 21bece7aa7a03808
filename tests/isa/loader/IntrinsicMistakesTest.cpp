// Mistakes in what a chip can do.
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::test;

namespace {

TEST(Sizes, LowAboveHigh) {
  expectMistake(sampleWith("m: 1..1024", "m: 1024..1"), "1024..1,", "from 1024 down to 1",
                "low end comes first");
}

TEST(Sizes, Zero) {
  expectMistake(sampleWith("m: 1..1024", "m: 0..1024"), "0..1024", "is 0; it may be 1", "change");
}

TEST(Sizes, StepThatNeverReachesTheEnd) {
  expectMistake(sampleWith("4..64 by 4", "4..62 by 4"), "4..62", "never reaches 62", "end it at 60");
}

TEST(Sizes, ChoicesOutOfOrder) {
  expectMistake(sampleWith("n: [8, 16]", "n: [16, 8]"), "8], k", "lists 8 after 16", "the smallest first");
}

TEST(Sizes, NoChoices) {
  expectMistake(sampleWith("n: [8, 16]", "n: []"), "[], k", "has no choices", "[SIZE, ...]");
}

TEST(Values, LowAboveHigh) {
  expectMistake(sampleWith("pad: 0..2", "pad: 2..0"), "2..0", "is '2..0'", "low end comes first");
}

TEST(Values, Float) {
  expectMistake(sampleWith("zero: i8}", "zero: f32}"), "f32", "has type f32", "integer type");
}

TEST(Names, TwoMeanings) {
  expectMistake(sampleWith("values: {zero: i8}", "values: {m: i8}"), "m: i8",
                "'m' is a value of intrinsic 'matmul' and a size", "rename");
}

TEST(Names, OperandNamedAsASync) {
  std::string text = sampleWithIntrinsic("  x:\n    sizes: {e: 4}\n    operands:\n"
                                         "      sem: {type: \"i8[e]\", memory: spad, access: write}\n"
                                         "    semantics: sem[e] = 0\n    asm: x\n");
  expectMistake(text, "sem: {type", "'sem' is a operand of intrinsic 'x' and a sync", "rename");
}

TEST(Queue, Unknown) {
  expectMistake(sampleWith("like: mvin\n    queue: store", "like: mvin\n    queue: stre"), "stre\n",
                "unknown queue 'stre'", "did you mean 'store'?");
}

TEST(Operands, UnknownMemory) {
  expectMistake(sampleWith("w: {type: \"i8[k, n]\", memory: wgt}", "w: {type: \"i8[k, n]\", memory: wgts}"),
                "wgts", "unknown memory 'wgts'", "did you mean 'wgt'?");
}

TEST(Operands, UnknownType) {
  expectMistake(sampleWith("type: \"i8[m, k]\"", "type: \"s8[m, k]\""), "s8[m", "unknown type 's8'",
                "i1 to i64");
}

TEST(Operands, NoAxes) {
  expectMistake(sampleWith("type: \"i8[m, k]\"", "type: \"i8\""), "i8\", memory: spad, stride: {m: any}}",
                "has no axes", "i8[AXIS, ...]");
}

TEST(Operands, BracketThatDoesNotClose) {
  expectMistake(sampleWith("type: \"i8[m, k]\"", "type: \"i8[m, k\""), "i8[m, k\"", "brackets do not close",
                "one pair");
}

TEST(Operands, AxisThatIsNoSize) {
  expectMistake(sampleWith("type: \"i8[m, k]\"", "type: \"i8[m, kk]\""), "kk]", "axis 'kk' of operand 'a'",
                "extent: {kk: ...}");
}

TEST(Operands, AxisTwice) {
  expectMistake(sampleWith("type: \"i8[m, k]\"", "type: \"i8[m, m]\""), "m]\"", "has axis 'm' twice",
                "give its extent");
}

TEST(Operands, ExtentOfASize) {
  expectMistake(sampleWith("stride: {m: any}}\n      w:", "extent: {k: 4}}\n      w:"), "k: 4",
                "is a size; that is its extent", "remove the extent");
}

TEST(Operands, StrideOfNoAxis) {
  expectMistake(sampleWith("stride: {m: any}}\n      w:", "stride: {x: any}}\n      w:"), "x: any}}",
                "names 'x', which is none of its axes", "known: m, k");
}

TEST(Operands, StrideAlongTheRow) {
  expectMistake(sampleWith("stride: {m: any}}\n      w:", "stride: {k: any}}\n      w:"), "any}}\n      w",
                "lies along the row", "remove the stride of 'k'");
}

TEST(Operands, StrideNotYetSupported) {
  expectMistake(sampleWith("stride: {m: any}}\n      w:", "stride: {m: table}}\n      w:"), "table}}",
                "stride 'table' is not yet supported", "any");
}

TEST(Operands, KeepOnARead) {
  expectMistake(
      sampleWith("extent: {i: o + 2 - 2*pad}, outside: 0}", "extent: {i: o + 2 - 2*pad}, outside: keep}"),
      "keep}\n      y", "says what a write leaves", "access: write");
}

TEST(Operands, OutsideOfASize) {
  expectMistake(sampleWith("access: write, outside: 0}", "access: write, outside: r}"), "r}\n",
                "'r' is not known in outside", "known: DIM, ROWS");
}

TEST(Operands, InoutIsUpdate) {
  expectMistake(sampleWith("access: update, outside: keep", "access: inout, outside: keep"), "inout",
                "'access' of operand 'c'", "known: read, write, update");
}

TEST(Operands, LastAxisLargerThanTheMemory) {
  expectMistake(sampleWith("sizes: {e: 1..DIM}", "sizes: {e: 1..65536}"), "y: {type: \"i8[e]\"",
                "operand 'y' of intrinsic 'look_up' has 65536 bytes along 'e', and memory 'spad' has 16384",
                "enlarge");
}

TEST(Operands, NeverWritten) {
  std::vector<Diagnostic> found = mistakesOf(sampleWith(
      "x: {type: \"i8[e]\", memory: [spad, raw]}", "x: {type: \"i8[e]\", memory: spad, access: update}"));
  EXPECT_THAT(found.front().message, testing::HasSubstr("its semantics never write it"));
}

TEST(Holds, UnknownUnit) {
  expectMistake(sampleWith("\"dword l, byte t = a[t]\"", "\"dwrd l, byte t = a[t]\""), "dwrd l", "'dwrd'",
                "did you mean 'dword'?");
}

TEST(Holds, NoElement) {
  expectMistake(sampleWith("\"dword l, byte t = a[t]\"", "\"dword l, byte t\""), "dword l, byte t\"",
                "has no =", "UNIT NAME");
}

TEST(Holds, AnotherOperand) {
  expectMistake(sampleWith("byte t = a[t]", "byte t = b[t]"), "b[t]\"", "gives 'b[t]'",
                "write a[INDEX, ...]");
}

TEST(Holds, WrongNumberOfIndices) {
  expectMistake(sampleWith("byte t = b[l, t]", "byte t = b[t]"), "b[t]", "the operand has 2 axes",
                "b[INDEX, ...]");
}

TEST(Holds, UnknownCoordinate) {
  expectMistake(sampleWith("byte t = a[t]", "byte t = a[u]"), "u]\"", "'u' is not known in a layout",
                "known: DIM, ROWS, l, t");
}

TEST(Holds, CoordinateTwice) {
  expectMistake(sampleWith("\"dword l, byte t = a[t]\"", "\"dword t, byte t = a[t]\""), "byte t = a",
                "'t' is there twice", "UNIT NAME");
}

TEST(Semantics, Missing) {
  expectMistake(sampleWith("    semantics: dst[k, n] = src[k, n]\n", ""),
                "fill:", "has operands and no semantics", "add semantics");
}

TEST(Semantics, MistakesHaveTheirPlace) {
  std::vector<Diagnostic> found =
      mistakesOf(sampleWith("semantics: dst[k, n] = src[k, n]", "semantics: dst[k, n] = src[k]"));
  EXPECT_THAT(toString(found.front()), testing::HasSubstr("sample.yaml:77:28: src[k] has 1 index"));
}

TEST(Where, UnknownName) {
  expectMistake(sampleWith("src.addr % 16 == 0]", "src.adr % 16 == 0]"), "src.adr",
                "'src.adr' is not known in a clause of where", "did you mean 'src.addr'?");
}

TEST(Where, SynchronisationIsNoneOfIt) {
  expectMistake(sampleWith("prefer: dst.bank != 0", "prefer: sem.wait == 0"), "sem.wait",
                "'sem.wait' is not known", "known");
}

TEST(Where, BrokenExpression) {
  std::vector<Diagnostic> found = mistakesOf(sampleWith("prefer: dst.bank != 0", "prefer: dst.bank !="));
  EXPECT_EQ(found.front().line, 55U);
}

TEST(Needs, UnknownRegister) {
  expectMistake(sampleWith("ld3[s].stride: src", "ldd3[s].stride: src"), "ldd3", "unknown register 'ldd3'",
                "did you mean 'ld3'?");
}

TEST(Needs, UnknownCell) {
  expectMistake(sampleWith("ld3[s].stride: src", "ld3[s].strid: src"),
                "strid:", "register 'ld3' has no cell 'strid'", "did you mean 'stride'?");
}

TEST(Needs, NoSlot) {
  expectMistake(sampleWith("ld3[s].stride: src", "ld3.stride: src"), "ld3.stride: src",
                "has 3 slots, and none is named", "write ld3[s]");
}

TEST(Needs, SlotOfARegisterThatHasOne) {
  expectMistake(sampleWith("ld3[s].stride: src", "ld[s].stride: src"), "ld[s]", "names no slot", "write ld");
}

TEST(Needs, NoCellAtAll) {
  expectMistake(sampleWith("ld3[s].stride: src", "ld3: src"), "ld3: src", "is no register's cell",
                "register.cell");
}

TEST(Needs, NobodySetsTheRegister) {
  std::string text = sampleWith("  config_ld:\n    queue: load\n    sets: ld\n"
                                "    command: {word: cfg, which: 0, stride: stride}\n"
                                "    timing: {latency: 1, busy: {load: 1}}\n",
                                "");
  text.replace(text.find("semantics: dst[k, n]"), 0, "needs: {ld.stride: 1}\n    ");
  expectMistake(text, "ld.stride: 1", "needs register 'ld', and no intrinsic sets it", "value after reset");
}

TEST(Sets, NoCommand) {
  expectMistake(sampleWith("    command: {word: cfg, which: 0, stride: stride}\n", ""), "ld\n    timing",
                "sets a register and has no command", "add command");
}

TEST(Advances, MemoryWithoutCopies) {
  expectMistake(sampleWith("advances: wgt", "advances: acc"), "acc\n", "has no copies to advance",
                "not rotating");
}

TEST(Command, UnknownWord) {
  expectMistake(sampleWith("{word: cfg3, slot", "{word: cfgg, slot"), "cfgg,", "unknown word 'cfgg'",
                "did you mean 'cfg'?");
}

TEST(Command, UnknownField) {
  expectMistake(sampleWith("{word: cfg3, slot: s", "{word: cfg3, slt: s"), "slt",
                "word 'cfg3' has no field 'slt'", "did you mean 'slot'?");
}

TEST(Command, FieldThatIsConstant) {
  expectMistake(sampleWith("{word: cfg3, slot: s", "{word: cfg3, op: 5, slot: s"), "op: 5", "is always 5",
                "remove it");
}

TEST(Command, UnknownName) {
  expectMistake(sampleWith("step: a.stride.m", "step: a.stride.q"), "a.stride.q",
                "'a.stride.q' is not known in field 'step'", "did you mean 'a.stride.m'?");
}

TEST(Command, ElementOfAnOperand) {
  expectMistake(sampleWith("step: a.stride.m", "step: \"a[0]\""), "a[0]", "'a' cannot be indexed",
                "semantics only");
}

TEST(Command, NoQueue) {
  expectMistake(sampleWith("  config_ld3:\n    queue: load\n", "  config_ld3:\n"), "{word: cfg3",
                "goes down no queue", "add queue: load, execute, store");
}

TEST(Command, SizeThatIsPutNowhere) {
  std::vector<Diagnostic> found = mistakesOf(sampleWith(", rows: r, cols: c, last", ", cols: c, last"));
  EXPECT_THAT(found.front().message, testing::HasSubstr("size r"));
}

TEST(Encoding, TwoOfThem) {
  expectMistake(sampleWith("    llvm: llvm.x86", "    asm: x\n    llvm: llvm.x86"),
                "dot:", "has 2 encodings: llvm, asm", "keep one");
}

TEST(Timing, UnknownName) {
  expectMistake(sampleWith("latency: 2*DIM", "latency: 2*DIMM"), "DIMM", "'DIMM' is not known in latency",
                "did you mean 'DIM'?");
}

TEST(Timing, NotYetSupported) {
  expectMistake(sampleWith("{latency: 2*DIM", "{hides: fill, latency: 2*DIM"), "hides",
                "'hides' is not yet supported", "remove");
}

TEST(Timing, NoUnit) {
  expectMistake(sampleWith("busy: {p0: 1}", "busy: {\"p 0\": 1}"), "p 0", "'p 0' is no unit", "write unit");
}

TEST(Mistakes, OfAFamilyAreToldOnce) {
  EXPECT_EQ(mistakesOf(sampleWith("step: a.stride.m", "step: a.stride.q")).size(), 1U);
}

} // namespace
