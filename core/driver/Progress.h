// What a long command says while it works: on a terminal one line that changes, otherwise a line now and
// then.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <chrono>
#include <string>

namespace tenon::driver {

class Progress {
public:
  /// Writes to standard error, nothing in the first second, and nothing at all where `quiet`.
  explicit Progress(bool isQuiet);
  ~Progress() { finish(); }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// "[done/total] what".
  void step(size_t done, size_t total, llvm::StringRef what);
  /// Clears the line.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  bool quiet, terminal, shown = false;
  Clock::time_point last;
};

} // namespace tenon::driver
