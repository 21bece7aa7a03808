// The worker's own engine: a chip of two instructions, from its description to a bundle's run.
#include "core/runtime/Execute.h"
#include "core/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tenon;
using namespace tenon::runtime;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const char *const copierChip = R"(tenon: 1
target: copier
parameters: {BYTES: 1024}
memories:
  dram: {kind: global, bytes: BYTES}
queues: {main: {depth: 4}}
words:
  move: {bits: 64, op: 7..0, from: 23..8, to: 39..24, n: 55..40}
intrinsics:
  copy:
    queue: main
    sizes: {n: 1..1024}
    operands:
      a: {type: "i8[n]", memory: dram}
      b: {type: "i8[n]", memory: dram, access: write}
    semantics: b[n] = a[n]
    command: {word: move, op: 1, from: a.addr, to: b.addr, n: n}
  negate:
    queue: main
    sizes: {n: 1..1024}
    operands:
      a: {type: "i8[n]", memory: dram}
      b: {type: "i8[n]", memory: dram, access: write}
    semantics: b[n] = wrap_i8(0 - i32(a[n]))
    command: {word: move, op: 2, from: a.addr, to: b.addr, n: n}
)";

std::vector<uint8_t> move(uint64_t op, uint64_t from, uint64_t to, uint64_t count) {
  uint64_t word = op | from << 8 | to << 24 | count << 40;
  const auto *bytes = reinterpret_cast<const uint8_t *>(&word);
  return {bytes, bytes + sizeof(word)};
}

DeviceOptions specOptions() {
  DeviceOptions options;
  options.worker.program = TENON_WORKER;
  options.description = copierChip;
  options.descriptionPath = "copier.yaml";
  return options;
}

DeviceProcess opened(const DeviceOptions &options) {
  llvm::Expected<DeviceProcess> device = DeviceProcess::open(options);
  if (!device)
    ADD_FAILURE() << llvm::toString(device.takeError());
  return std::move(*device);
}

std::string failed(llvm::Error error, ExitCode code) {
  EXPECT_TRUE(bool(error));
  if (!error)
    return "";
  FailureReport found = report(std::move(error));
  EXPECT_EQ(found.code, code);
  return toString(found.diagnostics.front());
}

std::string openFailure(const DeviceOptions &options, ExitCode code) {
  llvm::Expected<DeviceProcess> device = DeviceProcess::open(options);
  return device ? "it opened" : failed(device.takeError(), code);
}

TEST(SpecDevice, RunsCommandsOfItsDescription) {
  DeviceProcess device = opened(specOptions());
  ASSERT_TRUE(bool(device.allocate(1024, 1, 0)));
  ASSERT_FALSE(bool(device.copyIn(100, {1, 2, 0x80, 0xff})));
  std::vector<uint8_t> commands = move(2, 100, 200, 4), second = move(1, 200, 300, 3), found(3);
  commands.insert(commands.end(), second.begin(), second.end());
  llvm::Error error = device.submit(commands);
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  ASSERT_FALSE(bool(device.wait()));
  ASSERT_FALSE(bool(device.copyOut(300, found)));
  EXPECT_THAT(found, ElementsAre(0xff, 0xfe, 0x80));
  llvm::Expected<std::vector<Counter>> counters = device.counters();
  ASSERT_TRUE(bool(counters));
  EXPECT_THAT(*counters, AllOf(Contains(Counter{"commands", 2}), Contains(Counter{"intrinsic.copy", 1}),
                               Contains(Counter{"intrinsic.negate", 1}), Contains(Counter{"queue.main", 2})));
  EXPECT_FALSE(bool(device.close()));
}

TEST(SpecDevice, FindsWhatAChipWouldNot) {
  DeviceProcess device = opened(specOptions());
  ASSERT_TRUE(bool(device.allocate(1024, 1, 0)));
  EXPECT_NE(failed(device.submit(move(1, 100, 200, 4)), ExitCode::DeviceFailed), ""); // nobody wrote byte 100
  DeviceProcess other = opened(specOptions());
  EXPECT_NE(failed(other.submit({9, 0, 0, 0, 0, 0, 0, 0}), ExitCode::DeviceFailed), ""); // no such command
}

TEST(SpecDevice, MemoriesAreReadAndWrittenFromOutside) {
  DeviceOptions options = specOptions();
  std::string chip = copierChip;
  chip.replace(chip.find("queues:"), 0, "  pad: {kind: scratchpad, bytes: 8 MiB}\n");
  options.description = chip;
  DeviceProcess device = opened(options);
  ASSERT_FALSE(bool(device.writeMemory("pad", 5, {1, 2, 3})));
  llvm::Expected<MemoryContent> found = device.readMemory("pad", 4, 5);
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  EXPECT_THAT(found->data, ElementsAre(0, 1, 2, 3, 0));
  EXPECT_THAT(found->known, ElementsAre(0, 1, 1, 1, 0));
  // What commands do to the global memory is seen, and what is written there is what they read.
  ASSERT_FALSE(bool(device.writeMemory("dram", 100, {1, 2})));
  ASSERT_FALSE(bool(device.submit(move(2, 100, 200, 2))));
  found = device.readMemory("dram", 200, 3);
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  EXPECT_THAT(found->data, ElementsAre(0xff, 0xfe, 0));
  EXPECT_THAT(found->known, ElementsAre(1, 1, 0));
  // More than a message holds, over page ends.
  std::vector<uint8_t> all(8 << 20);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = uint8_t(i * 7 + (i >> 16));
  ASSERT_FALSE(bool(device.writeMemory("pad", 0, all)));
  found = device.readMemory("pad", 0, all.size());
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  EXPECT_EQ(found->data, all);
  EXPECT_THAT(failed(device.readMemory("pad", 8 << 20, 1).takeError(), ExitCode::WrongUse),
              HasSubstr("the host uses 1 bytes from byte 8388608 of pad, which has 8388608"));
  EXPECT_THAT(failed(device.writeMemory("pod", 0, {1}), ExitCode::WrongUse),
              HasSubstr("the description has no memory pod, it has: dram pad"));
}

TEST(SpecDevice, MemoryIsHandedOut) {
  DeviceProcess device = opened(specOptions());
  llvm::Expected<uint64_t> first = device.allocate(10), second = device.allocate(10, 64);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, 0u);
  EXPECT_EQ(*second, 64u);
  EXPECT_THAT(failed(device.allocate(10, 1, 70).takeError(), ExitCode::DeviceFailed),
              HasSubstr("10 bytes at address 70 are not free"));
  EXPECT_THAT(failed(device.allocate(10, 4, 70).takeError(), ExitCode::WrongUse),
              HasSubstr("no multiple of 4"));
  EXPECT_THAT(failed(device.allocate(2000).takeError(), ExitCode::DeviceFailed),
              HasSubstr("no gap of 2000 bytes"));
  EXPECT_THAT(failed(device.copyIn(60, {1, 2, 3, 4, 5}), ExitCode::WrongUse),
              HasSubstr("5 bytes at address 60 do not lie in one allocated range"));
  EXPECT_FALSE(bool(device.free(0)));
  EXPECT_THAT(failed(device.free(0), ExitCode::WrongUse),
              HasSubstr("no allocated range starts at address 0"));
}

TEST(SpecDevice, TakesParametersAndOptions) {
  DeviceOptions options = specOptions();
  options.parameters["BYTES"] = 2048;
  options.options["seed"] = "7";
  DeviceProcess device = opened(options);
  EXPECT_TRUE(bool(device.allocate(2048)));
  options.options["colour"] = "red";
  EXPECT_THAT(openFailure(options, ExitCode::WrongUse), HasSubstr("the engine has no option 'colour'"));
  options.options = {{"seed", "many"}};
  EXPECT_THAT(openFailure(options, ExitCode::WrongUse),
              HasSubstr("seed is 'many', it must be a whole number"));
}

TEST(SpecDevice, AWrongDescriptionIsSaidWithItsPlace) {
  DeviceOptions options = specOptions();
  options.description = "tenon: 1\ntarget: [";
  EXPECT_THAT(openFailure(options, ExitCode::WrongInput), HasSubstr("copier.yaml:2"));
}

TEST(SpecDevice, RunsABundle) {
  Bundle bundle;
  bundle.target = "copier";
  bundle.description = copierChip;
  bundle.descriptionHash = sha256(llvm::StringRef(copierChip));
  bundle.memory = "dram";
  bundle.memoryBytes = 64;
  bundle.inputs = {{"x", "i8", {4}, {std::nullopt, 0, 4}}};
  bundle.outputs = {{"y", "i8", {6}, {std::nullopt, 32, 6}}};
  bundle.layers = {{"negate"}};
  bundle.constants = {{{std::nullopt, 16, 2}, {70, 71}}};
  std::vector<uint8_t> second = move(1, 16, 36, 2);
  bundle.commands = move(2, 0, 32, 4);
  bundle.commands.insert(bundle.commands.end(), second.begin(), second.end());
  bundle.steps.resize(1);
  bundle.steps[0].device = DeviceStep{0, 16, {{0, 16, 0}}};
  ExecuteOptions options;
  options.device = specOptions();
  llvm::Expected<Executor> executor = Executor::start(bundle, options);
  ASSERT_TRUE(bool(executor)) << llvm::toString(executor.takeError());
  for (uint8_t round = 0; round < 3; ++round) {
    llvm::Expected<ExecuteResult> result = executor->run({{round, 1, 2, 3}});
    ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
    EXPECT_THAT(result->outputs, ElementsAre(ElementsAre(uint8_t(-round), 0xff, 0xfe, 0xfd, 70, 71)));
    EXPECT_THAT(result->counters, Contains(Counter{"intrinsic.negate", 1}));
  }
}

} // namespace
