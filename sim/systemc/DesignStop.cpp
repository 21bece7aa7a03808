// The first stop is kept, with what was printed just before: that is the assertion's own text.
#include "sim/systemc/DesignStop.h"

#include "sim/systemc/DesignOutput.h"

#include <cstdarg>
#include <cstdio>

namespace {

std::string &printed() {
  static std::string text;
  return text;
}

std::string &stopped() {
  static std::string text;
  return text;
}

} // namespace

extern "C" int tenonDesignPrint(const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int count = std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  printed() = line;
  std::fputs(line, stdout);
  return count;
}

/// Verilator's hook for $stop and for $error.
void vl_stop(const char *file, int line, const char *) { // NOLINT(readability-identifier-naming)
  if (!stopped().empty())
    return;
  std::string text = printed();
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  stopped() = text.empty() ? std::string(file) + ":" + std::to_string(line) + " stopped" : text;
}

namespace tenon::sim {

const std::string &designStop() { return stopped(); }

void clearDesignStop() {
  stopped().clear();
  printed().clear();
}

} // namespace tenon::sim
