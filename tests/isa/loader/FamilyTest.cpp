// Families and copies (`for`, `like`): what is expanded, what is copied, and what is refused.
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::isa;
using namespace tenon::test;

namespace {

TEST(Family, MembersInOrderTheLastKeyFastest) {
  std::vector<std::string> names;
  for (const Intrinsic &intrinsic : loaded(sample()).intrinsics)
    if (intrinsic.family == "matmul")
      names.push_back(intrinsic.name);
  EXPECT_THAT(names,
              testing::ElementsAre("matmul{update: =, rounding: two}", "matmul{update: =, rounding: one}",
                                   "matmul{update: +=, rounding: two}", "matmul{update: +=, rounding: one}"));
}

TEST(Family, TextsOfChoicesMayBeAnything) {
  Description description = loaded(sampleWithIntrinsic("  nothing:\n"
                                                       "    for: {kind: {a: '\"x\" {kind}'}}\n"
                                                       "    doc: '{kind} is {kind.code}, {other}'\n"));
  EXPECT_EQ(description.intrinsics.back().doc, "a is \"x\" {kind}, {other}");
  EXPECT_EQ(description.intrinsics.back().name, "nothing{kind: a}");
}

TEST(Family, KeysOfMappingsAreTextsToo) {
  Description description = loaded(
      sampleWithIntrinsic("  nothing:\n    for: {unit: [p1, p2]}\n    timing: {busy: {\"{unit}\": 1}}\n"));
  EXPECT_EQ(description.intrinsics.back().timing.busy.front().first, "p2");
}

TEST(Family, AnUnknownKeyInBraces) {
  std::string text = sampleWith("{rounding.code}(t[m, n], 1)", "{roundin.code}(t[m, n], 1)");
  expectMistake(text, "{roundin.code}", "{roundin.code} is no key of `for`", "did you mean 'rounding.code'?");
  EXPECT_EQ(mistakesOf(text).size(), 1U);
}

TEST(Family, MistakesBehindReplacedTextsKeepTheirColumns) {
  std::string text = sampleWith("{rounding.code}(t[m, n], 1)", "{rounding.code}(tt[m, n], 1)");
  std::vector<Diagnostic> found = mistakesOf(text);
  ASSERT_EQ(found.size(), 1U); // that tt is not known; that t is never read follows from it
  EXPECT_EQ(found[0].line, 93U);
  EXPECT_EQ(found[0].column, 54U);
}

TEST(Family, AChoiceTwice) {
  expectMistake(sampleWith("update: [\"=\", \"+=\"]", "update: [\"=\", \"=\"]"), "=\"], rounding",
                "choice '=' of 'update' is there twice", "remove");
}

TEST(Family, NoChoices) {
  expectMistake(sampleWith("update: [\"=\", \"+=\"]", "update: []"), "update: []",
                "'update' of `for` has no choices", "[CHOICE, ...]");
}

TEST(Family, TooManyMembers) {
  std::string keys;
  for (char key = 'a'; key <= 'm'; ++key)
    keys += std::string(key == 'a' ? "" : ", ") + key + "_: [x, y]";
  expectMistake(sampleWithIntrinsic("  huge:\n    for: {" + keys + "}\n"), "huge",
                "more members than it may hold", "fewer choices");
}

TEST(Family, TooMuchText) {
  std::string keys;
  for (char key = 'a'; key <= 'k'; ++key)
    keys += std::string(key == 'a' ? "" : ", ") + key + "_: [x, y]";
  expectMistake(
      sampleWithIntrinsic("  huge:\n    for: {" + keys + "}\n    doc: " + std::string(5000, 'x') + "\n"),
      "huge", "more text than it may hold", "fewer choices");
}

TEST(Like, CopiesReplacesAndRemoves) {
  Description description = loaded(sample());
  const Intrinsic &copy = intrinsicOf(description, "mvout");
  EXPECT_EQ(copy.doc, "Rows from memory.");
  ASSERT_EQ(copy.sizes.size(), 2U);
  EXPECT_EQ(copy.sizes[0].name, "c");
  EXPECT_EQ(copy.sizes[1].name, "rows");
  EXPECT_EQ(copy.sizes[1].step, 4);
  EXPECT_TRUE(copy.needs.empty());
  EXPECT_TRUE(copy.where.empty());
  ASSERT_EQ(copy.timing.busy.size(), 1U);
  EXPECT_EQ(copy.timing.busy[0].first, "store");
  EXPECT_EQ(copy.timing.latency->integer, 40);
  EXPECT_FALSE(copy.timing.extra);
}

/// The names of the fields that a command gives.
std::vector<std::string> fieldsOf(const Description &description, llvm::StringRef intrinsic) {
  std::vector<std::string> names;
  const Command &command = *intrinsicOf(description, intrinsic).command;
  for (const FieldAssignment &given : command.fields)
    names.push_back(description.words[command.word].fields[given.field].name);
  return names;
}

TEST(Like, ACommandWithoutAWordChangesFields) {
  Description description = loaded(sampleWithIntrinsic("  second:\n    like: mvin\n"
                                                       "    command: {op: 6, last: none, cols: c - 1}\n"));
  EXPECT_THAT(fieldsOf(description, "mvin"),
              testing::UnorderedElementsAre("op", "slot", "src", "dst", "rows", "cols", "last"));
  EXPECT_THAT(fieldsOf(description, "second"),
              testing::UnorderedElementsAre("op", "slot", "src", "dst", "rows", "cols"));
}

TEST(Like, ACommandThatNamesItsWordIsWhole) {
  Description description = loaded(sampleWithIntrinsic(
      "  second:\n    like: mvin\n"
      "    command: {word: mv, op: 6, src: src.addr, dst: dst.addr, rows: r, cols: c, slot: s}\n"));
  EXPECT_THAT(fieldsOf(description, "second"),
              testing::UnorderedElementsAre("op", "slot", "src", "dst", "rows", "cols"));
}

TEST(Like, AChainInAnyOrder) {
  Description description = loaded(sampleWithIntrinsic("  third:\n    like: second\n"
                                                       "  second:\n    like: first\n    doc: '{k}'\n"
                                                       "  first:\n    for: {k: [x]}\n    doc: first\n"));
  EXPECT_EQ(intrinsicOf(description, "third{k: x}").doc, "x");
}

TEST(Like, AnUnknownIntrinsic) {
  expectMistake(sampleWith("like: mvin", "like: mvn"), "mvn\n", "unknown intrinsic 'mvn'",
                "did you mean 'mvin'?");
}

TEST(Like, ACycle) {
  std::string text = sampleWithIntrinsic("  one:\n    like: two\n  two:\n    like: one\n");
  expectMistake(text, "two\n  two", "is like itself", "break the cycle");
}

TEST(Like, Itself) {
  std::string text = sampleWithIntrinsic("  solo:\n    like: solo\n");
  expectMistake(text, "solo\n", "intrinsic 'solo' is like itself", "break");
}

TEST(Like, CopiesOfCopiesAreBounded) {
  std::string text = "  i0:\n    doc: " + std::string(60000, 'x') + "\n";
  for (int i = 1; i < 100; ++i)
    text += "  i" + std::to_string(i) + ":\n    like: i0\n";
  std::vector<std::string> messages;
  for (const Diagnostic &found : mistakesOf(sampleWithIntrinsic(text)))
    messages.push_back(found.message);
  EXPECT_THAT(messages, testing::Contains("`like` copies more than a description may hold"));
}

} // namespace
