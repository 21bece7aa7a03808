// First gap behind the last one taken, around the memory once.
#include "core/plan/Allocator.h"

#include "core/support/Error.h"

#include "fmt/format.h"

namespace tenon::plan {

namespace {

/// The first address from `from` on where `units` are free below `end`; -1: none.
int64_t firstGap(const std::map<int64_t, int64_t> &taken, int64_t from, int64_t end, int64_t units,
                 int64_t align) {
  int64_t at = (from + align - 1) / align * align;
  for (const auto &[address, size] : taken) {
    if (address + size <= at)
      continue;
    if (address >= at + units)
      break;
    at = (address + size + align - 1) / align * align;
  }
  return at + units <= end ? at : -1;
}

} // namespace

Allocator::Allocator(const isa::Description &description) {
  for (const isa::Memory &memory : description.memories)
    spaces.push_back({{}, 0, int64_t(memory.units()), memory.align, memory.unitBytes(), memory.name});
}

llvm::Expected<int64_t> Allocator::allocate(unsigned memory, int64_t units, const std::string &tensor) {
  Space &space = spaces[memory];
  int64_t at = firstGap(space.taken, space.next, space.capacity, units, space.align);
  if (at < 0)
    at = firstGap(space.taken, 0, space.capacity, units, space.align);
  if (at < 0)
    return failure(ExitCode::TargetCannot,
                   fmt::format("tensor {} needs {} bytes of {} at once, the largest gap has {}", tensor,
                               units * space.unitBytes, space.name, largestGap(memory) * space.unitBytes));
  space.taken[at] = units;
  space.next = at + units;
  return at;
}

void Allocator::release(unsigned memory, int64_t address) { spaces[memory].taken.erase(address); }

int64_t Allocator::largestGap(unsigned memory) const {
  const Space &space = spaces[memory];
  int64_t largest = 0, end = 0;
  for (const auto &[address, units] : space.taken) {
    largest = std::max(largest, address - end);
    end = address + units;
  }
  return std::max(largest, space.capacity - end);
}

} // namespace tenon::plan
