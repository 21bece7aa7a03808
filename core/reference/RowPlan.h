// How the points of a statement are cut into rows: which loops run inside a row, which outside, and in what
// order, such that every destination element sees its steps in the order of the loops wherever that can be
// told.
//
// A loop is parallel if a destination element determines its value: the element's steps all have the same.
// The other loops reduce. Any order of the loops that keeps the reducing ones in their own order is right.
//
//   c[m, n] += a[m, k] * b[k, n]:  m and n are parallel, k reduces
//   StepsOutside  row = (k0..k3, n0..n63): four steps for each of 64 elements of c
//   StepsInside   row = (n0..n3, k0..k255): 256 steps of one element, then of the next
//   Scattered     the innermost loops in their own order, each lane stored by itself: right for any
//   destination
#pragma once

#include "core/ir/nest/AccessAnalysis.h"
#include "core/ir/nest/Nest.h"

namespace tenon::reference {

enum class RowOrder : uint8_t { StepsOutside, StepsInside, Scattered };

/// A loop inside the row, over `extent` values from the row's first point.
struct RowLoop {
  unsigned loop = 0;
  int64_t extent = 1;
};

/// A loop around the rows. A step above 1 belongs to a loop of which the row covers `step` values (fewer at
/// its end).
struct OuterLoop {
  unsigned loop = 0;
  int64_t step = 1;
};

struct RowPlan {
  RowOrder order = RowOrder::Scattered;
  /// Outermost first; only the outermost may be cut into pieces by a loop of `outer`.
  llvm::SmallVector<RowLoop> lanes;
  /// lanes[0, split) are the reducing loops (StepsOutside) or the parallel ones (StepsInside).
  unsigned split = 0;
  /// Outermost first. From outer[reductionStart] on the rows share their destination elements, so that these
  /// stay in accumulators.
  llvm::SmallVector<OuterLoop> outer;
  unsigned reductionStart = 0;

  llvm::ArrayRef<RowLoop> parallelLanes() const;
  llvm::ArrayRef<RowLoop> reductionLanes() const;
  /// The lanes of a full row.
  int64_t rowLanes() const;
};

int64_t laneCount(llvm::ArrayRef<RowLoop> lanes);

/// The innermost lanes over which several linear functions of the lanes all have a constant slope, as far out
/// as that goes: `length` lanes with slopes[f] from one to the next. The lanes' loops [0, outerLoops) lead
/// from run to run.
struct RunShape {
  int64_t length = 1;
  llvm::SmallVector<int64_t> slopes;
  unsigned outerLoops = 0;
};
/// coefficients[f][i]: function f's factor of lane loop i.
RunShape runShape(llvm::ArrayRef<RowLoop> lanes, llvm::ArrayRef<llvm::SmallVector<int64_t>> coefficients);

/// The address of an access in elements as a linear form of the loops; nothing if an index divides.
std::optional<nest::LinearForm> addressForm(const nest::Nest &nest, const nest::Access &access);

/// `rowLength` bounds the lanes of a row. The statement's sequential loops stand still while its rows run.
RowPlan planRows(const nest::Nest &nest, const nest::Statement &statement, int64_t rowLength);
/// The plan of order Scattered over the statement's innermost loops.
RowPlan planScatteredRows(const nest::Nest &nest, const nest::Statement &statement, int64_t rowLength);

} // namespace tenon::reference
