// How far a float result may lie from the reference's, where another order of a sum, or a product and a sum
// rounded once, is as good as the reference's own: a bound derived for every element, not a tolerance.
//
// Running error analysis on nests. Both sides compute the same nest; what they may do differently is
//   - the order in which a float += adds its terms, and whether a product is rounded before it is added;
//   - whether what is added to a sum afterwards is what the sum starts from: then it is there in each
//   rounding;
//   - log and powf, and exp, tanh and erf of f64, where the other side has its own: computed in f64 with the
//     relative error `functionError`, and rounded once to the type.
// Everything else is the same operation rounded the same way, so equal operands give equal bits (bound 0).
// The bound of a sum of n terms is 2 g(n + 2) sum |term|, g(n) = n u / (1 - n u), u the type's unit roundoff,
// plus the terms' own bounds; every other rule is the operation's condition, plus two roundings once an
// operand may differ at all. A conversion to an integer, a comparison and a rounding that the bound reaches
// across widen by what lies on the other side. What is not covered (a bound that reaches a bitwise operation,
// a remainder, an integer division or shift, powf, a table's index, a value that wraps) is infinite: such a
// result must be equal. An overflow that only one of two orders has, and NaN, are not covered either.
#pragma once

#include "core/reference/Program.h"

namespace tenon::reference {

struct BoundOptions {
  double functionError = 0; ///< relative, of the other side's f64 functions; 0: they are the reference's
  /// The other side's sums have constants folded into their factors that stand behind them in the reference:
  /// 4 roundings more in a sum, and one more in each operation behind (docs/rationale/float-bounds.md).
  bool foldsIntoSums = false;
};

/// The nest that computes bounds beside a nest.
struct BoundNest {
  nest::Nest nest; ///< operands: those of the original, written ones as locals; then bounds, f64
  /// For each operand of the original the number of its bound in `nest`; -1: exact.
  llvm::SmallVector<int> bounds;
  /// For each operand of the original, afterwards: how many terms a sum has that the operand is, or is with
  /// more added to it; 0 where it is none.
  llvm::SmallVector<double> terms;
};

/// The bounds of what the nest writes. `uncertain` says which operands have one, `terms` how many terms they
/// are sums of (BoundNest::terms). Nothing where every result is exact.
std::optional<BoundNest> boundNest(const nest::Nest &nest, llvm::ArrayRef<bool> uncertain,
                                   llvm::ArrayRef<double> terms, const BoundOptions &options = {});

/// Bounds of one tensor's elements, in C order; empty: every element must be equal bit for bit.
using Bounds = std::vector<double>;

struct BoundedRun {
  std::vector<Tensor> outputs;
  std::vector<Bounds> bounds; ///< one for each output
};

/// Sees every named tensor with its bounds. Where it gives another one back, of the same type and shape, the
/// run goes on from that, exactly: bounds behind it are what its users alone may differ by.
using TensorWatch =
    std::function<llvm::Expected<const Tensor *>(ir::TensorAttr, const BufferView &, const Bounds &)>;

/// Runs the program as run() does, and its bounds beside it. RunOptions::onTensor and onNest are not called.
llvm::Expected<BoundedRun> runWithBounds(const Program &program, llvm::ArrayRef<Tensor> inputs,
                                         const RunOptions &options = {},
                                         const BoundOptions &boundOptions = {},
                                         const TensorWatch &onTensor = {});

/// Whether an element that may differ by `bound` is right: none may that has no finite bound. Zeros of both
/// signs are equal where the bound is not 0; NaN is equal to NaN.
bool withinBound(double got, double want, double bound);

} // namespace tenon::reference
