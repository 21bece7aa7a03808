// The largest pieces first along each loop, and the positions of boxes.
#include "core/match/Pieces.h"

#include "core/match/Assignments.h"

using namespace mlir;

namespace tenon::match {

std::vector<Piece> piecesOf(const isa::Intrinsic &intrinsic, int64_t extent, LoopAssignment assignment) {
  std::vector<Piece> result;
  if (assignment.inner < 0) {
    for (int64_t i = 0; i < extent; ++i)
      result.push_back({i, 1, 1});
    return result;
  }
  const isa::Size &inner = intrinsic.sizes[assignment.inner];
  int64_t start = 0;
  if (assignment.block >= 0) {
    int64_t places = largestOf(inner);
    while (int64_t left = (extent - start) / places) {
      std::optional<int64_t> blocks = largestUpTo(intrinsic.sizes[assignment.block], left);
      if (!blocks)
        break;
      result.push_back({start, places, *blocks});
      start += places * *blocks;
    }
  }
  while (start < extent) {
    int64_t left = extent - start;
    int64_t places = largestUpTo(inner, left).value_or(left); // a smaller rest is filled up
    result.push_back({start, places, 1});
    start += places;
  }
  return result;
}

bool PieceCounter::next() {
  for (unsigned i = lists.size(); i-- > 0;) {
    if (++position[i] < lists[i].size())
      return true;
    position[i] = 0;
  }
  return false;
}

int64_t TensorIndex::at(ArrayRef<int64_t> loops) const {
  if (linear) {
    int64_t result = linear->constant;
    for (auto [coefficient, loop] : llvm::zip_equal(linear->coefficients, loops))
      result += coefficient * loop;
    return result;
  }
  SmallVector<AffineExpr> numbers;
  for (int64_t loop : loops)
    numbers.push_back(getAffineConstantExpr(loop, expression.getContext()));
  return llvm::cast<AffineConstantExpr>(expression.replaceDims(numbers)).getValue();
}

bool nextPosition(MutableArrayRef<int64_t> position, ArrayRef<int64_t> extents) {
  for (unsigned i = position.size(); i-- > 0;) {
    if (++position[i] < extents[i])
      return true;
    position[i] = 0;
  }
  return false;
}

} // namespace tenon::match
