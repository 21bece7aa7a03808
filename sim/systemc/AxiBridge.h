// From the pins of an AXI4 master to TLM-2.0: each burst becomes one transaction (b_transport) whose delay
// the target annotates, and whose beats and response the bridge then puts on the pins in time. It answers
// like a slave that holds back, reorders and interleaves as far as AXI4 lets it.
#pragma once

#include "sim/systemc/AxiRules.h"
#include "sim/systemc/BeatInterval.h"
#include "sim/systemc/Pins.h"
#include "sim/systemc/Random.h"

#include <deque>
#include <string>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

namespace tenon::sim {

struct BridgeOptions {
  enum class Order : uint8_t {
    Issue,  ///< answers come in the order of the addresses, whatever their ID
    Ready,  ///< a burst of another ID that is ready goes first
    Random, ///< any that is ready, beat by beat: bursts of different IDs interleave
  };
  Order order = Order::Ready;
  unsigned backPressure = 0; ///< percent of cycles in which a channel that could go holds back
  bool random = false;       ///< back-pressure (up to the given) and order change every so often
  uint64_t seed = 0;
};

class AxiBridge : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<AxiBridge> socket;

  AxiBridge(const sc_core::sc_module_name &name, const BridgeOptions &given);
  ~AxiBridge() override { payload.clear_extension(&interval); } // or the payload would delete it

  /// What the slave drives in this cycle.
  const AxiSlavePins &pins() const { return slave; }
  /// Ends the cycle of this number, in which the master drove this; pins() is of the next one after that.
  /// Called by a process, which the target may suspend.
  void cycle(const AxiMasterPins &master, uint64_t now);
  /// Forgets all that is under way, as the master's reset makes it forget.
  void reset();

  /// The first rule of AXI4 that the master broke; empty where it broke none.
  const std::string &violation() const { return wrong; }
  uint64_t bursts() const { return count; } ///< so far
  bool isQuiet() const { return reads.empty() && addresses.empty() && written.empty() && responses.empty(); }
  /// Whether anything was transferred in the last cycle.
  bool hasMoved() const { return moved; }

private:
  struct Read {
    uint8_t id = 0, response = 0;
    unsigned beats = 0, next = 0;
    uint64_t last = 0, interval = 1; ///< the cycle of the last beat, and how far apart they are
    std::vector<uint8_t> data;
    uint64_t cycleOfNext() const { return last - uint64_t(beats - 1 - next) * interval; }
  };
  struct WriteAddress {
    uint8_t id = 0;
    uint32_t address = 0;
    unsigned beats = 0;
  };
  struct WriteData {
    std::vector<uint8_t> data, enables;
  };
  struct Response {
    uint8_t id = 0, response = 0;
    uint64_t cycle = 0;
  };

  void acceptRead(const AxiMasterPins &master, uint64_t now);
  void acceptData(const AxiMasterPins &master);
  void sendWrite(uint64_t now);
  /// Sends the payload; gives the cycle in which its data or response may be seen.
  uint64_t transport(uint64_t now);
  void driveRead(uint64_t next);
  size_t chooseRead(uint64_t next);
  void driveResponse(uint64_t next);
  void changeMood();
  void fail(std::string text);

  BridgeOptions options;
  BridgeOptions mood; ///< what holds at the moment
  Random random;
  AxiRules rules;
  AxiSlavePins slave;
  std::deque<Read> reads;             ///< in the order of their addresses
  std::deque<WriteAddress> addresses; ///< whose data is not complete
  std::deque<WriteData> written;      ///< the last one may not be complete
  bool isComplete = true;             ///< the last one is
  std::deque<Response> responses;     ///< in the order of their addresses
  tlm::tlm_generic_payload payload;
  BeatInterval interval;
  std::string wrong;
  uint64_t count = 0;
  bool moved = false;
  static constexpr size_t mostReads = 64;
  static constexpr size_t none = SIZE_MAX;
  size_t current = none; ///< the read whose beats must not be interrupted
};

} // namespace tenon::sim
