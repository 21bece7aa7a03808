// The comparison of a computation's terms with an intrinsic's: which tensors its operands are and what its
// values must be for both to be the same expression.
#pragma once

#include "core/match/Constants.h"
#include "core/match/Pattern.h"
#include "core/match/WhyNot.h"

namespace tenon::match {

/// What an operand of the intrinsic has been found to be.
struct BoundOperand {
  enum class Kind : uint8_t {
    Free,
    Read,    ///< a read of a tensor
    Uniform, ///< a tensor of equal elements, still to be made
    Table,   ///< a table that is looked up in
  };
  Kind kind = Kind::Free;
  unsigned tensor = 0;                    ///< Read, Table: operand of the computation's nest
  mlir::AffineMap access;                 ///< Read
  std::optional<nest::Constant> outside;  ///< Read
  nest::Constant element;                 ///< Uniform
  std::optional<nest::ScalarType> narrow; ///< Read: the constant tensor in this type
  bool narrowSigned = true;
  std::vector<isa::SymbolicIndex> indices; ///< of the intrinsic's operand

  bool operator==(const BoundOperand &other) const;
};

/// One way in which the expressions are the same.
struct Solution {
  llvm::SmallVector<std::optional<int64_t>> values;
  std::vector<BoundOperand> operands;
  bool operator==(const Solution &) const = default;
};

/// A computation's statements as terms.
struct ComputationTerms {
  ComputationTerms(const Computation &computation);

  const Computation &computation;
  Terms terms;
  std::optional<Term> init; ///< with a core
  std::optional<Term> core, final;
  int sum = -1; ///< operand of the nest; -1: no core
};

class Unifier {
public:
  Unifier(const ComputationTerms &model, const Pattern &pattern, WhyNot &whyNot)
      : model(model), pattern(pattern), whyNot(whyNot) {}

  /// All solutions that extend `from` so that the terms are the same. The sum of one side is the sum of the
  /// other, unless `sumIsTensor`: then the computation's is read like any tensor.
  std::vector<Solution> unify(Stage stage, Term patternTerm, Term modelTerm, const Solution &from,
                              bool sumIsTensor);
  Solution start() const;
  /// Whether the comparison was given up because it took too long.
  bool gaveUp() const { return steps > stepLimit; }

private:
  std::vector<Solution> same(Term p, Term q, const Solution &from, unsigned depth);
  std::vector<Solution> operation(Term p, Term q, const Solution &from, unsigned depth);
  std::vector<Solution> withoutStep(Term p, Term q, const Solution &from, unsigned depth);
  std::vector<Solution> argumentsInOrder(llvm::ArrayRef<Term> p, llvm::ArrayRef<Term> q, const Solution &from,
                                         unsigned depth);
  std::vector<Solution> read(Term p, Term q, const Solution &from);
  std::vector<Solution> narrowRead(Term p, Term q, const Solution &from);
  std::vector<Solution> table(Term p, Term q, const Solution &from, unsigned depth);
  std::optional<Solution> bind(const Solution &from, unsigned operand, BoundOperand bound);
  /// Makes a leaf of the intrinsic a constant, through widening casts.
  std::optional<Solution> solve(Term p, const nest::Constant &constant, const Solution &from);
  std::optional<nest::Constant> constantOf(Term q) const;
  bool sameDatum(const nest::Node &p, const nest::Node &q) const;
  bool isSum(Term p) const;
  void fail(const llvm::Twine &reason, const llvm::Twine &repair = "") {
    whyNot.record(stage, progress, reason, repair);
  }
  std::string describePattern(Term p) const;
  std::string describeModel(Term q) const;

  static constexpr unsigned stepLimit = 200000, depthLimit = 512, solutionLimit = 64;
  const ComputationTerms &model;
  const Pattern &pattern;
  WhyNot &whyNot;
  Stage stage = Stage::Core;
  bool sumIsTensor = false;
  bool isGuess = false; ///< a number is tried that the model does not have
  int progress = 0;
  int skipped = 0; ///< steps of the intrinsic that were left out on the way to where the comparison is

  /// How near a place is: what comes after a step that was left out says less than what was met before it.
  int progressAt(unsigned depth) const { return int(depth) - skipped * int(depthLimit); }
  unsigned steps = 0;
};

} // namespace tenon::match
