// What lies where in a chip's memories and for how long, from what the planned commands write and read.
#pragma once

#include "core/driver/Timeline.h"

namespace tenon::driver {

/// Bytes that were written and are needed until they were read for the last time.
struct Lifetime {
  unsigned memory = 0; ///< number in the description
  uint64_t address = 0, bytes = 0;
  double begin = 0, end = 0;     ///< cycles; end: of the last command that reads it
  std::optional<unsigned> layer; ///< that wrote it; nothing for what was there before
  std::string what;              ///< "constant", "input", or the command's name
};

/// Of every memory that commands address, by memory and then by time. Addresses run from the first byte to
/// the last that a command touches, with what a stride leaves out between.
std::vector<Lifetime> lifetimes(const isa::Description &description, const plan::Plan &plan,
                                const Timeline &timeline);

/// Bytes that are alive at once, from each time on at which that changes. Bytes of two lifetimes count once.
struct LiveBytes {
  double at = 0;
  uint64_t bytes = 0;
};
std::vector<LiveBytes> liveBytes(llvm::ArrayRef<Lifetime> lifetimes);

} // namespace tenon::driver
