// The parts that a machine is made of, each against a plain model.
#include "core/spec/AccessHistory.h"
#include "core/spec/MemoryImage.h"
#include "core/spec/Places.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tenon::spec {
namespace {

class Draw {
public:
  explicit Draw(uint64_t seed) : random(seed) {}
  int64_t operator()(int64_t low, int64_t high) { return low + int64_t(random() % uint64_t(high - low + 1)); }

private:
  std::mt19937_64 random;
};

TEST(MemoryImage, AgainstBytes) {
  Draw draw(1);
  constexpr int64_t base = 65536 - 300, size = 65536 + 600;
  MemoryBudget budget{uint64_t(8) << 16};
  MemoryImage image(budget);
  std::vector<int> model(size, -1);
  for (int round = 0; round < 3000; ++round) {
    int64_t count = draw(1, draw(0, 9) == 0 ? 66000 : 20), first = draw(0, size - count);
    if (draw(0, 3) == 0) {
      image.poison(uint64_t(base + first), uint64_t(count));
      std::fill_n(model.begin() + first, count, -1);
    } else {
      std::vector<uint8_t> bytes(size_t(count), uint8_t(draw(0, 255)));
      ASSERT_TRUE(image.write(uint64_t(base + first), bytes));
      std::copy(bytes.begin(), bytes.end(), model.begin() + first);
    }
    count = draw(1, 40);
    first = draw(0, size - count);
    std::vector<uint8_t> read(size_t(count), 99);
    image.read(uint64_t(base + first), read);
    std::optional<uint64_t> undefined;
    for (int64_t i = count; i-- > 0;) {
      int expected = model[size_t(first + i)];
      EXPECT_EQ(int(read[size_t(i)]), std::max(expected, 0));
      if (expected < 0)
        undefined = uint64_t(base + first + i);
    }
    ASSERT_EQ(image.firstUndefined(uint64_t(base + first), uint64_t(count)), undefined);
  }
}

TEST(MemoryImage, Budget) {
  MemoryBudget budget{uint64_t(2) << 16};
  MemoryImage image(budget);
  std::vector<uint8_t> bytes(65536, 1);
  EXPECT_TRUE(image.write(0, bytes));
  EXPECT_FALSE(image.write(65536, std::vector<uint8_t>(65537, 1)));
  EXPECT_EQ(image.firstUndefined(65536, 1), 65536U);
  EXPECT_TRUE(image.write(1000, bytes));
  EXPECT_FALSE(image.write(uint64_t(1) << 40, llvm::ArrayRef(bytes).take_front(1)));
  image.clear();
  EXPECT_TRUE(image.write(uint64_t(1) << 40, llvm::ArrayRef(bytes).take_front(1)));
}

TEST(Places, RunsAndInjectivityAgainstElements) {
  Draw draw(2);
  int certain = 0, injectives = 0;
  for (int round = 0; round < 2000; ++round) {
    isa::Memory memory;
    memory.name = "m";
    memory.bytes = uint64_t(1) << 20;
    bool inRows = draw(0, 1);
    memory.unit = inRows ? isa::Memory::Unit::Row : isa::Memory::Unit::Byte;
    memory.rowBytes = 16;
    isa::OperandUse use;
    use.address = draw(0, 50);
    int64_t elementBytes = int64_t(1) << draw(0, 2);
    llvm::SmallVector<int64_t> extents;
    for (int64_t axis = draw(0, 3); axis > 0; --axis) {
      extents.push_back(draw(1, 5));
      use.strides.push_back(draw(0, 3) == 0 ? 0 : draw(0, 20));
    }
    if (inRows && !extents.empty())
      use.strides.back() = 1;
    auto places = stridedPlaces(memory, use, extents, elementBytes);
    ASSERT_TRUE(bool(places));
    std::vector<int64_t> expected(1, use.address * memory.unitBytes()); // of each element in C order
    for (size_t axis = 0; axis < extents.size(); ++axis) {
      int64_t step =
          inRows && axis + 1 == extents.size() ? elementBytes : use.strides[axis] * memory.unitBytes();
      std::vector<int64_t> longer;
      for (int64_t address : expected)
        for (int64_t i = 0; i < extents[axis]; ++i)
          longer.push_back(address + i * step);
      expected = longer;
    }
    Runs runs;
    appendRuns(*places, extents, elementBytes, runs);
    std::map<int64_t, int64_t> addressOf; // offset in the buffer -> address
    for (const auto &run : runs)
      for (int64_t i = 0; i < run.bytes; ++i)
        ASSERT_TRUE(addressOf.emplace(run.offset + i, run.address + i).second);
    std::set<int64_t> touched;
    ASSERT_EQ(addressOf.size(), expected.size() * size_t(elementBytes));
    for (auto [offset, address] : addressOf) {
      EXPECT_EQ(address, expected[size_t(offset / elementBytes)] + offset % elementBytes);
      touched.insert(address);
    }
    EXPECT_EQ(places->reach.first, *touched.begin());
    EXPECT_EQ(places->reach.end, *touched.rbegin() + 1);
    bool injective = touched.size() == addressOf.size();
    bool seen = isCertainlyInjective(*places, extents, elementBytes);
    EXPECT_TRUE(injective || !seen);
    certain += seen;
    injectives += injective;
  }
  EXPECT_GT(certain, injectives / 2);
}

TEST(Places, WhatFitsNoMemoryIsRefused) {
  isa::Memory memory;
  memory.name = "m";
  memory.rowBytes = 16;
  memory.unit = isa::Memory::Unit::Row;
  isa::OperandUse use;
  use.strides = {int64_t(1) << 58, 1};
  EXPECT_TRUE(bool(llvm::expectedToOptional(stridedPlaces(memory, {0, 5, {3, 1}}, {2, 4}, 1))));
  EXPECT_FALSE(bool(llvm::expectedToOptional(stridedPlaces(memory, use, {2, 4}, 1))));
  EXPECT_FALSE(bool(llvm::expectedToOptional(stridedPlaces(memory, {0, INT64_MAX, {1, 1}}, {2, 4}, 1))));
}

TEST(Places, CommonBytes) {
  Draw draw(3);
  for (int round = 0; round < 2000; ++round) {
    std::vector<ByteRange> ranges[2];
    std::set<int64_t> bytes[2];
    for (int side : {0, 1}) {
      for (int64_t i = draw(0, 4); i > 0; --i) {
        int64_t first = draw(0, 60), end = first + draw(0, 6);
        ranges[side].push_back({first, end});
        for (int64_t byte = first; byte < end; ++byte)
          bytes[side].insert(byte);
      }
      normalise(ranges[side]);
      std::set<int64_t> covered;
      for (size_t i = 0; i < ranges[side].size(); ++i) {
        EXPECT_TRUE(i == 0 || ranges[side][i - 1].end < ranges[side][i].first);
        for (int64_t byte = ranges[side][i].first; byte < ranges[side][i].end; ++byte)
          covered.insert(byte);
      }
      EXPECT_EQ(covered, bytes[side]);
    }
    std::optional<int64_t> common;
    for (int64_t byte : bytes[0])
      if (!common && bytes[1].contains(byte))
        common = byte;
    EXPECT_EQ(firstCommon(ranges[0], ranges[1]), common);
  }
}

// Who is asked for, byte by byte: the last writer, and for a write the last reader of each queue since.
TEST(AccessHistory, AgainstBytes) {
  constexpr unsigned queues = 3;
  constexpr int64_t size = 64;
  struct Byte {
    std::optional<uint64_t> writer;
    std::map<unsigned, uint64_t> readers;
  };
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Draw draw(seed);
    AccessHistory history(queues);
    std::vector<Byte> model(size);
    for (uint64_t command = 0; command < 150; ++command) {
      std::vector<ByteRange> ranges;
      for (int64_t i = draw(1, 3); i > 0; --i) {
        int64_t first = draw(0, size - 1);
        ranges.push_back({first, std::min(size, first + draw(1, 12))});
      }
      normalise(ranges);
      bool isWrite = draw(0, 2) == 0;
      auto queue = unsigned(draw(0, queues - 1));
      using Earlier = std::pair<uint64_t, bool>;
      std::set<Earlier> expected, given;
      for (const ByteRange &range : ranges)
        for (int64_t byte = range.first; byte < range.end; ++byte) {
          Byte &one = model[size_t(byte)];
          if (one.writer)
            expected.insert({*one.writer, true});
          if (isWrite)
            for (auto [reader, number] : one.readers)
              expected.insert({number, false});
        }
      history.access(ranges, isWrite, command, queue, [&](const AccessHistory::Earlier &earlier) {
        given.insert({earlier.command, earlier.wrote});
        const Byte &one = model[size_t(earlier.address)];
        EXPECT_TRUE(earlier.wrote ? one.writer == earlier.command : llvm::any_of(one.readers, [&](auto r) {
          return r.second == earlier.command;
        }));
        return true;
      });
      ASSERT_EQ(given, expected) << "seed " << seed << ", command " << command;
      for (const ByteRange &range : ranges)
        for (int64_t byte = range.first; byte < range.end; ++byte)
          if (isWrite)
            model[size_t(byte)] = {command, {}};
          else
            model[size_t(byte)].readers[queue] = command;
    }
  }
}

} // namespace
} // namespace tenon::spec
