// Bursts of one direction never overlap one another's addresses while they are under way, so what a read must
// give is known when it is sent: also that a write which has not been answered is not seen, unless it has
// taken effect.
#include "tests/sim/AxiTraffic.h"

#include <algorithm>
#include <deque>

namespace tenon::sim::test {
namespace {

struct Burst {
  bool isRead = false;
  uint8_t id = 0;
  uint32_t address = 0;
  unsigned beats = 0, done = 0;
  bool hasError = false;
  uint64_t number = 0;
  std::vector<uint8_t> data;
  std::vector<uint16_t> strobes;
};

class Master {
public:
  Master(AxiBridge &slave, std::vector<uint8_t> &bytes, const TrafficOptions &given)
      : bridge(slave), content(bytes), options(given), random(given.seed) {}

  bool isDone() const { return begun == options.bursts && reads.empty() && writes.empty() && !sending; }

  void cycle(uint64_t now) {
    const AxiSlavePins slave = bridge.pins();
    checkStable(slave);
    bridge.cycle(pins, now);
    ASSERT_EQ(bridge.violation(), "");
    take(slave);
    drive();
    ++result.cycles;
    before = slave;
  }

  TrafficResult result;

private:
  void checkStable(const AxiSlavePins &slave) {
    if (before.rvalid && !pinsBefore.rready) {
      EXPECT_TRUE(slave.rvalid && slave.rid == before.rid && slave.rdata == before.rdata &&
                  slave.rlast == before.rlast && slave.rresp == before.rresp)
          << "R changed while it waited";
    }
    if (before.bvalid && !pinsBefore.bready) {
      EXPECT_TRUE(slave.bvalid && slave.bid == before.bid && slave.bresp == before.bresp)
          << "B changed while it waited";
    }
    pinsBefore = pins;
  }

  bool overlaps(const Burst &one) const {
    auto clash = [&](const Burst &other) {
      return one.address < other.address + other.beats * busBytes &&
             other.address < one.address + one.beats * busBytes;
    };
    return std::any_of(reads.begin(), reads.end(), clash) || std::any_of(writes.begin(), writes.end(), clash);
  }

  std::optional<Burst> make() {
    Burst burst;
    burst.isRead = random.upTo(99) < options.readPercent;
    if ((burst.isRead ? reads : writes).size() >= options.mostOutstanding)
      return std::nullopt;
    burst.id = uint8_t(random.upTo(options.ids - 1));
    burst.beats = unsigned(1 + random.upTo(options.mostBeats - 1));
    burst.address = uint32_t(random.upTo(content.size() - burst.beats * busBytes)) / busBytes * busBytes;
    if (burst.address / 4096 != (burst.address + burst.beats * busBytes - 1) / 4096 || overlaps(burst))
      return std::nullopt;
    burst.number = begun;
    for (unsigned beat = 0; beat < burst.beats && !burst.isRead; ++beat) {
      burst.strobes.push_back(random.chance(70) ? 0xffff : uint16_t(random.next()));
      for (unsigned byte = 0; byte < busBytes; ++byte)
        burst.data.push_back(uint8_t(random.next()));
    }
    return burst;
  }

  void drive() {
    if (!sending && begun < options.bursts)
      if (auto burst = make()) {
        sending = true;
        ++begun;
        (burst->isRead ? reads : writes).push_back(*burst);
        if (burst->isRead) {
          pins.arvalid = true;
          pins.araddr = burst->address;
          pins.arid = burst->id;
          pins.arlen = uint8_t(burst->beats - 1);
          pins.arsize = 4;
          pins.arburst = 1;
        } else {
          pins.awvalid = true;
          pins.awaddr = burst->address;
          pins.awid = burst->id;
          pins.awlen = uint8_t(burst->beats - 1);
          pins.awsize = 4;
          pins.awburst = 1;
        }
      }
    if (!pins.wvalid && !random.chance(options.idlePercent))
      driveData();
    pins.rready = !random.chance(options.idlePercent);
    pins.bready = !random.chance(options.idlePercent);
  }

  /// The next beat of the oldest write that has some left; it may come before its address is taken.
  void driveData() {
    for (const Burst &write : writes) {
      if (write.done == write.beats)
        continue;
      pins.wvalid = true;
      std::copy_n(write.data.begin() + write.done * busBytes, busBytes, pins.wdata.begin());
      pins.wstrb = write.strobes[write.done];
      pins.wlast = write.done + 1 == write.beats;
      return;
    }
  }

  void take(const AxiSlavePins &slave) {
    if (pins.arvalid && slave.arready)
      pins.arvalid = sending = false;
    if (pins.awvalid && slave.awready)
      pins.awvalid = sending = false;
    if (pins.wvalid && slave.wready) {
      pins.wvalid = false;
      ++result.writeBeats;
      for (Burst &write : writes)
        if (write.done < write.beats) {
          ++write.done;
          break;
        }
    }
    if (slave.rvalid && pins.rready)
      takeBeat(slave);
    if (slave.bvalid && pins.bready)
      takeResponse(slave);
  }

  void takeBeat(const AxiSlavePins &slave) {
    auto found =
        std::find_if(reads.begin(), reads.end(), [&](const Burst &read) { return read.id == slave.rid; });
    ASSERT_NE(found, reads.end()) << "a beat of ID " << int(slave.rid) << ", which has no burst";
    if (lastId >= 0 && lastId != slave.rid)
      ++result.interleaves;
    lastId = slave.rlast ? -1 : slave.rid;
    ++result.readBeats;
    found->hasError |= slave.rresp > 1;
    if (!found->hasError) {
      std::vector<uint8_t> data(slave.rdata.begin(), slave.rdata.end());
      auto start = content.begin() + found->address + found->done * busBytes;
      ASSERT_EQ(data, std::vector<uint8_t>(start, start + busBytes))
          << "address " << found->address << " beat " << found->done;
    }
    ++found->done;
    ASSERT_EQ(slave.rlast, found->done == found->beats);
    if (!slave.rlast)
      return;
    result.errors += found->hasError;
    result.overtakes += found != reads.begin();
    reads.erase(found);
  }

  void takeResponse(const AxiSlavePins &slave) {
    auto found =
        std::find_if(writes.begin(), writes.end(), [&](const Burst &write) { return write.id == slave.bid; });
    ASSERT_NE(found, writes.end()) << "a response of ID " << int(slave.bid) << ", which has no burst";
    ASSERT_EQ(found->done, found->beats) << "a response before the last beat";
    result.errors += slave.bresp > 1;
    result.overtakes += found != writes.begin();
    for (unsigned i = 0; i < found->data.size() && slave.bresp <= 1; ++i)
      if (found->strobes[i / busBytes] >> (i % busBytes) & 1)
        content[found->address + i] = found->data[i];
    writes.erase(found);
  }

  AxiBridge &bridge;
  std::vector<uint8_t> &content;
  TrafficOptions options;
  Random random;
  AxiMasterPins pins, pinsBefore;
  AxiSlavePins before;
  std::deque<Burst> reads, writes; ///< in the order of their addresses
  bool sending = false;            ///< an address waits to be taken
  unsigned begun = 0;
  int lastId = -1; ///< of a burst that has begun
};

} // namespace

TrafficResult runTraffic(AxiBridge &bridge, Memory &memory, std::vector<uint8_t> &content, uint64_t &cycle,
                         const TrafficOptions &options) {
  memory.write(0, content.data(), content.size());
  Master master(bridge, content, options);
  for (uint64_t end = cycle + 2000000; !master.isDone() && cycle < end; ++cycle) {
    master.cycle(cycle);
    if (testing::Test::HasFatalFailure())
      return master.result;
  }
  EXPECT_TRUE(master.isDone()) << "the bursts did not end";
  std::vector<uint8_t> found(content.size());
  memory.read(0, found.data(), found.size());
  EXPECT_EQ(found, content);
  return master.result;
}

} // namespace tenon::sim::test
