// Space in on-chip memories, taken in circles: a buffer that is given back is the last to be taken again, so
// what comes next rarely waits for what was before, and loads run ahead of the work (double buffering without
// a word for it).
#pragma once

#include "core/isa/Description.h"

namespace tenon::plan {

class Allocator {
public:
  explicit Allocator(const isa::Description &description);

  /// Units of a memory; the error (ExitCode::TargetCannot) names the memory, what is needed and the largest
  /// gap.
  llvm::Expected<int64_t> allocate(unsigned memory, int64_t units, const std::string &tensor);
  void release(unsigned memory, int64_t address);

  /// The largest gap, in units.
  int64_t largestGap(unsigned memory) const;

private:
  struct Space {
    std::map<int64_t, int64_t> taken; ///< address -> units
    int64_t next = 0;
    int64_t capacity = 0, align = 1, unitBytes = 1;
    std::string name;
  };
  std::vector<Space> spaces;
};

} // namespace tenon::plan
