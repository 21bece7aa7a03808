// Segments are split where an access begins or ends; a write makes one segment of all that it covers.
#include "core/spec/AccessHistory.h"

#include <algorithm>

namespace tenon::spec {

/// Makes `address` a border of segments; gives the first segment that begins there or behind it.
AccessHistory::Segments::iterator AccessHistory::splitAt(int64_t address) {
  auto next = segments.lower_bound(address);
  if (next == segments.begin() || (next != segments.end() && next->first == address))
    return next;
  auto before = std::prev(next);
  if (before->second.end <= address)
    return next;
  Segment rest = before->second;
  before->second.end = address;
  return segments.emplace_hint(next, address, std::move(rest));
}

bool AccessHistory::checkRange(ByteRange range, bool isWrite,
                               llvm::function_ref<bool(const Earlier &)> check) const {
  auto segment = segments.upper_bound(range.first);
  if (segment != segments.begin() && std::prev(segment)->second.end > range.first)
    --segment;
  for (; segment != segments.end() && segment->first < range.end; ++segment) {
    int64_t address = std::max(segment->first, range.first);
    if (segment->second.writer != nobody && !check({uint64_t(segment->second.writer), true, address}))
      return false;
    for (int64_t reader : segment->second.readers)
      if (isWrite && reader != nobody && !check({uint64_t(reader), false, address}))
        return false;
  }
  return true;
}

void AccessHistory::recordWrite(ByteRange range, uint64_t command) {
  auto end = splitAt(range.end);
  auto first = splitAt(range.first);
  auto after = segments.erase(first, end);
  segments.emplace_hint(after, range.first, Segment{range.end, int64_t(command), {}});
}

void AccessHistory::recordRead(ByteRange range, uint64_t command, unsigned queue) {
  splitAt(range.end);
  auto segment = splitAt(range.first);
  for (int64_t at = range.first; at < range.end;) {
    if (segment == segments.end() || segment->first > at) {
      int64_t end = segment == segments.end() ? range.end : std::min(segment->first, range.end);
      segment = segments.emplace_hint(segment, at, Segment{end, nobody, {}});
    }
    Segment &found = segment->second;
    if (found.readers.empty())
      found.readers.assign(queueCount, nobody);
    found.readers[queue] = int64_t(command);
    at = found.end;
    ++segment;
  }
}

bool AccessHistory::access(llvm::ArrayRef<ByteRange> ranges, bool isWrite, uint64_t command, unsigned queue,
                           llvm::function_ref<bool(const Earlier &)> check) {
  for (const ByteRange &range : ranges)
    if (!checkRange(range, isWrite, check))
      return false;
  for (const ByteRange &range : ranges)
    if (isWrite)
      recordWrite(range, command);
    else
      recordRead(range, command, queue);
  return true;
}

} // namespace tenon::spec
