// tenon check on devices that do what their description says, and on some that do not.
#include "core/check/Check.h"
#include "core/check/CounterexampleText.h"
#include "core/isa/encoding/Assembly.h"
#include "core/support/Error.h"
#include "tests/isa/chips/ChipFiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon;
using testing::HasSubstr;

namespace {

using Mutation = std::map<std::string, std::string>;

struct Checked {
  isa::Description description;
  std::optional<check::CheckResult> result;
  std::string error;
  ExitCode code = ExitCode::Done;

  /// The only counterexample.
  const check::Counterexample &example() const {
    static const check::Counterexample none;
    EXPECT_TRUE(result) << error;
    if (!result || result->counterexamples.size() != 1) {
      ADD_FAILURE() << (result ? result->counterexamples.size() : 0) << " counterexamples, not 1";
      return none;
    }
    return result->counterexamples.front();
  }
  std::string text() const { return check::counterexampleText(description, example()); }
};

/// Checks a chip's own simulator, or one that is mutated.
Checked checkChip(const std::string &name, const check::CheckOptions &options,
                  const Mutation &mutation = {}) {
  Checked checked;
  auto description = isa::loadDescription(test::chipFile(name));
  if (!description) {
    ADD_FAILURE() << llvm::toString(description.takeError());
    return checked;
  }
  checked.description = std::move(*description);
  check::DeviceSetup setup;
  setup.device.worker.program = TENON_WORKER;
  setup.device.worker.runSeconds = mutation.contains("fault") && mutation.at("fault") == "hang" ? 2 : 60;
  setup.device.description = checked.description.text;
  setup.device.descriptionPath = checked.description.path;
  if (!mutation.empty()) {
    setup.device.plugin = MUTATED_DEVICE;
    setup.device.options = mutation;
  }
  auto result = check::check(checked.description, setup, options, {});
  if (result) {
    checked.result = std::move(*result);
    return checked;
  }
  FailureReport why = report(result.takeError());
  checked.code = why.code;
  checked.error = toString(why.diagnostics.front());
  return checked;
}

class ChipTest : public testing::TestWithParam<std::string> {};

TEST_P(ChipTest, SimulatorDoesWhatTheDescriptionSays) {
  check::CheckOptions options;
  options.cases = 4;
  Checked checked = checkChip(GetParam(), options);
  ASSERT_TRUE(checked.result) << checked.error;
  if (!checked.result->counterexamples.empty())
    FAIL() << checked.text();
  for (const check::Part &part : checked.result->parts) {
    if (!part.notChecked.empty())
      continue;
    EXPECT_EQ(part.cases, options.cases) << part.name << ": " << part.tally.lastRefusal;
    // Where less than a third is legal, the draws do not know what the description allows.
    EXPECT_GE(3 * part.tally.legal, part.tally.drawn) << part.name;
    EXPECT_GE(10 * part.tally.telling, part.tally.legal) << part.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, ChipTest,
                         testing::ValuesIn(test::chipsThere({"ws-array", "outer-product", "npu-sim"})),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class NothingToCheckTest : public testing::TestWithParam<std::string> {};

TEST_P(NothingToCheckTest, CommandsWithoutWordsAreRefused) {
  Checked checked = checkChip(GetParam(), {});
  EXPECT_EQ(checked.code, ExitCode::TargetCannot);
  EXPECT_THAT(checked.error, HasSubstr("has a command word"));
}

INSTANTIATE_TEST_SUITE_P(Chips, NothingToCheckTest, testing::Values("avx512-vnni", "mma-sync"),
                         [](const auto &info) {
                           return std::string(info.param) == "mma-sync" ? "mma_sync" : "avx512_vnni";
                         });

/// A device that rounds, counts or compares differently; `intrinsic` is where it shows.
struct Wrong {
  const char *name, *intrinsic, *from, *to;
};

class WrongMeaningTest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongMeaningTest, IsFoundAndShrunkToOneCommand) {
  const Wrong &wrong = GetParam();
  check::CheckOptions options;
  options.intrinsics = {wrong.intrinsic};
  options.sequences = 0;
  Mutation mutation = {{"replace", wrong.from}, {"with", wrong.to}};
  Checked checked = checkChip("outer-product", options, mutation);
  const check::Counterexample &example = checked.example();
  EXPECT_EQ(example.outcome.kind, check::Outcome::Kind::Differs);
  EXPECT_EQ(example.smallest.commands.size(), 1u) << checked.text();
  EXPECT_EQ(example.smallest.background, 0u) << checked.text();
  EXPECT_LE(example.outcome.differing, 16u) << checked.text();
  // The same case again, by its number alone.
  options.only = example.number;
  Checked again = checkChip("outer-product", options, mutation);
  EXPECT_EQ(again.example().original, example.original);
  EXPECT_EQ(again.text(), checked.text());
}

INSTANTIATE_TEST_SUITE_P(
    Mutations, WrongMeaningTest,
    testing::Values(Wrong{"rounding", "requantise_channels", "round_shift_half_away(",
                          "round_shift_half_up("},
                    Wrong{"rounding_once", "requantise", "round_shift_half_up(", "round_shift_half_away("},
                    Wrong{"clamp", "requantise", "+ zero, low, high)", "+ zero + 1, low, high)"},
                    Wrong{"index", "load_inp", "dst[k, m] = src[k, m]", "dst[k, m] = src[k, 0]"},
                    Wrong{"sign", "mopa{update: =}", "i32(w[k, n])", "i32(wrap_u8(w[k, n]))"},
                    Wrong{"fill", "load_inp", "memory: inp, access: write, stride: {k: any}, outside: 0}",
                          "memory: inp, access: write, stride: {k: any}, outside: 1}"}),
    [](const auto &info) { return info.param.name; });

TEST(CheckTest, LostOrderIsFoundAndShrunkToTwoCommands) {
  check::CheckOptions options;
  options.cases = 0;
  options.sequences = 60;
  Checked checked = checkChip("outer-product", options, {{"fault", "queues"}});
  // A difference, or what was not there yet has no meaning for the device.
  EXPECT_NE(checked.example().outcome.kind, check::Outcome::Kind::Same) << checked.text();
  EXPECT_EQ(checked.example().smallest.commands.size(), 2u) << checked.text();
}

TEST(CheckTest, CrashIsFoundAndShrunk) {
  check::CheckOptions options;
  options.cases = 10;
  Checked checked = checkChip("outer-product", options, {{"fault", "crash"}, {"at", "pass"}});
  EXPECT_EQ(checked.example().outcome.kind, check::Outcome::Kind::DeviceFailed);
  EXPECT_THAT(checked.text(), HasSubstr("SIGSEGV"));
  ASSERT_EQ(checked.example().smallest.commands.size(), 1u) << checked.text();
  EXPECT_THAT(checked.text(), HasSubstr("pass m=1 n=1"));
}

TEST(CheckTest, HangIsFoundAndShrunk) {
  check::CheckOptions options;
  options.cases = 2;
  options.shrinkSeconds = 12;
  Checked checked = checkChip("outer-product", options, {{"fault", "hang"}, {"at", "pass"}});
  EXPECT_EQ(checked.example().outcome.kind, check::Outcome::Kind::DeviceFailed);
  EXPECT_THAT(checked.text(), HasSubstr("2 s"));
}

TEST(CheckTest, DifferenceThatNeedsEarlierCasesNamesThem) {
  check::CheckOptions options;
  options.cases = 6;
  options.shrinkSeconds = 20;
  Checked checked = checkChip("outer-product", options, {{"fault", "remembers"}, {"at", ""}});
  const check::Counterexample &example = checked.example();
  EXPECT_TRUE(example.shown);
  EXPECT_EQ(example.before.size(), 3u) << checked.text();
  EXPECT_THAT(checked.text(), HasSubstr("must run before"));
  EXPECT_THAT(checked.text(), HasSubstr("which no command writes"));
}

TEST(CheckTest, EveryDifferenceWhereAsked) {
  check::CheckOptions options;
  options.cases = 12;
  options.sequences = 0;
  options.keepGoing = true;
  options.shrinkSeconds = 5;
  Mutation mutation = {{"replace", "i32(w[k, n])"}, {"with", "i32(wrap_u8(w[k, n]))"}};
  Checked checked = checkChip("outer-product", options, mutation);
  ASSERT_TRUE(checked.result) << checked.error;
  EXPECT_EQ(checked.result->counterexamples.size(), 2u); // of both members of the family mopa
}

TEST(CheckTest, CaseOfACommandThatHasNoneIsRefused) {
  check::CheckOptions options;
  options.only = 0; // config_ld
  Checked checked = checkChip("ws-array", options);
  EXPECT_EQ(checked.code, ExitCode::WrongUse);
  EXPECT_THAT(checked.error, HasSubstr("config_ld"));
}

} // namespace
