// Random nests: boxes, strided, dilated, reversed and divided accesses, values for outside, updates and
// starts, several statements, locals, sequential loops, reads of the destination, bodies over all operations
// and types.
#pragma once

#include "tests/ir/NestBuilder.h"
#include "tests/reference/PointEvaluator.h"

#include <random>

namespace tenon::test {

class NestGenerator {
public:
  explicit NestGenerator(uint64_t seed) : random(seed) { generate(); }

  const nest::Nest &nest() const { return b.nest; }
  /// Memory with random contents; locals are zero.
  Memory randomMemory();

private:
  void generate();
  void addLoops();
  void addStatement(unsigned sequentialDepth);

  unsigned makeOperation();
  unsigned makeIntegerOperation(const nest::ScalarType &type);
  unsigned makeFloatOperation(const nest::ScalarType &type);
  unsigned makeCast();
  unsigned makeLookup();
  unsigned makeSelect();
  unsigned valueOf(const nest::ScalarType &type); ///< an earlier node or a new leaf
  unsigned makeRead(const nest::ScalarType &type);
  unsigned makeConstant(const nest::ScalarType &type);
  nest::Constant randomConstant(const nest::ScalarType &type);

  mlir::AffineExpr randomIndex();
  nest::Access accessToNewOperand(const nest::ScalarType &type, bool guarded);
  std::optional<nest::Access> guardedAccess(unsigned operand);
  nest::Access randomDestination(const nest::ScalarType &type);

  int64_t below(int64_t end) { return int64_t(random() % uint64_t(end)); }
  bool chance(int percent) { return below(100) < percent; }
  nest::ScalarType randomType();
  nest::ScalarType randomInteger();
  nest::ScalarType randomFloat();
  nest::ScalarType randomWidth(unsigned low, unsigned high);

  std::mt19937_64 random;
  NestBuilder b;
  unsigned sequential = 0;
  std::vector<bool> readable;  ///< of each operand: not a local that nothing has written
  std::vector<unsigned> loops; ///< of the statement that is being made
};

} // namespace tenon::test
