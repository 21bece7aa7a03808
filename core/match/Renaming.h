// Statements with other loops and operands.
#pragma once

#include "core/match/Computation.h"
#include "core/match/Terms.h"

namespace tenon::match {

/// What becomes of loops and operands. Every loop has an expression over the new ones; an operand may lose
/// dimensions.
struct Renaming {
  llvm::SmallVector<mlir::AffineExpr> loops;
  unsigned loopCount = 0;
  llvm::SmallVector<unsigned> operands;
  std::vector<llvm::SmallVector<unsigned>> dropped; ///< for each old operand, ascending; may be shorter

  static Renaming same(const nest::Nest &nest, mlir::MLIRContext *context);

  nest::Access access(const nest::Access &old) const;
  /// Renames what a node names, for Terms::import; an index of a loop that has become a number is that term.
  std::optional<Term> rename(Terms &terms, isa::SemanticNode &node) const;
};

/// An assignment or update of `destination` by a term, over the loops that both use.
nest::Statement statementOf(const Terms &terms, Term root, nest::Access destination, nest::Update update,
                            std::optional<nest::Constant> start);

/// Takes away operands that no statement uses, but the result.
void removeUnusedOperands(Computation &computation);

mlir::MLIRContext *contextOf(const Computation &computation);

/// For each dimension of an access, the loop that alone indexes it; nothing if that is not so or a loop
/// occurs twice.
std::optional<llvm::SmallVector<unsigned>> plainLoops(mlir::AffineMap indices);

} // namespace tenon::match
