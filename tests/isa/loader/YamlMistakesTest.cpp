// What is wrong before a description's keys are looked at: encoding, YAML, and what YAML makes of
// expressions.
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::test;

namespace {

TEST(Yaml, Empty) { expectMistake("", "", "the description is empty", "tenon: 1"); }

TEST(Yaml, OnlyComments) { expectMistake("# nothing\n", "", "the description is empty", "tenon: 1"); }

TEST(Yaml, NotUtf8) {
  expectMistake(sampleWith("One of everything.", "One of \xff."), "\xff", "not UTF-8",
                "save the file as UTF-8");
}

TEST(Yaml, CutCharacter) { expectMistake("tenon: 1\ndoc: \xc3", "\xc3", "not UTF-8", "save"); }

TEST(Yaml, ControlCharacter) {
  expectMistake(sampleWith("One of everything.", "One \x1b[31m"), "\x1b", "control character", "remove");
}

TEST(Yaml, EndOfFileCharacter) {
  expectMistake(sampleWith("One of", "One \x04"), "\x04", "control character", "remove");
}

TEST(Yaml, ControlCharacterOfLatin1) {
  expectMistake(sampleWith("One of everything.", "One \xc2\x85"), "\xc2", "control character", "remove");
}

TEST(Yaml, ControlCharacterFromAnEscape) {
  expectMistake(sampleWith("One of everything.", "\"One \\x1b\""), "One \\x1b",
                "an escape gives a control character", "remove");
}

TEST(Yaml, ByteOrderMark) { expectMistake("\xef\xbb\xbf" + sample(), "\xef", "byte order mark", "remove"); }

TEST(Yaml, CarriageReturnAlone) {
  expectMistake(sampleWith("One of", "One \r"), "\r", "control character", "remove");
}

TEST(Yaml, DuplicateKey) {
  expectMistake(sampleWith("  ld: {stride: u32}", "  ld: {stride: u32, stride: u8}"), "stride: u8",
                "key 'stride' is there twice", "remove one");
}

TEST(Yaml, DuplicateMemory) {
  expectMistake(sampleWith("  acc:  {kind", "  spad:  {kind"), "spad:  {kind", "key 'spad' is there twice",
                "remove one");
}

TEST(Yaml, Anchor) {
  expectMistake(sampleWith("doc: One of", "doc: &x One of"), "&x", "a description has no anchors", "quote");
}

TEST(Yaml, Alias) {
  std::string text = sampleWith("doc: One of everything.", "doc: &x One\nparameter: *x");
  expectMistake(text, "*x", "a description has no aliases", "quote");
}

TEST(Yaml, AliasOfNothing) {
  expectMistake(sampleWith("doc: One of everything.", "doc: *x"), "*x", "the YAML is broken",
                "quote expressions");
}

TEST(Yaml, Tag) {
  expectMistake(sampleWith("prefer: dst.bank != 0", "prefer: !dst"), "!dst", "no tags", "quote");
}

TEST(Yaml, SecondDocument) {
  expectMistake(sample() + "---\ntenon: 1\n", "---", "a second document starts here", "remove");
}

TEST(Yaml, SyntaxError) {
  std::string text = sampleWith("doc: One of everything.", "doc: One: of everything.");
  EXPECT_THAT(mistakesOf(text).front().message, testing::HasSubstr("the YAML is broken"));
}

TEST(Yaml, UnclosedBrace) {
  expectMistake(sampleWith("queues: {load", "queues: {{load"), "{{load", "this '{' is never closed",
                "close it");
}

TEST(Yaml, UnclosedBraceAtTheEnd) {
  expectMistake("tenon: 1\nmemories: {a: 1", "{a", "this '{' is never closed", "close it");
}

TEST(Yaml, BracketClosedByAnotherKind) {
  std::string text = sampleWith("row: [64, i8]", "row: [64, i8}");
  expectMistake(text, "}}\n  raw", "'}' closes the '[' of line 11", "own kind");
}

TEST(Yaml, Tab) {
  std::vector<Diagnostic> found = mistakesOf(sampleWith("  ld: {stride", "\tld: {stride"));
  EXPECT_THAT(found.front().message, testing::HasSubstr("the YAML is broken"));
}

TEST(Yaml, DeepBraces) {
  std::vector<Diagnostic> found = mistakesOf("tenon: " + std::string(100, '['));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(toString(found[0]),
            "sample.yaml:1:40: more than 32 brackets are open here; close them, or nest less");
}

TEST(Yaml, DeepBlocks) {
  std::string text;
  for (unsigned depth = 0; depth < 100; ++depth)
    text += std::string(depth, ' ') + "a:\n";
  EXPECT_THAT(mistakesOf(text).front().message, testing::HasSubstr("more than 32 levels"));
}

TEST(Yaml, TooManyEntries) {
  std::string text = "tenon: 1\nparameters:\n";
  for (int i = 0; i < 5000; ++i)
    text += "  p" + std::to_string(i) + ": 1\n";
  expectMistake(text, "p4096:", "more than 4096 entries", "family");
}

TEST(Yaml, TooLarge) {
  isa::LoadOptions options;
  options.mostBytes = 100;
  FailureReport found = report(isa::parseDescription(sample(), "sample.yaml", options).takeError());
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_THAT(found.diagnostics.front().message, testing::HasSubstr("at most 100 are read"));
}

TEST(Yaml, NotAMapping) {
  expectMistake("- tenon: 1\n", "- tenon", "the description is no mapping", "tenon: 1");
}

TEST(Yaml, AListAsAKey) {
  expectMistake("tenon: 1\n? [a, b]\n: 1\n", "[a, b]", "a key must be a name, not a list or a mapping",
                "quote");
}

TEST(Torn, CallWithAComma) {
  std::string text = sampleWith("execute: \"max(m, DIM)\"", "execute: max(m, DIM)");
  expectMistake(text, "max(m, DIM)", "tear 'max(m, DIM)' apart", "quote this expression: \"max(m, DIM)\"");
  EXPECT_EQ(mistakesOf(text).size(), 1U);
}

TEST(Torn, Index) {
  expectMistake(sampleWith("type: \"i8[m, k]\"", "type: i8[m, k]"), "i8[m, k]", "tear 'i8[m, k]' apart",
                "quote this expression: \"i8[m, k]\"");
}

TEST(Torn, SlotAsAKey) {
  std::string text = sampleWith("needs:\n      ld3[s].stride: src.stride.r\n      ld3[s].scale: 1",
                                "needs: {ld3[s].stride: src.stride.r}");
  expectMistake(text, "ld3[s].stride: src.stride.r}", "tear 'ld3[s].stride' apart", "\"ld3[s].stride\"");
}

TEST(Torn, Braces) {
  expectMistake(sampleWith("timing: {busy: {store: rows}", "timing: {busy: {store: x{rows}}"), "x{rows}",
                "tear 'x{rows}' apart", "quote this expression");
}

TEST(Torn, BracketThatNeverCloses) {
  expectMistake(sampleWith("dram: r * c / 16", "dram: (r * c"), "(r * c", "apart", "quote this expression");
}

TEST(Torn, ClosingBracketAlone) {
  expectMistake(sampleWith("dram: r * c / 16", "dram: r * c)"), "r * c)", "apart", "quote this expression");
}

TEST(Torn, NotOverSeveralLines) {
  std::string text = sampleWith("dram: r * c / 16", "dram: (r * \n c / 16)");
  EXPECT_EQ(intrinsicOf(loaded(text), "mvin").timing.busy[1].second.str(), "r * c / 16");
}

TEST(Torn, AllOfThemAtOnce) {
  std::string text = sampleWith("execute: \"max(m, DIM)\"", "execute: max(m, DIM)");
  text.replace(text.find("dram: r * c / 16"), 16, "dram: min(r, c)");
  EXPECT_EQ(mistakesOf(text).size(), 2U);
}

TEST(Torn, NotInCommentsQuotesAndBlocks) {
  std::string doc = "doc: |\n  {a(, [b\n  c: {\n    max(m,\n\n# {a: b(c, d)}\nparameters: {DIM: 16, # "
                    "{(\n  ROWS: '64*DIM'";
  EXPECT_EQ(loaded(sampleWith("doc: One of everything.\nparameters: {DIM: 16, ROWS: 64*DIM", doc)).doc,
            "{a(, [b\nc: {\n  max(m,\n");
}

TEST(Torn, NotInPlainTextOfSeveralLines) {
  EXPECT_EQ(loaded(sampleWith("doc: One of everything.", "doc: One, [of\n  {it(, all\n  'tis")).doc,
            "One, [of {it(, all 'tis");
}

} // namespace
