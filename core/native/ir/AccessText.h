// Where an access of a nest lies in memory, as instructions: LaneIndex.cpp has the addresses, AccessText.cpp
// the loads and stores.
#pragma once

#include "core/native/ir/Body.h"
#include "core/native/ir/VectorText.h"

namespace tenon::native {

/// An i64 that lane l has as base + steps[l]; or a vector of them.
struct LaneInteger {
  std::string base = "0";           ///< i64
  int64_t multiple = 0;             ///< the base is a multiple of it; 0: it is 0
  llvm::SmallVector<int64_t> steps; ///< empty: the same for all lanes
  std::string vector;               ///< <lanes x i64>; not empty: the others mean nothing

  bool isUniform() const { return vector.empty() && steps.empty(); }
};

/// How the lanes of an access lie to each other in memory.
struct LanePattern {
  enum class Kind : uint8_t {
    Uniform,    ///< all the same element
    Contiguous, ///< one after the other
    Near,       ///< within a few vectors' length: one load and a permutation
    Runs,       ///< some pieces of contiguous lanes, all of one length
    Anywhere,
  };
  Kind kind = Kind::Anywhere;
  int64_t first = 0, span = 0; ///< Near: the lowest step, and how many elements to the highest
  unsigned run = 1;            ///< Runs: lanes of a piece
};
LanePattern lanePattern(const LaneInteger &place, unsigned lanes);

class AccessText {
public:
  AccessText(IrFunction &function, const nest::Nest &nest, const LoopValues &values,
             llvm::ArrayRef<std::string> pointers)
      : f(function), nest(nest), values(values), pointers(pointers), lanes(values.lanes),
        t(function, values.lanes) {}

  bool isUniform(const nest::Access &access) const; ///< the same element for all lanes
  LanePattern pattern(const nest::Access &access) { return lanePattern(offset(access), lanes); }

  /// The value, f16 and bf16 as bits: <lanes x T>; T for a uniform access. Where an index leaves the operand
  /// it is the access's value for outside; without one the status is set.
  std::string load(const nest::Access &access, const std::string &mask);
  void store(const nest::Access &access, const std::string &value, const std::string &mask);
  /// Entries of a 1-D operand: `entry` is <lanes x i64>, or i64 for `count` = 1, and inside.
  std::string loadEntries(unsigned operand, const std::string &entry, unsigned count,
                          const std::string &mask);

private:
  LaneInteger index(mlir::AffineExpr expression);
  LaneInteger quotient(mlir::AffineBinaryOpExpr expression);
  std::optional<LaneInteger> dividedSteps(const LaneInteger &value, int64_t divisor, bool isRest,
                                          llvm::function_ref<std::string()> divideBase);
  LaneInteger sum(const LaneInteger &a, const LaneInteger &b);
  LaneInteger product(const LaneInteger &a, int64_t factor);
  LaneInteger offset(const nest::Access &access);
  std::string vectorOf(const LaneInteger &value);

  /// What must hold for the access to be inside: an i1, and a <lanes x i1>; each empty where it always does.
  struct Inside {
    std::string all, lane;
    bool always() const { return all.empty() && lane.empty(); }
  };
  Inside inside(const nest::Access &access);
  /// The lanes that are there and inside, <lanes x i1>; empty where all are.
  std::string laneMask(const Inside &inside, const std::string &mask);

  std::string element(unsigned operand, const std::string &offset, bool isInside);
  std::string fromStorage(const nest::ScalarType &type, const std::string &stored, unsigned count);
  std::string toStorage(const nest::ScalarType &type, const std::string &value, unsigned count);
  std::string maskedLoad(unsigned operand, const std::string &address, const std::string &mask,
                         const nest::Constant &outside);
  std::string gather(unsigned operand, const std::string &offsets, unsigned count, const std::string &mask,
                     const std::string &otherwise);
  std::string loadUniform(const nest::Access &access, const std::string &offset, const Inside &inside,
                          const std::string &mask);
  std::string loadGuarded(const nest::Access &access, const LaneInteger &place, const LanePattern &pattern,
                          const std::string &inside);
  std::string loadWhole(unsigned operand, const LaneInteger &place, const LanePattern &pattern);
  std::string loadVector(unsigned operand, const std::string &offset, int64_t count);
  std::string loadAs(const std::string &loaded, unsigned operand, const std::string &offset);
  std::string loadRuns(unsigned operand, const LaneInteger &place, size_t run);
  void storeOne(const nest::Access &access, const std::string &offset, const std::string &stored,
                const std::string &there);
  void storeAs(const std::string &stored, unsigned operand, const std::string &offset,
               const std::string &value);
  void storeVector(unsigned operand, const std::string &offset, const std::string &value, int64_t count);
  void storeRuns(unsigned operand, const LaneInteger &place, const std::string &value, size_t run);
  void scatter(unsigned operand, const LaneInteger &place, const std::string &value, const std::string &mask);
  std::string shuffled(const std::string &type, int64_t count, const std::string &value,
                       llvm::ArrayRef<int64_t> order);
  std::string shifted(const std::string &base, int64_t by);
  void failOutside(const Inside &inside, const std::string &mask);
  std::string spaceSuffix(unsigned operand) const;
  std::string pointerType(unsigned operand) const;
  const nest::ScalarType &type(unsigned operand) const { return nest.operands[operand].type; }

  IrFunction &f;
  const nest::Nest &nest;
  const LoopValues &values;
  llvm::ArrayRef<std::string> pointers;
  unsigned lanes;
  VectorText t;
};

/// The flat element number of the access as one expression of the loops, simplified: quotients and remainders
/// of one index by one divisor join again.
mlir::AffineExpr flatIndex(const nest::Nest &nest, const nest::Access &access);
/// The same as a sum: loops, quotients and remainders with their factors.
struct FlatTerm {
  mlir::AffineExpr atom;
  int64_t factor = 1;
};
llvm::SmallVector<FlatTerm> flatTerms(const nest::Nest &nest, const nest::Access &access);

} // namespace tenon::native
