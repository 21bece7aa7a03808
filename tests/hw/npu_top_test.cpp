// The whole chip, disturbed: errors of the bus at every transfer, resets at any time, streams that are cut
// off or have flipped bits, starts while it is busy. It never hangs, never calls a wrong result done, and
// after a soft reset it does what it did before.
#include "tests/hw/ChipBench.h"
#include "tests/hw/Program.h"

namespace tenon::hw {
namespace {

Program programNamed(const std::string &name) {
  return name == "pooling" ? Program::pooling() : Program::everything();
}

class TopTest : public testing::TestWithParam<std::string> {
protected:
  /// Where nobody has computed the result, what an undisturbed run gives is it.
  void SetUp() override {
    if (!program.result.empty())
      return;
    prepare();
    start();
    ASSERT_EQ(chip.wait(), uint32_t(registers::done));
    program.result = chip.bytesAt(Program::resultAddress, program.resultBytes);
  }

  void prepare() {
    chip.load(Program::dataAddress, program.data);
    chip.load(Program::streamAddress, program.stream);
    chip.load(Program::resultAddress, std::vector<uint8_t>(size_t(program.resultBytes), 0xee));
  }
  void start() { chip.start(Program::streamAddress, uint32_t(program.stream.size())); }

  void expectRight() {
    prepare();
    start();
    ASSERT_EQ(chip.wait(), uint32_t(registers::done));
    ASSERT_EQ(chip.bytesAt(Program::resultAddress, program.resultBytes), program.result);
  }

  void randomise() {
    chip.reads.timing = randomTiming(random);
    chip.writes.timing = randomTiming(random);
  }
  void steady() { chip.reads.timing = chip.writes.timing = {20, 20, 100, 100}; }

  Random random;
  Program program = programNamed(GetParam());
  Chip chip{random};
};

TEST_P(TopTest, TheProgramUnderAnyTiming) {
  SCOPED_TRACE(random.text());
  for (unsigned i = 0; i < 60; ++i) {
    randomise();
    ASSERT_NO_FATAL_FAILURE(expectRight());
  }
}

TEST_P(TopTest, ErrorOfEveryRead) {
  SCOPED_TRACE(random.text());
  std::vector<int64_t> beats;
  for (int64_t at = 0; at < int64_t(program.stream.size()); at += 16)
    beats.push_back(Program::streamAddress + at);
  const int64_t dataBytes = int64_t(program.data.size());
  for (int64_t at = 0; at < dataBytes; at += 16 * (1 + dataBytes / 2000))
    beats.push_back(Program::dataAddress + at);
  for (int64_t beat : beats) {
    randomise();
    prepare();
    chip.reads.broken = {beat};
    start();
    ASSERT_EQ(chip.wait(), uint32_t(registers::failed)) << "beat at " << beat;
    EXPECT_EQ(chip.read(registers::errorCode), uint32_t(busRead));
    const int64_t address = chip.read(registers::errorAddress);
    EXPECT_LE(address, beat + 15);
    EXPECT_GT(address, beat - 256) << "of the burst";
    chip.reads.broken.clear();
    chip.softReset();
    ASSERT_NO_FATAL_FAILURE(expectRight());
  }
}

TEST_P(TopTest, ErrorOfEveryWrite) {
  SCOPED_TRACE(random.text());
  std::vector<int64_t> bursts;
  chip.writes.onRequest = [&](const Request &request) { bursts.push_back(request.address); };
  ASSERT_NO_FATAL_FAILURE(expectRight());
  chip.writes.onRequest = nullptr;
  ASSERT_GT(bursts.size(), 3U);
  for (int64_t burst : bursts) {
    randomise();
    prepare();
    chip.writes.broken = {burst};
    start();
    ASSERT_EQ(chip.wait(), uint32_t(registers::failed)) << "burst at " << burst;
    EXPECT_EQ(chip.read(registers::errorCode), uint32_t(busWrite));
    EXPECT_EQ(chip.read(registers::errorAddress) / 16, burst / 16);
    EXPECT_EQ(chip.read(registers::errorCommand), program.commands - 1);
    chip.writes.broken.clear();
    chip.softReset();
    ASSERT_NO_FATAL_FAILURE(expectRight());
  }
}

TEST_P(TopTest, ResetInMidRun) {
  SCOPED_TRACE(random.text());
  steady();
  prepare();
  start();
  const int64_t begin = chip.bench.cycle;
  ASSERT_EQ(chip.wait(), uint32_t(registers::done));
  const int64_t whole = chip.bench.cycle - begin;
  for (int64_t at = 0; at < whole; at += random.between(1, whole / 50)) {
    random.oneIn(2) ? steady() : randomise();
    prepare();
    start();
    for (int64_t i = 0; i < at; ++i)
      chip.cycle();
    ASSERT_NO_FATAL_FAILURE(chip.softReset());
    if (random.oneIn(3))
      ASSERT_NO_FATAL_FAILURE(expectRight());
  }
}

TEST_P(TopTest, StartWhileBusyDisturbsNothing) {
  SCOPED_TRACE(random.text());
  for (unsigned i = 0; i < 20; ++i) {
    prepare();
    start();
    for (int64_t wait = random.between(0, 60); wait > 0; --wait)
      chip.cycle();
    EXPECT_EQ(chip.write(registers::commandsAddress, 0x8000), 0U); // of the next stream
    EXPECT_EQ(chip.write(registers::control, registers::start), 2U);
    ASSERT_EQ(chip.wait(), uint32_t(registers::done));
    ASSERT_EQ(chip.bytesAt(Program::resultAddress, program.resultBytes), program.result);
  }
}

TEST_P(TopTest, StreamsThatAreCutOff) {
  SCOPED_TRACE(random.text());
  EXPECT_EQ(chip.write(registers::watchdog, 2000), 0U);
  unsigned truncated = 0;
  for (uint32_t bytes = 0; bytes <= program.stream.size(); bytes += 16) {
    randomise();
    prepare();
    chip.start(Program::streamAddress, bytes);
    const std::optional<uint32_t> status = chip.wait();
    ASSERT_TRUE(status);
    if (*status == registers::failed) {
      EXPECT_EQ(chip.read(registers::errorCode), uint32_t(truncatedStream)) << bytes << " bytes";
      ++truncated;
    }
    chip.softReset(); // its semaphores too
    ASSERT_NO_FATAL_FAILURE(expectRight());
  }
  EXPECT_EQ(truncated, program.stream.size() / 16 - program.commands) << "within commands of two words";
}

TEST_P(TopTest, AWaitForNothingTimesOut) {
  EXPECT_EQ(chip.write(registers::watchdog, 500), 0U);
  // Without the load, nobody signals.
  const std::vector<uint8_t> stream = program.stream;
  program.stream.erase(program.stream.begin() + 32, program.stream.begin() + 48);
  prepare();
  start();
  ASSERT_EQ(chip.wait(), uint32_t(registers::failed));
  EXPECT_EQ(chip.read(registers::errorCode), uint32_t(timedOut));
  program.stream = stream;
  chip.softReset();
  ASSERT_NO_FATAL_FAILURE(expectRight());
}

TEST_P(TopTest, StreamsWithFlippedBits) {
  SCOPED_TRACE(random.text());
  EXPECT_EQ(chip.write(registers::watchdog, 3000), 0U);
  unsigned failures = 0;
  for (unsigned i = 0; i < 300; ++i) {
    randomise();
    prepare();
    std::vector<uint8_t> stream = program.stream;
    for (int64_t flips = random.between(1, 3); flips > 0; --flips)
      stream[size_t(random.between(0, int64_t(stream.size()) - 1))] ^= uint8_t(1 << random.between(0, 7));
    chip.load(Program::streamAddress, stream);
    start();
    // A larger size is a longer run: give up on it after a while, and let the reset end it.
    for (unsigned cycles = 0; cycles < 20000 && !chip.bench->irq_o; ++cycles)
      chip.cycle();
    failures += (chip.read(registers::status) & registers::failed) != 0;
    ASSERT_NO_FATAL_FAILURE(chip.softReset());
    ASSERT_NO_FATAL_FAILURE(expectRight());
  }
  EXPECT_GT(failures, 30U);
}

INSTANTIATE_TEST_SUITE_P(Programs, TopTest, testing::Values("pooling", "everything"),
                         [](const auto &parameter) { return parameter.param; });

} // namespace
} // namespace tenon::hw
