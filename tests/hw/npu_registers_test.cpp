// npu_registers as a host sees them: the bus in any order of its channels, the life of a stream, errors, soft
// resets, the watchdog and the counters. Offsets and bits stand here once more, by hand.
#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include "Vnpu_registers.h"

#include <array>
#include <map>
#include <optional>

namespace tenon::hw {
namespace {

constexpr uint32_t identity = 0x00, parameters = 0x04, control = 0x08, status = 0x0c, interrupt = 0x10,
                   commandsAddress = 0x14, commandsBytes = 0x18, watchdog = 0x1c, errorCode = 0x20,
                   errorAddress = 0x24, errorCommand = 0x28, dispatched = 0x2c, loadCommand = 0x30,
                   executeCommand = 0x34, storeCommand = 0x38, cyclesLow = 0x40, cyclesHigh = 0x44,
                   counters = 0x100;
constexpr uint32_t startBit = 1, resetBit = 2;
constexpr uint32_t busy = 1, done = 2, failed = 4, resetting = 8;
constexpr uint32_t enable = 1, pending = 2;
constexpr unsigned idle = 0, busyCause = 1, waitCause = 2, signalCause = 8;
constexpr unsigned watchdogError = 9;
constexpr unsigned units = 3, sources = 5;
constexpr unsigned okay = 0, slaveError = 2;
constexpr unsigned errorWidth = 57, activityWidth = 20;

struct Answer {
  unsigned response;
  uint32_t data = 0;
};

class RegistersTest : public testing::Test {
protected:
  RegistersTest() {
    bench->s_axil_awvalid_i = bench->s_axil_wvalid_i = bench->s_axil_arvalid_i = 0;
    bench->s_axil_bready_i = bench->s_axil_rready_i = 0;
    bench->error_i[0] = 0;
    for (unsigned source = 0; source < sources; ++source)
      setError(source, false, 0, 0, 0);
    for (unsigned unit = 0; unit < units; ++unit)
      setActivity(unit, idle, 0);
    bench->unit_busy_i = 0;
    bench->dispatched_i = 0;
    bench->idle_i = 1;
    bench->quiet_i = 1;
    bench->transfer_i = 0;
    tick();
  }

  void tick() {
    bench.settle();
    starts += bench->start_o;
    resets += !bench->unit_rst_no;
    bench.tick();
    bench.settle();
  }

  void setError(unsigned source, bool valid, unsigned code, uint32_t address, unsigned index) {
    Fields fields;
    fields.add(1, valid).add(8, code).add(32, address).add(16, index);
    fields.put(bench->error_i, source * errorWidth);
  }
  void setActivity(unsigned unit, unsigned cause, unsigned index) {
    Fields().add(4, cause).add(16, index).put(bench->activity_i, unit * activityWidth);
  }

  unsigned write(uint32_t offset, uint32_t data, unsigned strobe = 15) {
    // Address and data come together, or one of them first.
    int64_t addressDelay = random.between(0, 3), dataDelay = random.between(0, 3);
    bool isAddressThere = false, isDataThere = false;
    for (unsigned i = 0; i < 100; ++i) {
      bench->s_axil_awvalid_i = !isAddressThere && i >= addressDelay;
      bench->s_axil_awaddr_i = bench->s_axil_awvalid_i ? offset : 0xfff;
      bench->s_axil_wvalid_i = !isDataThere && i >= dataDelay;
      bench->s_axil_wdata_i = bench->s_axil_wvalid_i ? data : 0xffffffff;
      bench->s_axil_wstrb_i = strobe;
      bench->s_axil_bready_i = random.oneIn(2);
      bench.settle();
      isAddressThere |= bench->s_axil_awvalid_i && bench->s_axil_awready_o;
      isDataThere |= bench->s_axil_wvalid_i && bench->s_axil_wready_o;
      const bool isAnswered = bench->s_axil_bvalid_o && bench->s_axil_bready_i;
      const unsigned response = bench->s_axil_bresp_o;
      EXPECT_TRUE(!bench->s_axil_bvalid_o || (isAddressThere && isDataThere)) << "an answer before its write";
      tick();
      if (isAnswered) {
        bench->s_axil_awvalid_i = bench->s_axil_wvalid_i = bench->s_axil_bready_i = 0;
        return response;
      }
    }
    ADD_FAILURE() << "no answer to a write of " << offset;
    return 4;
  }

  Answer read(uint32_t offset) {
    bool isAsked = false;
    for (unsigned i = 0; i < 100; ++i) {
      bench->s_axil_arvalid_i = !isAsked;
      bench->s_axil_araddr_i = isAsked ? 0xfff : offset;
      bench->s_axil_rready_i = random.oneIn(2);
      bench.settle();
      isAsked |= bench->s_axil_arvalid_i && bench->s_axil_arready_o;
      const bool isAnswered = bench->s_axil_rvalid_o && bench->s_axil_rready_i;
      const Answer answer{bench->s_axil_rresp_o, bench->s_axil_rdata_o};
      tick();
      if (isAnswered) {
        bench->s_axil_arvalid_i = bench->s_axil_rready_i = 0;
        return answer;
      }
    }
    ADD_FAILURE() << "no answer to a read of " << offset;
    return {4};
  }

  uint32_t value(uint32_t offset) {
    const Answer answer = read(offset);
    EXPECT_EQ(answer.response, okay) << "offset " << offset;
    return answer.data;
  }

  void start() {
    bench->idle_i = 0;
    EXPECT_EQ(write(control, startBit), okay);
  }
  void finish() {
    bench->idle_i = 1;
    for (unsigned i = 0; i < 5; ++i)
      tick();
  }
  void fail(unsigned source, unsigned code, uint32_t address, unsigned index) {
    setError(source, true, code, address, index);
    tick();
    setError(source, false, 0, 0, 0);
    tick();
  }

  Random random;
  Bench<Vnpu_registers> bench;
  unsigned starts = 0, resets = 0; // cycles
};

TEST_F(RegistersTest, OffsetsThatExist) {
  SCOPED_TRACE(random.text());
  const std::map<uint32_t, std::pair<bool, bool>> rights = {
      {identity, {true, false}},     {parameters, {true, false}},     {control, {false, true}},
      {status, {true, false}},       {interrupt, {true, true}},       {commandsAddress, {true, true}},
      {commandsBytes, {true, true}}, {watchdog, {true, true}},        {errorCode, {true, false}},
      {errorAddress, {true, false}}, {errorCommand, {true, false}},   {dispatched, {true, false}},
      {loadCommand, {true, false}},  {executeCommand, {true, false}}, {storeCommand, {true, false}},
      {cyclesLow, {true, false}},    {cyclesHigh, {true, false}}};
  for (uint32_t offset = 0; offset < 0x1000; offset = offset < 0x210 ? offset + 1 : offset + 61) {
    bool canRead = false, canWrite = false;
    if (auto found = rights.find(offset); found != rights.end())
      std::tie(canRead, canWrite) = found->second;
    if (offset >= counters && offset < counters + units * 64 && offset % 4 == 0)
      canRead = true;
    EXPECT_EQ(read(offset).response, canRead ? okay : slaveError) << "read of " << offset;
    EXPECT_EQ(write(offset, 0), canWrite ? okay : slaveError) << "write of " << offset;
  }
  EXPECT_EQ(value(identity), 0x4e505501U);
  EXPECT_EQ(value(parameters), dim | 16U << 8);
}

TEST_F(RegistersTest, StrobesWriteTheirBytes) {
  SCOPED_TRACE(random.text());
  std::map<uint32_t, uint32_t> values = {{commandsAddress, 0}, {commandsBytes, 0}, {watchdog, 0}};
  for (unsigned i = 0; i < 300; ++i) {
    auto which = std::next(values.begin(), random.between(0, 2));
    const unsigned strobe = unsigned(random.between(0, 15));
    const uint32_t data = uint32_t(random.word());
    EXPECT_EQ(write(which->first, data, strobe), okay);
    for (unsigned byte = 0; byte < 4; ++byte)
      if (strobe >> byte & 1)
        which->second = (which->second & ~(0xffU << 8 * byte)) | (data & 0xffU << 8 * byte);
    for (auto [offset, expected] : values)
      ASSERT_EQ(value(offset), expected);
  }
  EXPECT_EQ(bench->commands_address_o, values[commandsAddress]);
  EXPECT_EQ(bench->commands_bytes_o, values[commandsBytes]);
}

TEST_F(RegistersTest, AStreamRunsAndEnds) {
  EXPECT_EQ(write(interrupt, enable), okay);
  EXPECT_EQ(value(status), 0U);
  start();
  EXPECT_EQ(starts, 1U);
  EXPECT_EQ(value(status), busy);
  bench->unit_busy_i = 0b101;
  EXPECT_EQ(value(status), busy | 0x50U);
  bench->unit_busy_i = 0;
  EXPECT_EQ(bench->irq_o, 0);
  finish();
  EXPECT_EQ(value(status), done);
  EXPECT_EQ(bench->irq_o, 1);
  EXPECT_EQ(value(interrupt), enable | pending);
  EXPECT_EQ(write(interrupt, pending, 0), okay); // no byte of it
  EXPECT_EQ(bench->irq_o, 1);
  EXPECT_EQ(write(interrupt, enable | pending), okay);
  EXPECT_EQ(bench->irq_o, 0);
  EXPECT_EQ(value(interrupt), enable);
  EXPECT_EQ(write(interrupt, 0), okay);
  start();
  EXPECT_EQ(value(status), busy) << "a start clears done";
  finish();
  EXPECT_EQ(value(interrupt), pending);
  EXPECT_EQ(bench->irq_o, 0) << "not enabled";
  EXPECT_EQ(write(interrupt, enable), okay);
  EXPECT_EQ(bench->irq_o, 1);
  start();
  EXPECT_EQ(bench->irq_o, 0) << "a start clears what is pending";
}

TEST_F(RegistersTest, StartIsRefusedWhileBusyFailedOrResetting) {
  start();
  EXPECT_EQ(write(control, startBit), slaveError);
  EXPECT_EQ(write(control, 0), okay);
  EXPECT_EQ(starts, 1U);
  EXPECT_EQ(value(status), busy);
  fail(2, 8, 0x1230, 7);
  EXPECT_EQ(write(control, startBit), slaveError);
  EXPECT_EQ(starts, 1U);
  EXPECT_EQ(value(errorCode), 8U);
  bench->quiet_i = 0;
  EXPECT_EQ(write(control, startBit | resetBit), slaveError) << "the reset is done, the start is not";
  EXPECT_EQ(value(status), failed | resetting);
  EXPECT_EQ(write(control, startBit), slaveError);
  bench->quiet_i = 1;
  for (unsigned i = 0; i < 10; ++i)
    tick();
  EXPECT_EQ(value(status), 0U);
  start();
  EXPECT_EQ(starts, 2U);
}

TEST_F(RegistersTest, TheFirstErrorIsKeptAndHalts) {
  SCOPED_TRACE(random.text());
  EXPECT_EQ(write(interrupt, enable), okay);
  start();
  EXPECT_EQ(bench->halt_o, 0);
  // Two at once: that of the lower number.
  setError(1, true, 4, 0x55, 3);
  fail(3, 7, 0x9990, 4);
  setError(1, false, 0, 0, 0);
  EXPECT_EQ(bench->halt_o, 1);
  EXPECT_EQ(bench->irq_o, 1);
  fail(0, 6, 0x1000, 9);
  bench->idle_i = 1;
  for (unsigned i = 0; i < 5; ++i)
    tick();
  EXPECT_EQ(value(status), failed) << "an end after an error is none";
  EXPECT_EQ(value(errorCode), 4U);
  EXPECT_EQ(value(errorAddress), 0x55U);
  EXPECT_EQ(value(errorCommand), 3U);
  bench->dispatched_i = 77;
  setActivity(1, waitCause, 12);
  EXPECT_EQ(value(dispatched), 77U);
  EXPECT_EQ(value(executeCommand), 12U | waitCause << 16);
}

TEST_F(RegistersTest, SoftResetWaitsForTheBus) {
  EXPECT_EQ(write(interrupt, enable), okay);
  EXPECT_EQ(write(commandsAddress, 0x1230), okay);
  EXPECT_EQ(write(watchdog, 100000), okay);
  start();
  bench->quiet_i = 0;
  const unsigned before = resets;
  EXPECT_EQ(write(control, resetBit), okay);
  EXPECT_EQ(bench->halt_o, 1);
  for (unsigned i = 0; i < 50; ++i)
    tick();
  EXPECT_EQ(value(status), resetting) << "the reset comes when the bus is quiet";
  EXPECT_EQ(resets, before);
  bench->quiet_i = 1;
  bench->idle_i = 1;
  for (unsigned i = 0; i < 10; ++i)
    tick();
  EXPECT_EQ(resets, before + 4);
  EXPECT_EQ(bench->halt_o, 0);
  EXPECT_EQ(value(status), 0U) << "neither done nor failed";
  EXPECT_EQ(value(interrupt), enable);
  EXPECT_EQ(value(commandsAddress), 0x1230U);
  EXPECT_EQ(value(watchdog), 100000U);
  start();
  fail(4, 1, 0x40, 2);
  EXPECT_EQ(bench->irq_o, 1);
  EXPECT_EQ(write(control, resetBit), okay);
  for (unsigned i = 0; i < 10; ++i)
    tick();
  EXPECT_EQ(bench->irq_o, 0);
  EXPECT_EQ(value(status), 0U);
  EXPECT_EQ(value(errorCode), 0U);
  EXPECT_EQ(value(errorAddress), 0U);
}

TEST_F(RegistersTest, TheWatchdogSeesThatNothingMoves) {
  EXPECT_EQ(write(watchdog, 60), okay);
  setActivity(0, waitCause, 5);
  start();
  // Each of these is progress.
  for (unsigned i = 0; i < 200; ++i) {
    bench->transfer_i = i % 50 == 0;
    tick();
  }
  bench->transfer_i = 0;
  for (unsigned i = 0; i < 200; ++i) {
    setActivity(0, i % 100 < 50 ? signalCause : waitCause, 5);
    tick();
  }
  setActivity(1, busyCause, 6);
  for (unsigned i = 0; i < 200; ++i)
    tick();
  EXPECT_EQ(value(status), busy);
  setActivity(1, waitCause, 8);
  const int64_t begin = bench.cycle;
  while (!bench->halt_o && bench.cycle < begin + 100)
    tick();
  EXPECT_NEAR(double(bench.cycle - begin), 60, 3);
  EXPECT_EQ(value(status), failed);
  EXPECT_EQ(value(errorCode), watchdogError);
  EXPECT_EQ(value(errorCommand), 8U) << "of the last queue that is at a command";
}

TEST_F(RegistersTest, NoWatchdogWithoutALimit) {
  start();
  for (unsigned i = 0; i < 5000; ++i)
    tick();
  EXPECT_EQ(value(status), busy);
}

TEST_F(RegistersTest, CountersAreOfTheStreamAlone) {
  SCOPED_TRACE(random.text());
  for (unsigned stream = 0; stream < 3; ++stream) {
    setActivity(0, 3, 0);
    for (unsigned i = 0; i < 20; ++i)
      tick(); // before the stream
    for (unsigned unit = 0; unit < units; ++unit)
      setActivity(unit, 15, 0);
    start();
    std::array<std::array<uint32_t, 16>, units> expected = {};
    for (unsigned i = 0; i < 2000; ++i) {
      for (unsigned unit = 0; unit < units; ++unit) {
        const unsigned cause = unsigned(random.between(0, 14));
        setActivity(unit, cause, i);
        ++expected[unit][cause];
      }
      tick();
    }
    for (unsigned unit = 0; unit < units; ++unit)
      setActivity(unit, 15, 0);
    finish();
    const uint64_t cycles = value(cyclesLow) | uint64_t(value(cyclesHigh)) << 32;
    for (unsigned unit = 0; unit < units; ++unit) {
      uint64_t sum = 0;
      for (unsigned cause = 0; cause < 16; ++cause) {
        const uint32_t counted = value(counters + 64 * unit + 4 * cause);
        sum += counted;
        if (cause < 15)
          EXPECT_EQ(counted, expected[unit][cause]) << "unit " << unit << ", cause " << cause;
      }
      EXPECT_EQ(sum, cycles) << "each cycle has one cause";
    }
    EXPECT_GT(cycles, 2000U);
    EXPECT_LT(cycles, 2020U);
  }
}

} // namespace
} // namespace tenon::hw
