// Cycles of the NPU's clock and SystemC's time. The bench runs ahead of SystemC's time by many cycles
// (temporal decoupling), so a moment is a number of cycles since the start, and becomes a delay from
// sc_time_stamp() where TLM wants one.
#pragma once

#include <cstdint>
#include <systemc>

namespace tenon::sim {

inline constexpr uint64_t cyclePicoseconds = 1000; ///< 1 GHz: figures in cycles are what matters

inline sc_core::sc_time timeOf(uint64_t cycle) {
  return sc_core::sc_time::from_value(cycle * cyclePicoseconds); // the resolution is a picosecond
}

/// The cycle that begins at or after the time.
inline uint64_t cycleOf(const sc_core::sc_time &time) {
  return (time.value() + cyclePicoseconds - 1) / cyclePicoseconds;
}

} // namespace tenon::sim
