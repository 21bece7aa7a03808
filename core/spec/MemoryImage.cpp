// Pages of bytes and of marks.
#include "core/spec/MemoryImage.h"

#include <algorithm>
#include <cstring>

namespace tenon::spec {

MemoryImage::Part MemoryImage::partOf(uint64_t address, uint64_t bytes) {
  uint64_t first = address % pageBytes;
  return {address / pageBytes, first, std::min(bytes, pageBytes - first)};
}

MemoryImage::Page *MemoryImage::find(uint64_t number) const {
  if (lastPage && lastNumber == number)
    return lastPage;
  auto found = pages.find(number);
  if (found == pages.end())
    return nullptr;
  lastNumber = number;
  lastPage = found->second.get();
  return lastPage;
}

bool MemoryImage::write(uint64_t address, llvm::ArrayRef<uint8_t> bytes) {
  if (bytes.empty())
    return true;
  uint64_t firstPage = address / pageBytes, lastOne = (address + bytes.size() - 1) / pageBytes;
  uint64_t missing = 0;
  for (uint64_t page = firstPage; page <= lastOne; ++page)
    missing += find(page) ? 0 : 1;
  if (missing > budget.left / pageBytes)
    return false;
  budget.left -= missing * pageBytes;
  while (!bytes.empty()) {
    Part part = partOf(address, bytes.size());
    Page *page = find(part.page);
    if (!page)
      page = (pages[part.page] = std::make_unique<Page>()).get();
    std::memcpy(page->bytes + part.first, bytes.data(), part.bytes);
    std::memset(page->defined + part.first, 1, part.bytes);
    address += part.bytes;
    bytes = bytes.drop_front(part.bytes);
  }
  return true;
}

template <class Bytes>
void MemoryImage::copy(uint64_t address, llvm::MutableArrayRef<uint8_t> target, Bytes Page::*source) const {
  while (!target.empty()) {
    Part part = partOf(address, target.size());
    if (const Page *page = find(part.page))
      std::memcpy(target.data(), page->*source + part.first, part.bytes);
    else
      std::memset(target.data(), 0, part.bytes);
    address += part.bytes;
    target = target.drop_front(part.bytes);
  }
}

void MemoryImage::read(uint64_t address, llvm::MutableArrayRef<uint8_t> bytes) const {
  copy(address, bytes, &Page::bytes);
}

void MemoryImage::marks(uint64_t address, llvm::MutableArrayRef<uint8_t> marks) const {
  copy(address, marks, &Page::defined);
}

std::optional<uint64_t> MemoryImage::firstUndefined(uint64_t address, uint64_t bytes) const {
  while (bytes > 0) {
    Part part = partOf(address, bytes);
    const Page *page = find(part.page);
    if (!page)
      return address;
    const uint8_t *marks = page->defined + part.first;
    if (const void *found = std::memchr(marks, 0, part.bytes))
      return address + uint64_t(static_cast<const uint8_t *>(found) - marks);
    address += part.bytes;
    bytes -= part.bytes;
  }
  return std::nullopt;
}

void MemoryImage::poison(uint64_t address, uint64_t bytes) {
  while (bytes > 0) {
    Part part = partOf(address, bytes);
    if (Page *page = find(part.page)) {
      std::memset(page->bytes + part.first, 0, part.bytes);
      std::memset(page->defined + part.first, 0, part.bytes);
    }
    address += part.bytes;
    bytes -= part.bytes;
  }
}

void MemoryImage::clear() {
  budget.left += pages.size() * pageBytes;
  pages.clear();
  lastPage = nullptr;
}

} // namespace tenon::spec
