// Who touched each byte of a memory last: its last writer, and the last reader of each queue since. Kept by
// ranges of bytes with the same history.
#pragma once

#include "core/spec/Places.h"

#include <map>

namespace tenon::spec {

class AccessHistory {
public:
  explicit AccessHistory(unsigned queues) : queueCount(queues) {}

  struct Earlier {
    uint64_t command = 0;
    bool wrote = false;
    int64_t address = 0; ///< the first byte that both touch
  };
  /// Gives every command on whose access this one depends (a read on writes; a write on both) to `check`,
  /// which stops with false; then records the access, unless it was stopped. Ranges are normalised.
  bool access(llvm::ArrayRef<ByteRange> ranges, bool isWrite, uint64_t command, unsigned queue,
              llvm::function_ref<bool(const Earlier &)> check);

private:
  static constexpr int64_t nobody = -1;
  struct Segment {
    int64_t end = 0;
    int64_t writer = nobody;
    llvm::SmallVector<int64_t, 4> readers; ///< by queue; empty where nobody reads
  };
  using Segments = std::map<int64_t, Segment>; ///< by first byte, disjoint

  Segments::iterator splitAt(int64_t address);
  bool checkRange(ByteRange range, bool isWrite, llvm::function_ref<bool(const Earlier &)> check) const;
  void recordWrite(ByteRange range, uint64_t command);
  void recordRead(ByteRange range, uint64_t command, unsigned queue);

  unsigned queueCount;
  Segments segments;
};

} // namespace tenon::spec
