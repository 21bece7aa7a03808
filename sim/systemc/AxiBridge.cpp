// Handshakes are those of the cycle that ends; what is driven next follows from what is ready then.
#include "sim/systemc/AxiBridge.h"

#include "sim/systemc/Time.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tenon::sim {
namespace {

uint8_t responseOf(const tlm::tlm_generic_payload &payload) {
  switch (payload.get_response_status()) {
  case tlm::TLM_OK_RESPONSE:
    return uint8_t(AxiResponse::Okay);
  case tlm::TLM_ADDRESS_ERROR_RESPONSE:
    return uint8_t(AxiResponse::DecodeError);
  default:
    return uint8_t(AxiResponse::SlaveError);
  }
}

} // namespace

AxiBridge::AxiBridge(const sc_core::sc_module_name &name, const BridgeOptions &given)
    : sc_module(name), socket("socket"), options(given), mood(given), random(given.seed) {
  payload.set_extension(&interval);
}

void AxiBridge::fail(std::string text) {
  if (wrong.empty())
    wrong = std::move(text);
}

void AxiBridge::reset() {
  slave = {};
  reads.clear();
  addresses.clear();
  written.clear();
  responses.clear();
  isComplete = true;
  current = none;
  wrong.clear();
  rules.reset();
}

uint64_t AxiBridge::transport(uint64_t now) {
  const sc_core::sc_time time = timeOf(now);
  const sc_core::sc_time &stamp = sc_core::sc_time_stamp();
  sc_core::sc_time delay = time > stamp ? time - stamp : sc_core::SC_ZERO_TIME;
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  interval.cycles = 1;
  socket->b_transport(payload, delay);
  ++count;
  return std::max(cycleOf(sc_core::sc_time_stamp() + delay), now + 1);
}

void AxiBridge::acceptRead(const AxiMasterPins &master, uint64_t now) {
  Read read;
  read.id = master.arid;
  read.beats = master.arlen + 1U;
  read.data.resize(size_t(read.beats) * busBytes);
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(master.araddr - master.araddr % busBytes);
  payload.set_data_ptr(read.data.data());
  payload.set_data_length(unsigned(read.data.size()));
  payload.set_streaming_width(unsigned(read.data.size()));
  payload.set_byte_enable_ptr(nullptr);
  payload.set_byte_enable_length(0);
  read.last = transport(now);
  read.interval = interval.cycles;
  read.response = responseOf(payload);
  reads.push_back(std::move(read));
}

void AxiBridge::acceptData(const AxiMasterPins &master) {
  if (isComplete)
    written.emplace_back();
  WriteData &burst = written.back();
  burst.data.insert(burst.data.end(), master.wdata.begin(), master.wdata.end());
  for (unsigned byte = 0; byte < busBytes; ++byte)
    burst.enables.push_back(master.wstrb >> byte & 1 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED);
  isComplete = master.wlast;
  if (burst.data.size() > size_t(256) * busBytes)
    fail("AXI W: 257 beats came without a last one, a burst has at most 256");
}

void AxiBridge::sendWrite(uint64_t now) {
  WriteAddress address = addresses.front();
  WriteData burst = std::move(written.front());
  addresses.pop_front();
  written.pop_front();
  if (burst.data.size() != size_t(address.beats) * busBytes)
    return fail("AXI W: a burst has " + std::to_string(burst.data.size() / busBytes) +
                " beats, its address said " + std::to_string(address.beats));
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(address.address - address.address % busBytes);
  payload.set_data_ptr(burst.data.data());
  payload.set_data_length(unsigned(burst.data.size()));
  payload.set_streaming_width(unsigned(burst.data.size()));
  payload.set_byte_enable_ptr(burst.enables.data());
  payload.set_byte_enable_length(unsigned(burst.enables.size()));
  uint64_t cycle = transport(now);
  responses.push_back({address.id, responseOf(payload), cycle});
}

/// The read whose next beat comes in the cycle `next`; none if there is none.
size_t AxiBridge::chooseRead(uint64_t next) {
  if (reads.empty())
    return none;
  if (current != none) // a burst is not interrupted
    return reads[current].cycleOfNext() <= next ? current : none;
  if (mood.order == BridgeOptions::Order::Issue)
    return reads.front().cycleOfNext() <= next ? 0 : none;
  unsigned seen = 0; // IDs with an older burst
  size_t found = none;
  uint64_t candidates = 0;
  for (size_t i = 0; i < reads.size(); ++i) {
    unsigned bit = 1U << (reads[i].id & 31U);
    bool isFirst = !(seen & bit);
    seen |= bit;
    if (!isFirst || reads[i].cycleOfNext() > next)
      continue;
    if (mood.order == BridgeOptions::Order::Ready)
      return i;
    if (random.upTo(candidates++) == 0)
      found = i;
  }
  return found;
}

void AxiBridge::driveRead(uint64_t next) {
  size_t chosen = chooseRead(next);
  if (chosen == none || random.chance(mood.backPressure))
    return;
  Read &read = reads[chosen];
  std::memcpy(slave.rdata.data(), read.data.data() + size_t(read.next) * busBytes, busBytes);
  slave.rvalid = true;
  slave.rid = read.id;
  slave.rresp = read.response;
  slave.rlast = ++read.next == read.beats;
  current = mood.order == BridgeOptions::Order::Random || slave.rlast ? none : chosen;
  if (slave.rlast)
    reads.erase(reads.begin() + std::ptrdiff_t(chosen));
}

void AxiBridge::driveResponse(uint64_t next) {
  unsigned seen = 0;
  for (size_t i = 0; i < responses.size(); ++i) {
    unsigned bit = 1U << (responses[i].id & 31U);
    bool isFirst = !(seen & bit);
    seen |= bit;
    if (isFirst && responses[i].cycle <= next) {
      if (random.chance(mood.backPressure))
        return;
      slave.bvalid = true;
      slave.bid = responses[i].id;
      slave.bresp = responses[i].response;
      responses.erase(responses.begin() + std::ptrdiff_t(i));
      return;
    }
    if (mood.order == BridgeOptions::Order::Issue)
      return;
  }
}

void AxiBridge::changeMood() {
  mood.backPressure = unsigned(random.upTo(options.backPressure));
  if (current == none)
    mood.order = BridgeOptions::Order(random.upTo(2));
}

void AxiBridge::cycle(const AxiMasterPins &master, uint64_t now) {
  if (std::string broken = rules.check(master, slave); !broken.empty())
    return fail(std::move(broken));
  moved = false;
  if (slave.arready && master.arvalid) {
    acceptRead(master, now);
    moved = true;
  }
  if (slave.awready && master.awvalid) {
    addresses.push_back({master.awid, master.awaddr, master.awlen + 1U});
    moved = true;
  }
  if (slave.wready && master.wvalid) {
    acceptData(master);
    moved = true;
  }
  while (!addresses.empty() && (written.size() > 1 || (written.size() == 1 && isComplete)))
    sendWrite(now);
  if (slave.rvalid && master.rready) {
    slave.rvalid = false;
    moved = true;
  }
  if (slave.bvalid && master.bready) {
    slave.bvalid = false;
    moved = true;
  }
  if (options.random && now % 512 == 0)
    changeMood();
  if (!slave.rvalid)
    driveRead(now + 1);
  if (!slave.bvalid)
    driveResponse(now + 1);
  unsigned hold = mood.backPressure;
  slave.arready = reads.size() < mostReads && !random.chance(hold);
  slave.awready = addresses.size() < mostReads && !random.chance(hold);
  slave.wready = written.size() < mostReads && !random.chance(hold);
}

} // namespace tenon::sim
