// What a block's sums start from, and what follows them. Where a register's slots are neighbours along one
// loop of the result, both happen on the registers themselves; otherwise, and where the code that follows is
// long and would be repeated for every register, the sums pass through a small tile on the stack whose
// innermost axis is the lanes' loop.
#pragma once

#include "core/native/RegisterBody.h"
#include "core/native/ir/Body.h"

namespace tenon::native {

/// How the sums' registers lie on the loops of the result.
struct SumLanes {
  int lane = -1;        ///< the class whose loop lanes run along; -1: the result is one element
  bool isPlain = false; ///< every register's slots are consecutive points along it
  int64_t slots = 1;    ///< of a register: lanes of a vector
};
SumLanes sumLanes(const GatheredUse &use);

class SumTile {
public:
  /// Reserves the stack: call it in the function's first block. `pointers`: of the nest's operands.
  SumTile(IrFunction &function, const RegisterPlan &plan, llvm::ArrayRef<std::string> pointers);

  void start(const BlockPlace &place, Sums &sums);
  void finish(const BlockPlace &place, Sums &sums);

private:
  /// A vector of points: offsets from the block's first point along each class, and how many lanes are there.
  struct Vector {
    std::array<std::string, classCount> offset;
    int64_t lanes = 1, valid = 1;
  };
  using Points = std::array<int64_t, classCount>;

  Points pointsOf(const BlockPlace &place) const;
  Points tileShape(const BlockPlace &place) const;
  std::string base(const BlockPlace &place, unsigned which);
  LoopValues values(const BlockPlace &place, const Vector &vector);
  /// A mask, or empty; opens a block that `guarded` ends where the vector may not be there at all.
  std::string mask(const BlockPlace &place, const Vector &vector);
  bool isCut(unsigned which) const;

  using Emit = llvm::function_ref<void(const LoopValues &, const std::string &mask, const Vector &)>;
  void forRegisters(const BlockPlace &place,
                    llvm::function_ref<void(int64_t, int64_t, int64_t, Vector)> emit);
  void onRegisters(const BlockPlace &place, const Vector &vector, Emit emit);
  void overTile(const BlockPlace &place, Emit emit);
  std::string tileAddress(const Points &shape, const std::array<std::string, classCount> &offset);
  void spill(const BlockPlace &place, Sums &sums);
  void reload(const BlockPlace &place, Sums &sums);

  std::string startValue(const LoopValues &at, const std::string &mask);
  void finishValue(const LoopValues &at, const std::string &mask, const std::string &sum);

  IrFunction &function;
  const RegisterPlan &plan;
  llvm::ArrayRef<std::string> pointers;
  const nest::Nest &nest;
  OperandFacts facts;    ///< of constants: shifts of known amounts need no tests
  nest::ScalarType type; ///< of the sum
  SumLanes lanes;
  std::string tile, registerText;
  bool throughTile = false;
};

} // namespace tenon::native
