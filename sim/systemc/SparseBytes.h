// Bytes of a large address space, of which pages appear when they are written.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace tenon::sim {

class SparseBytes {
public:
  /// Bytes that nobody has written are 0, or noise of a seed: what a memory holds after power is switched on.
  void setNoise(uint64_t seed) { noise = seed; }

  void read(uint64_t address, uint8_t *data, uint64_t bytes) const;
  /// `enables`, unless null, has for each byte 0 where it stays as it is.
  void write(uint64_t address, const uint8_t *data, const uint8_t *enables, uint64_t bytes);

private:
  static constexpr uint64_t pageBytes = uint64_t(1) << 16;
  using Page = std::array<uint8_t, pageBytes>;
  void fill(Page &page, uint64_t number) const;

  std::unordered_map<uint64_t, std::unique_ptr<Page>> pages;
  uint64_t noise = 0; ///< 0: none
};

} // namespace tenon::sim
