// The bench around designs that are broken on purpose: whatever a chip does, a run ends and says why.
#include "sim/systemc/Bench.h"
#include "sim/systemc/npu_sim.h"

#include <gmock/gmock.h>

using namespace tenon::sim;
using testing::AllOf;
using testing::HasSubstr;
using End = RunResult::End;

extern "C" int sc_main(int, char **) { return 0; }

namespace {

namespace host = npu_sim::host;
constexpr uint32_t bit(npu_sim::Field field) { return uint32_t(1) << field.low; }

enum class Fault : uint8_t {
  None,
  Silent,
  Stuck,
  NoStart,
  BreaksAxi,
  Error,
  NeitherDoneNorError,
  StuckInReset
};

/// A chip of registers alone, which is done 50 cycles after its start, but for its fault.
class FakeNpu final : public NpuModel {
public:
  explicit FakeNpu(Fault what) : fault(what) {}

  const NpuOutputs &step(const NpuInputs &inputs) override {
    shown = next; // all of it comes from registers
    if (inputs.resetN)
      edge(inputs.host);
    else
      *this = FakeNpu(fault);
    return shown;
  }
  ModelArray array(const std::string &, const std::string &) const override { return {}; }
  bool openWaveform(const std::string &) override { return false; }
  void setRecording(bool) override {}
  void closeWaveform() override {}

private:
  FakeNpu &operator=(FakeNpu &&other) {
    next = other.next;
    started = done = failed = resetting = false;
    cycles = 0;
    return *this;
  }

  void edge(const LiteHostPins &given) {
    LiteDevicePins &pins = next.host;
    takeWrite(given);
    if (pins.rvalid && given.rready)
      pins.rvalid = false;
    if (given.arvalid && pins.arready) {
      pins.rvalid = true;
      pins.rdata = read(given.araddr);
    }
    pins.arready = pins.awready = pins.wready = fault != Fault::Silent;
    if (started && ++cycles > 50 && fault != Fault::Stuck)
      finish();
    next.memory.arvalid = started && fault == Fault::BreaksAxi;
    next.memory.araddr = 4096 - 16;
    next.memory.arlen = 1;
    next.memory.arsize = 4;
    next.memory.arburst = 1;
    next.execute.word = (started ? npu_sim::code::cause::wait : npu_sim::code::cause::idle) << 16 | 5;
    next.dispatched = started ? 6 : 0;
  }

  void takeWrite(const LiteHostPins &given) {
    LiteDevicePins &pins = next.host;
    if (pins.bvalid && given.bready)
      pins.bvalid = false;
    if (!given.awvalid || !pins.awready)
      return;
    pins.bvalid = true;
    pins.bresp = 0;
    if (given.awaddr == host::control::offset && (given.wdata & bit(host::control::start))) {
      started = fault != Fault::NoStart;
      done = false;
      cycles = 0;
      pins.bresp = started ? 0 : 2;
    }
    if (given.awaddr == host::control::offset && (given.wdata & bit(host::control::reset))) {
      failed = done = false;
      resetting = fault == Fault::StuckInReset;
    }
    if (given.awaddr == host::interrupt::offset && (given.wdata & bit(host::interrupt::pending)))
      next.interrupt = false;
  }

  void finish() {
    started = false;
    next.interrupt = true;
    failed = fault == Fault::Error || fault == Fault::StuckInReset;
    done = !failed && fault != Fault::NeitherDoneNorError;
  }

  uint32_t read(uint32_t offset) const {
    if (offset == host::status::offset)
      return (done ? bit(host::status::done) : 0) | (failed ? bit(host::status::error) : 0) |
             (resetting ? bit(host::status::resetting) : 0);
    return offset == host::error_code::offset      ? npu_sim::code::error::bus_read
           : offset == host::error_address::offset ? 0x1234
           : offset == host::error_command::offset ? 5
                                                   : 0;
  }

  Fault fault;
  NpuOutputs shown, next;
  bool started = false, done = false, failed = false, resetting = false;
  uint64_t cycles = 0;
};

Bench &bench(Fault fault) {
  static std::map<Fault, std::unique_ptr<Bench>> all = [] {
    CauseNames causes;
    causes.idle = npu_sim::code::cause::idle;
    causes.wait = npu_sim::code::cause::wait;
    BenchOptions options;
    options.watchdog = 500;
    std::map<Fault, std::unique_ptr<Bench>> made;
    for (unsigned number = 0; number <= unsigned(Fault::StuckInReset); ++number)
      made[Fault(number)] = std::make_unique<Bench>(("bench" + std::to_string(number)).c_str(), options,
                                                    std::make_unique<FakeNpu>(Fault(number)), causes);
    return made;
  }();
  return *all.at(fault);
}

TEST(Bench, ARunThatIsDoneIsDoneTwice) {
  for (int i = 0; i < 2; ++i) {
    RunResult result = bench(Fault::None).run(0, 16);
    EXPECT_EQ(result.end, End::Done) << result.text;
    EXPECT_NEAR(double(result.cycles), 50, 4);
  }
}

TEST(Bench, AnErrorHasItsCodeAddressAndCommand) {
  for (int i = 0; i < 2; ++i) {
    RunResult result = bench(Fault::Error).run(0, 16);
    EXPECT_EQ(result.end, End::Error);
    EXPECT_EQ(result.code, npu_sim::code::error::bus_read);
    EXPECT_EQ(result.address, 0x1234u);
    EXPECT_EQ(result.command, 5u);
  }
}

TEST(Bench, AChipThatAnswersNothingIsBroken) {
  RunResult result = bench(Fault::Silent).run(0, 16);
  EXPECT_EQ(result.end, End::Broken);
  EXPECT_THAT(result.text, HasSubstr("a register access was not answered"));
}

TEST(Bench, ARunWithoutProgressHangsAndSaysWhatTheUnitsDo) {
  for (int i = 0; i < 2; ++i) {
    RunResult result = bench(Fault::Stuck).run(0, 16);
    EXPECT_EQ(result.end, End::Hang);
    EXPECT_THAT(result.text, HasSubstr("nothing has moved for 2000 cycles"));
    EXPECT_THAT(result.units, AllOf(HasSubstr("execute: "), HasSubstr("command 5"), HasSubstr("6 commands")));
  }
}

TEST(Bench, AStartThatIsRefusedIsSaid) {
  RunResult result = bench(Fault::NoStart).run(0, 16);
  EXPECT_EQ(result.end, End::Refused);
  EXPECT_THAT(result.text, HasSubstr("the chip refused to start, with response 2"));
}

TEST(Bench, ABrokenBusIsSaid) {
  RunResult result = bench(Fault::BreaksAxi).run(0, 16);
  EXPECT_EQ(result.end, End::Broken);
  EXPECT_THAT(result.text, HasSubstr("AXI AR: the burst of 2 beats at address 4080 crosses"));
}

TEST(Bench, AnInterruptWithoutAReasonIsAHang) {
  RunResult result = bench(Fault::NeitherDoneNorError).run(0, 16);
  EXPECT_EQ(result.end, End::Hang);
  EXPECT_THAT(result.text, HasSubstr("neither done nor has it an error"));
}

TEST(Bench, AResetThatDoesNotEndIsFollowedByAHardOne) {
  RunResult result = bench(Fault::StuckInReset).run(0, 16);
  EXPECT_EQ(result.end, End::Error);
  result = bench(Fault::StuckInReset).run(0, 16);
  EXPECT_EQ(result.end, End::Error); // and not stuck
}

} // namespace
