// The drain against the definitions of its arithmetic, in every mode, with the corners of every number.
#include "tests/hw/Bench.h"
#include "tests/hw/Requantise.h"
#include "tests/hw/Token.h"

#include "Vnpu_drain.h"

#include <deque>

namespace tenon::hw {
namespace {

constexpr unsigned latency = 11, residualStage = 4;

struct Expected {
  int64_t cycle;
  Token token;
  std::vector<int8_t> bytes;
};

class DrainTest : public testing::Test {
protected:
  DrainTest() { bench->valid_i = 0; }

  unsigned shiftUpTo(unsigned most) {
    const unsigned corners[] = {0, 1, most - 1, most};
    return random.oneIn(3) ? corners[random.between(0, 3)] : unsigned(random.between(0, most));
  }
  void randomLimits(int8_t &low, int8_t &high) {
    low = random.oneIn(2) ? int8_t(-128) : random.byte();
    high = random.oneIn(2) ? int8_t(127) : random.byte(); // below `low` too: a clamp is defined there
  }
  DrainSettings randomSettings(Scale scale) {
    DrainSettings made;
    made.scale = scale;
    made.perChannel = random.oneIn(2);
    made.multiplier = random.word();
    made.shift = shiftUpTo(scale == Scale::Once ? 62 : 31);
    made.zero = random.byte();
    randomLimits(made.low, made.high);
    made.residual = random.oneIn(2);
    made.z1 = random.byte(), made.m1 = random.word(), made.s1 = shiftUpTo(31);
    made.z2 = random.byte(), made.m2 = random.word(), made.s2 = shiftUpTo(31);
    made.m3 = random.word(), made.s3 = shiftUpTo(31), made.z3 = random.byte();
    if (random.oneIn(2)) { // sums that neither vanish nor are clamped
      made.m1 = int32_t(random.between(1 << 30, INT32_MAX)), made.s1 = unsigned(random.between(0, 2));
      made.m2 = int32_t(random.between(1 << 30, INT32_MAX)), made.s2 = unsigned(random.between(0, 2));
      made.m3 = int32_t(random.between(1 << 30, INT32_MAX)), made.s3 = unsigned(random.between(18, 22));
    }
    if (random.oneIn(4)) { // halves to be rounded, and nothing behind that hides them
      made.m1 = int32_t(1024 * random.between(-9, 9)), made.s1 = unsigned(random.between(0, 2));
      made.m2 = int32_t(1024 * random.between(-9, 9)), made.s2 = unsigned(random.between(0, 2));
      made.m3 = random.oneIn(2) ? INT32_MAX : 1 << 30, made.s3 = unsigned(random.between(0, 1));
    }
    if (random.oneIn(2))
      sumOnce(made);
    randomLimits(made.low3, made.high3);
    return made;
  }
  /// The sum with the residual in one rounding: in any size, around the byte, or with halves.
  void sumOnce(DrainSettings &made) {
    made.totalOnce = true;
    made.s3 = shiftUpTo(62);
    if (random.oneIn(3)) {
      made.m1 = random.word(), made.m2 = random.word(), made.s3 = unsigned(random.between(30, 34));
    } else if (random.oneIn(2)) {
      made.m1 = int32_t(random.between(-5, 5)), made.m2 = int32_t(random.between(-5, 5));
      made.s3 = unsigned(random.between(0, 3));
    }
  }
  void use(const DrainSettings &chosen) {
    settings = chosen;
    settings.put(bench->config_i);
    for (unsigned set = 0; set < 2; ++set) {
      multipliers[set].resize(dim);
      shifts[set].resize(dim);
      for (unsigned n = 0; n < dim; ++n) {
        multipliers[set][n] = random.word();
        shifts[set][n] = int8_t(shiftUpTo(settings.scale == Scale::Once ? 63 : 31));
      }
      setElements(bench->multiplier_i, multipliers[set], set);
      setElements(bench->shift_i, shifts[set], set);
    }
  }

  /// A sum whose result is likely to be within the byte, else any.
  int32_t usefulSum(int32_t multiplier, unsigned shift) {
    double scale = settings.scale == Scale::None ? 1 : multiplier;
    for (unsigned i = 0;
         i < shift + (settings.scale == Scale::Twice ? 31 : 0) && settings.scale != Scale::None; ++i)
      scale /= 2;
    double sum = scale == 0 ? 0 : double(random.between(-300, 300)) / scale;
    return random.oneIn(3) || sum < INT32_MIN || sum > INT32_MAX ? random.word() : int32_t(sum);
  }

  void give(const Token &token) {
    std::vector<int32_t> sums(dim);
    std::vector<int8_t> bytes(dim), residual(dim);
    for (unsigned n = 0; n < dim; ++n) {
      int32_t multiplier = settings.perChannel ? multipliers[token.set][n] : settings.multiplier;
      unsigned shift = settings.perChannel ? unsigned(shifts[token.set][n]) : settings.shift;
      sums[n] = usefulSum(multiplier, shift);
      residual[n] = random.byte();
      bytes[n] = requantised(settings, sums[n], multiplier, shift);
      if (settings.residual)
        bytes[n] = withResidual(settings, bytes[n], residual[n]);
    }
    bench->valid_i = 1;
    setElements(bench->words_i, sums);
    token.put(bench->token_i);
    expected.push_back({bench.cycle + latency, token, bytes});
    if (settings.residual && token.last && token.write)
      residuals.push_back({bench.cycle + residualStage, token, residual});
  }
  void tick() {
    bench.tick();
    bench->valid_i = 0;
    bool taken = !residuals.empty() && residuals.front().cycle == bench.cycle;
    ASSERT_EQ(bool(bench->residual_ready_o), taken) << random.text();
    if (taken) {
      setElements(bench->residual_i, residuals.front().bytes);
      residuals.pop_front();
    }
    bool due = !expected.empty() && expected.front().cycle == bench.cycle;
    Token token = due ? expected.front().token : Token();
    WriteRequest write = getWrite(bench->write_o);
    ASSERT_EQ(write.valid, token.last && token.write) << random.text();
    EXPECT_EQ(bool(bench->tile_end_o), token.tileEnd) << random.text();
    EXPECT_EQ(bool(bench->job_end_o), token.jobEnd) << random.text();
    if (write.valid) {
      EXPECT_EQ(write.address, token.out) << random.text();
      EXPECT_EQ(write.data, expected.front().bytes) << random.text();
    }
    if (due)
      expected.pop_front();
  }
  void finish() {
    for (unsigned i = 0; i < latency + 2; ++i)
      tick();
    EXPECT_TRUE(expected.empty() && residuals.empty());
  }
  void tryMode(Scale scale) {
    for (int i = 0; i < 300 && !HasFailure(); ++i) {
      use(randomSettings(scale));
      for (int row = 0; row < 40; ++row) {
        Token token;
        token.last = !random.oneIn(6), token.write = token.last && !random.oneIn(6);
        token.set = random.oneIn(2);
        token.out = unsigned(random.between(0, (1 << spadAddressBits) - 1));
        token.tileEnd = random.oneIn(5), token.jobEnd = random.oneIn(5);
        if (!random.oneIn(5))
          give(token);
        tick();
      }
      finish();
    }
  }

  Random random;
  Bench<Vnpu_drain> bench;
  DrainSettings settings;
  std::vector<int32_t> multipliers[2];
  std::vector<int8_t> shifts[2];
  std::deque<Expected> expected, residuals;
};

TEST_F(DrainTest, RoundedTwice) { tryMode(Scale::Twice); }
TEST_F(DrainTest, RoundedOnce) { tryMode(Scale::Once); }
TEST_F(DrainTest, WithoutAScale) { tryMode(Scale::None); }

/// By hand, so that the expectation of the other tests is tested too.
TEST_F(DrainTest, KnownResults) {
  DrainSettings plain;
  EXPECT_EQ(requantised(plain, INT32_MIN, INT32_MIN, 31), 1); // saturated to 2^31 - 1
  EXPECT_EQ(requantised(plain, 5, 1 << 30, 0), 3);            // 2.5 up
  EXPECT_EQ(requantised(plain, -5, 1 << 30, 0), -2);          // -2.5 up
  EXPECT_EQ(requantised(plain, 5, INT32_MAX, 1), 3);          // 2.5 away from zero
  EXPECT_EQ(requantised(plain, -5, INT32_MAX, 1), -3);        // -2.5 away from zero
  plain.zero = 1;
  EXPECT_EQ(requantised(plain, INT32_MIN, INT32_MIN, 0), -128); // 2^31 - 1 + 1 wraps
  DrainSettings once;
  once.scale = Scale::Once;
  EXPECT_EQ(requantised(once, -5, 1, 1), -2);                 // -2.5 up
  EXPECT_EQ(requantised(once, INT32_MIN, INT32_MIN, 62), 1);  // 2^62 / 2^62
  EXPECT_EQ(requantised(once, INT32_MIN, INT32_MAX, 62), -1); // nearly -1
  once.zero = 127;
  EXPECT_EQ(requantised(once, INT32_MIN, INT32_MIN, 0), 127); // no wrap in 64 bits
  DrainSettings sum;
  sum.m1 = sum.m2 = 1 << 30, sum.m3 = 1 << 30, sum.s3 = 18;
  EXPECT_EQ(withResidual(sum, 3, 4), 7); // (3 + 4) * 2^20 / 2 / 2 / 2^18
  DrainSettings total;
  total.totalOnce = true;
  total.m1 = 1, total.m2 = -2, total.s3 = 1, total.z1 = -128, total.z2 = 127;
  EXPECT_EQ(withResidual(total, -127, 127), 1);    // 0.5 up
  EXPECT_EQ(withResidual(total, -126, -128), 127); // 256
  total.m2 = -1;
  EXPECT_EQ(withResidual(total, -128, -128), 127); // 127.5 up, and clamped
  total.m1 = total.m2 = INT32_MIN, total.z2 = 0, total.s3 = 40;
  EXPECT_EQ(withResidual(total, 127, 127), -1); // -382 * 2^31 / 2^40 = -0.746
}

TEST_F(DrainTest, AssertsThatTheSettingsStay) {
  use(randomSettings(Scale::Twice));
  Token token;
  token.last = true;
  give(token);
  bench.tick();
  settings.zero = int8_t(settings.zero ^ 1);
  settings.put(bench->config_i);
  EXPECT_DEATH(bench.tickAloud(2), "configuration changes");
}

TEST_F(DrainTest, AssertsThatOnlyFinishedSumsAreWritten) {
  use(randomSettings(Scale::Twice));
  Token token;
  token.write = true;
  give(token);
  EXPECT_DEATH(bench.tickAloud(), "not the last of its sum");
}

} // namespace
} // namespace tenon::hw
