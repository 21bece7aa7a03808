// Every legal way to compute a computation, or a part of it, with one declared intrinsic; and why not.
//
// A mapping assigns loops of the computation to sizes of the intrinsic. A loop that is assigned runs inside
// one use of the intrinsic (in pieces of at most the size's largest value); a loop that is not is left
// outside: the intrinsic is used once for each of its iterations. A loop may be cut in two, its blocks going
// to one size and the places in a block to another. A size without a loop is 1 (its smallest value, filled up
// where that is larger); one that is always 1 takes no loop.
//
// Legal means: every statement's body is the same expression of the same types, up to commutation and
// identity elements; the result depends on exactly those loops whose sizes index it, a read on no other loops
// than those whose sizes index the intrinsic's operand (along the rest it is repeated: a constant, or an axis
// whose stride may be 0); window indices agree term by term, which solves the values in them; values are in
// their range. A piece of a loop of the result below its size's smallest value is filled up and the rest
// thrown away; a reduction is never filled up.
#pragma once

#include "core/isa/Description.h"
#include "core/match/Computation.h"

namespace tenon::match {

/// What happens to one loop of the computation.
struct LoopAssignment {
  int inner = -1; ///< size that runs along the loop, or along the places of a block; -1: left outside
  int block = -1; ///< size that counts blocks of the inner one's largest value; -1: none
  bool operator==(const LoopAssignment &) const = default;
};

/// An axis of an operand whose index is a window (y*sy + dy*dil - pad): it is a whole dimension of the
/// tensor.
struct WindowAxis {
  unsigned axis = 0;
  unsigned dimension = 0;
  /// The value that is subtracted (factor -1) or added (1) as the index' constant term, -1 if there is none:
  /// whoever places a piece of the tensor sets it to the piece's own offset.
  int offsetValue = -1;
  int64_t offsetFactor = -1;
  int extentValue = -1; ///< the value that states the axis' extent; -1: none
};

/// An operand of the intrinsic and the tensor that it is.
struct OperandBinding {
  unsigned operand = 0;                     ///< of the intrinsic
  unsigned tensor = 0;                      ///< operand of the computation's nest, possibly its sum
  mlir::AffineMap access;                   ///< indices of the tensor over the nest's loops
  std::optional<nest::Constant> outside;    ///< the read's value outside the tensor, where it may leave it
  llvm::SmallVector<WindowAxis, 2> windows; ///< the other axes are single sizes
};

struct Match {
  enum class Part : uint8_t {
    Whole, ///< init, core and final, all that the computation has: each use finishes what it writes
    Core,  ///< the core alone, into an accumulator that the intrinsic writes
    Final, ///< the final alone; the sum, if there is one, is read from an operand
  };
  unsigned intrinsic = 0;
  Part part = Part::Whole;
  bool accumulates = false; ///< Core, Whole: adds to what is there (+=) instead of starting at 0 or the init
  std::vector<LoopAssignment> loops; ///< one for each loop of the computation
  llvm::SmallVector<int64_t> values; ///< one for each value of the intrinsic; window offsets and extents as
                                     ///< for the whole tensor
  std::vector<OperandBinding> operands; ///< one for each operand of the intrinsic, in order
  double uses = 0;                      ///< with the largest pieces
  double cycles =
      0; ///< declared timing of all uses with the largest pieces, no overlap between units counted twice
  double useful = 1; ///< share of the pieces' points that are points of the computation
};

struct Rejection {
  unsigned intrinsic = 0;
  std::string reason; ///< the first clause that failed, both sides
  std::string repair; ///< the smallest change that would make it legal; may be empty
};

struct Matches {
  Computation computation;  ///< the rewrite that they map, with the constants that they need as operands
  std::vector<Match> legal; ///< cheapest first
  std::vector<Rejection> rejected; ///< one for each intrinsic without a legal mapping of any part
};

/// All legal mappings of this computation (no further rewriting), in the stated space; with `among`, of these
/// intrinsics alone.
Matches match(const isa::Description &description, const Computation &computation,
              std::optional<llvm::ArrayRef<unsigned>> among = std::nullopt);

/// Executes a match on tiles, the computation's own nest against the intrinsic's semantics: random and corner
/// operands; integers bit for bit, floats on small integers. `original` is the computation before rewriting.
/// An error says which element differs, with both results and the seed.
struct CertifyOptions {
  uint64_t seed = 1;
  /// Points of a nest that is executed in full: of a larger one boxes of the result are, else it would take
  /// longer than all the rest of planning.
  double mostPoints = 3e7;
};
llvm::Error certify(const isa::Description &description, const Computation &original,
                    const Computation &rewritten, const Match &match, const CertifyOptions &options = {});

} // namespace tenon::match
