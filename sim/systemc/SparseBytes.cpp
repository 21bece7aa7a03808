// A page of noise is made from its number and the seed, so it is the same whenever it appears.
#include "sim/systemc/SparseBytes.h"

#include "sim/systemc/Random.h"

#include <algorithm>
#include <cstring>

namespace tenon::sim {

void SparseBytes::fill(Page &page, uint64_t number) const {
  page.fill(0);
  if (noise == 0)
    return;
  Random random(Random::mix(noise) ^ number);
  for (uint64_t at = 0; at < pageBytes; at += 8) {
    uint64_t word = random.next();
    std::memcpy(page.data() + at, &word, 8);
  }
}

void SparseBytes::read(uint64_t address, uint8_t *data, uint64_t bytes) const {
  while (bytes > 0) {
    uint64_t first = address % pageBytes, part = std::min(bytes, pageBytes - first);
    auto found = pages.find(address / pageBytes);
    if (found != pages.end()) {
      std::memcpy(data, found->second->data() + first, part);
    } else if (noise == 0) {
      std::memset(data, 0, part);
    } else {
      Page page;
      fill(page, address / pageBytes);
      std::memcpy(data, page.data() + first, part);
    }
    address += part;
    data += part;
    bytes -= part;
  }
}

void SparseBytes::write(uint64_t address, const uint8_t *data, const uint8_t *enables, uint64_t bytes) {
  while (bytes > 0) {
    uint64_t first = address % pageBytes, part = std::min(bytes, pageBytes - first);
    std::unique_ptr<Page> &page = pages[address / pageBytes];
    if (!page) {
      page = std::make_unique<Page>();
      fill(*page, address / pageBytes);
    }
    for (uint64_t i = 0; i < part; ++i)
      if (!enables || enables[i])
        (*page)[first + i] = data[i];
    address += part;
    data += part;
    enables = enables ? enables + part : nullptr;
    bytes -= part;
  }
}

} // namespace tenon::sim
