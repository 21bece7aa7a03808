// Where the part of a tensor that a region of a computation touches lies in an on-chip memory, and with which
// strides an intrinsic walks over it.
//
// A region is a box of the computation's loops. The tensor's indices over it span a box; each dimension of
// that box becomes an axis of the buffer, so that a window's rows are held once however many taps read them.
// Only along a row of the memory must neighbours be neighbours: where the loop that runs along the row shares
// its dimension with others (a window over the dimension in the row), the dimension is taken apart, one axis
// a part, and elements that several taps read are held once for each tap.
#pragma once

#include "core/ir/nest/AccessAnalysis.h"
#include "core/isa/Instruction.h"
#include "core/match/Match.h"

namespace tenon::plan {

/// A box of a computation's loops.
struct Region {
  llvm::SmallVector<int64_t> start, extent;
  bool operator==(const Region &) const = default;
};

/// One axis of a buffer. The tensor's index in `dimension` is the dimension's constant plus the sum over its
/// axes of step * (low + coordinate), with the coordinate = index(loops) - low.
struct PlacedAxis {
  unsigned dimension = 0;
  nest::LinearForm index; ///< over the computation's loops
  int64_t step = 1;
  int64_t low = 0, extent = 1; ///< the region's lowest index, and how many there are
  int64_t cut = 0;             ///< blocks of this many places; 0: not cut
  bool lane = false;           ///< places run along a row
  int64_t stride = 0;          ///< from one coordinate (or place) to the next: units; along a row, elements
  int64_t blockStride = 0;     ///< from block to block: units

  int64_t blocks() const { return cut ? (extent + cut - 1) / cut : 1; }
};

struct Placement {
  unsigned memory = 0;
  unsigned tensor = 0; ///< operand of the computation's nest
  nest::ScalarType element;
  std::vector<PlacedAxis> axes;
  llvm::SmallVector<int64_t> constants; ///< one for each dimension of the tensor
  int64_t units = 0;                    ///< how many the buffer takes
  int64_t address = 0;                  ///< of its first

  /// Units from the buffer's start to the element that the loops' values read; nothing where it does not
  /// begin a row.
  std::optional<int64_t> offset(llvm::ArrayRef<int64_t> loops) const;
};

/// The buffer that the binding needs for the region, in `memory`: the operand's own, or the one on the way to
/// it that holds it for the whole region. Errors: an index that has no strides; ExitCode::TargetCannot.
llvm::Expected<Placement> place(const isa::Description &description, const match::Computation &computation,
                                const match::Match &match, const match::OperandBinding &binding,
                                const Region &region, unsigned memory);

/// The stride in the buffer of each axis of the operand, for pieces of these sizes: nothing where a size has
/// no loop. Units of the buffer's memory; 1 along a row.
llvm::Expected<llvm::SmallVector<std::optional<int64_t>, 4>> axisStrides(const isa::Description &description,
                                                                         const match::Match &match,
                                                                         const match::OperandBinding &binding,
                                                                         const Placement &placement);

/// What one use of an intrinsic covers of a loop.
struct Piece {
  int64_t start = 0;
  int64_t inner = 1; ///< extent of the inner size
  int64_t blocks = 1;
};

/// The pieces of a loop over [start, start + extent): as large as the sizes allow, the remainder last.
llvm::Expected<std::vector<Piece>> piecesOf(const isa::Intrinsic &intrinsic,
                                            const match::LoopAssignment &assignment, int64_t start,
                                            int64_t extent);

/// The operand of one use, whose pieces begin at `loops`: address and strides. `values` gets the window's
/// offset and extent. Errors as place().
llvm::Expected<isa::OperandUse> operandUse(const isa::Description &description,
                                           const match::Computation &computation, const match::Match &match,
                                           const match::OperandBinding &binding, const Placement &placement,
                                           llvm::ArrayRef<int64_t> loops, llvm::ArrayRef<int64_t> sizes,
                                           llvm::MutableArrayRef<int64_t> values);

} // namespace tenon::plan
