// Classes of loops, and the original loops' values as quotients and remainders of the joined ones.
#include "core/match/JoinedLoops.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

JoinedLoops::JoinedLoops(const nest::Nest &nest, ArrayRef<llvm::SmallBitVector> factors,
                         ArrayRef<unsigned> result, int64_t multiple) {
  places.resize(nest.loops.size());
  auto join = [&](unsigned loop, Class to) {
    places[loop] = {to, unsigned(loops[to].size())};
    loops[to].push_back(loop);
    extents[to] *= nest.loops[loop].extent;
  };
  for (const nest::Loop &loop : nest.loops)
    loopExtents.push_back(loop.extent);
  for (unsigned loop : result) {
    bool first = factors[0][loop], second = factors[1][loop];
    // What depends on no factor is the same sum over again: one more row of the first.
    join(loop, first == second ? (first ? Group : First) : first ? First : Second);
  }
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    if (!llvm::is_contained(result, loop))
      join(loop, Reduction);
  filled = int64_t(llvm::alignTo(uint64_t(extents[Reduction]), uint64_t(multiple)));
  for (unsigned number = 0; number < classCount; ++number)
    if ((number == Reduction ? filled : extents[number]) > 1)
      numbers[number] = int(count++);
}

std::vector<nest::Loop> JoinedLoops::made() const {
  static constexpr llvm::StringLiteral names[] = {"g", "m", "n", "k"};
  std::vector<nest::Loop> result;
  for (unsigned number = 0; number < classCount; ++number)
    if (numbers[number] >= 0)
      result.push_back({names[number].str(), number == Reduction ? filled : extents[number], false});
  return result;
}

ArrayRef<unsigned> JoinedLoops::classesOf(unsigned factor) {
  static constexpr unsigned classes[2][3] = {{Group, First, Reduction}, {Group, Second, Reduction}};
  return classes[factor];
}

int64_t JoinedLoops::extentFrom(unsigned ofClass, unsigned begin) const {
  int64_t result = 1;
  for (unsigned loop : ArrayRef(loops[ofClass]).drop_front(begin))
    result *= loopExtents[loop];
  return result;
}

AffineExpr JoinedLoops::valueOf(unsigned ofClass, unsigned begin, unsigned end, MLIRContext *context) const {
  if (numbers[ofClass] < 0)
    return getAffineConstantExpr(0, context);
  AffineExpr value = getAffineDimExpr(unsigned(numbers[ofClass]), context);
  int64_t inner = extentFrom(ofClass, end);
  if (inner != 1)
    value = value.floorDiv(inner);
  if (begin > 0)
    value = value % (extentFrom(ofClass, begin) / inner);
  return value;
}

AffineExpr JoinedLoops::valueOf(unsigned loop, MLIRContext *context) const {
  auto [ofClass, place] = places[loop];
  return valueOf(ofClass, place, place + 1, context);
}

} // namespace tenon::match
