// The plugin in a worker of its own, as tools use it.
#include "core/runtime/Execute.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>
#include <thread>

using namespace tenon;
using namespace tenon::runtime;
using testing::AllOf;
using testing::HasSubstr;

namespace {

std::string description() {
  std::ifstream file(NPU_DESCRIPTION);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

DeviceOptions rtl(const std::map<std::string, std::string> &options = {}) {
  DeviceOptions device;
  device.worker.program = TENON_WORKER;
  device.plugin = NPU_PLUGIN;
  device.description = description();
  device.descriptionPath = NPU_DESCRIPTION;
  device.options = options;
  return device;
}

std::string openFailure(const DeviceOptions &options, ExitCode code) {
  llvm::Expected<DeviceProcess> device = DeviceProcess::open(options);
  if (device)
    return "it opened";
  FailureReport found = report(device.takeError());
  EXPECT_EQ(found.code, code);
  return toString(found.diagnostics.front());
}

Bytes inputOf(const Bundle &bundle, uint64_t seed) {
  Bytes bytes(bundle.inputs.front().location.bytes);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = uint8_t((i + 1) * 2654435761U * (seed + 1) >> 13);
  return bytes;
}

llvm::Expected<ExecuteResult> runOnce(const Bundle &bundle, const DeviceOptions &device) {
  ExecuteOptions options;
  options.device = device;
  options.host.worker = device.worker;
  auto executor = Executor::start(bundle, options);
  if (!executor)
    return executor.takeError();
  return executor->run({inputOf(bundle, 1)});
}

TEST(RtlDevice, RefusesWhatItWasNotBuiltFor) {
  DeviceOptions options = rtl();
  options.description += "# another text\n";
  EXPECT_THAT(openFailure(options, ExitCode::WrongInput),
              AllOf(HasSubstr("the description's hash is"), HasSubstr("the design was generated from")));
  options = rtl();
  options.parameters["SPAD_BYTES"] = 131072;
  EXPECT_THAT(openFailure(options, ExitCode::TargetCannot),
              AllOf(HasSubstr("the description has DIM=16 SPAD_BYTES=131072"),
                    HasSubstr("models were built for: DIM=16 SPAD_BYTES=262144"), HasSubstr("DIM=8 ")));
  EXPECT_THAT(openFailure(rtl({{"colour", "red"}}), ExitCode::WrongUse),
              HasSubstr("the device has no option 'colour', it has: seed"));
}

TEST(RtlDevice, RandomTimingGivesTheSameBytes) {
  for (const char *folder : {CONV_BUNDLE, GRAPH_BUNDLE}) {
    auto bundle = readBundle(folder);
    ASSERT_TRUE(bool(bundle)) << llvm::toString(bundle.takeError());
    DeviceOptions spec = rtl();
    spec.plugin.clear();
    auto expected = runOnce(*bundle, spec);
    ASSERT_TRUE(bool(expected)) << llvm::toString(expected.takeError());
    for (int seed = 0; seed < 8; ++seed) {
      auto found = runOnce(*bundle, rtl({{"random", "1"}, {"seed", std::to_string(seed)}}));
      ASSERT_TRUE(bool(found)) << "seed " << seed << ": " << llvm::toString(found.takeError());
      EXPECT_EQ(found->outputs, expected->outputs) << "seed " << seed;
    }
  }
}

TEST(RtlDevice, AnErrorOfTheBusIsTheDevicesFailure) {
  auto bundle = readBundle(CONV_BUNDLE);
  ASSERT_TRUE(bool(bundle));
  auto found = runOnce(*bundle, rtl({{"error-at", "0"}}));
  ASSERT_FALSE(bool(found));
  FailureReport failed = report(found.takeError());
  EXPECT_EQ(failed.code, ExitCode::DeviceFailed);
  EXPECT_THAT(toString(failed.diagnostics.front()), HasSubstr("the chip stopped with bus_read"));
}

TEST(RtlDevice, WritesAWaveform) {
  auto bundle = readBundle(CONV_BUNDLE);
  ASSERT_TRUE(bool(bundle));
  std::string all = testing::TempDir() + "sim_all.fst", part = testing::TempDir() + "sim_part.fst";
  for (const auto &[file, range] : {std::pair(all, "0..65535"), std::pair(part, "2..3")}) {
    std::filesystem::remove(file);
    DeviceOptions options = rtl({{"waveform", file}, {"waveform-commands", range}});
    if (!RTL_WATCHED) {
      EXPECT_THAT(openFailure(options, ExitCode::TargetCannot),
                  HasSubstr("was built without assertions and waveforms"));
      continue;
    }
    ExecuteOptions execute;
    execute.device = options;
    execute.host.worker = options.worker;
    auto executor = Executor::start(*bundle, execute);
    ASSERT_TRUE(bool(executor)) << llvm::toString(executor.takeError());
    auto found = executor->run({inputOf(*bundle, 1)});
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    ASSERT_FALSE(bool(executor->stop()));
    EXPECT_GT(std::filesystem::file_size(file), 1000u);
    std::ifstream stream(file, std::ios::binary);
    EXPECT_EQ(stream.get(), 0) << "an FST begins with the header block";
  }
  if (RTL_WATCHED) {
    EXPECT_THAT(openFailure(rtl({{"waveform", "/no/such/folder/w.fst"}}), ExitCode::WrongUse),
                HasSubstr("the waveform /no/such/folder/w.fst cannot be written"));
    EXPECT_LT(std::filesystem::file_size(part), std::filesystem::file_size(all));
  }
}

TEST(RtlDevice, AKilledWorkerIsReported) {
  DeviceOptions options = rtl({{"watchdog", "4000000000"}});
  auto device = DeviceProcess::open(options);
  ASSERT_TRUE(bool(device)) << llvm::toString(device.takeError());
  std::thread killer([id = device->processId()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(id, SIGKILL);
  });
  // A wait that nobody signals: the run goes on until the process is killed.
  Bytes wait = {0x60, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  llvm::Error error = device->submit(wait);
  killer.join();
  ASSERT_TRUE(bool(error));
  FailureReport failed = report(std::move(error));
  EXPECT_EQ(failed.code, ExitCode::DeviceFailed);
  EXPECT_THAT(toString(failed.diagnostics.front()), HasSubstr("SIGKILL) at submit"));
}

TEST(RtlDevice, MemoriesOfTheChipAreSeenThroughTheWorker) {
  auto device = DeviceProcess::open(rtl());
  ASSERT_TRUE(bool(device)) << llvm::toString(device.takeError());
  for (const char *memory : {"spad", "acc", "dram"}) {
    ASSERT_FALSE(bool(device->writeMemory(memory, 100, {1, 2, 3}))) << memory;
    auto found = device->readMemory(memory, 100, 3);
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    EXPECT_THAT(found->data, testing::ElementsAre(1, 2, 3));
    EXPECT_THAT(found->known, testing::ElementsAre(1, 1, 1));
  }
}

TEST(RtlDevice, NoiseBeforeTheResetWritesNoMemoryThatWasWrittenAfterIt) {
  for (int seed = 0; seed < 6; ++seed) {
    auto device = DeviceProcess::open(rtl({{"random", "1"}, {"seed", std::to_string(seed)}}));
    ASSERT_TRUE(bool(device)) << llvm::toString(device.takeError());
    std::vector<uint8_t> content(262144);
    for (size_t i = 0; i < content.size(); ++i)
      content[i] = uint8_t(i * 7 + (i >> 8));
    ASSERT_FALSE(bool(device->writeMemory("spad", 0, content)));
    Bytes signal = {0x61, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    llvm::Error error = device->submit(signal);
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    auto found = device->readMemory("spad", 0, content.size());
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    EXPECT_EQ(found->data, content) << "seed " << seed;
  }
}

} // namespace
