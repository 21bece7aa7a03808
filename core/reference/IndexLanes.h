// Quasi-affine indices over the lanes of a row: each lane's index is computed, since quotients and remainders
// follow no slope.
#pragma once

#include "core/reference/RowPlan.h"

#include <vector>

namespace tenon::reference {

/// How far each lane of a row is from the row's first point, loop by loop.
class LaneCoordinates {
public:
  LaneCoordinates(llvm::ArrayRef<RowLoop> lanes, unsigned loopCount);

  int64_t lanes() const { return count; }
  /// The distances along a loop, one for each lane; null for a loop that is not in the row.
  const int64_t *along(unsigned loop) const {
    return distances[loop].empty() ? nullptr : distances[loop].data();
  }

private:
  int64_t count;
  std::vector<std::vector<int64_t>> distances;
};

class IndexLanes {
public:
  explicit IndexLanes(const LaneCoordinates &coordinates) : coordinates(coordinates) {}

  /// result[i] = the index at lane i of the row that starts at `point`.
  void evaluate(mlir::AffineExpr index, llvm::ArrayRef<int64_t> point, int64_t count, int64_t *result,
                unsigned depth = 0);

private:
  const LaneCoordinates &coordinates;
  std::vector<std::vector<int64_t>> scratch; ///< one for each level of the expression
};

/// The index at one point.
int64_t evaluateIndex(mlir::AffineExpr index, llvm::ArrayRef<int64_t> point);

} // namespace tenon::reference
