// The table of keys, and what is generated from it.
#include "core/isa/loader/Reference.h"

#include "core/isa/loader/Keys.h"
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

#include <set>

using namespace tenon;
using namespace tenon::isa::loader;
using testing::HasSubstr;

namespace {

TEST(Keys, EveryRowIsWhole) {
  std::set<std::pair<Section, std::string>> seen;
  for (const Key &key : keyTable()) {
    EXPECT_TRUE(seen.emplace(key.section, key.name.str()).second) << key.name.str() << " is there twice";
    EXPECT_FALSE(key.meaning.empty()) << key.name.str();
    EXPECT_FALSE(llvm::StringRef(key.meaning).ends_with(".")) << key.name.str();
    bool inner = key.form == Form::Mapping || key.form == Form::Codes ||
                 (key.form == Form::Choices && key.presence != Presence::NotYet);
    EXPECT_EQ(inner, key.inner != Section::None) << key.name.str();
  }
}

TEST(Keys, EverySectionHasATextAndKeys) {
  for (auto number = int(Section::Description); number <= int(Section::HostCodeGroup); ++number) {
    EXPECT_FALSE(keysOf(Section(number)).empty()) << number;
    EXPECT_EQ(textOf(Section(number)).section, Section(number));
  }
}

TEST(Keys, EveryFormHasAText) {
  for (auto number = int(Form::Version); number <= int(Form::Mapping); ++number)
    EXPECT_EQ(textOf(Form(number)).form, Form(number));
}

TEST(Keys, TheSamplesHaveEveryKey) {
  std::string text = tenon::test::sample() + tenon::test::nativeSample();
  std::set<std::string> others = {"extends", "without", "variants", "choose"}; // of files beside them
  for (const Key &key : keyTable())
    if (key.naming == Naming::Fixed && key.presence != Presence::NotYet && !others.contains(key.name.str()))
      EXPECT_NE(text.find(key.name.str() + ":"), std::string::npos) << key.name.str();
}

TEST(Reference, HasEveryKeyAndEverySection) {
  std::string text = tenon::isa::languageReference();
  for (const Key &key : keyTable())
    EXPECT_THAT(text, HasSubstr(key.name.str()));
  for (const SectionText &section : sectionTable())
    EXPECT_THAT(text, HasSubstr("\n## " + section.name.str() + "\n"));
}

TEST(Schema, RefersOnlyToWhatItDefines) {
  nlohmann::ordered_json schema = tenon::isa::descriptionSchema();
  std::string text = schema.dump();
  for (size_t at = text.find("#/$defs/"); at != std::string::npos; at = text.find("#/$defs/", at + 1)) {
    size_t begin = at + 8;
    std::string name = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_TRUE(schema["$defs"].contains(name)) << name;
  }
}

TEST(Schema, SaysWhatIsRequiredAndWhichWordsThereAre) {
  nlohmann::ordered_json schema = tenon::isa::descriptionSchema();
  EXPECT_EQ(schema["required"], (nlohmann::ordered_json{"tenon", "target"}));
  EXPECT_EQ(schema["anyOf"].size(), 3U); // a whole one, one that extends another, a list of variants
  EXPECT_EQ(schema["$defs"]["memory"]["properties"]["kind"]["enum"].size(), 6U);
  EXPECT_FALSE(schema["properties"].contains("numerics"));
  EXPECT_FALSE(schema["$defs"]["command"].contains("required")); // a copied command has its word elsewhere
}

} // namespace
