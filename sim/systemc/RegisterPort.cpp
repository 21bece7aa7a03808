// A valid that is raised stays until it is taken.
#include "sim/systemc/RegisterPort.h"

#include <cassert>

namespace tenon::sim {

void RegisterPort::startRead(uint32_t at) {
  assert(isIdle() && "one access at a time");
  offset = at;
  state = State::Read;
  raise();
}

void RegisterPort::startWrite(uint32_t at, uint32_t value) {
  assert(isIdle() && "one access at a time");
  offset = at;
  data = value;
  addressDone = dataDone = false;
  state = State::Write;
  raise();
}

void RegisterPort::reset() {
  host = {};
  state = State::Idle;
}

/// What the host drives in the next cycle.
void RegisterPort::raise() {
  if (state == State::Read && !host.arvalid && goes()) {
    host.arvalid = true;
    host.araddr = uint16_t(offset);
  }
  if (state == State::Write && !addressDone && !host.awvalid && goes()) {
    host.awvalid = true;
    host.awaddr = uint16_t(offset);
  }
  if (state == State::Write && !dataDone && !host.wvalid && goes()) {
    host.wvalid = true;
    host.wdata = data;
    host.wstrb = 0xf;
  }
  host.rready = state == State::ReadData && (host.rready || goes());
  host.bready = state == State::Response && (host.bready || goes());
}

void RegisterPort::cycle(const LiteDevicePins &device) {
  written = false;
  if (state == State::Idle)
    return;
  if (host.arvalid && device.arready) {
    host.arvalid = false;
    state = State::ReadData;
  } else if (state == State::ReadData && host.rready && device.rvalid) {
    found = device.rdata;
    answer = AxiResponse(device.rresp);
    state = State::Idle;
  }
  if (host.awvalid && device.awready) {
    host.awvalid = false;
    addressDone = true;
  }
  if (host.wvalid && device.wready) {
    host.wvalid = false;
    dataDone = true;
  }
  if (state == State::Write && addressDone && dataDone) {
    written = true;
    state = State::Response;
  } else if (state == State::Response && host.bready && device.bvalid) {
    answer = AxiResponse(device.bresp);
    state = State::Idle;
  }
  raise();
}

} // namespace tenon::sim
