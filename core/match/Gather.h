// Gathered form: a sum of products over two dense arrays,
//   sum[g, m, n] += cast(a[g, m, k]) * cast(b[g, n, k])
// with loops that are joined by what depends on them: g the result and both factors, m the result and the
// first, n the result and the second, k no result. A loop of extent 1 is left out. What the factors of the
// original are (windows, padding, zero points, casts) goes into the arrays, which are made by nests of their
// own; what follows the sum is written at the original's places, quasi-affine in the joined loops.
#pragma once

#include "core/match/Constants.h"
#include "core/match/Unify.h"

namespace tenon::match {

/// What the arrays of a gathered form are to be.
struct GatherForm {
  isa::ElementType first, second; ///< of a and b
  int64_t multiple = 1;           ///< k is filled up with zeros to a multiple of it
};

/// A gathered form, or why there is none.
struct Gathered {
  std::optional<Computation> computation;
  std::string reason, repair;
};

/// The gathered form, bit for bit the same where integers are summed. A factor's values must be in the range
/// of its element type, possibly after a number is added to them, where the other factor is constant: what
/// that adds to the sum is taken off what it starts from. A factor of floats stands as it is, or is the
/// narrower float that it was widened from; sums of floats have the same terms in the same order.
llvm::Expected<Gathered> gathered(const Computation &computation, const GatherForm &form);

/// The array of a gather, from its sources' tensors.
llvm::Expected<ConstantTensor> evaluate(const Gather &gather, llvm::ArrayRef<const ConstantTensor *> sources);

/// A gather that is a tensor's own elements at fixed distances: what a tensor in memory already is.
struct StridedRead {
  unsigned source = 0;                    ///< number in the gather's sources
  int64_t offset = 0;                     ///< of the first element, in elements
  llvm::SmallVector<int64_t> loopStrides; ///< in elements, for each loop of the gather's nest
  /// In elements, for each axis of the array; nothing where its loops do not join to one distance.
  llvm::SmallVector<std::optional<int64_t>> strides;
};
/// Nothing if the array is not a plain read, may leave its tensor, or was filled up.
std::optional<StridedRead> stridedRead(const Gather &gather);

/// "in0 as i16[m 1024, k 144]: windows of 3 x 3, outside 83, + 128": for people.
std::string describe(const Gather &gather, const isa::ElementType &type,
                     llvm::ArrayRef<std::string> axisNames);

} // namespace tenon::match
