// Which loops of a computation run along which sizes of an intrinsic.
#pragma once

#include "core/match/Match.h"
#include "core/match/Unify.h"

namespace tenon::match {

/// A part of a computation whose expressions are an intrinsic's.
struct PartSolution {
  Match::Part part = Match::Part::Whole;
  Solution solution;
};

/// A mapping before its tensors are made and its cost is known.
struct Assignment {
  std::vector<LoopAssignment> loops;
  llvm::SmallVector<std::optional<int64_t>> values;
  std::vector<llvm::SmallVector<WindowAxis, 2>> windows; ///< for each operand of the intrinsic
  std::vector<bool> leaves; ///< for each operand: whether the read may leave its tensor
};

/// A size's largest and smallest values.
int64_t largestOf(const isa::Size &size);
int64_t smallestOf(const isa::Size &size);
/// The largest value up to `limit`; nothing if all are larger.
std::optional<int64_t> largestUpTo(const isa::Size &size, int64_t limit);
/// Whether an extent can be cut in pieces that are all values of the size.
bool canBeCut(const isa::Size &size, int64_t extent);

/// The loops that a part runs over: those of the core, or those of the result.
unsigned loopsOf(const Computation &computation, Match::Part part);

class AssignmentSearch {
public:
  AssignmentSearch(const isa::Description &description, const ComputationTerms &model, const Pattern &pattern,
                   const PartSolution &part, WhyNot &whyNot);

  /// Most assignments that are kept.
  static constexpr size_t limit = 20000;

  std::vector<Assignment> run();

private:
  bool fits(unsigned loop, unsigned size);
  bool mayStayOutside(unsigned loop) const;
  bool extentFits(unsigned loop, LoopAssignment assignment);
  void place(unsigned loop);
  void tryPlace(unsigned loop, LoopAssignment assignment);
  void complete();
  bool sizesWithoutLoopFit();
  bool canBeRepeated(unsigned operand);
  void failPlacing(unsigned loop);
  bool isParallel(unsigned loop) const { return loop < parallelLoops; }

  const isa::Description &description;
  const ComputationTerms &model;
  const Pattern &pattern;
  const PartSolution &part;
  WhyNot &whyNot;
  unsigned parallelLoops = 0, loopCount = 0;
  std::vector<llvm::SmallBitVector> operandSizes; ///< sizes that an operand's indices use
  std::vector<llvm::SmallBitVector> operandLoops; ///< loops that its tensor's access uses
  Assignment current;
  llvm::SmallBitVector taken;
  std::vector<Assignment> found;
};

/// Compares the window axes of one operand term by term; solves the values in them.
bool solveWindows(const ComputationTerms &model, const Pattern &pattern, unsigned operand,
                  const BoundOperand &bound, unsigned loopCount, Assignment &assignment, WhyNot &whyNot);
/// Whether a read that may leave its tensor gives what the intrinsic's operand gives there.
bool solveOutside(const isa::Description &description, const ComputationTerms &model, const Pattern &pattern,
                  unsigned operand, const BoundOperand &bound, Assignment &assignment, WhyNot &whyNot);

} // namespace tenon::match
