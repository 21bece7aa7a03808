// npu_fifo against std::deque, at three depths, with producers and consumers of every speed.
#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include "Vnpu_fifo_bench.h"

#include <array>
#include <deque>

namespace tenon::hw {
namespace {

constexpr std::array<size_t, 3> depths = {1, 5, 16};
constexpr unsigned width = 37;
constexpr unsigned usageWidth = 5;

struct Queue {
  std::deque<uint64_t> words;
  int64_t pushPercent = 50, popPercent = 50;
  uint64_t offered = 0;
  bool isOffering = false;
};

class FifoTest : public testing::Test {
protected:
  bool percent(int64_t probability) { return random.between(0, 99) < probability; }

  void give() {
    for (unsigned i = 0; i < depths.size(); ++i) {
      Queue &queue = queues[i];
      if (random.oneIn(50)) {
        queue.pushPercent = random.between(0, 100);
        queue.popPercent = random.between(0, 100);
      }
      if (!queue.isOffering && percent(queue.pushPercent)) {
        queue.isOffering = true;
        queue.offered = uint64_t(random.between(0, (int64_t(1) << width) - 1));
      }
      setBits(bench->valid_i, i, 1, queue.isOffering);
      setBits(bench->data_i, i * width, width, queue.offered);
      setBits(bench->ready_i, i, 1, percent(queue.popPercent));
    }
    bench.settle();
  }

  void compare(unsigned i) {
    const Queue &queue = queues[i];
    const std::string place = "depth " + std::to_string(depths[i]) + ", cycle " + std::to_string(bench.cycle);
    ASSERT_EQ(getBits(bench->ready_o, i, 1), queue.words.size() < depths[i]) << place;
    ASSERT_EQ(getBits(bench->valid_o, i, 1), !queue.words.empty()) << place;
    ASSERT_EQ(getBits(bench->usage_o, i * usageWidth, usageWidth), queue.words.size()) << place;
    if (!queue.words.empty())
      ASSERT_EQ(getBits(bench->data_o, i * width, width), queue.words.front()) << place;
  }

  void follow(unsigned i) {
    Queue &queue = queues[i];
    const bool isTaken = queue.isOffering && queue.words.size() < depths[i];
    if (!queue.words.empty() && getBits(bench->ready_i, i, 1))
      queue.words.pop_front();
    if (isTaken) {
      queue.words.push_back(queue.offered);
      queue.isOffering = false;
    }
  }

  Random random;
  Bench<Vnpu_fifo_bench> bench;
  std::array<Queue, depths.size()> queues;
};

TEST_F(FifoTest, HoldsWhatWasPushedInOrder) {
  SCOPED_TRACE(random.text());
  for (unsigned cycle = 0; cycle < 30000; ++cycle) {
    give();
    for (unsigned i = 0; i < depths.size(); ++i) {
      ASSERT_NO_FATAL_FAILURE(compare(i));
      follow(i);
    }
    bench.tick();
  }
}

TEST_F(FifoTest, ResetEmptiesIt) {
  bench->valid_i = 7;
  bench->ready_i = 0;
  bench.tick();
  EXPECT_EQ(bench->valid_o, 7);
  bench->rst_ni = 0;
  bench.tick();
  bench->rst_ni = 1;
  bench->valid_i = 0;
  bench.settle();
  EXPECT_EQ(bench->valid_o, 0);
  EXPECT_EQ(bench->ready_o, 7);
}

} // namespace
} // namespace tenon::hw
