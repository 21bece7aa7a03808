// What can be said about an access without running it: an index as a linear form of the loops, and the exact
// or at least sound range of its values over the loops' box. All arithmetic is exact.
#pragma once

#include "core/ir/nest/Nest.h"

#include <optional>

namespace tenon::nest {

/// constant + sum of coefficients[i] * loop i.
struct LinearForm {
  llvm::SmallVector<int64_t> coefficients; ///< one for each loop of the nest
  int64_t constant = 0;

  bool uses(unsigned loop) const { return coefficients[loop] != 0; }
};

/// All integers from low to high.
struct Interval {
  int64_t low = 0;
  int64_t high = 0;
};

/// Indices, and the coefficients and parts of sums that they are made of, must stay below this in magnitude:
/// then the sums and differences of two of them cannot overflow.
inline constexpr int64_t indexLimit = int64_t(1) << 62;

/// The index as a linear form; nothing if it divides, or if a number in it reaches indexLimit.
std::optional<LinearForm> linearForm(mlir::AffineExpr index, unsigned loopCount);

/// The values of an index over the box of the loops: exact for a linear form, sound for a quasi-affine one.
/// Nothing if a part of the index may reach indexLimit.
std::optional<Interval> indexRange(mlir::AffineExpr index, llvm::ArrayRef<Loop> loops);

/// Whether every division and remainder of the index is by a positive constant and every product has a
/// constant side.
bool isQuasiAffine(mlir::AffineExpr index);

/// The numbers of the loops that the indices use, ascending.
llvm::SmallVector<unsigned> usedLoops(mlir::AffineMap indices);

/// Whether a constant is a value of the type: a sign-extended integer of its width, a float that it holds
/// exactly.
bool holds(const ScalarType &type, const Constant &constant);

} // namespace tenon::nest
