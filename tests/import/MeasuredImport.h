// What an import costs, measured in a child process.
#pragma once

#include "core/support/Error.h"

#include <cstdint>
#include <string>

namespace tenon::test {

#if defined(__has_feature) && __has_feature(address_sanitizer)
constexpr bool isInstrumented = true; // its own memory and time come on top
#else
constexpr bool isInstrumented = false;
#endif

constexpr uint64_t kibibyte = 1024, mebibyte = 1024 * kibibyte;

struct Measure {
  ExitCode code = ExitCode::OwnFault;
  uint64_t bytes = 0; ///< by which the peak of the memory grew
  double seconds = 0;
};

/// Imports `first`, a small model, so that the code is there, and then the file.
Measure measureImport(const std::string &bytes, const std::string &first);

/// How much a process may grow by whose reader stays within a bound.
uint64_t allowedGrowth(uint64_t bound);

} // namespace tenon::test
