// Bundles run on the test device and the host: many inputs, callbacks, and errors on the way.
#include "core/runtime/Execute.h"
#include "core/support/Error.h"
#include "tests/runtime/TestBundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::runtime;
using namespace tenon::test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

ExecuteOptions executeOptions(const std::string &fault = "") {
  ExecuteOptions options;
  options.device.worker.program = TENON_WORKER;
  options.device.plugin = TEST_DEVICE;
  options.host.worker.program = TENON_WORKER;
  if (!fault.empty())
    options.device.options["fault"] = fault;
  return options;
}

std::string failed(llvm::Error error, ExitCode code) {
  EXPECT_TRUE(bool(error));
  if (!error)
    return "";
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, code);
  return toString(found.diagnostics.front());
}

class ExecuteTest : public testing::Test {
protected:
  Executor started(const ExecuteOptions &options = executeOptions()) {
    llvm::Expected<Executor> executor = Executor::start(bundle, options);
    if (!executor)
      ADD_FAILURE() << llvm::toString(executor.takeError());
    return std::move(*executor);
  }

  Bundle bundle = testBundle();
};

TEST_F(ExecuteTest, RunsManyInputsWithConstantsLoadedOnce) {
  Executor executor = started();
  for (int round = 0; round < 5; ++round) {
    auto r = uint8_t(round);
    llvm::Expected<ExecuteResult> result = executor.run({{r, 1, 2, 3}});
    ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
    EXPECT_THAT(result->outputs, ElementsAre(ElementsAre(2 * (r + 1) + 11, 25, 37, 49)));
    EXPECT_THAT(result->counters, ElementsAre(Counter{"commands", 2})); // of this run
  }
  EXPECT_FALSE(bool(executor.stop()));
}

TEST_F(ExecuteTest, TellsOfStepsAndTensors) {
  Executor executor = started();
  std::vector<std::string> told;
  ExecuteCallbacks callbacks;
  callbacks.afterStep = [&](unsigned step, double seconds, llvm::ArrayRef<Counter> added) {
    EXPECT_GE(seconds, 0);
    told.push_back("step " + std::to_string(step) + ", " + std::to_string(added[0].value) + " commands");
    return llvm::Error::success();
  };
  callbacks.onTensor = [&](const WatchedTensor &watched, llvm::ArrayRef<uint8_t> bytes) {
    told.push_back(watched.tensor.name + " " + std::to_string(bytes[1]));
    return llvm::Error::success();
  };
  ASSERT_TRUE(bool(executor.run({{0, 1, 2, 3}}, callbacks)));
  EXPECT_THAT(told, ElementsAre("given 1", "middle \"1\" 2", "step 0, 1 commands", "doubled 24",
                                "step 1, 0 commands", "step 2, 1 commands"));
  callbacks.afterStep = [&](unsigned, double, llvm::ArrayRef<Counter>) { return wrongInput("enough"); };
  EXPECT_THAT(failed(executor.run({{0, 1, 2, 3}}, callbacks).takeError(), ExitCode::WrongInput),
              HasSubstr("enough"));
}

TEST_F(ExecuteTest, WrongInputsAreRefused) {
  Executor executor = started();
  EXPECT_THAT(failed(executor.run({}).takeError(), ExitCode::WrongUse),
              HasSubstr("0 inputs are given, the bundle has 1"));
  EXPECT_THAT(failed(executor.run({{1, 2, 3}}).takeError(), ExitCode::WrongUse),
              HasSubstr("input x is given with 3 bytes, it has 4"));
}

TEST_F(ExecuteTest, AHostFunctionWithoutResultNamesItsLayer) {
  Executor executor = started();
  EXPECT_THAT(failed(executor.run({{98, 0, 0, 0}}).takeError(), ExitCode::WrongInput),
              AllOf(HasSubstr("the host function doubleIt has no result: division by zero"),
                    HasSubstr("step 1, double #1")));
  EXPECT_TRUE(bool(executor.run({{0, 1, 2, 3}}))); // and does not spoil the next run
}

TEST_F(ExecuteTest, ADeviceThatFailsNamesTheStep) {
  Executor executor = started(executeOptions("abort at wait"));
  EXPECT_THAT(failed(executor.run({{0, 1, 2, 3}}).takeError(), ExitCode::DeviceFailed),
              AllOf(HasSubstr("SIGABRT"), HasSubstr("step 0")));
  EXPECT_THAT(failed(executor.run({{0, 1, 2, 3}}).takeError(), ExitCode::DeviceFailed),
              HasSubstr("nothing more can be asked"));
}

TEST_F(ExecuteTest, MoreMemoryThanTheDeviceHasIsRefused) {
  bundle.memoryBytes = 1 << 21;
  llvm::Expected<Executor> executor = Executor::start(bundle, executeOptions());
  ASSERT_FALSE(bool(executor));
  EXPECT_THAT(failed(executor.takeError(), ExitCode::DeviceFailed),
              HasSubstr("the memory has 1048576 bytes"));
}

TEST_F(ExecuteTest, AWrongBundleIsRefusedBeforeAnythingStarts) {
  bundle.steps[2].device->bytes = 33;
  ExecuteOptions options = executeOptions();
  options.device.worker.program = "/no/such/worker";
  llvm::Expected<Executor> executor = Executor::start(bundle, options);
  ASSERT_FALSE(bool(executor));
  EXPECT_THAT(failed(executor.takeError(), ExitCode::WrongInput), HasSubstr("step 2 has 33 bytes at 32"));
}

} // namespace
