// Synchronisation is judged by the simulator: random commands on few places, ordered by synchronise(), have no
// race and no deadlock under any schedule, and one wait less is found.
#include "PlanTest.h"

#include "core/plan/Settings.h"
#include "core/plan/Synchronise.h"
#include "core/spec/Machine.h"

#include <random>

using namespace tenon;

namespace {

/// A use of the intrinsic with random sizes and few addresses; nothing where it would not be legal.
std::optional<isa::Instruction> randomUse(const isa::Description &description, unsigned number, std::mt19937 &random) {
  const isa::Intrinsic &intrinsic = description.intrinsics[number];
  isa::Instruction instruction;
  instruction.intrinsic = number;
  instruction.queue = unsigned(intrinsic.queue);
  for (const isa::Size &size : intrinsic.sizes)
    instruction.sizes.push_back(size.low + int64_t(random()) % std::min<int64_t>(4, size.high - size.low + 1));
  for (const isa::ValueDeclaration &value : intrinsic.values)
    instruction.values.push_back(std::max<int64_t>(value.low, std::min<int64_t>(value.high, 1)));
  for (unsigned operand = 0; operand < intrinsic.operands.size(); ++operand) {
    isa::OperandUse use;
    use.memory = intrinsic.operands[operand].memories.front();
    const isa::Memory &memory = description.memories[use.memory];
    use.address = memory.kind == isa::Memory::Kind::Rotating ? 0 : int64_t(random() % 4) * (memory.rowBytes ? 3 : 64);
    use.strides = isa::denseStrides(description, intrinsic, operand, use.memory, instruction.sizes, instruction.values);
    instruction.operands.push_back(std::move(use));
  }
  if (llvm::Error error = isa::check(description, instruction)) {
    llvm::consumeError(std::move(error));
    return std::nullopt;
  }
  return instruction;
}

/// Moves and drains on initialised memory, in a random order.
std::vector<isa::Instruction> randomStream(const isa::Description &description, std::mt19937 &random, unsigned length) {
  std::vector<isa::Instruction> stream;
  while (stream.size() < length) {
    unsigned number = unsigned(random() % description.intrinsics.size());
    const isa::Intrinsic &intrinsic = description.intrinsics[number];
    bool rotates = !intrinsic.advances.empty();
    for (const isa::OperandDeclaration &operand : intrinsic.operands)
      rotates |= description.memories[operand.memories.front()].kind == isa::Memory::Kind::Rotating;
    if (intrinsic.semantics.statements.empty() || rotates)
      continue;
    if (auto use = randomUse(description, number, random))
      stream.push_back(std::move(*use));
  }
  return stream;
}

/// Every row of every on-chip memory that the streams touch, loaded with something defined.
std::string runAll(const isa::Description &description, llvm::ArrayRef<isa::Instruction> stream,
                   std::optional<uint64_t> seed) {
  spec::MachineOptions options;
  options.seed = seed;
  auto machine = spec::Machine::create(description, options);
  if (!machine)
    return test::messageOf(machine.takeError());
  std::vector<uint8_t> bytes(4096, 1);
  if (std::string message = test::messageOf((*machine)->write(0, 0, bytes)); !message.empty())
    return message;
  return test::messageOf((*machine)->run(stream));
}

/// A finding that has to do with order; an undefined read is the random stream's own.
bool isOrder(const std::string &message) {
  return message.find("race") != std::string::npos || message.find("block") != std::string::npos ||
         message.find("wait") != std::string::npos;
}

class SynchroniseTest : public testing::TestWithParam<const char *> {};

TEST_P(SynchroniseTest, RandomStreamsHaveNoRace) {
  isa::Description description = test::chip(GetParam());
  std::mt19937 random(11);
  unsigned complete = 0;
  for (int round = 0; round < 300; ++round) {
    auto settled = plan::insertSettings(description, randomStream(description, random, 3 + random() % 12));
    ASSERT_TRUE(bool(settled));
    auto ordered = plan::synchronise(description, std::move(*settled));
    ASSERT_TRUE(bool(ordered)) << llvm::toString(ordered.takeError());
    for (std::optional<uint64_t> seed : {std::optional<uint64_t>(), std::optional<uint64_t>(round)}) {
      std::string message = runAll(description, *ordered, seed);
      EXPECT_FALSE(isOrder(message)) << message << " in round " << round;
      complete += message.empty();
    }
  }
  EXPECT_GT(complete, 0u) << "no stream ran to its end";
}

INSTANTIATE_TEST_SUITE_P(Chips, SynchroniseTest, testing::Values("ws-array", "outer-product", "npu"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

isa::Instruction move(const isa::Description &description, const char *name, int64_t from, int64_t to) {
  isa::Instruction instruction;
  instruction.intrinsic = test::numberOf(description.intrinsics, name);
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  instruction.queue = unsigned(intrinsic.queue);
  for (const isa::Size &size : intrinsic.sizes)
    instruction.sizes.push_back(size.name == "c" || size.name == "n" ? 4 : 1);
  for (unsigned operand : {0u, 1u}) {
    unsigned memory = intrinsic.operands[operand].memories.front();
    instruction.operands.push_back({memory, operand == 0 ? from : to,
                                    isa::denseStrides(description, intrinsic, operand, memory, instruction.sizes, {})});
  }
  return instruction;
}

TEST(SynchroniseTest, AWaitLessIsARace) {
  isa::Description description = test::chip("npu");
  std::vector<isa::Instruction> stream{move(description, "load", 0, 0), move(description, "store", 0, 512)};
  auto ordered = plan::synchronise(description, stream);
  ASSERT_TRUE(bool(ordered));
  ASSERT_EQ((*ordered)[1].syncs.size(), 1u);
  EXPECT_TRUE((*ordered)[1].syncs[0].isWait);
  EXPECT_EQ(runAll(description, *ordered, {}), "");
  (*ordered)[1].syncs.clear();
  EXPECT_NE(runAll(description, *ordered, {}).find("race"), std::string::npos);
}

TEST(SynchroniseTest, WhatAnotherWaitImpliesIsLeftOut) {
  isa::Description description = test::chip("npu");
  std::vector<isa::Instruction> stream{move(description, "load", 0, 0), move(description, "load", 64, 1),
                                       move(description, "store", 1, 512), move(description, "store", 0, 1024)};
  auto ordered = plan::synchronise(description, stream);
  ASSERT_TRUE(bool(ordered));
  size_t waits = 0;
  for (const isa::Instruction &instruction : *ordered)
    for (const isa::SyncUse &use : instruction.syncs)
      waits += use.isWait;
  EXPECT_EQ(waits, 1u);
}

TEST(SynchroniseTest, NothingOrdersTheQueues) {
  isa::Description description = test::chip("npu");
  description.syncs.clear();
  description.syncCommands.clear();
  EXPECT_EQ(test::messageOf(plan::synchronise(description, {move(description, "load", 0, 0),
                                                             move(description, "store", 0, 512)})
                                .takeError()),
            "a command of queue store must wait for one of queue load, and nothing under sync orders them");
}

} // namespace
