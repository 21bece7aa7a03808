// Ranges against a plain map of bytes, at random; and the sizes at which sums overflow.
#include "core/runtime/worker/RangeAllocator.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace tenon::runtime;

namespace {

TEST(RangeAllocator, AgreesWithAMapOfBytes) {
  std::mt19937 random(5);
  constexpr uint64_t size = 64;
  for (int round = 0; round < 200; ++round) {
    RangeAllocator ranges(size);
    std::vector<uint64_t> owner(size, 0); // address + 1 of the range
    auto isFree = [&](uint64_t first, uint64_t count) {
      bool free = first + count <= size;
      for (uint64_t i = first; free && i < first + count; ++i)
        free = owner[i] == 0;
      return free;
    };
    for (int step = 0; step < 60; ++step) {
      uint64_t count = 1 + random() % 12, address = random() % (size + 4), alignment = 1 + random() % 9;
      switch (random() % 3) {
      case 0: {
        uint64_t expected = 0;
        while (expected < size && !isFree(expected, count))
          expected += alignment;
        std::optional<uint64_t> found = ranges.allocate(count, alignment);
        ASSERT_EQ(found.has_value(), expected < size);
        if (!found)
          break;
        ASSERT_EQ(*found, expected);
        std::fill_n(owner.begin() + int64_t(expected), count, expected + 1);
        break;
      }
      case 1: {
        bool free = isFree(address, count);
        ASSERT_EQ(ranges.reserve(address, count), free);
        if (free)
          std::fill_n(owner.begin() + int64_t(address), count, address + 1);
        break;
      }
      default: {
        bool starts = address < size && owner[address] == address + 1;
        ASSERT_EQ(ranges.free(address), starts);
        for (uint64_t &byte : owner)
          if (starts && byte == address + 1)
            byte = 0;
      }
      }
      bool inside = address + count <= size && owner[address] != 0;
      for (uint64_t i = address; inside && i < address + count; ++i)
        inside = owner[i] == owner[address];
      ASSERT_EQ(ranges.contains(address, count), inside);
    }
  }
}

TEST(RangeAllocator, NothingOverflows) {
  RangeAllocator ranges(~uint64_t(0));
  EXPECT_FALSE(ranges.reserve(10, ~uint64_t(0)));
  EXPECT_TRUE(ranges.reserve(10, ~uint64_t(0) - 10));
  EXPECT_FALSE(ranges.allocate(11, 1));
  EXPECT_FALSE(ranges.allocate(1, ~uint64_t(0)).value_or(0));
  EXPECT_FALSE(ranges.contains(20, ~uint64_t(0)));
}

} // namespace
