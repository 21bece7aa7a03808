// A mapping carried out: an intrinsic's semantics applied piece by piece, each operand gathered from the
// tensor that it is bound to.
#pragma once

#include "core/match/Constants.h"
#include "core/match/Match.h"

namespace tenon::match {

/// The tensors of a computation's nest, one for each operand, the sum's and the result's included.
using Tensors = std::vector<ConstantTensor>;

struct ExecutionOptions {
  uint64_t seed = 1;
  /// Most tiles of the result that are computed: the first, the last, the middle one, and random ones. 0:
  /// all.
  unsigned tiles = 8;
  /// Whether the nest's own execution is in the tensors; else it is done for each tile.
  bool executed = true;
};

/// Runs the mapping on tiles of the result, each with its whole reduction, and compares every element with
/// the one in `tensors`, where the nest's own execution left the sum and the result. An error names the first
/// element that differs, with both values.
llvm::Error executeMapping(const isa::Description &description, const Computation &computation,
                           const Match &match, const Tensors &tensors, const ExecutionOptions &options);

/// Random tensors, corners among them, for what the computation reads and does not know: the same for equal
/// seeds and values of the program. Floats are small integers. Gathers are made from such tensors.
llvm::Expected<Tensors> randomTensors(const Computation &computation, uint64_t seed);
/// Runs the computation's own nest; the sum and the result are filled in.
llvm::Error execute(const Computation &computation, Tensors &tensors);

/// A part of the points of the loops that the result depends on: from `starts` on, `extents` of each.
struct Box {
  llvm::SmallVector<int64_t> starts, extents;
};
/// Runs the nest for the points of a box, each with its whole reduction; the rest is left as it is.
llvm::Error execute(const Computation &computation, Tensors &tensors, const Box &box);

} // namespace tenon::match
