// How often an intrinsic is used by a mapping, with which sizes, and what that costs.
#pragma once

#include "core/match/Match.h"
#include "core/match/Pattern.h"
#include "core/match/WhyNot.h"

namespace tenon::match {

/// The sizes of the largest piece that the clauses of `where` allow; nothing if they allow none. Clauses
/// that name more than sizes, values and parameters are the planner's.
std::optional<llvm::SmallVector<int64_t>> largestPiece(const isa::Description &description,
                                                       const Computation &computation, const Pattern &pattern,
                                                       const Match &match, WhyNot &whyNot);

/// Fills in the cost and the share of useful points. An error: the timing cannot be evaluated.
llvm::Error addCost(const isa::Description &description, const Computation &computation,
                    const Pattern &pattern, llvm::ArrayRef<int64_t> sizes, Match &match);

} // namespace tenon::match
