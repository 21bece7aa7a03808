// A row with `call:` bound to a layer: how large its tiles are along each loop, and the strides of its
// operands.
#pragma once

#include "core/match/Match.h"
#include "core/native/Arrange.h"

namespace tenon::native {

struct TiledLoop {
  int64_t extent = 1;
  int64_t step = 1;   ///< points of a whole tile; the last tile has what is left
  int size = -1;      ///< of the row; -1: the function is called for each point
  bool isSum = false; ///< a loop of the reduction

  int64_t tiles() const { return (extent + step - 1) / step; }
};

struct CallOperand {
  unsigned operand = 0; ///< of the row
  unsigned tensor = 0;  ///< of the computation's nest
  mlir::AffineMap access;
  llvm::SmallVector<int> loops; ///< for each axis the loop along it; -1: none
};

struct CallUse {
  const isa::Intrinsic *intrinsic = nullptr;
  std::vector<TiledLoop> loops;
  std::vector<CallOperand> operands; ///< in the row's order
  llvm::SmallVector<int64_t, 4> values;
};

llvm::Expected<CallUse> callUse(const isa::Description &description, const match::Computation &computation,
                                const match::Match &match);

/// Distances in elements from point to point of each loop, and of the first point; nothing where the access
/// has no such distances. Divisions that cancel in the address, as in [m / 7, m % 7], have.
struct LoopStrides {
  llvm::SmallVector<int64_t> strides;
  int64_t start = 0;
};
std::optional<LoopStrides> loopStrides(llvm::ArrayRef<nest::Loop> loops, mlir::AffineMap access,
                                       llvm::ArrayRef<int64_t> shape);

/// Whether the row takes an operand with these strides (elements, by loop); else why not.
llvm::Error checkStrides(const isa::Description &description, const CallUse &use, const CallOperand &operand,
                         llvm::ArrayRef<int64_t> strides);

/// The order in which a tensor fits: loops that no axis runs along first, then the axes.
struct AxisOrder {
  Arrangement arrangement;
  mlir::AffineMap place; ///< indices of the copy over the computation's loops
  LoopStrides strides;
};
AxisOrder axisOrder(const CallUse &use, const CallOperand &operand);

} // namespace tenon::native
