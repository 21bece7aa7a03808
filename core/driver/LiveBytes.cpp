// The union of address ranges that are alive, swept over time: a tree over the ranges' ends keeps how many
// lifetimes cover each part and how many bytes of it are covered.
#include "core/driver/Lifetimes.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::driver {

namespace {

class Covered {
public:
  explicit Covered(std::vector<uint64_t> ends) : ends(std::move(ends)), parts(4 * this->ends.size()) {}

  void change(uint64_t begin, uint64_t end, int by) { change({1, 0, ends.size() - 1}, begin, end, by); }
  uint64_t bytes() const { return parts[1].bytes; }

private:
  struct Part {
    int covers = 0; ///< lifetimes that cover all of it and not all of the part around it
    uint64_t bytes = 0;
  };
  struct Span {
    size_t part, low, high; ///< numbers of the ends
  };

  void change(Span span, uint64_t begin, uint64_t end, int by) {
    if (end <= ends[span.low] || ends[span.high] <= begin)
      return;
    Part &part = parts[span.part];
    bool whole = begin <= ends[span.low] && ends[span.high] <= end, smallest = span.high - span.low == 1;
    if (whole) {
      part.covers += by;
    } else {
      size_t middle = (span.low + span.high) / 2;
      change({2 * span.part, span.low, middle}, begin, end, by);
      change({2 * span.part + 1, middle, span.high}, begin, end, by);
    }
    part.bytes = part.covers ? ends[span.high] - ends[span.low]
                 : smallest  ? 0
                             : parts[2 * span.part].bytes + parts[2 * span.part + 1].bytes;
  }

  std::vector<uint64_t> ends; ///< of ranges, begins too; sorted, each once
  std::vector<Part> parts;    ///< those of part n are 2n and 2n + 1
};

} // namespace

std::vector<LiveBytes> liveBytes(llvm::ArrayRef<Lifetime> lifetimes) {
  struct Change {
    double at;
    int by;
    const Lifetime *life;
  };
  std::vector<uint64_t> ends;
  std::vector<Change> changes;
  for (const Lifetime &life : lifetimes) {
    if (life.bytes == 0 || life.end <= life.begin)
      continue;
    ends.insert(ends.end(), {life.address, life.address + life.bytes});
    changes.push_back({life.begin, 1, &life});
    changes.push_back({life.end, -1, &life});
  }
  std::vector<LiveBytes> result;
  if (changes.empty())
    return result;
  llvm::sort(ends);
  ends.erase(llvm::unique(ends), ends.end());
  llvm::sort(changes, [](const Change &a, const Change &b) { return a.at < b.at; });
  Covered covered(std::move(ends));
  for (size_t number = 0; number < changes.size(); ++number) {
    const Change &change = changes[number];
    covered.change(change.life->address, change.life->address + change.life->bytes, change.by);
    bool last = number + 1 == changes.size() || changes[number + 1].at > change.at;
    if (last && (result.empty() || result.back().bytes != covered.bytes()))
      result.push_back({change.at, covered.bytes()});
  }
  return result;
}

} // namespace tenon::driver
