// Sizes and addresses come from outside: nothing here may overflow.
#include "core/runtime/worker/RangeAllocator.h"

#include <algorithm>

namespace tenon::runtime {

std::optional<uint64_t> RangeAllocator::allocate(uint64_t size, uint64_t alignment) {
  uint64_t candidate = 0;
  auto next = ranges.begin();
  for (;;) {
    uint64_t rest = candidate % alignment;
    if (rest && candidate > UINT64_MAX - (alignment - rest))
      return std::nullopt;
    candidate += rest ? alignment - rest : 0;
    if (candidate > bytes || size > bytes - candidate)
      return std::nullopt;
    if (next == ranges.end() || (candidate < next->first && size <= next->first - candidate))
      break;
    candidate = std::max(candidate, next->second);
    ++next;
  }
  ranges[candidate] = candidate + size;
  return candidate;
}

bool RangeAllocator::reserve(uint64_t address, uint64_t size) {
  if (address > bytes || size > bytes - address)
    return false;
  auto next = ranges.lower_bound(address);
  if (next != ranges.end() && next->first - address < size)
    return false;
  if (next != ranges.begin() && std::prev(next)->second > address)
    return false;
  ranges[address] = address + size;
  return true;
}

bool RangeAllocator::contains(uint64_t address, uint64_t size) const {
  auto next = ranges.upper_bound(address);
  if (next == ranges.begin())
    return false;
  uint64_t end = std::prev(next)->second;
  return address <= end && size <= end - address;
}

} // namespace tenon::runtime
