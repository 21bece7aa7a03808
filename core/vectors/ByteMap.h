// Bytes at addresses, of which most are not there: what a layer finds in a memory, or leaves in it.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace tenon::vectors {

/// Neighbouring bytes.
struct Region {
  uint64_t address = 0;
  std::vector<uint8_t> bytes;
};

class ByteMap {
public:
  bool has(uint64_t address) const;
  void set(uint64_t address, uint8_t byte);
  void erase(uint64_t address);
  bool empty() const { return pages.empty(); }
  /// All bytes, ascending.
  std::vector<Region> regions() const;

private:
  static constexpr uint64_t pageBytes = 4096;
  struct Page {
    std::array<uint8_t, pageBytes> bytes = {};
    std::array<bool, pageBytes> known = {};
  };
  std::map<uint64_t, Page> pages; ///< by number
};

} // namespace tenon::vectors
