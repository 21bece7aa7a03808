// Progress on standard error.
#include "core/driver/Progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace tenon::driver {

Progress::Progress(bool isQuiet) : quiet(isQuiet), terminal(isatty(STDERR_FILENO) != 0), last(Clock::now()) {}

void Progress::step(size_t done, size_t total, llvm::StringRef what) {
  constexpr Clock::duration first = std::chrono::seconds(1), terminalPause = std::chrono::milliseconds(100),
                            linePause = std::chrono::seconds(5);
  Clock::duration pause = !shown ? first : terminal ? terminalPause : linePause;
  if (quiet || Clock::now() - last < pause)
    return;
  last = Clock::now();
  shown = true;
  std::string line = fmt::format("[{}/{}] {}", done, total, std::string_view(what.data(), what.size()));
  if (terminal)
    fmt::print(stderr, "\r\x1b[K{:.100}", line);
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
}

void Progress::finish() {
  if (shown && terminal)
    fmt::print(stderr, "\r\x1b[K");
  shown = false;
}

} // namespace tenon::driver
