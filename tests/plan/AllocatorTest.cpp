// Space in on-chip memories: never two tensors in one place, and an error that says what does not fit.
#include "PlanTest.h"

#include "core/plan/Allocator.h"

#include <random>

using namespace tenon;

namespace {

TEST(AllocatorTest, BuffersNeverOverlap) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  int64_t capacity = int64_t(description.memories[spad].units());
  plan::Allocator allocator(description);
  std::mt19937 random(1);
  std::map<int64_t, int64_t> taken;
  for (int step = 0; step < 4000; ++step) {
    if (!taken.empty() && random() % 5 < 2) {
      auto at = std::next(taken.begin(), long(random() % taken.size()));
      allocator.release(spad, at->first);
      taken.erase(at);
      continue;
    }
    int64_t units = 1 + int64_t(random() % 900);
    auto address = allocator.allocate(spad, units, "x");
    if (!address) {
      llvm::consumeError(address.takeError());
      EXPECT_LT(allocator.largestGap(spad), units);
      continue;
    }
    EXPECT_GE(*address, 0);
    EXPECT_LE(*address + units, capacity);
    for (auto [other, size] : taken)
      EXPECT_TRUE(other + size <= *address || *address + units <= other);
    taken[*address] = units;
  }
}

TEST(AllocatorTest, NextBufferIsElsewhere) {
  isa::Description description = test::chip("ws-array");
  unsigned spad = test::numberOf(description.memories, "spad");
  plan::Allocator allocator(description);
  int64_t first = llvm::cantFail(allocator.allocate(spad, 100, "x"));
  allocator.release(spad, first);
  EXPECT_NE(llvm::cantFail(allocator.allocate(spad, 100, "y")), first) << "loads could not run ahead";
}

TEST(AllocatorTest, NoSpace) {
  isa::Description description = test::chip("ws-array");
  unsigned acc = test::numberOf(description.memories, "acc");
  plan::Allocator allocator(description);
  EXPECT_EQ(test::messageOf(allocator.allocate(acc, 1025, "sum").takeError()),
            "tensor sum needs 65600 bytes of acc at once, the largest gap has 65536");
}

} // namespace
