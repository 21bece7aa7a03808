// One block of uses as text: the sums of `rows` x `columns` uses through the whole reduction. What the sums
// start from and what becomes of them is the SumTile's.
#pragma once

#include "core/native/RegisterEmission.h"
#include "core/native/ir/IrFunction.h"

namespace tenon::native {

/// Where a block is: i64 names or numbers, counted in uses (group), blocks of uses (block, panel).
struct BlockPlace {
  std::string group, block, panel;
  int64_t rows = 1, columns = 1;           ///< uses
  int64_t rowPoints = 1, columnPoints = 1; ///< points of the loops that are there
};

/// Names of the sums' registers: use (row, column), register.
class Sums {
public:
  Sums(int64_t rows, int64_t columns, int64_t registers)
      : columnCount(columns), registerCount(registers), names(size_t(rows * columns * registers)) {}

  std::string &at(int64_t row, int64_t column, int64_t number) {
    return names[size_t((row * columnCount + column) * registerCount + number)];
  }
  llvm::SmallVector<std::string> of(int64_t row, int64_t column) {
    auto first = names.begin() + (row * columnCount + column) * registerCount;
    return {first, first + registerCount};
  }
  std::vector<std::string> &all() { return names; }

private:
  int64_t columnCount, registerCount;
  std::vector<std::string> names;
};

/// The reduction: `sums` are what it starts from, and what it ends with after the call. `left` and `right`
/// are the arguments' pointers.
llvm::Error emitReduction(IrFunction &function, const RegisterPlan &plan, const BlockPlace &place,
                          const std::string &left, const std::string &right, Sums &sums);

/// a + b and a * b of i64 names or numbers, without a line where a number is 0 or 1.
std::string addIndex(IrFunction &function, const std::string &a, const std::string &b);
std::string addIndex(IrFunction &function, const std::string &a, int64_t b);
std::string multiplyIndex(IrFunction &function, const std::string &a, int64_t b);
/// A pointer `bytes` after one; both as emitBody() takes them.
std::string advance(IrFunction &function, const std::string &pointer, const std::string &bytes);

} // namespace tenon::native
