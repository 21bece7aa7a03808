// The memory that kernels and host share, as named allocations. An access that is not wholly inside one of
// them is an error; bytes that nobody has written are known as such, and lanes that touch the same byte
// without being ordered are found.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon::lanes {

/// Who touches a byte, and when.
struct Access {
  uint32_t launch = 0;
  uint32_t block = 0;
  uint32_t barrier = 0; ///< barriers that the block has passed
  uint16_t thread = 0;  ///< within the block
};

/// The last accesses to one byte.
class ByteHistory {
public:
  /// The access that this one races with, if there is one; then the access is noted.
  std::optional<Access> read(const Access &access);
  std::optional<Access> write(const Access &access);

private:
  struct Last {
    Access access;
    bool any = false;
    bool severalThreads = false, severalBlocks = false;
  };
  static bool isOrdered(const Access &earlier, const Access &later);
  Last reader, writer;
};

/// Bytes with what is known of each.
struct TrackedBytes {
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> defined; ///< 1: written, and not with poison
  std::vector<ByteHistory> history;

  explicit TrackedBytes(uint64_t size = 0) : bytes(size), defined(size), history(size) {}
};

struct Allocation {
  std::string name;
  TrackedBytes content;
  bool readOnly = false;
  uint64_t unorderedBegin = 0, unorderedEnd = 0; ///< bytes that lanes may touch without order
};

class DeviceMemory {
public:
  /// The address of a new allocation. Its bytes are undefined.
  uint64_t allocate(llvm::StringRef name, uint64_t bytes);
  /// The same at an address that the caller chooses; its bytes belong to no other allocation.
  Allocation &allocateAt(uint64_t address, llvm::StringRef name, uint64_t bytes);
  llvm::Error free(uint64_t address);
  /// Another address for a part of an allocation: accesses through it must stay in the part. Give it back
  /// with free().
  llvm::Expected<uint64_t> view(llvm::StringRef name, uint64_t address, uint64_t bytes);
  /// Host copies; bytes that are undefined cannot be read.
  llvm::Error write(uint64_t address, llvm::ArrayRef<uint8_t> bytes);
  llvm::Expected<std::vector<uint8_t>> read(uint64_t address, uint64_t bytes) const;

  /// Lanes may touch these bytes without order (a status word). Refuses bytes that are not all in an
  /// allocation.
  llvm::Error allowUnordered(uint64_t address, uint64_t bytes);

  /// The allocation that holds all of the bytes and the offset in it, or null.
  Allocation *find(uint64_t address, uint64_t bytes, uint64_t &offset);
  /// "8 bytes behind weights (4096 bytes at 0x...)", for messages.
  std::string whereIs(uint64_t address) const;

private:
  struct View {
    std::string name;
    uint64_t address = 0, bytes = 0; ///< what it shows
  };
  std::map<uint64_t, Allocation> allocations;
  std::map<uint64_t, View> views;
  uint64_t next = uint64_t(1) << 32;
  Allocation *last = nullptr; ///< the one found last
  uint64_t lastAddress = 0;
};

} // namespace tenon::lanes
