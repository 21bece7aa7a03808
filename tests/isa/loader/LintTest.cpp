// What looks forgotten.
#include "core/isa/loader/Lint.h"

#include "tests/isa/loader/Sample.h"

#include <gmock/gmock.h>

using namespace tenon;
using namespace tenon::test;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::vector<std::string> lints(const std::string &text) {
  std::vector<std::string> found;
  for (const Diagnostic &lint : isa::lint(loaded(text)))
    found.push_back(toString(lint));
  return found;
}

TEST(Lint, OnlyWhatTheSampleForgets) {
  EXPECT_THAT(lints(sample()),
              testing::ElementsAre(HasSubstr("sample.yaml:30:3: no intrinsic needs register 'ld'")));
}

TEST(Lint, OperandThatIsNeverRead) {
  std::string text = sampleWith("      x: {type: \"i8[e]\"",
                                "      z: {type: \"i8[e]\", memory: dram}\n      x: {type: \"i8[e]\"");
  text = std::string(text).replace(text.find("c: y.addr, n: x.memory"), 0, "step: z.addr, ");
  EXPECT_THAT(lints(text), Contains(HasSubstr("operand 'z' of intrinsic 'look_up' is in no statement")));
}

TEST(Lint, SizeInNoStatement) {
  EXPECT_THAT(lints(sampleWith("sizes: {j: 16, k: 4}", "sizes: {j: 16, k: 4, q: 2}")),
              Contains(HasSubstr("size 'q' of intrinsic 'dot' is in no statement")));
}

TEST(Lint, ValueInNoStatement) {
  EXPECT_THAT(lints(sampleWith("sizes: {j: 16, k: 4}", "sizes: {j: 16, k: 4}\n    values: {v: 0..1}")),
              Contains(HasSubstr("value 'v' of intrinsic 'dot' is in no statement")));
}

TEST(Lint, ValueOfAnExtentIsUsed) {
  std::string text = sampleWith("x[o + f - pad]", "x[o + f - 1]");
  EXPECT_EQ(lints(text).size(), 1U);
}

TEST(Lint, MemoryQueueWordAndParameterThatNothingUses) {
  std::string text =
      sampleWith("queues: {load", "  spare: {kind: global, bytes: 1}\nqueues: {idle: {}, load");
  text.replace(text.find("{DIM: 16"), 1, "{UNUSED: 1, ");
  text.replace(text.find("  cfg: {"), 0, "  none_such: {bits: 8}\n");
  std::vector<std::string> found = lints(text);
  EXPECT_THAT(found, Contains(HasSubstr("nothing uses memory 'spare'")));
  EXPECT_THAT(found, Contains(HasSubstr("nothing uses queue 'idle'")));
  EXPECT_THAT(found, Contains(HasSubstr("nothing uses word 'none_such'")));
  EXPECT_THAT(found, Contains(HasSubstr("nothing uses parameter 'UNUSED'")));
}

TEST(Lint, NoEncodingNoTimingNoMeaning) {
  std::vector<std::string> found = lints(sampleWithIntrinsic("  empty: {}\n"));
  EXPECT_THAT(found, Contains(HasSubstr("intrinsic 'empty' has no encoding")));
  EXPECT_THAT(found, Contains(HasSubstr("intrinsic 'empty' has no timing")));
  EXPECT_THAT(found, Contains(HasSubstr("intrinsic 'empty' computes nothing and sets nothing")));
}

TEST(Lint, NothingWhereAllIsUsed) {
  EXPECT_THAT(
      lints("tenon: 1\ntarget: x\nmemories: {m: {kind: global, bytes: 64}}\nintrinsics:\n  copy:\n    sizes: "
            "{e: 4}\n"
            "    operands:\n      a: {type: \"i8[e]\", memory: m}\n"
            "      b: {type: \"i8[e]\", memory: m, access: write}\n    semantics: b[e] = a[e]\n    asm: copy "
            "b, a\n"
            "    timing: {latency: 1}\n"),
      IsEmpty());
}

} // namespace
