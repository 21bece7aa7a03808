// An intrinsic's semantics in the normal form of computations: what its sum starts from, what is added to it,
// and what becomes of it.
#pragma once

#include "core/match/Terms.h"

#include "llvm/ADT/SmallBitVector.h"

namespace tenon::match {

struct Pattern {
  const isa::Intrinsic &intrinsic;
  Terms terms;
  std::optional<Term> init; ///< with a core: what the sum starts from; none: the core adds to what is there
  std::optional<Term> core, final;
  nest::Update update = nest::Update::Add;
  int sum = -1;    ///< operand (locals after the operands) that the core updates; -1: there is no core
  int result = -1; ///< operand that the final writes, or the core where there is none
  /// Sizes that index the sum and the result, those that the core sums over, and those that are neither.
  llvm::SmallBitVector parallel, reduction, unused;
  bool sumIsLocal = false;
  /// The size that an axis of the result or the sum runs along, for each axis.
  llvm::SmallVector<unsigned> resultSizes, sumSizes;

  Pattern(const isa::Intrinsic &described, mlir::MLIRContext *context)
      : intrinsic(described), terms(context, described.values), parallel(described.sizes.size()),
        reduction(described.sizes.size()), unused(described.sizes.size()) {}

  bool accumulates() const { return core && !init; }
};

/// The size that an index is; nothing if it is any other sum.
std::optional<unsigned> plainSize(const isa::SymbolicIndex &index);

/// Nothing where the semantics has no normal form; `reason` says why.
std::optional<Pattern> patternOf(const isa::Intrinsic &intrinsic, mlir::MLIRContext *context,
                                 std::string &reason);

} // namespace tenon::match
