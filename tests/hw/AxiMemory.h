// The other end of an AXI4 bus for benches of the master's halves: latency, back-pressure, order between IDs
// and errors, all random. `drive` sets the ports before a cycle; `observe` sees what was taken, just before
// its edge.
#pragma once

#include "tests/hw/Bench.h"
#include "tests/hw/Packed.h"

#include <deque>
#include <functional>
#include <set>

namespace tenon::hw {

struct BusTiming {
  int64_t latencyLow = 0, latencyHigh = 0;
  unsigned addressPercent = 100, dataPercent = 100; // how often the bus is willing
};

inline BusTiming randomTiming(Random &random) {
  BusTiming timing;
  timing.latencyLow = random.oneIn(2) ? 0 : random.between(0, 60);
  timing.latencyHigh = timing.latencyLow + (random.oneIn(2) ? 0 : random.between(0, 100));
  timing.addressPercent = random.oneIn(2) ? 100 : unsigned(random.between(10, 100));
  timing.dataPercent = random.oneIn(2) ? 100 : unsigned(random.between(10, 100));
  return timing;
}

inline bool percent(Random &random, unsigned probability) {
  return random.between(0, 99) < int64_t(probability);
}

struct Request {
  int64_t address, beats, due; // `due`: the cycle in which it may be answered
  unsigned id;
};

/// AR and R. What lies at an address is a function's matter.
template <class Model> class ReadMemory {
public:
  ReadMemory(Random &random, std::function<uint8_t(int64_t)> byteAt)
      : byteAt(std::move(byteAt)), random(random) {}

  BusTiming timing;
  std::function<uint8_t(int64_t)> byteAt;
  std::set<int64_t> broken; // beats whose response is an error, by address
  std::function<void(const Request &)> onRequest;
  int64_t beats = 0; // delivered

  bool isIdle() const { return queues[0].empty() && queues[1].empty(); }

  void drive(Model &model, int64_t cycle) {
    model.m_axi_arready_i = percent(random, timing.addressPercent);
    if (!isOffering)
      choose(model, cycle);
    model.m_axi_rvalid_i = isOffering;
  }

  void observe(Model &model, int64_t cycle) {
    if (model.m_axi_arvalid_o && model.m_axi_arready_i) {
      Request request{int64_t(model.m_axi_araddr_o), model.m_axi_arlen_o + 1,
                      cycle + 1 + random.between(timing.latencyLow, timing.latencyHigh), model.m_axi_arid_o};
      ASSERT_EQ(model.m_axi_arsize_o, 4);
      ASSERT_EQ(model.m_axi_arburst_o, 1);
      ASSERT_LT(request.id, 2U);
      queues[request.id].push_back(request);
      if (onRequest)
        onRequest(request);
    }
    if (model.m_axi_rvalid_i && model.m_axi_rready_o) {
      ++beats;
      isOffering = false;
      if (++delivered[offered] == queues[offered].front().beats) {
        delivered[offered] = 0;
        queues[offered].pop_front();
      }
    }
  }

private:
  /// Beats of two IDs may alternate; within one the order is that of the requests.
  void choose(Model &model, int64_t cycle) {
    unsigned first = unsigned(random.between(0, 1));
    for (unsigned id : {first, 1 - first}) {
      if (queues[id].empty() || queues[id].front().due > cycle || !percent(random, timing.dataPercent))
        continue;
      isOffering = true;
      offered = id;
      const Request &request = queues[id].front();
      int64_t address = request.address + 16 * delivered[id];
      for (unsigned place = 0; place < 16; ++place)
        setBits(model.m_axi_rdata_i, 8 * place, 8, byteAt(address + place));
      model.m_axi_rid_i = uint8_t(id);
      model.m_axi_rlast_i = delivered[id] + 1 == request.beats;
      model.m_axi_rresp_i =
          broken.count(address) ? uint8_t(random.between(2, 3)) : uint8_t(random.between(0, 1));
      return;
    }
  }

  Random &random;
  std::deque<Request> queues[2];
  int64_t delivered[2] = {0, 0}; // beats of each queue's first request
  bool isOffering = false;
  unsigned offered = 0;
};

/// AW, W and B: bytes arrive in `onByte`.
template <class Model> class WriteMemory {
public:
  WriteMemory(Random &random, std::function<void(int64_t, uint8_t)> onByte)
      : onByte(std::move(onByte)), random(random) {}

  BusTiming timing;
  std::function<void(int64_t, uint8_t)> onByte;
  std::set<int64_t> broken; // bursts whose response is an error, by address
  std::function<void(const Request &)> onRequest;
  int64_t beats = 0, responses = 0;

  bool isIdle() const { return addressed.empty() && beatsAhead.empty() && answers.empty(); }

  void drive(Model &model, int64_t cycle) {
    model.m_axi_awready_i = percent(random, timing.addressPercent);
    model.m_axi_wready_i = percent(random, timing.dataPercent);
    model.m_axi_bvalid_i = !answers.empty() && answers.front().due <= cycle;
    if (model.m_axi_bvalid_i)
      model.m_axi_bresp_i = broken.count(answers.front().address) ? uint8_t(random.between(2, 3)) : 0;
  }

  void observe(Model &model, int64_t cycle) {
    if (model.m_axi_awvalid_o && model.m_axi_awready_i) {
      ASSERT_EQ(model.m_axi_awsize_o, 4);
      ASSERT_EQ(model.m_axi_awburst_o, 1);
      addressed.push_back({int64_t(model.m_axi_awaddr_o), model.m_axi_awlen_o + 1, 0, 0});
      if (onRequest)
        onRequest(addressed.back());
    }
    if (model.m_axi_wvalid_o && model.m_axi_wready_i) {
      ++beats;
      Beat beat{unsigned(model.m_axi_wstrb_o), bool(model.m_axi_wlast_o), {}};
      for (unsigned place = 0; place < 16; ++place)
        beat.data[place] = uint8_t(getBits(model.m_axi_wdata_o, 8 * place, 8));
      beatsAhead.push_back(beat);
    }
    if (model.m_axi_bvalid_i) {
      ASSERT_TRUE(model.m_axi_bready_o);
      ++responses;
      answers.pop_front();
    }
    combine(cycle);
  }

private:
  struct Beat {
    unsigned strobe;
    bool last;
    uint8_t data[16];
  };

  /// Beats may have come before their address.
  void combine(int64_t cycle) {
    while (!addressed.empty() && !beatsAhead.empty()) {
      Request &request = addressed.front();
      const Beat &beat = beatsAhead.front();
      for (unsigned place = 0; place < 16; ++place)
        if (beat.strobe >> place & 1)
          onByte(request.address + 16 * written + place, beat.data[place]);
      ++written;
      ASSERT_EQ(beat.last, written == request.beats) << "beat " << written << " of " << request.beats;
      if (beat.last) {
        written = 0;
        request.due = std::max(lastDue, cycle + 1 + random.between(timing.latencyLow, timing.latencyHigh));
        lastDue = request.due;
        answers.push_back(request);
        addressed.pop_front();
      }
      beatsAhead.pop_front();
    }
  }

  Random &random;
  std::deque<Request> addressed, answers;
  std::deque<Beat> beatsAhead;
  int64_t written = 0, lastDue = 0;
};

} // namespace tenon::hw
