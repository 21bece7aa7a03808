// What the loops of a statement are to each other: which of them write elements of their own, which are one
// loop in memory, and how far apart neighbours along one lie.
#pragma once

#include "core/ir/nest/Nest.h"

#include <optional>

namespace tenon::native {

/// For each loop of the nest: whether points that differ in it write different elements, whatever the other
/// loops are. Only loops of the statement, with more than one point.
std::vector<bool> parallelLoops(const nest::Nest &nest, const nest::Statement &statement);

/// How the body reads what it writes.
enum class SelfRead : uint8_t {
  None,
  SameElement, ///< only the element that the point writes
  Others,
};
SelfRead selfRead(const nest::Statement &statement);

/// The step in elements between neighbours along the loop; nothing where it is not one number.
std::optional<int64_t> stride(const nest::Nest &nest, const nest::Access &access, unsigned loop);
/// Whether an index that depends on the loop may leave the operand.
bool isGuardedAlong(const nest::Nest &nest, const nest::Access &access, unsigned loop);

/// Statements that are done together, point by point of the loops that all of them have: the start of a sum,
/// the sum, and what is made of it. The sum then is nowhere in memory. -1: there is none.
struct StatementGroup {
  int init = -1;
  unsigned core = 0; ///< any statement, where it stands alone
  int final = -1;

  std::vector<unsigned> statements() const;
  unsigned end() const { return (final < 0 ? core : unsigned(final)) + 1; }
};

/// The longest group that begins at the statement and may be done together without a difference.
StatementGroup groupAt(const nest::Nest &nest, unsigned statement);

/// These statements alone, with neighbouring loops joined where every access has them side by side: the inner
/// one runs over both, the outer one has one point.
/// Loops in `fixed` stay as they are; `allInside`: no access leaves its operand.
nest::Nest joinedStatements(const nest::Nest &nest, llvm::ArrayRef<unsigned> statements,
                            llvm::ArrayRef<unsigned> fixed = {}, bool allInside = false);

/// The accesses of the statement: its destination, then its reads.
std::vector<const nest::Access *> accessesOf(const nest::Statement &statement);

} // namespace tenon::native
