// How a mapping cuts a computation's loops: the pieces of one use, in order.
#pragma once

#include "core/ir/nest/AccessAnalysis.h"
#include "core/match/Match.h"

namespace tenon::match {

/// Where a use stands along one loop: blocks of `places` from `start`, or `places` alone.
struct Piece {
  int64_t start = 0;
  int64_t places = 1;
  int64_t blocks = 1;
};

/// The pieces of one loop.
std::vector<Piece> piecesOf(const isa::Intrinsic &intrinsic, int64_t extent, LoopAssignment assignment);

/// All choices of one piece for each loop of a range, as an odometer.
class PieceCounter {
public:
  PieceCounter(llvm::ArrayRef<std::vector<Piece>> lists) : lists(lists), position(lists.size(), 0) {}
  bool next();
  llvm::ArrayRef<std::vector<Piece>> lists;
  llvm::SmallVector<size_t> position;
};

/// One index of a tensor, ready to be evaluated often.
struct TensorIndex {
  mlir::AffineExpr expression;
  std::optional<nest::LinearForm> linear;

  int64_t at(llvm::ArrayRef<int64_t> loops) const;
};

/// The next position in a box, row-major; false after the last.
bool nextPosition(llvm::MutableArrayRef<int64_t> position, llvm::ArrayRef<int64_t> extents);

} // namespace tenon::match
