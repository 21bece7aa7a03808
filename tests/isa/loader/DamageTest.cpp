// Damaged descriptions: whatever the bytes, there is a description or there are mistakes.
#include "tests/isa/loader/Sample.h"

#include "llvm/ADT/StringExtras.h"

#include <random>

using namespace tenon;
using namespace tenon::test;

namespace {

/// Loads; an error must be the input's and say something.
void load(const std::string &text) {
  llvm::Expected<isa::Description> description = isa::parseDescription(text, "damaged.yaml");
  if (description)
    return;
  FailureReport found = report(description.takeError());
  ASSERT_EQ(found.code, ExitCode::WrongInput) << toString(found.diagnostics.front());
  ASSERT_FALSE(found.diagnostics.front().message.empty());
}

TEST(Damage, CutAtEveryByte) {
  std::string text = sample();
  for (size_t length = 0; length < text.size(); ++length)
    load(text.substr(0, length));
}

TEST(Damage, OneByteMissing) {
  std::string text = sample();
  for (size_t at = 0; at < text.size(); at += 7)
    load(std::string(text).erase(at, 1));
}

TEST(Damage, FlippedBits) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text = sample();
    for (unsigned flips = 1 + random() % 4; flips; --flips)
      text[random() % text.size()] ^= char(1U << random() % 8);
    load(text);
  }
}

TEST(Damage, CharactersOfYamlAnywhere) {
  const std::string characters = "[]{}(),:#&*!|>'\"%@`-?\n \t0=.";
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    std::string text = sample();
    for (unsigned changes = 1 + random() % 3; changes; --changes)
      text.insert(random() % text.size(), 1, characters[random() % characters.size()]);
    load(text);
  }
}

TEST(Damage, LinesInAnotherOrder) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string text = sample();
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(text).split(lines, '\n');
    std::swap(lines[random() % lines.size()], lines[random() % lines.size()]);
    std::string changed;
    for (llvm::StringRef line : lines)
      changed += line.str() + "\n";
    load(changed);
  }
}

TEST(Damage, NumbersOfEverySize) {
  const std::vector<std::string> numbers = {"0", "-1", "9223372036854775807", "18446744073709551615",
                                            "1 << 63"};
  std::string text = sample();
  for (size_t at = 0; at < text.size(); ++at) {
    bool starts = llvm::isDigit(text[at]) && !llvm::isAlnum(text[at - 1]);
    size_t length = llvm::StringRef(text).substr(at).take_while(llvm::isAlnum).size();
    for (const std::string &number : starts ? numbers : std::vector<std::string>())
      load(std::string(text).replace(at, length, number));
  }
}

} // namespace
