// The two factors of a sum of products, and how each becomes an element of a dense array.
#pragma once

#include "core/match/Gather.h"
#include "core/match/Rewrites.h"

namespace tenon::match {

/// How a factor becomes an element of its array.
struct FactorFit {
  int64_t shift = 0; ///< added before it is narrowed
  Term element = 0;  ///< the array's element, of its type
};

class GatherFactors {
public:
  GatherFactors(const Computation &computation, const GatherForm &wanted)
      : base(computation), form(wanted), model(base), context(contextOf(base)) {}
  GatherFactors(const GatherFactors &) = delete;

  /// Finds the factors and fits them; what is added to one is taken off the start. False: there is no such
  /// form, `reason` and `repair` say why.
  llvm::Expected<bool> find();

  const isa::ElementType &typeOf(unsigned factor) const { return factor == 0 ? form.first : form.second; }

  Computation base; ///< the computation, with the constants of its start
  const GatherForm &form;
  ComputationTerms model; ///< of base
  mlir::MLIRContext *context;
  Term factors[2] = {};
  llvm::SmallVector<llvm::SmallBitVector> used; ///< loops of each factor
  FactorFit fits[2];
  std::string reason, repair;

private:
  std::nullopt_t refuse(const llvm::Twine &newReason, const llvm::Twine &newRepair = "");
  bool findFactors();
  void nameSingleConstants();
  llvm::Expected<nest::Interval> rangeOfFactor(unsigned factor);
  llvm::Expected<std::optional<FactorFit>> fitOf(unsigned factor);
  std::optional<FactorFit> fitOfFloat(unsigned factor);
  llvm::Expected<std::optional<FactorFit>> fitOfInteger(unsigned factor);
  std::optional<FactorFit> shiftedFit(unsigned factor, nest::Interval range, nest::Interval held);
  FactorFit narrowedTo(Term term, int64_t shift, const isa::ElementType &type);
  llvm::Error correctStart();

  int shifted = -1; ///< the factor to which a number is added
};

} // namespace tenon::match
