// What stands on the NPU's ports in one cycle, as plain numbers: what the bench's parts pass to each other,
// so that none of them needs to know a Verilated class. Names are those of the AXI specification.
#pragma once

#include <array>
#include <cstdint>

namespace tenon::sim {

inline constexpr unsigned busBytes = 16; ///< of the AXI4 data bus
using BusWord = std::array<uint8_t, busBytes>;

/// The codes of RRESP and BRESP.
enum class AxiResponse : uint8_t { Okay = 0, ExclusiveOkay = 1, SlaveError = 2, DecodeError = 3 };

/// AXI4, what the master drives.
struct AxiMasterPins {
  bool arvalid = false, awvalid = false, wvalid = false, wlast = false, rready = false, bready = false;
  uint8_t arid = 0, arlen = 0, arsize = 0, arburst = 0;
  uint8_t awid = 0, awlen = 0, awsize = 0, awburst = 0;
  uint16_t wstrb = 0;
  uint32_t araddr = 0, awaddr = 0;
  BusWord wdata = {};
};

/// AXI4, what the slave drives.
struct AxiSlavePins {
  bool arready = false, awready = false, wready = false, rvalid = false, rlast = false, bvalid = false;
  uint8_t rid = 0, rresp = 0, bid = 0, bresp = 0;
  BusWord rdata = {};
};

/// AXI4-Lite, what the host drives.
struct LiteHostPins {
  bool arvalid = false, awvalid = false, wvalid = false, rready = false, bready = false;
  uint16_t araddr = 0, awaddr = 0;
  uint32_t wdata = 0;
  uint8_t wstrb = 0;
};

/// AXI4-Lite, what the device drives.
struct LiteDevicePins {
  bool arready = false, awready = false, wready = false, rvalid = false, bvalid = false;
  uint8_t rresp = 0, bresp = 0;
  uint32_t rdata = 0;
};

/// What a unit of the NPU says about a cycle: its cause above the low 16 bits, which are the command's
/// number.
struct Activity {
  uint32_t word = 0;
  uint32_t cause() const { return word >> 16; }
  uint16_t index() const { return uint16_t(word); }
};

struct NpuInputs {
  bool resetN = false;
  AxiSlavePins memory;
  LiteHostPins host;
};

struct NpuOutputs {
  AxiMasterPins memory;
  LiteDevicePins host;
  bool interrupt = false;
  Activity load, execute, store;
  uint16_t dispatched = 0; ///< commands so far, modulo 2^16
};

} // namespace tenon::sim
