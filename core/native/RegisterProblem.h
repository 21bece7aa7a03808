// The planner's problem at the level of registers and caches, and its solution: how many rows and columns of
// uses are held in registers at once, and how many of them one item of the parallel loop goes through.
//
// A block keeps its sums in registers through the whole reduction. At each step of the reduction it fills the
// operands of one side once and of the other side one after the other.
#pragma once

#include "llvm/Support/Error.h"

#include <cstdint>
#include <vector>

namespace tenon::native {

/// What one side's operand costs: Row (left) or Column (right).
struct OperandCost {
  int64_t registers = 1; ///< that a use of it takes
  double cycles = 0.5;   ///< to fill them
  int64_t bytes = 0;     ///< that filling reads, for caches
};

struct RegisterProblem {
  int64_t capacity = 0;     ///< registers
  int64_t rows = 1;         ///< uses along the rows
  int64_t columns = 1;      ///< uses along the columns
  int64_t groups = 1;       ///< uses along the groups
  int64_t depth = 1;        ///< uses along the reduction
  int64_t sumRegisters = 1; ///< of one use
  OperandCost left, right;
  double cycles = 1;           ///< that a use keeps its unit busy
  double latency = 1;          ///< of a use, until the next one can add to the same sum
  std::vector<int64_t> caches; ///< bytes, innermost first; soft
  int64_t threads = 1;         ///< most threads that share the items
};

struct RegisterBlock {
  int64_t rows = 1, columns = 1; ///< uses that a block holds
  int64_t rowBlocks = 1;         ///< blocks of rows that an item goes through
  double cycles = 0;             ///< of the whole layer, by the declared timing

  int64_t rowItems(const RegisterProblem &problem) const;
  int64_t panels(const RegisterProblem &problem) const;
  int64_t items(const RegisterProblem &problem) const;
};

/// Registers that a block of so many uses takes.
int64_t registersOf(const RegisterProblem &problem, int64_t rows, int64_t columns);

/// Refuses a problem in which not even one use fits, with both numbers, or with an extent below 1.
llvm::Error check(const RegisterProblem &problem);

/// The block with the fewest cycles; of equal ones the one that reads fewer bytes.
RegisterBlock blockOf(const RegisterProblem &problem);

/// That the block is one of the problem's: it fits into the registers, and its items cover every use once.
llvm::Error verify(const RegisterProblem &problem, const RegisterBlock &block);

} // namespace tenon::native
