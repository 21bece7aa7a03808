// Ranges of a memory that are in use: first fit, or where the caller wants them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace tenon::runtime {

class RangeAllocator {
public:
  explicit RangeAllocator(uint64_t bytes) : bytes(bytes) {}

  /// The lowest free address that is a multiple of `alignment`; nothing where no gap is large enough.
  std::optional<uint64_t> allocate(uint64_t size, uint64_t alignment);
  /// Whether [address, address + size) was free; it is in use now.
  bool reserve(uint64_t address, uint64_t size);
  /// Whether a range started there; it is free now.
  bool free(uint64_t address) { return ranges.erase(address) != 0; }
  /// Whether the part lies in one range.
  bool contains(uint64_t address, uint64_t size) const;

private:
  uint64_t bytes;
  std::map<uint64_t, uint64_t> ranges; ///< start -> end
};

} // namespace tenon::runtime
