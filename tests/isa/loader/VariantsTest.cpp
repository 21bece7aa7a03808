// Lists of variants.
#include "core/isa/loader/Variants.h"

#include "core/isa/Description.h"
#include "core/support/Error.h"
#include "tests/driver/TemporaryFolder.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::isa;
using testing::HasSubstr;

namespace {

class VariantsOf : public test::TemporaryFolder {
protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    write("small.yaml");
    write("large.yaml");
  }
  std::string refusal(const std::string &lines) {
    auto found = loadVariants(write("target.yaml", "tenon: 1\ntarget: chip\n" + lines));
    if (found)
      return "it loads";
    FailureReport wrong = report(found.takeError());
    EXPECT_EQ(wrong.code, ExitCode::WrongInput);
    std::string all;
    for (Diagnostic &diagnostic : wrong.diagnostics) {
      EXPECT_FALSE(diagnostic.repair.empty()) << diagnostic.message;
      diagnostic.file.erase(0, folder.size() + 1);
      all += toString(diagnostic) + "\n";
    }
    return all;
  }
};

TEST_F(VariantsOf, AreListedInOrder) {
  auto found = loadVariants(write("target.yaml", "tenon: 1\ntarget: chip\ndoc: Two.\n"
                                                 "variants: {v1.0-small: small.yaml, large: large.yaml}\n"));
  ASSERT_TRUE(found && *found);
  const Variants &variants = **found;
  EXPECT_EQ(variants.target, "chip");
  EXPECT_EQ(variants.doc, "Two.");
  ASSERT_EQ(variants.list.size(), 2U);
  EXPECT_EQ(variants.list[0].name, "v1.0-small");
  EXPECT_EQ(variants.list[1].path, path("large.yaml"));
  EXPECT_EQ(variants.choose, "");
}

TEST_F(VariantsOf, Choose) {
  auto choice = [&](const std::string &word) {
    auto found = loadVariants(write(
        "target.yaml", "tenon: 1\ntarget: chip\nvariants: {small: small.yaml}\nchoose: " + word + "\n"));
    return (*found)->choose;
  };
  EXPECT_EQ(choice("host"), "");
  EXPECT_EQ(choice("small"), "small");
}

TEST_F(VariantsOf, ADescriptionHasNone) {
  auto found = loadVariants(write("target.yaml", "tenon: 1\ntarget: chip\nmemories: {}\nintrinsics: {}\n"));
  ASSERT_TRUE(bool(found));
  EXPECT_FALSE(*found);
}

TEST_F(VariantsOf, WhatIsBrokenHasNone) {
  auto found = loadVariants(write("target.yaml", "tenon: [\n"));
  ASSERT_TRUE(bool(found));
  EXPECT_FALSE(*found);
}

TEST_F(VariantsOf, AMissingFile) {
  EXPECT_THAT(
      refusal("variants: {small: tiny.yaml}\n"),
      HasSubstr("target.yaml:3:19: variant 'small' is described by 'tiny.yaml', and there is no such file"));
}

TEST_F(VariantsOf, AMachineBesideThem) {
  EXPECT_THAT(refusal("variants: {small: small.yaml}\nqueues: {a: {}}\n"),
              HasSubstr("target.yaml:4:1: 'queues' stands beside variants"));
}

TEST_F(VariantsOf, None) {
  EXPECT_THAT(refusal("variants: {}\n"), HasSubstr("target.yaml:3:11: there are no variants"));
}

TEST_F(VariantsOf, AnUnknownChoice) {
  EXPECT_THAT(refusal("variants: {small: small.yaml}\nchoose: smal\n"),
              HasSubstr("target.yaml:4:9: 'smal' is no variant; did you mean 'small'?"));
}

TEST_F(VariantsOf, AVariantThatIsHost) {
  EXPECT_THAT(refusal("variants: {host: small.yaml}\n"),
              HasSubstr("target.yaml:3:12: a variant's name is 'host'"));
}

TEST_F(VariantsOf, ANameThatIsNone) {
  EXPECT_THAT(refusal("variants: {a/b: small.yaml}\n"),
              HasSubstr("target.yaml:3:12: 'a/b' is no variant's name; use letters"));
}

TEST_F(VariantsOf, AreNoDescription) {
  std::string path =
      write("target.yaml", "tenon: 1\ntarget: chip\nvariants: {small: small.yaml, large: large.yaml}\n");
  std::string text = llvm::toString(loadDescription(path).takeError());
  EXPECT_THAT(text,
              HasSubstr("target.yaml:3:11: the file chooses among variants and describes no machine itself"));
  EXPECT_THAT(text, HasSubstr("give the file of a variant: small.yaml, large.yaml"));
}

TEST_F(VariantsOf, AChoiceWithoutThem) {
  std::string path =
      write("target.yaml", "tenon: 1\ntarget: chip\nchoose: host\nmemories: {}\nintrinsics: {}\n");
  EXPECT_THAT(llvm::toString(loadDescription(path).takeError()), HasSubstr("target.yaml:3:9: "));
}

} // namespace
