// The whole chip between a host and a memory: registers are read and written through AXI4-Lite while the
// memory goes on.
#pragma once

#include "tests/hw/AxiMemory.h"

#include "Vnpu_top.h"

#include <array>
#include <optional>

namespace tenon::hw {

namespace registers {
constexpr uint32_t control = 0x08, status = 0x0c, interrupt = 0x10, commandsAddress = 0x14,
                   commandsBytes = 0x18, watchdog = 0x1c, errorCode = 0x20, errorAddress = 0x24,
                   errorCommand = 0x28;
constexpr uint32_t start = 1, reset = 2, busy = 1, done = 2, failed = 4, resetting = 8, outcome = 15;
} // namespace registers

constexpr uint32_t illegalCommand = 1, truncatedStream = 2, memoryAddress = 6, busRead = 7, busWrite = 8,
                   timedOut = 9;

class Chip {
public:
  explicit Chip(Random &random);

  uint32_t read(uint32_t offset);
  /// The response.
  unsigned write(uint32_t offset, uint32_t value);
  void cycle();
  void start(uint32_t address, uint32_t bytes);
  /// Status without the units' bits when the interrupt has come; a failure of the test, and nothing, if it
  /// does not.
  std::optional<uint32_t> wait(int64_t cycles = 100000);
  /// A soft reset, until it has ended.
  void softReset();
  void load(int64_t address, const std::vector<uint8_t> &bytes);
  std::vector<uint8_t> bytesAt(int64_t address, int64_t count) const;

  Random &random;
  Bench<Vnpu_top> bench;
  std::vector<uint8_t> memory;
  ReadMemory<Vnpu_top> reads;
  WriteMemory<Vnpu_top> writes;
  int64_t writesOutside = 0; // of what the memory holds: a disturbed program may write anywhere
};

} // namespace tenon::hw
