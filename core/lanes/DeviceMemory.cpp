// Allocations stand far apart, so that an address behind one is not inside another.
#include "core/lanes/DeviceMemory.h"

#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::lanes {
namespace {

constexpr uint64_t gap = 1 << 16;

std::string hex(uint64_t address) { return "0x" + llvm::utohexstr(address, true); }

} // namespace

/// Launches are ordered; blocks of one are not; threads of a block are by its barriers.
bool ByteHistory::isOrdered(const Access &earlier, const Access &later) {
  if (earlier.launch != later.launch)
    return true;
  if (earlier.block != later.block)
    return false;
  return earlier.thread == later.thread || earlier.barrier < later.barrier;
}

std::optional<Access> ByteHistory::read(const Access &access) {
  std::optional<Access> race;
  if (writer.any && !isOrdered(writer.access, access))
    race = writer.access;
  bool together = reader.any && reader.access.launch == access.launch;
  bool severalBlocks = together && (reader.severalBlocks || reader.access.block != access.block);
  bool severalThreads = together && reader.access.block == access.block &&
                        reader.access.barrier == access.barrier &&
                        (reader.severalThreads || reader.access.thread != access.thread);
  reader = {access, true, severalThreads, severalBlocks};
  return race;
}

std::optional<Access> ByteHistory::write(const Access &access) {
  std::optional<Access> race;
  if (writer.any && !isOrdered(writer.access, access))
    race = writer.access;
  if (reader.any && reader.access.launch == access.launch &&
      (reader.severalBlocks || !isOrdered(reader.access, access) ||
       (reader.severalThreads && reader.access.barrier == access.barrier)))
    race = reader.access;
  writer = {access, true, false, false};
  return race;
}

uint64_t DeviceMemory::allocate(llvm::StringRef name, uint64_t bytes) {
  uint64_t address = next;
  next = llvm::alignTo(address + bytes + gap, gap);
  allocateAt(address, name, bytes);
  return address;
}

Allocation &DeviceMemory::allocateAt(uint64_t address, llvm::StringRef name, uint64_t bytes) {
  Allocation &allocation = allocations[address];
  allocation.name = name.str();
  allocation.content = TrackedBytes(bytes);
  return allocation;
}

llvm::Error DeviceMemory::free(uint64_t address) {
  last = nullptr;
  if (views.erase(address) == 0 && allocations.erase(address) == 0)
    return failure(ExitCode::OwnFault, "no allocation begins at " + hex(address));
  return llvm::Error::success();
}

llvm::Expected<uint64_t> DeviceMemory::view(llvm::StringRef name, uint64_t address, uint64_t bytes) {
  uint64_t offset = 0;
  if (!find(address, bytes, offset))
    return failure(ExitCode::OwnFault, name.str() + " shows " + std::to_string(bytes) + " bytes at " +
                                           whereIs(address) + ", which are not all in an allocation");
  // Behind the page's begin as far as what it shows, so that both have the same alignment.
  uint64_t begin = next + address % gap;
  next = llvm::alignTo(begin + bytes + gap, gap);
  views.emplace(begin, View{name.str(), address, bytes});
  return begin;
}

Allocation *DeviceMemory::find(uint64_t address, uint64_t bytes, uint64_t &offset) {
  auto shown = views.upper_bound(address);
  if (shown != views.begin() && address - (--shown)->first < shown->second.bytes) {
    if (bytes > shown->second.bytes || address - shown->first > shown->second.bytes - bytes)
      return nullptr;
    address = shown->second.address + (address - shown->first);
  }
  if (!last || address < lastAddress || address - lastAddress >= last->content.bytes.size()) {
    auto after = allocations.upper_bound(address);
    if (after == allocations.begin())
      return nullptr;
    --after;
    last = &after->second;
    lastAddress = after->first;
  }
  offset = address - lastAddress;
  uint64_t size = last->content.bytes.size();
  return bytes <= size && offset <= size - bytes ? last : nullptr;
}

std::string DeviceMemory::whereIs(uint64_t address) const {
  uint64_t begin = 0, size = 0;
  const std::string *name = nullptr;
  if (auto after = allocations.upper_bound(address); after != allocations.begin()) {
    --after;
    begin = after->first;
    size = after->second.content.bytes.size();
    name = &after->second.name;
  }
  if (auto after = views.upper_bound(address); after != views.begin() && (--after)->first >= begin) {
    begin = after->first;
    size = after->second.bytes;
    name = &after->second.name;
  }
  if (!name)
    return hex(address) + ", before every allocation";
  uint64_t offset = address - begin;
  std::string allocation = *name + " (" + std::to_string(size) + " bytes)";
  if (offset < size)
    return hex(address) + ", byte " + std::to_string(offset) + " of " + allocation;
  return hex(address) + ", " + std::to_string(offset - size) + " bytes behind the end of " + allocation;
}

llvm::Error DeviceMemory::write(uint64_t address, llvm::ArrayRef<uint8_t> bytes) {
  uint64_t offset = 0;
  Allocation *allocation = find(address, bytes.size(), offset);
  if (!allocation)
    return failure(ExitCode::OwnFault, "the host writes " + std::to_string(bytes.size()) + " bytes at " +
                                           whereIs(address) + ", which are not all in an allocation");
  std::copy(bytes.begin(), bytes.end(), allocation->content.bytes.begin() + long(offset));
  std::fill_n(allocation->content.defined.begin() + long(offset), bytes.size(), 1);
  return llvm::Error::success();
}

llvm::Error DeviceMemory::allowUnordered(uint64_t address, uint64_t bytes) {
  uint64_t offset = 0;
  Allocation *allocation = find(address, bytes, offset);
  if (!allocation)
    return failure(ExitCode::OwnFault,
                   "no allocation holds " + std::to_string(bytes) + " bytes at " + whereIs(address));
  allocation->unorderedBegin = offset;
  allocation->unorderedEnd = offset + bytes;
  return llvm::Error::success();
}

llvm::Expected<std::vector<uint8_t>> DeviceMemory::read(uint64_t address, uint64_t bytes) const {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return failure(ExitCode::OwnFault, "the host reads at " + whereIs(address));
  const TrackedBytes &content = std::prev(after)->second.content;
  uint64_t offset = address - std::prev(after)->first;
  if (bytes > content.bytes.size() || offset > content.bytes.size() - bytes)
    return failure(ExitCode::OwnFault, "the host reads " + std::to_string(bytes) + " bytes at " +
                                           whereIs(address) + ", which are not all in an allocation");
  for (uint64_t i = offset; i < offset + bytes; ++i)
    if (!content.defined[i])
      return failure(ExitCode::OwnFault, "no kernel has written " + whereIs(std::prev(after)->first + i) +
                                             ", or it has written an undefined value");
  return std::vector<uint8_t>(content.bytes.begin() + long(offset),
                              content.bytes.begin() + long(offset + bytes));
}

} // namespace tenon::lanes
