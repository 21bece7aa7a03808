// The bridge and the memory on their own, driven by a master written for it.
#include "tests/sim/AxiTraffic.h"

#include <gmock/gmock.h>
#include <systemc>

using namespace tenon::sim;
using namespace tenon::sim::test;
using testing::HasSubstr;

extern "C" int sc_main(int, char **) { return 0; }

namespace {

struct Setup {
  BridgeOptions bridge;
  MemoryOptions memory;
};

/// SystemC elaborates once in a process: all bridges are made before the first test.
class Rig {
public:
  explicit Rig(const Setup &setup, const std::string &name)
      : bridge((name + "_bridge").c_str(), setup.bridge), memory((name + "_memory").c_str(), setup.memory) {
    bridge.socket.bind(memory.socket);
    memory.addRange(0, bytes);
    Random random(99);
    for (uint8_t &byte : content)
      byte = uint8_t(random.next());
  }

  TrafficResult run(const TrafficOptions &options) {
    return runTraffic(bridge, memory, content, cycle, options);
  }
  /// One cycle of a master that the test writes out.
  void step(const AxiMasterPins &pins) { bridge.cycle(pins, cycle++); }

  static constexpr uint64_t bytes = 1 << 16;
  AxiBridge bridge;
  Memory memory;
  std::vector<uint8_t> content = std::vector<uint8_t>(bytes);
  uint64_t cycle = 0;
};

Setup setupOf(unsigned latency, unsigned bandwidth, unsigned backPressure, BridgeOptions::Order order,
              bool random = false, uint64_t seed = 7) {
  Setup setup;
  setup.memory = {latency, bandwidth, random, seed, std::nullopt};
  setup.bridge = {order, backPressure, random, seed};
  return setup;
}

std::map<std::string, std::unique_ptr<Rig>> &rigs() {
  static std::map<std::string, std::unique_ptr<Rig>> all = [] {
    using Order = BridgeOptions::Order;
    const std::pair<const char *, Setup> setups[] = {
        {"plain", setupOf(40, 16, 0, Order::Ready)},
        {"quick", setupOf(0, 16, 0, Order::Ready)},
        {"narrow", setupOf(10, 4, 0, Order::Ready)},
        {"issue", setupOf(20, 16, 0, Order::Issue)},
        {"shuffled", setupOf(20, 16, 30, Order::Random)},
        {"held", setupOf(0, 16, 80, Order::Ready)},
        {"rules", setupOf(0, 16, 0, Order::Ready)},
        {"timing", setupOf(40, 16, 0, Order::Ready)},
        {"late", setupOf(100, 16, 0, Order::Ready)},
        {"errors", setupOf(5, 16, 20, Order::Random)},
        {"random1", setupOf(200, 16, 90, Order::Ready, true, 1)},
        {"random2", setupOf(200, 16, 90, Order::Ready, true, 2)},
        {"random3", setupOf(200, 5, 90, Order::Ready, true, 3)},
        {"again", setupOf(200, 16, 90, Order::Ready, true, 1)},
    };
    std::map<std::string, std::unique_ptr<Rig>> made;
    for (const auto &[name, setup] : setups)
      made[name] = std::make_unique<Rig>(setup, name);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    return made;
  }();
  return all;
}

Rig &rig(const std::string &name) { return *rigs().at(name); }

TEST(AxiBridge, CarriesBurstsOfAllIdsAndStrobes) {
  TrafficOptions options;
  options.bursts = 2000;
  for (const char *name : {"plain", "quick", "narrow", "issue", "shuffled", "held"}) {
    SCOPED_TRACE(name);
    TrafficResult result = rig(name).run(options);
    EXPECT_GT(result.readBeats, 5000u);
    EXPECT_GT(result.writeBeats, 5000u);
    EXPECT_EQ(result.errors, 0u);
    options.idlePercent = 30;
    options.seed = 2;
    rig(name).run(options);
  }
}

TEST(AxiBridge, RandomTimingIsLegalAndFollowsTheSeed) {
  TrafficOptions options;
  options.bursts = 1000;
  options.idlePercent = 10;
  std::map<std::string, uint64_t> cycles;
  for (const char *name : {"random1", "random2", "random3", "again"}) {
    SCOPED_TRACE(name);
    cycles[name] = rig(name).run(options).cycles;
  }
  EXPECT_EQ(cycles["random1"], cycles["again"]);
  EXPECT_NE(cycles["random1"], cycles["random2"]);
}

TEST(AxiBridge, OrderIsWhatTheOptionSays) {
  TrafficOptions options;
  options.bursts = 1000;
  options.readPercent = 100;
  TrafficResult issue = rig("issue").run(options), shuffled = rig("shuffled").run(options);
  EXPECT_EQ(issue.overtakes, 0u);
  EXPECT_EQ(issue.interleaves, 0u);
  EXPECT_GT(shuffled.overtakes, 50u);
  EXPECT_GT(shuffled.interleaves, 500u);
  EXPECT_EQ(rig("plain").run(options).interleaves, 0u);
}

TEST(AxiBridge, LatencyAndBandwidthAreThoseOfTheMemory) {
  TrafficOptions options;
  options.bursts = 1000;
  options.readPercent = 100;
  options.mostBeats = 16;
  options.mostOutstanding = 32;
  TrafficResult quick = rig("plain").run(options);
  EXPECT_GT(double(quick.readBeats) / double(quick.cycles), 0.95) << "a beat a cycle";
  TrafficResult narrow = rig("narrow").run(options);
  EXPECT_NEAR(double(narrow.readBeats) / double(narrow.cycles), 0.25, 0.01) << "4 of 16 bytes a cycle";
}

AxiMasterPins readOf(uint32_t address, unsigned beats) {
  AxiMasterPins pins;
  pins.arvalid = true;
  pins.araddr = address;
  pins.arlen = uint8_t(beats - 1);
  pins.arsize = 4;
  pins.arburst = 1;
  pins.rready = true;
  return pins;
}

TEST(AxiBridge, TheFirstBeatComesAfterTheLatency) {
  Rig &bench = rig("timing");
  AxiMasterPins idle;
  idle.rready = true;
  bench.step(idle); // then it is ready
  ASSERT_TRUE(bench.bridge.pins().arready);
  bench.step(readOf(256, 3));
  unsigned cycles = 0; // with nothing on R
  for (; !bench.bridge.pins().rvalid && cycles < 100; ++cycles)
    bench.step(idle);
  EXPECT_EQ(cycles, 40u);
  for (unsigned beat = 0; beat < 3; ++beat, bench.step(idle)) {
    ASSERT_TRUE(bench.bridge.pins().rvalid);
    EXPECT_EQ(bench.bridge.pins().rlast, beat == 2);
  }
  EXPECT_FALSE(bench.bridge.pins().rvalid);
}

TEST(AxiBridge, AWriteIsNotThereBeforeItsResponse) {
  Rig &bench = rig("late");
  const uint8_t old = 1;
  bench.memory.write(512, &old, 1);
  AxiMasterPins pins, idle;
  idle.rready = idle.bready = true;
  bench.step(idle);
  pins = idle;
  pins.awvalid = pins.wvalid = pins.wlast = true;
  pins.awaddr = 512;
  pins.awsize = 4;
  pins.awburst = 1;
  pins.wstrb = 1;
  pins.wdata[0] = 2;
  bench.step(pins);
  // A read that does not wait for the response gets what was there before; one that does, what was written.
  for (uint8_t expected : {1, 2}) {
    bench.step(readOf(512, 1));
    bool answered = false;
    for (unsigned i = 0; i < 300 && !bench.bridge.pins().rvalid; ++i) {
      answered |= bench.bridge.pins().bvalid;
      bench.step(idle);
    }
    ASSERT_TRUE(bench.bridge.pins().rvalid);
    EXPECT_EQ(bench.bridge.pins().rdata[0], expected);
    EXPECT_TRUE(answered || expected == 2);
    bench.step(idle);
  }
}

TEST(AxiBridge, ErrorsComeAtTheTransactionThatWasNamed) {
  Rig &bench = rig("errors");
  TrafficOptions options;
  options.bursts = 20;
  options.readPercent = 100;
  for (unsigned i = 0; i < 20; ++i) {
    uint64_t before = bench.memory.errors();
    bench.memory.setErrorAt(bench.memory.transactions() + i);
    options.seed = i + 1;
    EXPECT_EQ(bench.run(options).errors, 1u);
    EXPECT_EQ(bench.memory.errors(), before + 1);
  }
  options.readPercent = 0;
  bench.memory.setErrorAt(bench.memory.transactions() + 3);
  EXPECT_EQ(bench.run(options).errors, 1u);
}

TEST(AxiBridge, AddressesOutsideAreDecodeErrors) {
  Rig &bench = rig("timing");
  AxiMasterPins idle;
  idle.rready = true;
  bench.step(readOf(Rig::bytes, 2));
  for (unsigned i = 0; i < 100 && !bench.bridge.pins().rvalid; ++i)
    bench.step(idle);
  ASSERT_TRUE(bench.bridge.pins().rvalid);
  EXPECT_EQ(bench.bridge.pins().rresp, uint8_t(AxiResponse::DecodeError));
  bench.step(idle);
  bench.step(idle);
}

/// What the bridge says about two cycles of a master, each from a state in which nothing waits.
std::string violation(AxiMasterPins first, const AxiMasterPins &second, bool isReady) {
  Rig &bench = rig("rules");
  bench.bridge.reset();
  if (isReady)
    bench.step({});
  bench.step(first);
  bench.step(second);
  return bench.bridge.violation();
}

TEST(AxiBridge, TheMastersMistakesAreFound) {
  AxiMasterPins read = readOf(64, 4), other = read;
  EXPECT_EQ(violation(read, read, false), "");
  other.araddr = 128;
  EXPECT_THAT(violation(read, other, false), HasSubstr("AXI AR: what it shows changed"));
  EXPECT_EQ(violation(read, other, true), "");
  EXPECT_THAT(violation(read, {}, false), HasSubstr("its valid fell, before it was taken"));
  EXPECT_THAT(violation(readOf(4096 - 32, 3), {}, true), HasSubstr("crosses a boundary of 4096 bytes"));
  other = read;
  other.arsize = 2;
  EXPECT_THAT(violation(other, {}, true), HasSubstr("the size is 2"));
  other = read;
  other.arburst = 2;
  EXPECT_THAT(violation(other, {}, true), HasSubstr("of kind 2"));
  AxiMasterPins write;
  write.awvalid = write.wvalid = true;
  write.awlen = 1;
  write.awsize = 4;
  write.awburst = 1;
  write.wlast = true;
  EXPECT_THAT(violation(write, {}, true), HasSubstr("a burst has 1 beats, its address said 2"));
  AxiMasterPins data, changed;
  data.wvalid = true;
  changed = data;
  changed.wstrb = 3;
  EXPECT_THAT(violation(data, changed, false), HasSubstr("AXI W: what it shows changed"));
}

TEST(SparseBytes, NoiseIsTheSeedsAndPagesJoin) {
  SparseBytes memory, noisy, same;
  noisy.setNoise(5);
  same.setNoise(5);
  std::vector<uint8_t> data(200000), found(200000), before(200000), after(200000);
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = uint8_t(i * 31 >> 3);
  memory.read(1000, found.data(), found.size());
  EXPECT_EQ(found, std::vector<uint8_t>(found.size()));
  memory.write(1000, data.data(), nullptr, data.size());
  memory.read(1000, found.data(), found.size());
  EXPECT_EQ(found, data);
  noisy.read(0, before.data(), before.size());
  std::vector<uint8_t> one = {1}, none = {0};
  noisy.write(70000, one.data(), none.data(), 1); // a disabled byte makes a page appear, and changes nothing
  noisy.read(0, after.data(), after.size());
  EXPECT_EQ(before, after);
  same.read(0, found.data(), found.size());
  EXPECT_EQ(before, found);
  EXPECT_GT(std::count(before.begin(), before.end(), 0), 300);
  EXPECT_LT(std::count(before.begin(), before.end(), 0), 1500);
}

} // namespace
