// npu_semaphores against sixteen integers: every wait and signal of a cycle, in the order that its first
// lines promise.
#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include "Vnpu_semaphores.h"

#include <array>

namespace tenon::hw {
namespace {

constexpr unsigned units = 3;
constexpr unsigned waitWidth = 13, signalWidth = 5; // valid, id, count; valid, id
constexpr int maximum = 255;

struct Request {
  bool isValid = false;
  unsigned id = 0;
  int count = 1;
};

class SemaphoresTest : public testing::Test {
protected:
  SemaphoresTest() { give(); }

  void give() {
    for (unsigned unit = 0; unit < units; ++unit) {
      const Request &wait = waits[unit], &signal = signals[unit];
      Fields()
          .add(1, wait.isValid)
          .add(4, wait.id)
          .add(8, uint64_t(wait.count))
          .put(bench->wait_i, unit * waitWidth);
      Fields().add(1, signal.isValid).add(4, signal.id).put(bench->signal_i, unit * signalWidth);
    }
    bench.settle();
  }

  /// Grants of this cycle must be those of the integers; granted requests end.
  void compareAndTick() {
    unsigned waitGrants = 0, signalGrants = 0;
    for (unsigned unit = 0; unit < units; ++unit) {
      Request &wait = waits[unit];
      if (!wait.isValid || counts[wait.id] < wait.count)
        continue;
      counts[wait.id] -= wait.count;
      waitGrants |= 1U << unit;
      wait.isValid = false;
    }
    for (unsigned unit = 0; unit < units; ++unit) {
      Request &signal = signals[unit];
      if (!signal.isValid || counts[signal.id] == maximum)
        continue;
      ++counts[signal.id];
      signalGrants |= 1U << unit;
      signal.isValid = false;
    }
    ASSERT_EQ(bench->wait_grant_o, waitGrants) << "cycle " << bench.cycle;
    ASSERT_EQ(bench->signal_grant_o, signalGrants) << "cycle " << bench.cycle;
    bench.tick();
  }

  Random random;
  Bench<Vnpu_semaphores> bench;
  std::array<Request, units> waits, signals;
  std::array<int, 16> counts = {};
};

TEST_F(SemaphoresTest, GrantsWhatTheCountsAllow) {
  SCOPED_TRACE(random.text());
  unsigned ids = 16;
  int64_t signalPercent = 80;
  for (unsigned cycle = 0; cycle < 100000; ++cycle) {
    if (random.oneIn(1000)) {
      ids = random.oneIn(2) ? 16 : 2; // few of them meet each other more often
      signalPercent = random.between(30, 100);
    }
    for (unsigned unit = 0; unit < units; ++unit) {
      if (!waits[unit].isValid && random.oneIn(4))
        waits[unit] = {true, unsigned(random.between(0, ids - 1)),
                       int(random.oneIn(4) ? random.between(1, maximum) : random.between(1, 4))};
      if (!signals[unit].isValid && random.between(0, 99) < signalPercent)
        signals[unit] = {true, unsigned(random.between(0, ids - 1)), 1};
    }
    give();
    ASSERT_NO_FATAL_FAILURE(compareAndTick());
    for (Request &wait : waits) // which nobody might ever serve
      wait.isValid = wait.isValid && !random.oneIn(500);
  }
}

TEST_F(SemaphoresTest, SignalWaitsAtTheMaximum) {
  for (int i = 0; i < maximum; ++i) {
    signals[0] = {true, 9, 1};
    give();
    ASSERT_NO_FATAL_FAILURE(compareAndTick());
  }
  signals[0] = signals[2] = {true, 9, 1};
  give();
  EXPECT_EQ(bench->signal_grant_o, 0);
  ASSERT_NO_FATAL_FAILURE(compareAndTick());
  waits[1] = {true, 9, 1}; // makes room for one of the two in the same cycle
  give();
  EXPECT_EQ(bench->wait_grant_o, 0b010);
  EXPECT_EQ(bench->signal_grant_o, 0b001);
  ASSERT_NO_FATAL_FAILURE(compareAndTick());
  waits[1] = {true, 9, maximum};
  give();
  EXPECT_EQ(bench->wait_grant_o, 0b010);
}

TEST_F(SemaphoresTest, ResetClearsThem) {
  signals[1] = {true, 3, 1};
  give();
  ASSERT_NO_FATAL_FAILURE(compareAndTick());
  bench->rst_ni = 0;
  bench.tick();
  bench->rst_ni = 1;
  waits[0] = {true, 3, 1};
  give();
  EXPECT_EQ(bench->wait_grant_o, 0);
}

} // namespace
} // namespace tenon::hw
