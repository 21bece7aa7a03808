// One layer on the target: the matches that compute it together, and the box of loops that is worked on at
// once.
#pragma once

#include "core/plan/Placement.h"

namespace tenon::plan {

/// Either one intrinsic that does all of a computation (`whole`), or intrinsics that sum into an accumulator
/// and one that turns sums into the result. Variants of one intrinsic differ only in their family member.
struct Lowering {
  std::shared_ptr<const match::Matches> matches;      ///< owns the computation and every match below
  std::shared_ptr<const match::Computation> original; ///< before rewriting
  bool whole = false;
  std::vector<const match::Match *> start; ///< whole; or: sums from 0
  std::vector<const match::Match *> add;   ///< sums onto what is there
  const match::Match *final = nullptr;     ///< null: whole, or the result is the sum itself

  const match::Computation &computation() const { return matches->computation; }
  const match::Match &main() const { return start.empty() ? *add.front() : *start.front(); }
};

/// Every lowering that the matches allow, likely good ones first, at most `most`.
std::vector<Lowering> lowerings(const isa::Description &description,
                                std::shared_ptr<const match::Computation> original,
                                std::shared_ptr<const match::Matches> matches, unsigned most);

/// The operand of a match that receives its result.
const match::OperandBinding &destination(const isa::Description &description, const match::Match &match);

/// The operands of a match that are read, without the destination.
std::vector<const match::OperandBinding *> sources(const isa::Description &description,
                                                   const match::Match &match);

/// How an operand comes from global memory into the memory that its intrinsic reads.
struct Route {
  unsigned memory = 0;    ///< the intrinsic's
  unsigned residence = 0; ///< where the region's part is held: `memory`, or the one before it
  bool byTile = false;    ///< it goes from residence to memory for each use
};

/// Errors: ExitCode::TargetCannot where no declared moves lead there.
llvm::Expected<Route> routeTo(const isa::Description &description, const isa::Intrinsic &intrinsic,
                              unsigned operand);

/// The number of the global memory; an error where there is none or several.
llvm::Expected<unsigned> globalMemory(const isa::Description &description);

} // namespace tenon::plan
