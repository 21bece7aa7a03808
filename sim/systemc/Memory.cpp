// Two data paths, one for each direction, as AXI has; each takes the data of one transaction after the other.
#include "sim/systemc/Memory.h"

#include "sim/systemc/BeatInterval.h"
#include "sim/systemc/Pins.h"
#include "sim/systemc/Time.h"

#include <algorithm>

namespace tenon::sim {

Memory::Memory(const sc_core::sc_module_name &name, const MemoryOptions &given)
    : sc_module(name), socket("socket"), options(given), random(given.seed ^ 0x6d656d6f7279) {
  socket.register_b_transport(this, &Memory::transport);
  if (options.random)
    content.setNoise(options.seed + 1);
}

bool Memory::isInside(uint64_t address, uint64_t bytes) const {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range &range) {
    return address >= range.first && address - range.first <= range.bytes &&
           bytes <= range.bytes - (address - range.first);
  });
}

void Memory::settle(uint64_t cycle) {
  for (; !pending.empty() && pending.front().cycle <= cycle; pending.pop_front()) {
    const Write &first = pending.front();
    content.write(first.address, first.data.data(), first.enables.empty() ? nullptr : first.enables.data(),
                  first.data.size());
  }
}

void Memory::read(uint64_t address, uint8_t *data, uint64_t bytes) {
  settle(UINT64_MAX);
  content.read(address, data, bytes);
}

void Memory::write(uint64_t address, const uint8_t *data, uint64_t bytes) {
  settle(UINT64_MAX);
  content.write(address, data, nullptr, bytes);
}

uint64_t Memory::endOfRead(uint64_t now, uint64_t taken, uint64_t latency) {
  readFree = std::max(now + latency, readFree) + taken;
  return readFree;
}

/// The data has come already, at the master's own pace. Writes take effect in their order.
uint64_t Memory::endOfWrite(uint64_t now, uint64_t taken, uint64_t latency) {
  writeFree = std::max(now, writeFree + taken);
  lastWrite = std::max(lastWrite, writeFree + latency + 1);
  return lastWrite;
}

void Memory::transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay) {
  const uint64_t now = cycleOf(sc_core::sc_time_stamp() + delay);
  const uint64_t address = payload.get_address(), bytes = payload.get_data_length();
  const bool isWrite = payload.is_write();
  const uint64_t latency = options.random ? random.upTo(options.latency) : options.latency;
  const uint64_t beats = (bytes + busBytes - 1) / busBytes;
  const uint64_t interval = std::max<uint64_t>(1, (busBytes + options.bandwidth - 1) / options.bandwidth);
  const uint64_t end =
      isWrite ? endOfWrite(now, beats * interval, latency) : endOfRead(now, beats * interval, latency);
  if (auto *found = payload.get_extension<BeatInterval>())
    found->cycles = interval;
  const uint64_t number = count++;
  if (!isInside(address, bytes)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    ++failed;
  } else if (options.errorAt == number) {
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    ++failed;
  } else {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    if (isWrite) {
      const uint8_t *data = payload.get_data_ptr(), *enables = payload.get_byte_enable_ptr();
      Write write = {end, address, {data, data + bytes}, {}};
      if (enables)
        write.enables.assign(enables, enables + bytes);
      pending.push_back(std::move(write));
    } else {
      settle(now);
      content.read(address, payload.get_data_ptr(), bytes);
    }
  }
  delay = timeOf(end) - sc_core::sc_time_stamp();
}

} // namespace tenon::sim
