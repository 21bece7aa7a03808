// Pages appear with their first byte.
#include "core/vectors/ByteMap.h"

namespace tenon::vectors {

bool ByteMap::has(uint64_t address) const {
  auto found = pages.find(address / pageBytes);
  return found != pages.end() && found->second.known[address % pageBytes];
}

void ByteMap::set(uint64_t address, uint8_t byte) {
  Page &page = pages[address / pageBytes];
  page.bytes[address % pageBytes] = byte;
  page.known[address % pageBytes] = true;
}

void ByteMap::erase(uint64_t address) {
  if (auto found = pages.find(address / pageBytes); found != pages.end())
    found->second.known[address % pageBytes] = false;
}

std::vector<Region> ByteMap::regions() const {
  std::vector<Region> all;
  for (const auto &[number, page] : pages)
    for (uint64_t at = 0; at < pageBytes; ++at) {
      if (!page.known[at])
        continue;
      uint64_t address = number * pageBytes + at;
      if (all.empty() || all.back().address + all.back().bytes.size() != address)
        all.push_back({address, {}});
      all.back().bytes.push_back(page.bytes[at]);
    }
  return all;
}

} // namespace tenon::vectors
