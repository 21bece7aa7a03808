// The memory behind the bridge: a TLM-2.0 target with a latency and a bandwidth. What is read is what the
// memory holds when the address arrives; what is written is there when the response comes and no cycle
// sooner, so a master that does not wait for its responses is found out.
#pragma once

#include "sim/systemc/Random.h"
#include "sim/systemc/SparseBytes.h"

#include <deque>
#include <optional>
#include <systemc>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

namespace tenon::sim {

struct MemoryOptions {
  unsigned latency =
      40; ///< cycles from an address to the cycle before its first beat, or from data to response
  unsigned bandwidth = 16; ///< bytes a cycle, of reads and of writes each
  bool random = false; ///< the latency of each transaction is random up to the given one; contents are noise
  uint64_t seed = 0;
  std::optional<uint64_t> errorAt; ///< number of a transaction, from 0, that is answered with an error
};

class Memory : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<Memory> socket;

  Memory(const sc_core::sc_module_name &name, const MemoryOptions &given);

  /// Adds a range of addresses; others are answered with an address error.
  void addRange(uint64_t first, uint64_t bytes) { ranges.push_back({first, bytes}); }

  /// Access from outside, in no time; everything written before is there.
  void read(uint64_t address, uint8_t *data, uint64_t bytes);
  void write(uint64_t address, const uint8_t *data, uint64_t bytes);

  uint64_t transactions() const { return count; } ///< so far
  uint64_t errors() const { return failed; }      ///< of them answered with an error
  void setErrorAt(std::optional<uint64_t> number) { options.errorAt = number; }

private:
  struct Range {
    uint64_t first, bytes;
  };
  struct Write {
    uint64_t cycle, address;
    std::vector<uint8_t> data, enables;
  };

  void transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
  /// The cycle of a transaction's last beat or its response, for data that takes its path for `taken` cycles.
  uint64_t endOfRead(uint64_t now, uint64_t taken, uint64_t latency);
  uint64_t endOfWrite(uint64_t now, uint64_t taken, uint64_t latency);
  bool isInside(uint64_t address, uint64_t bytes) const;
  /// Carries out the writes whose cycle is not after this one.
  void settle(uint64_t cycle);

  MemoryOptions options;
  Random random;
  SparseBytes content;
  std::vector<Range> ranges;
  std::deque<Write> pending;            ///< in the order of their cycles
  uint64_t readFree = 0, writeFree = 0; ///< cycles from which on the data path is free
  uint64_t lastWrite = 0;               ///< the cycle of the last pending write
  uint64_t count = 0, failed = 0;
};

} // namespace tenon::sim
