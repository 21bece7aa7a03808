// The options of the device, from the texts in which they are given.
#pragma once

#include "sim/systemc/Bench.h"

namespace tenon::sim {

struct DeviceOption {
  std::string name, value;
};

/// Gives what is wrong; empty where nothing is.
std::string readOptions(const std::vector<DeviceOption> &given, BenchOptions &options);

} // namespace tenon::sim
