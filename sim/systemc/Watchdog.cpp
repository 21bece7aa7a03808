// A change of anything that the units show counts as progress.
#include "sim/systemc/Watchdog.h"

namespace tenon::sim {

bool Watchdog::observe(const NpuOutputs &outputs, bool busMoved) {
  bool changed = busMoved || outputs.dispatched != last.dispatched || outputs.load.word != last.load.word ||
                 outputs.execute.word != last.execute.word || outputs.store.word != last.store.word;
  last.dispatched = outputs.dispatched;
  last.load = outputs.load;
  last.execute = outputs.execute;
  last.store = outputs.store;
  still = changed ? 0 : still + 1;
  if (still < waitLimit)
    return false;
  bool allWait = isWaiting(last.load) && isWaiting(last.execute) && isWaiting(last.store);
  return allWait || still / 100 >= waitLimit;
}

std::string Watchdog::report() const {
  auto unit = [&](const char *name, const Activity &activity) {
    return std::string(name) + ": " + causes.name(activity.cause()) + ", command " +
           std::to_string(activity.index());
  };
  return unit("load", last.load) + "\n" + unit("execute", last.execute) + "\n" + unit("store", last.store) +
         "\ndispatched: " + std::to_string(last.dispatched) + " commands";
}

} // namespace tenon::sim
