// The parts of a check by themselves.
#include "core/check/Draws.h"
#include "core/check/Shrink.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

using namespace tenon;

namespace {

TEST(RandomTest, MagnitudesReachBothEndsAndEveryOrder) {
  check::Random random(3);
  std::set<unsigned> orders;
  bool least = false, most = false;
  for (int i = 0; i < 4000; ++i) {
    int64_t number = random.magnitude(1000);
    ASSERT_GE(number, 0);
    ASSERT_LE(number, 1000);
    least |= number == 0;
    most |= number == 1000;
    orders.insert(number == 0 ? 0 : 64 - unsigned(__builtin_clzll(uint64_t(number))));
  }
  EXPECT_TRUE(least && most);
  EXPECT_EQ(orders.size(), 11u);
  EXPECT_EQ(random.magnitude(0), 0);
}

TEST(RandomTest, WholeRangeOf64Bits) {
  check::Random random(3);
  bool negative = false, positive = false;
  for (int i = 0; i < 100; ++i) {
    int64_t number = random.between(INT64_MIN, INT64_MAX);
    negative |= number < 0;
    positive |= number > 0;
  }
  EXPECT_TRUE(negative && positive);
}

TEST(WeightsTest, WhatIsRefusedBecomesRareAndNotImpossible) {
  check::Weights weights(4);
  check::Random random(5);
  for (int i = 0; i < 400; ++i) {
    size_t choice = weights.draw(random);
    weights.learn(choice, choice != 2);
  }
  std::vector<unsigned> counts(4, 0);
  for (int i = 0; i < 10000; ++i)
    ++counts[weights.draw(random)];
  EXPECT_LT(counts[2], 200u);
  EXPECT_GT(counts[2], 0u);
  EXPECT_GT(counts[0], 2500u);
}

struct TypeCase {
  const char *type;
  int64_t low, high;
};

class DataTest : public testing::TestWithParam<TypeCase> {};

TEST_P(DataTest, EveryClassStaysInItsType) {
  auto type = *isa::parseElementType(GetParam().type);
  check::Random random(7);
  for (unsigned data = 0; data < check::dataClasses; ++data) {
    std::vector<uint8_t> bytes = check::drawData(type, check::DataClass(data), 300, random);
    ASSERT_EQ(bytes.size(), 300 * type.scalar.storageBytes());
    for (size_t element = 0; element < 300; ++element) {
      uint64_t bits = 0;
      unsigned width = 8 * type.scalar.storageBytes();
      std::memcpy(&bits, bytes.data() + element * width / 8, width / 8);
      int64_t stored = int64_t(bits << (64 - width)) >> (64 - width);
      int64_t value = type.isSigned ? stored : int64_t(bits & ((uint64_t(2) << (type.scalar.width - 1)) - 1));
      EXPECT_GE(value, GetParam().low);
      EXPECT_LE(value, GetParam().high);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, DataTest,
                         testing::Values(TypeCase{"i8", -128, 127}, TypeCase{"u8", 0, 255},
                                         TypeCase{"i4", -8, 7}, TypeCase{"u4", 0, 15},
                                         TypeCase{"i32", INT32_MIN, INT32_MAX}, TypeCase{"i1", -1, 0}),
                         [](const auto &info) { return std::string(info.param.type); });

constexpr const char *vectorChip = R"(
tenon: 1
target: vector
memories:
  far: {kind: global, bytes: 1 MiB}
  near: {kind: scratchpad, bytes: 4096, row: [16, i8], banks: 4}
queues: {only: {depth: 4}}
words: {copy: {bits: 128, op: 7..0, n: 15..8, m: 31..16, from: 63..32, to: 95..64, step: 111..96}}
intrinsics:
  copy:
    queue: only
    sizes: {m: 1..300, n: 1..16}
    operands:
      from: {type: "i8[m, n]", memory: far, stride: {m: any}}
      to: {type: "i8[m, n]", memory: near, access: write}
    semantics: to[m, n] = from[m, n]
    where: [m * n <= 200, m != 7]
    command: {word: copy, op: 1, m: m, n: n, from: from.addr, to: to.addr, step: from.stride.m}
)";

class DrawsTest : public testing::Test {
protected:
  void SetUp() override {
    auto parsed = isa::parseDescription(vectorChip, "vector.yaml");
    ASSERT_TRUE(bool(parsed)) << llvm::toString(parsed.takeError());
    description = std::move(*parsed);
    auto made = isa::CommandSet::create(description);
    ASSERT_TRUE(bool(made)) << llvm::toString(made.takeError());
    commands.emplace(std::move(*made));
  }

  std::vector<check::Case> cases(uint64_t seed, uint64_t count) {
    check::Draws draws(*commands, 0, {seed, 1 << 12});
    check::Reference reference(description);
    std::vector<check::Case> all;
    for (uint64_t number = 0; number < count; ++number) {
      auto drawn = draws.single(reference, {}, number);
      EXPECT_TRUE(drawn && *drawn);
      all.push_back(std::move(**drawn));
    }
    return all;
  }

  isa::Description description;
  std::optional<isa::CommandSet> commands;
};

TEST_F(DrawsTest, EveryCaseIsLegalAndReachesTheEnds) {
  bool one = false, wholeRow = false, first = false, last = false, border = false, repeated = false;
  for (const check::Case &drawn : cases(1, 300)) {
    const isa::Instruction &copy = drawn.commands.front();
    if (llvm::Error error = isa::check(description, copy))
      FAIL() << llvm::toString(std::move(error));
    int64_t rows = copy.sizes[0], start = copy.operands[1].address;
    EXPECT_LE(rows * copy.sizes[1], 200);
    EXPECT_NE(rows, 7);
    one |= rows == 1 && copy.sizes[1] == 1;
    wholeRow |= copy.sizes[1] == 16;
    first |= start == 0;
    last |= start + rows == 256;
    border |= start / 64 != (start + rows - 1) / 64;
    repeated |= rows > 1 && copy.operands[0].strides[0] == 0;
  }
  EXPECT_TRUE(one && wholeRow && first && last && border && repeated)
      << one << wholeRow << first << last << border << repeated;
}

TEST_F(DrawsTest, NumberAndSeedSayTheCase) {
  EXPECT_EQ(cases(1, 8).back(), cases(1, 8).back());
  check::Draws draws(*commands, 0, {1, 1 << 12});
  check::Reference reference(description);
  auto alone = draws.single(reference, {}, 7);
  ASSERT_TRUE(alone && *alone);
  EXPECT_EQ(**alone, cases(1, 8).back());
  EXPECT_NE(cases(2, 8).back(), cases(1, 8).back());
}

TEST_F(DrawsTest, WindowsHoldWhatTheCaseSays) {
  for (const check::Case &drawn : cases(4, 20)) {
    EXPECT_TRUE(llvm::any_of(drawn.windows, [](const check::Window &window) {
      return window.memory == 1 && window.begin == 0 && window.end == 4096;
    }));
    for (const check::Fill &fill : drawn.fills)
      EXPECT_TRUE(llvm::any_of(drawn.windows, [&](const check::Window &window) {
        return window.memory == fill.memory && window.begin <= fill.address &&
               fill.address + fill.bytes.size() <= window.end;
      }));
  }
}

TEST_F(DrawsTest, ShrinkingEndsAtTheLeastThatStillShows) {
  check::Case large;
  for (check::Case &drawn : cases(9, 40))
    if (drawn.commands.front().sizes[0] >= 5 && drawn.commands.front().sizes[1] >= 3)
      large = std::move(drawn);
  ASSERT_FALSE(large.commands.empty());
  large.commands.push_back(large.commands.front());
  auto shows = [&](const check::Case &candidate) -> llvm::Expected<bool> {
    return llvm::any_of(candidate.commands, [](const isa::Instruction &copy) {
      return copy.sizes[0] >= 4 && copy.sizes[1] >= 2;
    });
  };
  auto shrunk = check::shrink(description, large, shows, [] { return true; });
  ASSERT_TRUE(bool(shrunk));
  ASSERT_EQ(shrunk->smallest.commands.size(), 1u);
  EXPECT_EQ(shrunk->smallest.commands.front().sizes[0], 4);
  EXPECT_EQ(shrunk->smallest.commands.front().sizes[1], 2);
  EXPECT_TRUE(shrunk->smallest.fills.empty());
  EXPECT_EQ(shrunk->smallest.background, 0u);
  EXPECT_EQ(shrunk->smallest.commands.front().operands[1].address, 0);
  EXPECT_GT(shrunk->tried, shrunk->taken);
}

} // namespace
