// How much is alive at once, against counting bytes one by one.
#include "core/driver/Lifetimes.h"

#include <gtest/gtest.h>

#include <random>

namespace {

using tenon::driver::Lifetime;
using tenon::driver::LiveBytes;

Lifetime life(uint64_t address, uint64_t bytes, double begin, double end) {
  Lifetime made;
  made.address = address;
  made.bytes = bytes;
  made.begin = begin;
  made.end = end;
  return made;
}

uint64_t counted(llvm::ArrayRef<Lifetime> lifetimes, double at, uint64_t bytes) {
  uint64_t total = 0;
  for (uint64_t byte = 0; byte < bytes; ++byte)
    total += llvm::any_of(lifetimes, [&](const Lifetime &one) {
      return one.address <= byte && byte < one.address + one.bytes && one.begin <= at && at < one.end;
    });
  return total;
}

uint64_t found(llvm::ArrayRef<LiveBytes> live, double at) {
  uint64_t bytes = 0;
  for (const LiveBytes &moment : live)
    if (moment.at <= at)
      bytes = moment.bytes;
  return bytes;
}

TEST(LiveBytes, NothingIsAliveWithoutLifetimes) {
  EXPECT_TRUE(tenon::driver::liveBytes({}).empty());
  EXPECT_TRUE(tenon::driver::liveBytes({life(0, 4, 3, 3), life(8, 0, 1, 2)}).empty());
}

TEST(LiveBytes, OneThatEndsWhereAnotherBeginsIsNotCountedWithIt) {
  auto live = tenon::driver::liveBytes({life(0, 4, 0, 2), life(4, 4, 2, 5)});
  ASSERT_EQ(live.size(), 2U); // as many bytes after the change as before: it is none
  EXPECT_EQ(live[0].bytes, 4U);
  EXPECT_EQ(live[1].at, 5);
  EXPECT_EQ(live[1].bytes, 0U);
}

TEST(LiveBytes, BytesOfTwoLifetimesCountOnce) {
  auto live = tenon::driver::liveBytes({life(0, 8, 0, 10), life(4, 8, 2, 6)});
  ASSERT_EQ(live.size(), 4U);
  EXPECT_EQ(live[1].bytes, 12U);
  EXPECT_EQ(live[2].bytes, 8U);
}

TEST(LiveBytes, AreThoseThatAreCounted) {
  std::mt19937_64 random(1);
  constexpr uint64_t bytes = 40, times = 12;
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lifetimes;
    for (uint64_t count = random() % 12; count > 0; --count) {
      uint64_t address = random() % bytes, begin = random() % times;
      lifetimes.push_back(life(address, random() % (bytes - address + 1), double(begin),
                               double(begin + random() % (times - begin + 1))));
    }
    std::vector<LiveBytes> live = tenon::driver::liveBytes(lifetimes);
    for (uint64_t at = 0; at <= times; ++at)
      ASSERT_EQ(found(live, double(at)), counted(lifetimes, double(at), bytes)) << "round " << round;
    for (size_t number = 1; number < live.size(); ++number) {
      EXPECT_LT(live[number - 1].at, live[number].at);
      EXPECT_NE(live[number - 1].bytes, live[number].bytes);
    }
  }
}

} // namespace
