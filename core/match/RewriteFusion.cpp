// Two neighbouring loops o and i become one, f = o * E + i, where every tensor that either indexes has them
// side by side: x[.., o + a, i] with i over the whole dimension is x'[.., f + a * E] of the flattened tensor,
// whose bytes are the same. A pointwise convolution's rows and columns become one loop over pixels, a
// kernel's columns and channels one over a run of bytes. What lies outside along o + a lies outside the
// flattened dimension, and nothing else does.
#include "core/match/Rewrites.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

class Fusion {
public:
  Fusion(const Computation &source, unsigned outerLoop)
      : computation(source), context(contextOf(source)), outer(outerLoop), inner(outerLoop + 1),
        extent(source.nest.loops[inner].extent) {}

  std::optional<Computation> run() {
    merged.resize(computation.nest.operands.size());
    if (!planAll())
      return std::nullopt;
    made = computation;
    made.nest.statements.clear();
    placeLoops();
    for (auto [number, operand] : llvm::enumerate(made.nest.operands))
      flatten(operand, made.sources[number], merged[number]);
    for (const nest::Statement &statement : computation.nest.statements)
      made.nest.statements.push_back(rewritten(statement));
    made.rewrites.push_back("loops " + computation.nest.loops[outer].name + " and " +
                            computation.nest.loops[inner].name + " are one");
    return std::move(made);
  }

private:
  /// Every access, of every statement.
  template <typename Callback> bool allAccesses(Callback callback) const {
    for (const nest::Statement &statement : computation.nest.statements) {
      if (!callback(statement.destination))
        return false;
      for (const nest::Node &node : statement.body) {
        if (node.op == Opcode::LoopIndex && (node.loop == outer || node.loop == inner))
          return false;
        if (node.op == Opcode::Read && !callback(node.access))
          return false;
      }
    }
    return true;
  }

  /// Finds the dimensions that are flattened; then all other accesses of these tensors must allow it.
  bool planAll() {
    return allAccesses([&](const nest::Access &access) { return plan(access); }) &&
           allAccesses([&](const nest::Access &access) {
             std::optional<unsigned> dimension = merged[access.operand];
             return !dimension || isInnerAlone(access, *dimension + 1);
           });
  }

  bool isInnerAlone(const nest::Access &access, unsigned dimension) const {
    auto index = dyn_cast<AffineDimExpr>(access.indices.getResult(dimension));
    return index && index.getPosition() == inner &&
           computation.nest.operands[access.operand].shape[dimension] == extent;
  }

  bool plan(const nest::Access &access) {
    std::optional<unsigned> withOuter, withInner;
    for (auto [dimension, index] : llvm::enumerate(access.indices.getResults())) {
      for (auto [loop, found] : {std::pair(outer, &withOuter), std::pair(inner, &withInner)}) {
        if (!index.isFunctionOfDim(loop))
          continue;
        if (*found)
          return false;
        *found = dimension;
      }
    }
    if (!withOuter && !withInner)
      return true;
    if (!withOuter || !withInner)
      return false;
    std::optional<nest::LinearForm> form =
        nest::linearForm(access.indices.getResult(*withOuter), computation.nest.loops.size());
    if (!form)
      return false;
    if (*withOuter == *withInner)
      return form->coefficients[outer] == form->coefficients[inner] * extent;
    if (*withInner != *withOuter + 1 || form->coefficients[outer] != 1 || !isInnerAlone(access, *withInner))
      return false;
    std::optional<unsigned> &known = merged[access.operand];
    if (known && *known != *withOuter)
      return false;
    known = *withOuter;
    return true;
  }

  void placeLoops() {
    made.nest.loops[outer].extent *= extent;
    made.nest.loops[outer].name += computation.nest.loops[inner].name;
    made.nest.loops.erase(made.nest.loops.begin() + inner);
    for (unsigned loop = 0; loop < computation.nest.loops.size(); ++loop)
      numbers.push_back(loop < inner ? loop : loop - 1);
  }

  static void flatten(nest::Operand &operand, TensorSource &source, std::optional<unsigned> dimension) {
    if (!dimension)
      return;
    operand.shape[*dimension] *= operand.shape[*dimension + 1];
    operand.shape.erase(operand.shape.begin() + *dimension + 1);
    if (source.kind != TensorSource::Kind::Constant)
      return;
    auto flat = std::make_shared<ConstantTensor>(*source.constant);
    flat->shape = operand.shape;
    source.constant = flat;
  }

  /// An index as a linear form without the two loops' terms, over the new loops.
  AffineExpr without(AffineExpr index) const {
    SmallVector<AffineExpr> loops;
    for (unsigned loop = 0; loop < numbers.size(); ++loop)
      loops.push_back(loop == outer || loop == inner ? getAffineConstantExpr(0, context)
                                                     : getAffineDimExpr(numbers[loop], context));
    return index.replaceDims(loops);
  }

  nest::Access access(const nest::Access &old) const {
    SmallVector<AffineExpr> indices;
    std::optional<unsigned> dimension = merged[old.operand];
    AffineExpr fused = getAffineDimExpr(outer, context);
    for (unsigned i = 0; i < old.indices.getNumResults(); ++i) {
      AffineExpr index = old.indices.getResult(i);
      if (dimension && i == *dimension) {
        indices.push_back(without(index) * extent + fused);
        ++i;
      } else if (index.isFunctionOfDim(inner)) {
        int64_t factor = nest::linearForm(index, numbers.size())->coefficients[inner];
        indices.push_back(without(index) + fused * factor);
      } else {
        indices.push_back(without(index));
      }
    }
    nest::Access result = old;
    result.indices = AffineMap::get(made.nest.loops.size(), 0, indices, context);
    return result;
  }

  nest::Statement rewritten(const nest::Statement &old) const {
    nest::Statement result = old;
    result.destination = access(old.destination);
    for (nest::Node &node : result.body) {
      if (node.op == Opcode::Read)
        node.access = access(node.access);
      if (node.op == Opcode::LoopIndex)
        node.loop = numbers[node.loop];
    }
    result.loops.clear();
    for (unsigned loop : old.loops)
      if (loop != inner)
        result.loops.push_back(numbers[loop]);
    return result;
  }

  const Computation &computation;
  MLIRContext *context;
  unsigned outer, inner;
  int64_t extent;
  std::vector<std::optional<unsigned>> merged; ///< for each operand: the first of two dimensions
  SmallVector<unsigned> numbers;               ///< of the loops, new by old; the inner one has the outer's
  Computation made;
};

} // namespace

std::vector<Computation> fuseLoops(const Computation &computation) {
  std::vector<Computation> result;
  auto neighbours = [&](const Computation &source, unsigned first) {
    unsigned parallel = source.parallelLoops();
    for (unsigned outer = first; outer + 1 < source.nest.loops.size(); ++outer)
      if (outer + 1 != parallel)
        if (std::optional<Computation> fused = Fusion(source, outer).run())
          result.push_back(std::move(*fused));
  };
  neighbours(computation, 0);
  // What is fused may be fused again; each set of fusions is made once, in ascending order.
  for (size_t i = 0; i < result.size() && result.size() < 16; ++i) {
    Computation source = result[i];
    unsigned first = 0;
    for (unsigned loop = 0; loop < source.nest.loops.size(); ++loop)
      if (loop >= computation.nest.loops.size() ||
          source.nest.loops[loop].name != computation.nest.loops[loop].name) {
        first = loop;
        break;
      }
    neighbours(source, first);
  }
  return result;
}

} // namespace tenon::match
