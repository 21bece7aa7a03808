// A device in its process, well and unwell: whatever happens there is an error here that says what it was.
#include "core/runtime/DeviceProcess.h"
#include "core/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <numeric>
#include <thread>

using namespace tenon;
using namespace tenon::runtime;
using testing::AllOf;
using testing::HasSubstr;

namespace {

DeviceOptions optionsFor(const char *plugin, const std::string &fault = "") {
  DeviceOptions options;
  options.worker.program = TENON_WORKER;
  options.plugin = plugin;
  if (!fault.empty())
    options.options["fault"] = fault;
  return options;
}

std::string failed(llvm::Error error, ExitCode code = ExitCode::DeviceFailed) {
  EXPECT_TRUE(bool(error));
  if (!error)
    return "";
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, code);
  return toString(found.diagnostics.front());
}

std::string openFailure(const DeviceOptions &options, ExitCode code = ExitCode::DeviceFailed) {
  llvm::Expected<DeviceProcess> device = DeviceProcess::open(options);
  return device ? "it opened" : failed(device.takeError(), code);
}

DeviceProcess opened(const DeviceOptions &options) {
  llvm::Expected<DeviceProcess> device = DeviceProcess::open(options);
  if (!device)
    ADD_FAILURE() << llvm::toString(device.takeError());
  return std::move(*device);
}

TEST(DeviceProcess, CopiesRunsAndCounts) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE));
  llvm::Expected<uint64_t> address = device.allocate(1 << 20);
  ASSERT_TRUE(bool(address));
  std::vector<uint8_t> data(1000), found(1000);
  std::iota(data.begin(), data.end(), uint8_t(0));
  ASSERT_FALSE(bool(device.copyIn(*address, data)));
  std::vector<uint64_t> command = {1, 0, 4096, 1000};
  ASSERT_FALSE(bool(device.submit({reinterpret_cast<const uint8_t *>(command.data()), 32})));
  ASSERT_FALSE(bool(device.wait()));
  ASSERT_FALSE(bool(device.copyOut(4096, found)));
  for (size_t i = 0; i < found.size(); ++i)
    ASSERT_EQ(found[i], uint8_t(data[i] + 1));
  llvm::Expected<std::vector<Counter>> counters = device.counters();
  ASSERT_TRUE(bool(counters));
  EXPECT_THAT(*counters, testing::ElementsAre(Counter{"commands", 1}));
  EXPECT_FALSE(bool(device.free(*address)));
  EXPECT_FALSE(bool(device.close()));
  EXPECT_THAT(failed(device.wait()), HasSubstr("the device is closed"));
}

TEST(DeviceProcess, ADeviceWithoutAccessToItsMemoriesSaysSo) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE));
  EXPECT_THAT(failed(device.readMemory("pad", 0, 4).takeError(), ExitCode::TargetCannot),
              HasSubstr("the device has no access from outside to read pad"));
  EXPECT_THAT(failed(device.writeMemory("pad", 0, {1}), ExitCode::TargetCannot),
              HasSubstr("the device has no access from outside to write pad"));
  EXPECT_FALSE(bool(device.wait()));
}

TEST(DeviceProcess, LargeDataAndStreamsGoInParts) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE));
  ASSERT_TRUE(bool(device.allocate(1 << 20)));
  std::vector<uint8_t> stream; // more than a message holds
  std::vector<uint64_t> command = {1, 0, 0, 1};
  constexpr uint64_t count = (mostPayloadBytes + mostPartBytes) / 32 + 3;
  for (uint64_t i = 0; i < count; ++i)
    stream.insert(stream.end(), reinterpret_cast<const uint8_t *>(command.data()),
                  reinterpret_cast<const uint8_t *>(command.data()) + 32);
  ASSERT_FALSE(bool(device.submit(stream)));
  uint8_t sum = 0;
  ASSERT_FALSE(bool(device.copyOut(0, sum)));
  EXPECT_EQ(sum, uint8_t(count));
}

TEST(DeviceProcess, ARefusalKeepsItsTextAndTheDevice) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE, "refuse at submit"));
  EXPECT_THAT(failed(device.submit({})), HasSubstr("the command 7 is not one of this device"));
  EXPECT_THAT(failed(device.free(3), ExitCode::WrongUse), HasSubstr("nothing was allocated there"));
  EXPECT_FALSE(bool(device.wait()));
  DeviceProcess silent = opened(optionsFor(TEST_DEVICE, "silence at wait"));
  EXPECT_THAT(failed(silent.wait()), HasSubstr("the device says nothing about status 1"));
}

TEST(DeviceProcess, ACrashIsReportedWithSignalRequestAndOutput) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE, "crash at submit"));
  std::string message = failed(device.submit({}));
  EXPECT_THAT(message, AllOf(HasSubstr("the device's process was ended by signal 11 (SIGSEGV) at submit"),
                             HasSubstr("it printed last: the test device is going to crash")));
  EXPECT_THAT(failed(device.wait()), AllOf(HasSubstr("nothing more can be asked"), HasSubstr("SIGSEGV")));
}

TEST(DeviceProcess, AnAbortAndAnExitAreReported) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE, "abort at copyIn"));
  EXPECT_THAT(failed(device.copyIn(0, {1, 2})), HasSubstr("signal 6 (SIGABRT) at copy in"));
  DeviceProcess other = opened(optionsFor(TEST_DEVICE, "exit at wait"));
  EXPECT_THAT(failed(other.wait()), HasSubstr("exited with 0 at wait"));
  EXPECT_THAT(openFailure(optionsFor(TEST_DEVICE, "abort at open")), HasSubstr("SIGABRT) at open"));
  DeviceProcess closing = opened(optionsFor(TEST_DEVICE, "abort at close"));
  EXPECT_THAT(failed(closing.close()), HasSubstr("SIGABRT) at close"));
}

TEST(DeviceProcess, AHangEndsAtItsLimit) {
  DeviceOptions options = optionsFor(TEST_DEVICE, "hang at wait");
  options.worker.runSeconds = 0.5;
  DeviceProcess device = opened(options);
  auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(failed(device.wait()), AllOf(HasSubstr("did not finish wait within 0.5 seconds and was ended"),
                                           HasSubstr("going to hang")));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  options = optionsFor(TEST_DEVICE, "hang at allocate");
  options.worker.requestSeconds = 2;
  DeviceProcess other = opened(options);
  EXPECT_THAT(failed(other.allocate(1).takeError()), HasSubstr("did not finish allocate within 2 seconds"));
}

TEST(DeviceProcess, AKilledWorkerIsReported) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE, "hang at wait"));
  std::thread killer([id = device.processId()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(id, SIGKILL);
  });
  EXPECT_THAT(failed(device.wait()), HasSubstr("was ended by signal 9 (SIGKILL) at wait"));
  killer.join();
}

TEST(DeviceProcess, MuchOutputHoldsNothingUpAndOnlyItsEndIsKept) {
  DeviceProcess device = opened(optionsFor(TEST_DEVICE, "flood at submit"));
  EXPECT_FALSE(bool(device.submit({})));
  ::kill(device.processId(), SIGKILL);
  std::string message = failed(device.wait());
  EXPECT_THAT(message, AllOf(HasSubstr("SIGKILL"), testing::Not(HasSubstr("line 1 of"))));
  EXPECT_LT(message.size(), 12000u);
}

TEST(DeviceProcess, ADeviceThatIsDroppedLeavesNoProcess) {
  int id = 0;
  {
    DeviceProcess device = opened(optionsFor(TEST_DEVICE));
    id = device.processId();
    EXPECT_EQ(::kill(id, 0), 0);
  }
  EXPECT_EQ(::kill(id, 0), -1);
}

TEST(DeviceProcess, AnotherVersionIsRefusedWithBoth) {
  EXPECT_THAT(openFailure(optionsFor(TEST_DEVICE_VERSION)),
              AllOf(HasSubstr("the plugin has version 7"), HasSubstr("this program has version 2")));
  EXPECT_THAT(openFailure(optionsFor(TEST_DEVICE_SIZE)),
              AllOf(HasSubstr("the plugin's table has 24 bytes"), HasSubstr("version 2 has ")));
  EXPECT_THAT(openFailure(optionsFor(TEST_DEVICE_SYMBOL)), HasSubstr("exports no tenonDeviceInterface"));
}

TEST(DeviceProcess, WhatIsNoPluginIsRefused) {
  EXPECT_THAT(openFailure(optionsFor("/no/such/device.so")), HasSubstr("the plugin cannot be loaded"));
  EXPECT_THAT(openFailure(optionsFor(TENON_WORKER)), HasSubstr("the plugin cannot be loaded"));
  DeviceOptions options = optionsFor("");
  options.engine = "nothing";
  EXPECT_THAT(openFailure(options, ExitCode::WrongUse),
              HasSubstr("there is no engine nothing, there are: spec"));
  options = optionsFor(TEST_DEVICE);
  options.options["wrong"] = "1";
  EXPECT_THAT(openFailure(options, ExitCode::WrongUse), HasSubstr("the device has no option wrong"));
}

TEST(DeviceProcess, AMissingWorkerIsSaid) {
  DeviceOptions options = optionsFor(TEST_DEVICE);
  options.worker.program = "/no/such/worker";
  EXPECT_THAT(openFailure(options, ExitCode::SystemFailed),
              HasSubstr("/no/such/worker: the worker cannot be started"));
  options.worker.program = "/bin/true"; // answers nothing
  EXPECT_THAT(openFailure(options), HasSubstr("exited with 0 at its start"));
  options.worker.program = "/bin/cat"; // waits for its input, which is empty
  EXPECT_THAT(openFailure(options), HasSubstr("exited with 0 at its start"));
  llvm::Expected<std::string> found = findWorker("/no/such/folder/tool");
  ASSERT_FALSE(bool(found));
  EXPECT_THAT(failed(found.takeError(), ExitCode::SystemFailed), HasSubstr("tenon-device-worker"));
  found = findWorker(TENON_WORKER);
  ASSERT_TRUE(bool(found));
  EXPECT_EQ(*found, TENON_WORKER);
}

} // namespace
