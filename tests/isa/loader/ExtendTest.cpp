// Descriptions that extend others: what comes together, what it is written out as, where mistakes are told to
// be.
#include "core/isa/Instruction.h"
#include "core/isa/Semantics.h"
#include "core/isa/loader/Excerpt.h"
#include "tests/driver/TemporaryFolder.h"
#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::isa;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr const char *base = R"yaml(tenon: 1
target: plain
doc: The plain one.
parameters: {N: 4, M: 2*N}
code: {triple: x86_64-unknown-linux-gnu, features: [sse2], vector: 16}
libraries: plain.so
memories:
  mem: {kind: global, bytes: 1 GiB}
  xmm: {kind: registers, count: 16, row: [16, i8]}
  l1: {kind: cache, bytes: 32 KiB}
intrinsics:
  load:
    sizes: {j: 4}
    operands:
      src: {type: "i32[j]", memory: mem}
      dst: {type: "i32[j]", memory: xmm, access: write, holds: "dword l = dst[l]"}
    semantics: dst[j] = src[j]
    llvm: |
      %bytes = load <16 x i8>, ptr src, align 1

      dst = bitcast <16 x i8> %bytes to <4 x i32>
    timing: {latency: 6}
  add:
    sizes: {j: 4}
    operands:
      a: {type: "i32[j]", memory: xmm, holds: "dword l = a[l]"}
      c: {type: "i32[j]", memory: xmm, access: update, holds: "dword l = c[l]"}
    semantics: c[j] += a[j]
    llvm: c = add <4 x i32> c, a
    timing: {latency: 1}
)yaml";

class Extend : public test::TemporaryFolder {
protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    write("plain/base.yaml", base);
  }

  /// The description of a file that extends the base, with these lines.
  Description with(const std::string &lines) { return loaded("own.yaml", own(lines)); }
  static std::string own(const std::string &lines) {
    return "tenon: 1\ntarget: rich\nextends: plain/base.yaml\n" + lines;
  }
  Description loaded(const std::string &name, const std::string &text) {
    llvm::Expected<Description> found = loadDescription(write(name, text));
    if (found)
      return std::move(*found);
    throw std::runtime_error(llvm::toString(found.takeError())); // a failure of the test
  }
  std::string refusal(const std::string &lines) { return refusalOf("own.yaml", own(lines)); }
  std::string refusalOf(const std::string &name, const std::string &text) {
    llvm::Expected<Description> found = loadDescription(write(name, text));
    if (found)
      return "it loads";
    FailureReport wrong = report(found.takeError());
    EXPECT_EQ(wrong.code, ExitCode::WrongInput);
    std::string all;
    for (Diagnostic &diagnostic : wrong.diagnostics) {
      EXPECT_FALSE(diagnostic.repair.empty()) << diagnostic.message;
      EXPECT_TRUE(llvm::StringRef(diagnostic.file).starts_with(folder)) << diagnostic.file;
      diagnostic.file.erase(0, folder.size() + 1);
      all += toString(diagnostic) + "\n";
    }
    return all;
  }
  static std::vector<std::string> rows(const Description &description) {
    std::vector<std::string> names;
    for (const Intrinsic &intrinsic : description.intrinsics)
      names.push_back(intrinsic.name);
    return names;
  }
};

TEST_F(Extend, TheBaseWithRowsOfItsOwn) {
  Description rich = with("code: {features: [avx2, sse2], vector: 32}\n"
                          "memories:\n  l1: {kind: cache, bytes: 64 KiB}\n  l2: {kind: cache, bytes: 1 MiB}\n"
                          "intrinsics:\n  twice:\n    like: add\n    semantics: c[j] += a[j] + a[j]\n");
  EXPECT_EQ(rich.name, "rich");
  EXPECT_EQ(rich.doc, "");
  EXPECT_THAT(rich.code->features, ElementsAre("sse2", "avx2"));
  EXPECT_EQ(rich.code->triple, "x86_64-unknown-linux-gnu");
  EXPECT_EQ(rich.code->vectorBytes, 32);
  EXPECT_THAT(rows(rich), ElementsAre("load", "add", "twice"));
  ASSERT_EQ(rich.memories.size(), 4U);
  EXPECT_EQ(rich.memories[2].bytes, 64U << 10);
  EXPECT_EQ(rich.memories[3].name, "l2");
  EXPECT_EQ(rich.parameter("M"), 8);
}

TEST_F(Extend, ARowOfTheSameNameReplacesAsAWhole) {
  Description rich = with("intrinsics:\n  load:\n    like: add\n    doc: Another.\n");
  EXPECT_THAT(rows(rich), ElementsAre("load", "add"));
  EXPECT_EQ(rich.intrinsics[0].doc, "Another.");
  EXPECT_FALSE(rich.intrinsics[0].isMove());
}

TEST_F(Extend, ParametersReachIntoTheBase) { EXPECT_EQ(with("parameters: {N: 8}\n").parameter("M"), 16); }

TEST_F(Extend, Without) {
  Description rich = with("without: [add, memories.l1]\n");
  EXPECT_THAT(rows(rich), ElementsAre("load"));
  EXPECT_EQ(rich.memories.size(), 2U);
}

TEST_F(Extend, LibrariesOfTheBaseLieBesideIt) {
  EXPECT_THAT(with("libraries: [own.so]\n").code->libraries, ElementsAre("plain/plain.so", "own.so"));
}

TEST_F(Extend, AChain) {
  with("intrinsics:\n  twice:\n    like: add\n    timing: {latency: 2}\n");
  Description richest =
      loaded("sub/richest.yaml", "tenon: 1\ntarget: richest\nextends: ../own.yaml\nwithout: load\n");
  EXPECT_THAT(rows(richest), ElementsAre("add", "twice"));
  EXPECT_EQ(richest.files.size(), 3U);
}

TEST_F(Extend, WithoutWhatAnotherRowIsLike) {
  with("intrinsics:\n  twice:\n    like: add\n");
  EXPECT_THAT(refusalOf("richest.yaml", "tenon: 1\ntarget: richest\nextends: own.yaml\nwithout: add\n"),
              HasSubstr("own.yaml:6:11: unknown intrinsic 'add'"));
}

/// Bundles carry the text: it must say the same without the other files.
TEST_F(Extend, IsWrittenOutAsOneText) {
  Description rich = with("doc: 'It''s \"rich\": a \\ and # too'\nintrinsics:\n  twice:\n    like: add\n"
                          "    for: {kind: {a: a, b: c}}\n    semantics: c[j] += a[j] + {kind.code}[j]\n"
                          "  product:\n    sizes: {m: [2, 4], n: 4..8 by 4}\n    operands:\n"
                          "      a: {type: \"i8[m]\", memory: mem, stride: {m: any by 4}}\n"
                          "      c: {type: \"i8[m]\", memory: [mem], access: write}\n"
                          "    semantics: [\"c[m] = a[m]\"]\n    llvm: |2\n        %x = load i8, ptr a\n\n"
                          "      store i8 %x, ptr c\n    where: not m == 2 or a.addr % 2 == 0\n");
  EXPECT_EQ(rich.text.find("\nextends"), std::string::npos);
  llvm::Expected<Description> alone = parseDescription(rich.text, "alone.yaml");
  ASSERT_TRUE(bool(alone)) << llvm::toString(alone.takeError()) << rich.text;
  EXPECT_EQ(alone->hash(), rich.hash());
  EXPECT_EQ(alone->doc, rich.doc);
  EXPECT_EQ(rows(*alone), rows(rich));
  for (auto [left, right] : llvm::zip(alone->intrinsics, rich.intrinsics)) {
    EXPECT_EQ(str(left), str(right));
    EXPECT_EQ(left.llvm, right.llvm);
    EXPECT_EQ(left.where.size(), right.where.size());
    EXPECT_EQ(left.sizes.size(), right.sizes.size());
  }
  EXPECT_EQ(alone->code->features, rich.code->features);
}

TEST_F(Extend, WhatExtendsNothingKeepsItsText) { EXPECT_EQ(loaded("plain.yaml", base).text, base); }

TEST_F(Extend, TheHashIsOfAllFilesButNotOfTheirComments) {
  std::string hash = with("").hash();
  write("plain/base.yaml", test::changed(base, "target: plain", "# why\ntarget: plain"));
  EXPECT_EQ(with("").hash(), hash);
  write("plain/base.yaml", test::changed(base, "{latency: 1}", "{latency: 2}"));
  EXPECT_NE(with("").hash(), hash);
}

TEST_F(Extend, PlacesAreThoseOfTheirFiles) {
  Description rich = with("intrinsics:\n  own:\n    like: add\n    llvm: c = sub <4 x i32> c, a\n");
  EXPECT_EQ(rich.locate(rich.intrinsics[0].llvmLines[1].place), path("plain/base.yaml") + ":21:7");
  EXPECT_EQ(rich.locate(rich.intrinsics[2].llvmLines[0].place), path("own.yaml") + ":7:11");
}

TEST_F(Extend, AMistakeInTheBaseIsToldThere) {
  write("plain/base.yaml", test::changed(base, "c = add <4 x i32> c, a", "c = add <4 x i32> c, b"));
  EXPECT_THAT(refusal(""),
              HasSubstr("plain/base.yaml:29:11: llvm of intrinsic 'add' never mentions operand 'a'"));
}

TEST_F(Extend, MistakesOfBothFilesAreTold) {
  write("plain/base.yaml", test::changed(base, "latency: 1}", "latncy: 1}"));
  std::string all = refusal("queues: 3\n");
  EXPECT_THAT(all, HasSubstr("own.yaml:4:9: 'queues' of the description is '3'"));
  EXPECT_THAT(all, HasSubstr("plain/base.yaml:30:14: unknown key 'latncy'"));
}

TEST_F(Extend, BrokenYamlInTheBase) {
  write("plain/base.yaml", "tenon: 1\ntarget: [\n");
  EXPECT_THAT(refusal(""), HasSubstr("plain/base.yaml:2:9: this '[' is never closed"));
}

TEST_F(Extend, TheExcerptIsOfTheRightFile) {
  write("plain/base.yaml", test::changed(base, "latency: 1}", "latncy: 1}"));
  llvm::Error error = loadDescription(write("own.yaml", own(""))).takeError();
  llvm::handleAllErrors(std::move(error), [&](const DescriptionMistakes &found) {
    EXPECT_EQ(excerpt(found.diagnostics().front(), found.files()),
              "      timing: {latncy: 1}\n               ^\n");
  });
}

TEST_F(Extend, AMistakeThatIsMetLaterIsToldThere) {
  std::string text =
      test::changed(base, "    llvm: c = add", "    where: 4 / (a.addr - a.addr) == 0\n    llvm: c = add");
  write("plain/base.yaml", text);
  Description rich = with("");
  Instruction use;
  use.intrinsic = 1;
  use.sizes = {4};
  use.operands = {{1, 0, {}}, {1, 1, {}}};
  EXPECT_THAT(llvm::toString(check(rich, use)), HasSubstr("plain/base.yaml:29:14: "));
}

TEST_F(Extend, NoSuchFile) {
  EXPECT_THAT(refusalOf("own.yaml", "tenon: 1\ntarget: rich\nextends: base.yaml\n"),
              HasSubstr("own.yaml:3:10: what the description extends cannot be read: "));
}

TEST_F(Extend, ACycle) {
  write("a.yaml", "tenon: 1\ntarget: a\nextends: b.yaml\n");
  EXPECT_THAT(
      refusalOf("b.yaml", "tenon: 1\ntarget: b\nextends: ./a.yaml\n"),
      HasSubstr("a.yaml:3:10: the description extends itself, by way of b.yaml, a.yaml; break the cycle"));
}

TEST_F(Extend, Itself) {
  EXPECT_THAT(refusalOf("a.yaml", "tenon: 1\ntarget: a\nextends: a.yaml\n"),
              HasSubstr("a.yaml:3:10: the description extends itself"));
}

TEST_F(Extend, TooManyFiles) {
  for (int i = 0; i < 20; ++i)
    write("f" + std::to_string(i) + ".yaml",
          "tenon: 1\ntarget: a\nextends: f" + std::to_string(i + 1) + ".yaml\n");
  EXPECT_THAT(refusalOf("first.yaml", "tenon: 1\ntarget: a\nextends: f0.yaml\n"),
              HasSubstr("f14.yaml:3:10: more than 16 files extend one another"));
}

TEST_F(Extend, AListOfFiles) {
  EXPECT_THAT(refusalOf("own.yaml", "tenon: 1\ntarget: rich\nextends: [a.yaml]\n"),
              HasSubstr("own.yaml:3:10: 'extends' is no file's path"));
}

TEST_F(Extend, WithoutARowThatIsNotThere) {
  EXPECT_THAT(refusal("without: [ad]\n"),
              HasSubstr("own.yaml:4:11: what the description extends has no row 'ad'; did you mean 'add'?"));
  EXPECT_THAT(refusal("without: memories.l2\n"), HasSubstr("did you mean 'memories.l1'?"));
}

TEST_F(Extend, WithoutAndNothingExtended) {
  EXPECT_THAT(refusalOf("own.yaml", std::string(base) + "without: add\n"),
              HasSubstr("own.yaml:31:10: 'without' takes rows out of what the description extends, and it "
                        "extends nothing"));
}

TEST_F(Extend, ANameOfItsOwnIsNeeded) {
  EXPECT_THAT(refusalOf("own.yaml", "tenon: 1\nextends: plain/base.yaml\n"),
              HasSubstr("own.yaml:1:1: the description has no 'target'"));
}

TEST_F(Extend, AnotherVersionInTheBase) {
  write("plain/base.yaml", test::changed(base, "tenon: 1", "tenon: 2"));
  EXPECT_THAT(refusal(""), HasSubstr("plain/base.yaml:1:8: version '2' of the language is unknown"));
}

TEST_F(Extend, AListOfVariants) {
  write("plain/base.yaml", "tenon: 1\ntarget: x\nvariants: {a: b.yaml}\n");
  EXPECT_THAT(refusal(""),
              HasSubstr("own.yaml:3:10: 'plain/base.yaml' lists variants and describes no machine"));
}

/// A text that did not come from a file of the user's choice reads no files.
TEST_F(Extend, ATextMayNotExtend) {
  llvm::Expected<Description> found = parseDescription(own(""), path("own.yaml"));
  EXPECT_THAT(llvm::toString(found.takeError()), HasSubstr("may read no other file here"));
}

} // namespace
