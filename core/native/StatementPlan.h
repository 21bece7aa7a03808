// How one statement, or a group of them, becomes a kernel: which loops are items, which one has the lanes,
// what stays in registers.
#pragma once

#include "core/native/StatementKernel.h"

namespace tenon::native {

struct StatementPlan {
  StatementPlan(const isa::Description &machine, const nest::Nest &original, const StatementGroup &group,
                const OperandArguments &arguments, const OperandFacts &known);

  /// Where a window of points may be far enough from all borders: the same plan for those, without values for
  /// outside and with more loops joined. Nothing if no access leaves its operand, or it cannot be told.
  std::optional<StatementPlan> interior() const;
  /// How many of the inner loops are around the windows.
  size_t loopsAroundWindows() const;
  bool isAroundWindows(unsigned loop) const;
  /// One index of an access, which stays inside [0, extent) where a window is in the interior.
  struct Border {
    nest::LinearForm index;
    int64_t extent = 1;
  };
  std::vector<Border> borders() const;

  const isa::Description &description;
  nest::Nest nest;        ///< the group's statements, loops joined
  StatementGroup members; ///< the statements' numbers in it
  OperandFacts facts;
  KernelPointers names;
  std::vector<bool> parallel; ///< by loop

  llvm::SmallVector<unsigned> outer, inner, rest; ///< parallel loops as items, inside an item; the others
  int laneLoop = -1;
  unsigned lanes = 1;
  bool lanesReduce = false;          ///< the lane loop is one of those that are summed over
  bool inRegisters = false;          ///< the destination stays in registers over the rest
  int64_t blockLength = 0;           ///< of the lane loop, where it is shared out between items; 0: it is not
  bool allInside = false;            ///< it is the plan of an interior
  llvm::SmallVector<unsigned> fixed; ///< of an interior: loops that are around the windows

  /// The sum, or the statement that stands alone; null where the group has no such statement.
  const nest::Statement &sum() const { return nest.statements[members.core]; }
  const nest::Statement *init() const { return at(members.init); }
  const nest::Statement * final() const { return at(members.final); }
  /// The one whose destination is in memory.
  const nest::Statement &stored() const { return final() ? *final() : sum(); }
  const nest::ScalarType &type() const { return nest.operands[sum().destination.operand].type; }
  std::string describe() const; ///< for people

private:
  const nest::Statement *at(int number) const {
    return number < 0 ? nullptr : &nest.statements[unsigned(number)];
  }
  std::vector<const nest::Access *> memoryAccesses() const;
  unsigned mostLanes() const;
  bool mayReduceAlong() const;
  double laneCost(unsigned loop) const;
  void chooseLaneLoop();
  bool staysInRegisters() const;
  bool isGuarded() const;
  void shareOut();
  void shareOutLanes(int64_t points, int64_t items);
};

} // namespace tenon::native
