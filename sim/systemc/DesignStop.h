// Whether the design has stopped the simulation, by an assertion that failed.
#pragma once

#include <string>

namespace tenon::sim {

/// What it said when it stopped; empty while it has not. One design runs in a process.
const std::string &designStop();
void clearDesignStop();

} // namespace tenon::sim
