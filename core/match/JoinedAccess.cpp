// Which dimensions become one, and indices over joined loops.
#include "core/match/JoinedAccess.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

JoinedAccess::JoinedAccess(const nest::Nest &original, const JoinedLoops &loops,
                           ArrayRef<nest::Access> accesses)
    : nest(original), joined(loops) {
  for (const nest::Operand &operand : nest.operands)
    joinsNext.emplace_back(std::max<size_t>(operand.shape.size(), 1) - 1, true);
  for (const nest::Access &access : accesses)
    for (unsigned dimension = 0; dimension < joinsNext[access.operand].size(); ++dimension)
      if (!joins(access, dimension))
        joinsNext[access.operand][dimension] = false;
}

bool JoinedAccess::joins(const nest::Access &access, unsigned dimension) const {
  auto outer = dyn_cast<AffineDimExpr>(access.indices.getResult(dimension));
  auto inner = dyn_cast<AffineDimExpr>(access.indices.getResult(dimension + 1));
  if (!outer || !inner || access.outside)
    return false;
  auto [outerClass, outerPlace] = joined.places[outer.getPosition()];
  auto [innerClass, innerPlace] = joined.places[inner.getPosition()];
  return outerClass == innerClass && outerPlace + 1 == innerPlace &&
         nest.operands[access.operand].shape[dimension + 1] == joined.extentOf(inner.getPosition());
}

void JoinedAccess::flatten(unsigned operand, nest::Operand &declared, TensorSource &source) const {
  SmallVector<int64_t> shape;
  for (auto [dimension, extent] : llvm::enumerate(declared.shape)) {
    if (dimension > 0 && joinsNext[operand][dimension - 1])
      shape.back() *= extent;
    else
      shape.push_back(extent);
  }
  if (shape.size() == declared.shape.size())
    return;
  declared.shape = shape;
  if (source.kind != TensorSource::Kind::Constant)
    return;
  auto flat = std::make_shared<ConstantTensor>(*source.constant);
  flat->shape = shape;
  source.constant = flat;
}

nest::Access JoinedAccess::placed(const nest::Access &old, MLIRContext *context) const {
  SmallVector<AffineExpr> loops, indices;
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    loops.push_back(joined.valueOf(loop, context));
  const std::vector<bool> &joinsOn = joinsNext[old.operand];
  for (unsigned dimension = 0; dimension < old.indices.getNumResults(); ++dimension) {
    unsigned last = dimension;
    while (last < joinsOn.size() && joinsOn[last])
      ++last;
    if (last == dimension) {
      indices.push_back(old.indices.getResult(dimension).replaceDims(loops));
      continue;
    }
    unsigned outer = cast<AffineDimExpr>(old.indices.getResult(dimension)).getPosition();
    auto [ofClass, begin] = joined.places[outer];
    indices.push_back(joined.valueOf(ofClass, begin, begin + (last - dimension) + 1, context));
    dimension = last;
  }
  nest::Access access = old;
  access.indices = AffineMap::get(joined.count, 0, indices, context);
  return access;
}

} // namespace tenon::match
