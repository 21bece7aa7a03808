// One access of a statement over rows: loads its lanes from the operand's buffer, or stores them.
//
// A linear access is a base for each row and offsets that all rows share. The lanes fall into runs of a
// constant stride; where runs are short every lane has its own offset. A read with a value for outside first
// asks whether the whole row is inside; if not, each run is clipped to the part that is. Quasi-affine
// accesses are computed lane by lane.
#pragma once

#include "core/reference/IndexLanes.h"
#include "core/reference/RowKernels.h"
#include "core/reference/RowPlan.h"

#include <optional>
#include <vector>

namespace tenon::reference {

class RowAccess {
public:
  /// `coordinates` belong to `lanes` and outlive the access, as do nest and buffer.
  RowAccess(const nest::Nest &nest, const nest::Access &access, llvm::ArrayRef<RowLoop> lanes,
            const LaneCoordinates &coordinates, char *buffer);

  /// Fills `count` lanes of the row that starts at `point`. Gives the first lane at which the access leaves
  /// its operand without a value for outside, or -1; memory outside the operand is never touched.
  int64_t load(void *lanes, llvm::ArrayRef<int64_t> point, int64_t count);
  /// Stores lanes in their order; the access is linear.
  void store(const void *lanes, llvm::ArrayRef<int64_t> point, int64_t count);
  /// The offset of each lane's element in bytes; result as for load.
  int64_t offsets(llvm::ArrayRef<int64_t> point, int64_t count, int64_t *result);

  char *data() const { return buffer; }
  const MemoryKernels &memory() const { return kernels; }

private:
  /// A linear function of the loops, without those that it does not use.
  struct Sum {
    llvm::SmallVector<std::pair<unsigned, int64_t>> terms;
    int64_t constant = 0;
    int64_t at(llvm::ArrayRef<int64_t> point) const;
  };
  /// An index that may leave its dimension.
  struct Guard {
    Sum index;
    int64_t extent = 1;
    int64_t rowLow = 0; ///< the least and the largest distance from the row's first point
    int64_t rowHigh = 0;
    int64_t slope = 0;            ///< along a run of guardedRuns
    std::vector<int64_t> offsets; ///< of each of guardedRuns
  };
  /// Runs of lanes; offsets in bytes from the row's base.
  struct Runs {
    int64_t length = 1;
    int64_t stride = 0;
    std::vector<int64_t> offsets;
  };

  static Sum makeSum(const nest::LinearForm &form);
  void makeLinear(const nest::LinearForm &address, llvm::ArrayRef<RowLoop> lanes);
  void makeGuards(llvm::ArrayRef<RowLoop> lanes);
  bool isRowInside(llvm::ArrayRef<int64_t> point) const;
  void loadGuarded(char *lanes, llvm::ArrayRef<int64_t> point, int64_t count);
  void loadRunGuarded(char *lanes, llvm::ArrayRef<int64_t> firstIndices, int64_t base, size_t run,
                      int64_t count);
  void gatherGuarded(char *lanes, llvm::ArrayRef<int64_t> firstIndices, int64_t base, int64_t count);
  int64_t computeOffsets(llvm::ArrayRef<int64_t> point, int64_t count);

  const nest::Nest &nest;
  const nest::Access &access;
  const nest::Operand &operand;
  const LaneCoordinates &coordinates;
  char *buffer;
  MemoryKernels kernels;
  int64_t elementBytes;
  unsigned bytesPerLane;
  bool fillsStorage;
  bool linear = false;
  Sum base;
  Runs runs;
  llvm::SmallVector<Guard> guards;
  Runs guardedRuns;
  std::vector<char> outsideRow; ///< lanes of the value for outside
  IndexLanes indexLanes;
  std::vector<int64_t> laneOffsets; ///< scratch of a row
  std::vector<int64_t> laneIndices; ///< scratch of a row
  std::vector<uint8_t> inside;      ///< scratch of a row
};

} // namespace tenon::reference
