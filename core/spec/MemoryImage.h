// The contents of one memory, and which of its bytes anybody has written. Pages appear when they are written,
// so that a description may declare more than the machine that simulates it has.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace tenon::spec {

/// Bytes that may still be allocated, shared by all memories of a machine.
struct MemoryBudget {
  uint64_t left = 0;
};

/// Addresses are bytes; callers keep them inside the memory.
class MemoryImage {
public:
  explicit MemoryImage(MemoryBudget &shared) : budget(shared) {}

  /// False if the budget does not allow the pages; then nothing is changed.
  [[nodiscard]] bool write(uint64_t address, llvm::ArrayRef<uint8_t> bytes);
  /// Undefined bytes are 0.
  void read(uint64_t address, llvm::MutableArrayRef<uint8_t> bytes) const;
  /// For each byte 1 if it is defined, else 0.
  void marks(uint64_t address, llvm::MutableArrayRef<uint8_t> marks) const;
  /// The first byte of these that nobody has written.
  std::optional<uint64_t> firstUndefined(uint64_t address, uint64_t bytes) const;
  /// Makes bytes undefined.
  void poison(uint64_t address, uint64_t bytes);
  /// Makes all of it undefined.
  void clear();

private:
  static constexpr uint64_t pageBytes = uint64_t(1) << 16;
  struct Page {
    uint8_t bytes[pageBytes] = {};
    uint8_t defined[pageBytes] = {}; ///< 0 or 1
  };
  /// The part of an access that lies in one page.
  struct Part {
    uint64_t page, first, bytes;
  };
  template <class Bytes>
  void copy(uint64_t address, llvm::MutableArrayRef<uint8_t> target, Bytes Page::*source) const;
  static Part partOf(uint64_t address, uint64_t bytes);
  Page *find(uint64_t number) const;

  MemoryBudget &budget;
  llvm::DenseMap<uint64_t, std::unique_ptr<Page>> pages;
  mutable uint64_t lastNumber = 0; ///< of lastPage
  mutable Page *lastPage = nullptr;
};

} // namespace tenon::spec
