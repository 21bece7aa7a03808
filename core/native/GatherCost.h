// What it takes to bring a row's factors to where it reads them: an estimate, to compare rows by.
#pragma once

#include "core/match/Match.h"

namespace tenon::native {

/// Cycles to make the arrays of the factors that are not known when compiling, in the order in which the row
/// reads them: nothing where a factor is read in place; else a read and a write of each vector where elements
/// lie side by side on both sides, of each element where they do not. Lanes that work at once share them.
double gatherCycles(const isa::Description &description, const match::Computation &computation,
                    const match::Match &match);

/// Elements that must lie in memory more than once because the row reads a register whole whose lanes hold
/// the same: weights for a row that has no broadcast. It costs memory, and places in caches, rather than
/// cycles.
double repeatedElements(const isa::Description &description, const match::Computation &computation,
                        const match::Match &match);

} // namespace tenon::native
