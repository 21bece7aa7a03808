// tenon check on devices that do what their description says, and on some that do not.
#include "core/check/Check.h"
#include "core/isa/encoding/Assembly.h"
#include "tests/isa/chips/ChipFiles.h"

#include <gtest/gtest.h>

using namespace tenon;

namespace {

std::string chipPath(const std::string &name) { return test::chipFile(name); }

struct Checked {
  isa::Description description;
  std::optional<check::CheckResult> result;
  std::string error;
};

/// Checks the device that `options` describe against a chip of tests/isa/chips.
Checked checkChip(const std::string &name, const check::CheckOptions &options,
                  const std::map<std::string, std::string> &mutation = {}) {
  Checked checked;
  auto description = isa::loadDescription(chipPath(name));
  if (!description) {
    ADD_FAILURE() << llvm::toString(description.takeError());
    return checked;
  }
  checked.description = std::move(*description);
  check::DeviceSetup setup;
  setup.device.worker.program = TENON_WORKER;
  setup.device.worker.runSeconds = 2;
  setup.device.description = checked.description.text;
  setup.device.descriptionPath = checked.description.path;
  if (!mutation.empty()) {
    setup.device.plugin = MUTATED_DEVICE;
    setup.device.options = mutation;
  }
  auto result = check::check(checked.description, setup, options, {});
  if (result)
    checked.result = std::move(*result);
  else
    checked.error = llvm::toString(result.takeError());
  return checked;
}

std::string listing(const Checked &checked, const check::Counterexample &example) {
  std::string text;
  for (const isa::Instruction &instruction : example.smallest.commands)
    text += isa::print(checked.description, instruction) + "\n";
  return text;
}

class ChipTest : public testing::TestWithParam<std::string> {};

TEST_P(ChipTest, SimulatorDoesWhatTheDescriptionSays) {
  check::CheckOptions options;
  options.cases = 6;
  Checked checked = checkChip(GetParam(), options);
  ASSERT_TRUE(checked.result) << checked.error;
  for (const check::Counterexample &example : checked.result->counterexamples)
    ADD_FAILURE() << example.outcome.message << "\n" << listing(checked, example);
  for (const check::Part &part : checked.result->parts) {
    std::string refusals;
    for (const auto &[kind, count] : part.tally.refusals)
      refusals += " " + kind + "=" + std::to_string(count);
    std::printf("%-26s cases %3lu unreached %lu drawn %lu legal %lu telling %lu;%s %s\n", part.name.c_str(),
                part.cases, part.unreached, part.tally.drawn, part.tally.legal, part.tally.telling,
                refusals.c_str(), part.notChecked.c_str());
    EXPECT_EQ(part.unreached, 0u) << part.name << ": " << part.tally.lastRefusal;
    if (part.notChecked.empty())
      EXPECT_EQ(part.cases, options.cases) << part.name;
  }
  std::printf("%lu cases, %lu bytes, %lu openings, %.1f s\n", checked.result->run, checked.result->bytes,
              checked.result->openings, checked.result->seconds);
}

INSTANTIATE_TEST_SUITE_P(Chips, ChipTest, testing::ValuesIn(test::chipsThere({"ws-array", "outer-product", "npu-sim"})), [](const auto &info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

} // namespace
