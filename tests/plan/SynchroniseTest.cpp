// Synchronisation is judged by the simulator: random commands on few places, ordered by synchronise(), have
// no race and no deadlock under any schedule, and one wait less is found.
#include "PlanTest.h"

#include "core/plan/Copy.h"
#include "core/plan/Settings.h"
#include "core/plan/Synchronise.h"
#include "core/spec/Machine.h"

#include <random>

using namespace tenon;

namespace {

/// A use of the intrinsic with random sizes and few addresses; nothing where it would not be legal.
std::optional<isa::Instruction> randomUse(const isa::Description &description, unsigned number,
                                          std::mt19937 &random) {
  const isa::Intrinsic &intrinsic = description.intrinsics[number];
  isa::Instruction instruction;
  instruction.intrinsic = number;
  instruction.queue = unsigned(intrinsic.queue);
  for (const isa::Size &size : intrinsic.sizes)
    instruction.sizes.push_back(size.low +
                                int64_t(random()) % std::min<int64_t>(2, size.high - size.low + 1));
  for (const isa::ValueDeclaration &value : intrinsic.values)
    instruction.values.push_back(std::max<int64_t>(value.low, std::min<int64_t>(value.high, 1)));
  for (unsigned operand = 0; operand < intrinsic.operands.size(); ++operand) {
    isa::OperandUse use;
    use.memory = intrinsic.operands[operand].memories.front();
    const isa::Memory &memory = description.memories[use.memory];
    use.address =
        memory.kind == isa::Memory::Kind::Rotating ? 0 : int64_t(random() % 4) * (memory.rowBytes ? 3 : 64);
    use.strides =
        isa::denseStrides(description, intrinsic, operand, use.memory, instruction.sizes, instruction.values);
    instruction.operands.push_back(std::move(use));
  }
  if (llvm::Error error = isa::check(description, instruction)) {
    llvm::consumeError(std::move(error));
    return std::nullopt;
  }
  return instruction;
}

/// Operands of two types in one memory; random addresses would make them share bytes, which no command
/// allows.
bool mixesTypes(const isa::Intrinsic &intrinsic) {
  for (const isa::OperandDeclaration &one : intrinsic.operands)
    for (const isa::OperandDeclaration &other : intrinsic.operands)
      if (one.memories.front() == other.memories.front() && !(one.type == other.type))
        return true;
  return false;
}

/// Moves and drains on initialised memory, in a random order.
std::vector<isa::Instruction> randomStream(const isa::Description &description, std::mt19937 &random,
                                           unsigned length) {
  std::vector<isa::Instruction> stream;
  while (stream.size() < length) {
    unsigned number = unsigned(random() % description.intrinsics.size());
    const isa::Intrinsic &intrinsic = description.intrinsics[number];
    bool rotates = !intrinsic.advances.empty();
    for (const isa::OperandDeclaration &operand : intrinsic.operands)
      rotates |= description.memories[operand.memories.front()].kind == isa::Memory::Kind::Rotating;
    if (intrinsic.semantics.statements.empty() || rotates || mixesTypes(intrinsic))
      continue;
    if (auto use = randomUse(description, number, random))
      stream.push_back(std::move(*use));
  }
  return stream;
}

/// A machine whose first rows of every memory are defined.
std::unique_ptr<spec::Machine> prepared(const isa::Description &description, std::optional<uint64_t> seed) {
  spec::MachineOptions options;
  options.seed = seed;
  auto machine = spec::Machine::create(description, options);
  if (!machine) {
    ADD_FAILURE() << llvm::toString(machine.takeError());
    return nullptr;
  }
  std::vector<uint8_t> bytes(1 << 14, 0);
  EXPECT_EQ(test::messageOf((*machine)->write(0, 0, bytes)), "");
  for (unsigned memory = 1; memory < description.memories.size(); ++memory) {
    const isa::Memory &rows = description.memories[memory];
    if (rows.kind != isa::Memory::Kind::Scratchpad)
      continue;
    int64_t element = rows.rowElement.scalar.storageBytes();
    plan::Copy copy{0, memory, rows.rowElement.scalar, 0, 0, {}};
    copy.loops = {{96, int64_t(rows.rowBytes), 1}, {rows.rowElements, element, 1, false, true}};
    std::vector<isa::Instruction> moves;
    // A memory that only drains write is defined by what the stream itself does.
    if (!test::messageOf(plan::expandCopy(description, copy, 0, moves)).empty())
      continue;
    for (const isa::Instruction &move : moves)
      EXPECT_EQ(test::messageOf((*machine)->execute(move)), "");
  }
  return std::move(*machine);
}

enum class Outcome : uint8_t { Done, Order, Other };

Outcome runAll(const isa::Description &description, llvm::ArrayRef<isa::Instruction> stream,
               std::optional<uint64_t> seed, std::string &message) {
  auto machine = prepared(description, seed);
  message = test::messageOf(machine->run(stream));
  if (message.empty())
    return Outcome::Done;
  using Kind = spec::Finding::Kind;
  Kind kind = machine->finding() ? machine->finding()->kind : Kind::Limit;
  return kind == Kind::Race || kind == Kind::Deadlock ? Outcome::Order : Outcome::Other;
}

class SynchroniseTest : public testing::TestWithParam<std::string> {};

TEST_P(SynchroniseTest, RandomStreamsHaveNoRace) {
  isa::Description description = test::chip(GetParam());
  std::mt19937 random(11);
  unsigned complete = 0;
  std::string last;
  for (int round = 0; round < 400; ++round) {
    auto settled = plan::insertSettings(description, randomStream(description, random, 3 + random() % 12));
    ASSERT_TRUE(bool(settled));
    auto ordered = plan::synchronise(description, std::move(*settled));
    ASSERT_TRUE(bool(ordered)) << llvm::toString(ordered.takeError());
    for (std::optional<uint64_t> seed : {std::optional<uint64_t>(), std::optional<uint64_t>(round)}) {
      std::string message;
      Outcome outcome = runAll(description, *ordered, seed, message);
      EXPECT_NE(outcome, Outcome::Order) << "in round " << round << ": " << message;
      complete += outcome == Outcome::Done;
      last = message.empty() ? last : message;
    }
  }
  EXPECT_GT(complete, 4u) << "too few streams ran to their end; the last: " << last;
}

INSTANTIATE_TEST_SUITE_P(Chips, SynchroniseTest,
                         testing::ValuesIn(test::chipsThere({"ws-array", "outer-product", "npu-sim"})),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// Two queues that only semaphores order.
constexpr llvm::StringLiteral twoQueues = R"(tenon: 1
target: two-queues
memories:
  dram: {kind: global, bytes: 64 KiB}
  spad: {kind: scratchpad, bytes: 4 KiB, row: [16, i8]}
queues: {load: {depth: 4}, store: {depth: 4}}
sync:
  sem:
    kind: semaphore
    count: 4
    max: 15
    wait: {word: sync, op: 3, id: id, count: count, queue: queue}
    signal: {word: sync, op: 4, id: id, queue: queue}
words:
  sync: {bits: 32, op: 7..0, id: 15..8, count: 23..16, queue: 31..24}
  move: {bits: 64, op: 7..0, wait: 8, wait_id: 11..10, wait_count: 15..12, signal: 16, signal_id: 19..18, c: 31..24, src: 47..32, dst: 63..48}
intrinsics:
  load:
    queue: load
    sizes: {c: 1..16}
    operands: {src: {type: "i8[c]", memory: dram}, dst: {type: "i8[c]", memory: spad, access: write, outside: 0}}
    semantics: dst[c] = src[c]
    command: {word: move, op: 1, wait: sem.wait, wait_id: sem.wait.id, wait_count: sem.wait.count, signal: sem.signal, signal_id: sem.signal.id, c: c, src: src.addr, dst: dst.addr}
    timing: {latency: 8, busy: {load: 1}}
  store:
    queue: store
    sizes: {c: 1..16}
    operands: {src: {type: "i8[c]", memory: spad}, dst: {type: "i8[c]", memory: dram, access: write}}
    semantics: dst[c] = src[c]
    command: {word: move, op: 2, wait: sem.wait, wait_id: sem.wait.id, wait_count: sem.wait.count, signal: sem.signal, signal_id: sem.signal.id, c: c, src: src.addr, dst: dst.addr}
    timing: {latency: 8, busy: {store: 1}}
)";

isa::Description withTwoQueues() {
  auto description = isa::parseDescription(twoQueues, "two-queues.yaml");
  if (description)
    return std::move(*description);
  ADD_FAILURE() << llvm::toString(description.takeError());
  return {};
}

isa::Instruction move(const isa::Description &description, const char *name, int64_t from, int64_t to) {
  isa::Instruction instruction;
  instruction.intrinsic = test::numberOf(description.intrinsics, name);
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  instruction.queue = unsigned(intrinsic.queue);
  for (const isa::Size &size : intrinsic.sizes)
    instruction.sizes.push_back(size.name == "c" || size.name == "n" ? 4 : 1);
  for (unsigned operand : {0u, 1u}) {
    unsigned memory = intrinsic.operands[operand].memories.front();
    instruction.operands.push_back(
        {memory, operand == 0 ? from : to,
         isa::denseStrides(description, intrinsic, operand, memory, instruction.sizes, {})});
  }
  return instruction;
}

TEST(SynchroniseTest, AWaitLessIsARace) {
  isa::Description description = withTwoQueues();
  std::vector<isa::Instruction> stream{move(description, "load", 0, 0), move(description, "store", 0, 512)};
  auto ordered = plan::synchronise(description, stream);
  ASSERT_TRUE(bool(ordered));
  ASSERT_EQ((*ordered)[1].syncs.size(), 1u);
  EXPECT_TRUE((*ordered)[1].syncs[0].isWait);
  std::string message;
  EXPECT_EQ(runAll(description, *ordered, {}, message), Outcome::Done) << message;
  (*ordered)[1].syncs.clear();
  EXPECT_EQ(runAll(description, *ordered, {}, message), Outcome::Order) << message;
}

TEST(SynchroniseTest, WhatAnotherWaitImpliesIsLeftOut) {
  isa::Description description = withTwoQueues();
  std::vector<isa::Instruction> stream{move(description, "load", 0, 0), move(description, "load", 64, 1),
                                       move(description, "store", 1, 512),
                                       move(description, "store", 0, 1024)};
  auto ordered = plan::synchronise(description, stream);
  ASSERT_TRUE(bool(ordered));
  size_t waits = 0;
  for (const isa::Instruction &instruction : *ordered)
    for (const isa::SyncUse &use : instruction.syncs)
      waits += use.isWait;
  EXPECT_EQ(waits, 1u);
}

TEST(SynchroniseTest, NothingOrdersTheQueues) {
  isa::Description description = withTwoQueues();
  description.syncs.clear();
  description.syncCommands.clear();
  EXPECT_EQ(test::messageOf(plan::synchronise(description, {move(description, "load", 0, 0),
                                                            move(description, "store", 0, 512)})
                                .takeError()),
            "a command of queue store must wait for one of queue load, and nothing under sync orders them");
}

} // namespace
