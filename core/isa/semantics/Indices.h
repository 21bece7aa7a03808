// Index expressions as sums of sizes with factors that are numbers and at most one value.
#pragma once

#include "core/isa/semantics/Scope.h"

namespace tenon::isa::semantics {

/// The index; nothing, and a mistake in the scope, where it is not linear. Terms in order: sizes as listed,
/// of each the plain number first; then values; then the number. Zero is one term.
std::optional<SymbolicIndex> symbolicIndex(const Expression &expression, Scope &scope);

/// The size that an index is exactly; -1 for any other index.
int exactSize(const SymbolicIndex &index);

/// Why the indices leave the axes for some allowed sizes and values, "index y + 1 is 1..4, the extent is 4 at
/// y = 4". Decided where an index and its extent are linear in each size and value and no clause of `where`
/// speaks of them; what is not decided here the nest's verifier sees for the actual ones.
std::optional<std::string> leaves(llvm::ArrayRef<SymbolicIndex> indices, llvm::ArrayRef<Axis> axes,
                                  const Scope &scope);

/// The sizes that an index uses are set in `used`.
void markSizes(const SymbolicIndex &index, std::vector<bool> &used);

/// "y * sy + dy - 1".
std::string str(const SymbolicIndex &index, const Intrinsic &intrinsic);

} // namespace tenon::isa::semantics
