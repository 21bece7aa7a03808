// The single rewrites of a computation. Each gives nothing where it does not apply.
#pragma once

#include "core/match/Constants.h"
#include "core/match/Renaming.h"
#include "core/match/Unify.h"

namespace tenon::match {

using Rewritten = llvm::Expected<std::optional<Computation>>;

/// sum (x - z) w = sum x w + (-z sum w), w constant: the second part joins the start.
Rewritten foldZeroPoint(const Computation &computation);
/// What the final adds to the sum, and nothing else is done with, is what the sum starts from.
Rewritten addendToStart(const Computation &computation);
/// What the sum starts from is added in the final.
Rewritten startToFinal(const Computation &computation);
/// A division of the sum by a constant as a multiplication and a shift, if that gives the same for every sum
/// that can occur.
Rewritten divisionToShift(const Computation &computation);
/// A loop that indexes the result and all factors becomes two, one of them summed over: the constant factor
/// is 0 where they differ. In blocks of the largest divisor up to `block`.
llvm::Expected<std::vector<Computation>> embedDiagonally(const Computation &computation, int64_t block);
/// Two neighbouring loops become one where every tensor has them side by side.
std::vector<Computation> fuseLoops(const Computation &computation);

/// The computation with the statements that the terms say, and the operands, loops and rewrites of `base`.
Computation withTerms(const ComputationTerms &terms, Computation base);
/// Whether a term reads constants only, and no loop's index.
bool readsOnlyConstants(const ComputationTerms &model, Term root);
/// A term that reads constants only, over `kept` loops (its dimensions, in order), summed along `summed`.
llvm::Expected<ConstantTensor> evaluateTerm(const ComputationTerms &model, Term root,
                                            llvm::ArrayRef<unsigned> kept, llvm::ArrayRef<unsigned> summed);
/// The loops that a term reads along, ascending.
llvm::SmallVector<unsigned> loopsOfTerm(const ComputationTerms &model, Term root);
/// The start of `model` as one constant tensor, where it is made of constants.
llvm::Error foldStart(ComputationTerms &model, Computation &base);

} // namespace tenon::match
