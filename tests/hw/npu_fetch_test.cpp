// npu_fetch behind a read channel of any latency: words come in order, once each, and never is a beat
// refused.
#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include "Vnpu_fetch.h"

#include <deque>
#include <optional>

namespace tenon::hw {
namespace {

constexpr unsigned beatBytes = 16, burstBeats = 16;
constexpr uint64_t memoryBytes = uint64_t(256) << 20;
constexpr unsigned memoryAddress = 6, busRead = 7;

struct Beat {
  uint32_t address;
  int64_t due;
};

struct Failure {
  unsigned code;
  uint32_t address;
  unsigned index;
};

class FetchTest : public testing::Test {
protected:
  FetchTest() {
    bench->halt_i = 0;
    bench->start_i = 0;
    bench->burst_ready_i = 0;
    bench->beat_valid_i = 0;
    bench->word_ready_i = 0;
    bench->word_wanted_i = 0;
    bench->word_index_i = 0;
    bench.settle();
  }

  static uint64_t half(uint32_t address, unsigned which) {
    return (uint64_t(address) << 20 | which) * 0x9e3779b97f4a7c15U;
  }

  Failure failure() {
    Members error(bench->error_o, 57);
    error.next(1);
    Failure seen{};
    seen.code = unsigned(error.next(8));
    seen.address = uint32_t(error.next(32));
    seen.index = unsigned(error.next(16));
    return seen;
  }
  bool hasFailed() { return getBits(bench->error_o, 56, 1); }

  /// The failure of the start's own cycle, if there is one.
  std::optional<Failure> start(uint32_t address, uint32_t bytes) {
    bench->beat_valid_i = bench->burst_ready_i = bench->word_ready_i = 0;
    bench->start_i = 1;
    bench->address_i = address;
    bench->bytes_i = bytes;
    bench.settle();
    std::optional<Failure> seen;
    if (hasFailed())
      seen = failure();
    bench.tick();
    bench->start_i = 0;
    next = address;
    asked = address;
    end = address + bytes;
    bench.settle();
    return seen;
  }

  void takeBurst() {
    if (!bench->burst_valid_o || !bench->burst_ready_i)
      return;
    const unsigned beats = bench->burst_beats_m1_o + 1U;
    ASSERT_EQ(bench->burst_address_o, asked);
    ASSERT_LE(asked + beats * beatBytes, end);
    ASSERT_EQ(asked / (burstBeats * beatBytes), (asked + beats * beatBytes - 1) / (burstBeats * beatBytes))
        << "a burst crosses a multiple of the longest one";
    for (unsigned beat = 0; beat < beats; ++beat)
      underWay.push_back({asked + beat * beatBytes, bench.cycle + random.between(1, latency)});
    asked += beats * beatBytes;
  }

  void giveBeat() {
    const bool isThere = !underWay.empty() && underWay.front().due <= bench.cycle && !random.oneIn(4);
    bench->beat_valid_i = isThere;
    if (!isThere)
      return;
    setBits(bench->beat_data_i, 0, 64, half(underWay.front().address, 0));
    setBits(bench->beat_data_i, 64, 64, half(underWay.front().address, 1));
    bench->beat_error_i = broken == underWay.front().address;
  }

  void takeWord() {
    if (!bench->word_valid_o || !bench->word_ready_i)
      return;
    ASSERT_LT(next, end);
    ASSERT_EQ(bench->word_address_o, next);
    ASSERT_EQ(getBits(bench->word_o, 0, 64), half(next, 0));
    ASSERT_EQ(getBits(bench->word_o, 64, 64), half(next, 1));
    ASSERT_EQ(bench->word_last_o, next + beatBytes == end);
    next += beatBytes;
  }

  void cycle() {
    bench->burst_ready_i = random.between(0, 99) < burstPercent;
    bench->word_ready_i = random.between(0, 99) < wordPercent;
    bench->word_wanted_i = bench->word_ready_i;
    giveBeat();
    bench.settle();
    ASSERT_TRUE(!bench->beat_valid_i || bench->beat_ready_o);
    ASSERT_EQ(bench->busy_o, next != end);
    ASSERT_NO_FATAL_FAILURE(takeBurst());
    if (bench->beat_valid_i)
      underWay.pop_front();
    ASSERT_NO_FATAL_FAILURE(takeWord());
  }

  void draw() {
    burstPercent = random.oneIn(2) ? 100 : random.between(5, 100);
    wordPercent = random.oneIn(2) ? 100 : random.between(5, 100);
    latency = random.oneIn(2) ? 1 : random.between(1, 200);
  }

  uint32_t randomAddress(uint32_t bytes) {
    const int64_t places = int64_t(memoryBytes - bytes) / beatBytes;
    if (random.oneIn(8))
      return uint32_t(places * beatBytes); // ends where memory does
    return uint32_t(random.between(0, places) * beatBytes);
  }

  Random random;
  Bench<Vnpu_fetch> bench;
  std::deque<Beat> underWay;
  uint32_t next = 0, asked = 0, end = 0;
  std::optional<uint32_t> broken;
  int64_t burstPercent = 100, wordPercent = 100, latency = 1;
};

TEST_F(FetchTest, WordsInOrder) {
  SCOPED_TRACE(random.text());
  for (unsigned stream = 0; stream < 100; ++stream) {
    draw();
    const uint32_t bytes =
        uint32_t(random.oneIn(4) ? random.between(0, 3) : random.between(1, 200)) * beatBytes;
    EXPECT_FALSE(start(randomAddress(bytes), bytes));
    for (unsigned i = 0; i < 100000 && (next != end || !underWay.empty()); ++i) {
      ASSERT_NO_FATAL_FAILURE(cycle());
      ASSERT_FALSE(hasFailed());
      bench.tick();
    }
    ASSERT_EQ(next, end);
    bench.settle();
    ASSERT_FALSE(bench->busy_o);
  }
}

TEST_F(FetchTest, OneWordACycleWhileMemoryKeepsUp) {
  EXPECT_FALSE(start(0, 400 * beatBytes));
  const int64_t begin = bench.cycle;
  while (next != end) {
    bench->burst_ready_i = bench->word_ready_i = bench->word_wanted_i = 1;
    bench->beat_valid_i = !underWay.empty();
    if (!underWay.empty()) {
      setBits(bench->beat_data_i, 0, 64, half(underWay.front().address, 0));
      setBits(bench->beat_data_i, 64, 64, half(underWay.front().address, 1));
      bench->beat_error_i = 0;
    }
    bench.settle();
    ASSERT_NO_FATAL_FAILURE(takeBurst());
    if (bench->beat_valid_i)
      underWay.pop_front();
    ASSERT_NO_FATAL_FAILURE(takeWord());
    bench.tick();
    ASSERT_LT(bench.cycle - begin, 410);
  }
}

TEST_F(FetchTest, PlacesThatAreNoStream) {
  const std::pair<uint32_t, uint32_t> wrong[] = {{8, 16},
                                                 {0x100, 24},
                                                 {uint32_t(memoryBytes), 16},
                                                 {uint32_t(memoryBytes) - 16, 32},
                                                 {0, uint32_t(memoryBytes) + 16},
                                                 {0xfffffff0, 16},
                                                 {0xfffffff0, 0x20},
                                                 {16, 0xfffffff0}};
  for (auto [address, bytes] : wrong) {
    std::optional<Failure> seen = start(address, bytes);
    ASSERT_TRUE(seen) << address << ", " << bytes << " bytes";
    EXPECT_EQ(seen->code, memoryAddress);
    EXPECT_EQ(seen->address, address);
    EXPECT_FALSE(bench->busy_o);
    EXPECT_FALSE(bench->burst_valid_o);
  }
  EXPECT_FALSE(start(uint32_t(memoryBytes), 0));
  EXPECT_FALSE(bench->busy_o);
}

TEST_F(FetchTest, ErrorOfTheBusIsThatOfItsWord) {
  SCOPED_TRACE(random.text());
  for (unsigned stream = 0; stream < 50; ++stream) {
    draw();
    const uint32_t words = uint32_t(random.between(1, 100)), bytes = words * beatBytes;
    const uint32_t address = randomAddress(bytes);
    broken = address + uint32_t(random.between(0, words - 1)) * beatBytes;
    EXPECT_FALSE(start(address, bytes));
    bench->word_index_i = uint16_t(random.between(0, 65535));
    unsigned i = 0;
    for (; i < 100000; ++i) {
      ASSERT_NO_FATAL_FAILURE(cycle());
      if (hasFailed())
        break;
      bench.tick();
    }
    ASSERT_TRUE(hasFailed());
    EXPECT_EQ(failure().code, busRead);
    EXPECT_EQ(failure().address, *broken);
    EXPECT_EQ(failure().index, bench->word_index_i);
    EXPECT_EQ(next, *broken) << "words before it go on, it and those after it do not";
    // Halted: beats of bursts that memory has seen are still taken.
    bench.tick();
    bench->halt_i = 1;
    bench->beat_valid_i = 0;
    for (; !underWay.empty(); bench.tick()) {
      ASSERT_NO_FATAL_FAILURE(cycle());
      EXPECT_FALSE(bench->burst_valid_o);
      EXPECT_FALSE(hasFailed());
    }
    bench->halt_i = 0;
    bench->beat_valid_i = 0;
    bench->rst_ni = 0;
    bench.tick();
    bench->rst_ni = 1;
  }
}

} // namespace
} // namespace tenon::hw
