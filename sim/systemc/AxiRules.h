// The rules of AXI4 that a master can break and that a slave which only answers would not notice.
#pragma once

#include "sim/systemc/Pins.h"

#include <string>

namespace tenon::sim {

/// Looks at one cycle after the other.
class AxiRules {
public:
  /// What is wrong with what the master drives in this cycle, after what stood on the pins in the one before;
  /// empty where nothing is.
  std::string check(const AxiMasterPins &master, const AxiSlavePins &slave);
  void reset() { hasBefore = false; }

private:
  bool hasBefore = false;
  AxiMasterPins before;
  AxiSlavePins slaveBefore;
};

} // namespace tenon::sim
