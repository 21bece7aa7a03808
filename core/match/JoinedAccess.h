// The tensors beside a gathered sum (what it starts from, what follows it, the result) at joined loops:
// dimensions that stand side by side and whose loops become one are one dimension, the bytes are the same;
// the rest is indexed by quotients and remainders.
#pragma once

#include "core/match/JoinedLoops.h"

namespace tenon::match {

class JoinedAccess {
public:
  /// `accesses`: every access of the original that will be asked for.
  JoinedAccess(const nest::Nest &nest, const JoinedLoops &joined, llvm::ArrayRef<nest::Access> accesses);

  /// The operand's shape, and a constant's, with dimensions joined.
  void flatten(unsigned operand, nest::Operand &declared, TensorSource &source) const;
  /// The access over the joined loops.
  nest::Access placed(const nest::Access &old, mlir::MLIRContext *context) const;

private:
  bool joins(const nest::Access &access, unsigned dimension) const;

  const nest::Nest &nest;
  const JoinedLoops &joined;
  std::vector<std::vector<bool>> joinsNext; ///< for each operand and dimension: with the next one
};

} // namespace tenon::match
