// An AXI4 master for the bridge's tests: random bursts of several IDs, with what memory should hold beside
// it. It knows the protocol by itself and complains about what a slave may not do.
#pragma once

#include "sim/systemc/AxiBridge.h"
#include "sim/systemc/Memory.h"

#include <gtest/gtest.h>
#include <map>
#include <optional>

namespace tenon::sim::test {

struct TrafficOptions {
  unsigned bursts = 200;
  unsigned ids = 4;
  unsigned mostOutstanding = 8; ///< of each direction
  unsigned readPercent = 50;
  unsigned mostBeats = 16;
  unsigned idlePercent = 0; ///< of cycles in which the master is not ready, or holds its data back
  uint64_t seed = 1;
};

/// What was seen.
struct TrafficResult {
  uint64_t cycles = 0, readBeats = 0, writeBeats = 0;
  uint64_t overtakes = 0;   ///< bursts that ended before an older one of another ID
  uint64_t interleaves = 0; ///< changes of the ID inside a burst
  unsigned errors = 0;      ///< bursts answered with an error
};

/// Runs until all bursts have ended. Addresses are of the memory's first `bytes`, which the test has filled
/// with `content`; what is written is put there too.
TrafficResult runTraffic(AxiBridge &bridge, Memory &memory, std::vector<uint8_t> &content, uint64_t &cycle,
                         const TrafficOptions &options);

} // namespace tenon::sim::test
