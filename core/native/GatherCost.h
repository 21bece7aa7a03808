// What it takes to bring a row's factors to where it reads them: an estimate, to compare rows by.
#pragma once

#include "core/match/Match.h"

namespace tenon::native {

/// Cycles to make the arrays of the factors that are not known when compiling, in the order in which the row
/// reads them: nothing where a factor is read in place; else a read and a write of each vector where elements
/// lie side by side on both sides, of each element where they do not. Lanes that work at once share them.
double gatherCycles(const isa::Description &description, const match::Computation &computation,
                    const match::Match &match);

} // namespace tenon::native
