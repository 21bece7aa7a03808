// Runs of strided operands, and arithmetic of byte ranges.
#include "core/spec/Places.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <algorithm>

namespace tenon::spec {
namespace {

/// Far below what 64 bits hold, so that sums of a few such numbers cannot overflow.
constexpr int64_t addressLimit = int64_t(1) << 60;

bool isSmall(__int128 value) { return value > -addressLimit && value < addressLimit; }

/// Steps through all combinations of the first `axes` indices, the last innermost.
class Odometer {
public:
  Odometer(llvm::ArrayRef<int64_t> limits, size_t axes) : extents(limits.take_front(axes)), index(axes, 0) {}

  /// Moves on, and keeps `address` the sum of index times stride; false at the end.
  bool advance(llvm::ArrayRef<int64_t> strides, int64_t &address) {
    for (size_t axis = extents.size(); axis-- > 0;) {
      address += strides[axis];
      if (++index[axis] < extents[axis])
        return true;
      address -= strides[axis] * extents[axis];
      index[axis] = 0;
    }
    return false;
  }

private:
  llvm::ArrayRef<int64_t> extents;
  llvm::SmallVector<int64_t, 8> index;
};

bool isEmpty(llvm::ArrayRef<int64_t> extents) {
  return llvm::any_of(extents, [](int64_t extent) { return extent < 1; });
}

/// How many axes lead from run to run, and the bytes of a run.
std::pair<size_t, int64_t> innermostRun(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents,
                                        int64_t elementBytes) {
  int64_t bytes = elementBytes;
  size_t outer = extents.size();
  while (outer > 0 && (extents[outer - 1] == 1 || places.strides[outer - 1] == bytes))
    bytes *= extents[--outer];
  return {outer, bytes};
}

} // namespace

llvm::Expected<StridedPlaces> stridedPlaces(const isa::Memory &memory, const isa::OperandUse &use,
                                            llvm::ArrayRef<int64_t> extents, int64_t elementBytes) {
  bool inRows = memory.unit == isa::Memory::Unit::Row;
  __int128 start = __int128(use.address) * memory.unitBytes(), low = start, high = start + elementBytes;
  StridedPlaces places;
  bool fits = isSmall(start) && use.strides.size() == extents.size();
  for (size_t axis = 0; fits && axis < extents.size(); ++axis) {
    bool alongRow = inRows && axis + 1 == extents.size();
    __int128 stride = alongRow ? __int128(elementBytes) : __int128(use.strides[axis]) * memory.unitBytes();
    fits = isSmall(stride) && isSmall(extents[axis]);
    __int128 span = fits ? stride * (extents[axis] - 1) : 0;
    (span < 0 ? low : high) += span;
    fits = fits && isSmall(low) && isSmall(high);
    places.strides.push_back(int64_t(stride));
  }
  if (!fits)
    return failure(ExitCode::DeviceFailed, "address " + std::to_string(use.address) + " of " + memory.name +
                                               " with its strides is no place of a memory");
  places.start = int64_t(start);
  if (!isEmpty(extents))
    places.reach = {int64_t(low), int64_t(high)};
  return places;
}

int64_t runCount(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents, int64_t elementBytes) {
  int64_t count = isEmpty(extents) ? 0 : 1;
  for (int64_t extent : extents.take_front(innermostRun(places, extents, elementBytes).first))
    count *= extent;
  return count;
}

void appendRuns(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents, int64_t elementBytes,
                Runs &runs) {
  if (isEmpty(extents))
    return;
  auto [outer, bytes] = innermostRun(places, extents, elementBytes);
  runs.reserve(runs.size() + size_t(runCount(places, extents, elementBytes)));
  Odometer odometer(extents, outer);
  int64_t address = places.start, offset = 0;
  do {
    runs.push_back({address, offset, bytes});
    offset += bytes;
  } while (odometer.advance(places.strides, address));
}

bool isCertainlyInjective(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents,
                          int64_t elementBytes) {
  llvm::SmallVector<std::pair<int64_t, int64_t>, 4> axes; // stride, extent
  for (auto [stride, extent] : llvm::zip_equal(places.strides, extents))
    if (extent > 1)
      axes.push_back({stride < 0 ? -stride : stride, extent});
  llvm::sort(axes);
  __int128 covered = elementBytes;
  for (auto [stride, extent] : axes) {
    if (stride < covered)
      return false;
    covered += __int128(stride) * (extent - 1);
  }
  return true;
}

std::vector<ByteRange> restsOfRows(const isa::Memory &memory, const StridedPlaces &places,
                                   llvm::ArrayRef<int64_t> extents, int64_t elementBytes) {
  std::vector<ByteRange> rests;
  if (memory.rowBytes == 0 || isEmpty(extents))
    return rests;
  auto rowBytes = int64_t(memory.rowBytes);
  size_t outer = extents.empty() ? 0 : extents.size() - 1;
  int64_t last = extents.empty() ? 0 : places.strides.back() * (extents.back() - 1);
  int64_t address = places.start;
  Odometer odometer(extents, outer);
  do {
    int64_t end = address + std::max<int64_t>(last, 0) + elementBytes;
    int64_t rowEnd = (end + rowBytes - 1) / rowBytes * rowBytes;
    if (rowEnd > end)
      rests.push_back({end, rowEnd});
  } while (odometer.advance(places.strides, address));
  return rests;
}

void selectRuns(const Runs &runs, const ElementSet &set, int64_t elementBytes, Runs &selected) {
  if (set.kind == ElementSet::Kind::None)
    return;
  if (set.kind == ElementSet::Kind::All) {
    selected.insert(selected.end(), runs.begin(), runs.end());
    return;
  }
  for (const Run &run : runs) {
    bool open = false;
    // A run of a layout may begin inside an element.
    for (int64_t done = 0; done < run.bytes;) {
      int64_t offset = run.offset + done;
      int64_t bytes = std::min(elementBytes - offset % elementBytes, run.bytes - done);
      bool member = set.has(offset / elementBytes);
      if (member && open)
        selected.back().bytes += bytes;
      else if (member)
        selected.push_back({run.address + done, offset, bytes});
      open = member;
      done += bytes;
    }
  }
}

void normalise(std::vector<ByteRange> &ranges) {
  auto byFirst = [](const ByteRange &a, const ByteRange &b) { return a.first < b.first; };
  if (!llvm::is_sorted(ranges, byFirst))
    llvm::sort(ranges, byFirst);
  size_t kept = 0;
  for (const ByteRange &range : ranges) {
    if (range.first >= range.end)
      continue;
    if (kept > 0 && range.first <= ranges[kept - 1].end)
      ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
    else
      ranges[kept++] = range;
  }
  ranges.resize(kept);
}

std::optional<int64_t> firstCommon(llvm::ArrayRef<ByteRange> left, llvm::ArrayRef<ByteRange> right) {
  if (left.empty() || right.empty() || left.back().end <= right.front().first ||
      right.back().end <= left.front().first)
    return std::nullopt;
  while (!left.empty() && !right.empty()) {
    int64_t first = std::max(left.front().first, right.front().first);
    if (first < std::min(left.front().end, right.front().end))
      return first;
    if (left.front().end < right.front().end)
      left = left.drop_front();
    else
      right = right.drop_front();
  }
  return std::nullopt;
}

} // namespace tenon::spec
