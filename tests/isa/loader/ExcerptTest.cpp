// The line and the caret below a mistake.
#include "core/isa/loader/Excerpt.h"

#include "tests/isa/loader/Sample.h"

using namespace tenon;
using namespace tenon::test;

namespace {

Diagnostic at(unsigned line, unsigned column) {
  Diagnostic diagnostic;
  diagnostic.line = line;
  diagnostic.column = column;
  return diagnostic;
}

TEST(Excerpt, CaretUnderTheColumn) { EXPECT_EQ(isa::excerpt(at(2, 3), "one\nabcde\n"), "  abcde\n    ^\n"); }

TEST(Excerpt, FirstAndLastColumn) {
  EXPECT_EQ(isa::excerpt(at(1, 1), "ab"), "  ab\n  ^\n");
  EXPECT_EQ(isa::excerpt(at(1, 3), "ab"), "  ab\n    ^\n");
}

TEST(Excerpt, ColumnBeyondTheLine) { EXPECT_EQ(isa::excerpt(at(1, 100), "ab\r\ncd"), "  ab\n    ^\n"); }

TEST(Excerpt, NoPlaceNoExcerpt) {
  EXPECT_EQ(isa::excerpt(Diagnostic(), "ab"), "");
  EXPECT_EQ(isa::excerpt(at(3, 1), "ab\ncd"), "");
}

TEST(Excerpt, CharactersOfSeveralBytesAreOneWide) {
  EXPECT_EQ(isa::excerpt(at(1, 4), "\u00e9x!"), "  \u00e9x!\n    ^\n");
}

TEST(Excerpt, TabsAndControlsAreBlanks) { EXPECT_EQ(isa::excerpt(at(1, 3), "\ta\x1b"), "   a \n    ^\n"); }

TEST(Excerpt, BytesThatAreNoUtf8AreNotShown) { EXPECT_EQ(isa::excerpt(at(1, 1), "\xff"), ""); }

TEST(Excerpt, LongLinesAreCut) {
  std::string text = isa::excerpt(at(1, 501), std::string(500, 'a') + "!" + std::string(500, 'b'));
  EXPECT_LT(text.size(), 220U);
  size_t caret = text.find('^') - text.find('\n') - 1;
  EXPECT_EQ(text[caret], '!');
}

TEST(Excerpt, TheErrorOfADescriptionHasItsText) {
  std::string text;
  llvm::Error error = isa::parseDescription("tenon: 2\n", "x.yaml").takeError();
  llvm::handleAllErrors(std::move(error), [&](const isa::DescriptionMistakes &found) {
    EXPECT_EQ(found.exitCode(), ExitCode::WrongInput);
    ASSERT_EQ(found.files().size(), 1U);
    EXPECT_EQ(found.files()[0].text, "tenon: 2\n");
    text = isa::excerpt(found.diagnostics().back(), found.files());
  });
  EXPECT_EQ(text, "  tenon: 2\n         ^\n");
}

} // namespace
