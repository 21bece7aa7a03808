// sum (x + z) w = sum x w + z sum w: with w constant, the second part is known when compiling and joins what
// the sum starts from. Integers wrap, so this holds whatever the sizes. What a read gives outside its tensor
// is an x like any other.
#include "core/match/Rewrites.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

/// core = (x + z) * w, or x + z alone.
struct Folded {
  Term core;       ///< without the zero point
  int64_t zero;    ///< z
  Term correction; ///< z * w, or z
};

std::optional<Folded> findZeroPoint(ComputationTerms &model) {
  Terms &terms = model.terms;
  Term core = *model.core;
  nest::ScalarType type = terms.node(core).type;
  if (terms.isWithConstant(core, Opcode::AddI)) {
    Term zero = terms.node(core).arguments[1];
    return Folded{terms.node(core).arguments[0], terms.integerOf(zero), zero};
  }
  if (!terms.is(core, Opcode::MulI))
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    Term factor = terms.node(core).arguments[side], other = terms.node(core).arguments[1 - side];
    if (!terms.isWithConstant(factor, Opcode::AddI) || !readsOnlyConstants(model, other))
      continue;
    Term x = terms.node(factor).arguments[0], zero = terms.node(factor).arguments[1];
    int64_t number = terms.integerOf(zero);
    Term product = terms.operation(Opcode::MulI, type, {x, other});
    return Folded{product, number, terms.operation(Opcode::MulI, type, {other, zero})};
  }
  return std::nullopt;
}

} // namespace

Rewritten foldZeroPoint(const Computation &computation) {
  if (computation.core < 0 || computation.nest.statements[computation.core].update != nest::Update::Add)
    return std::optional<Computation>();
  Computation base = computation;
  ComputationTerms model(base);
  const nest::ScalarType type = model.terms.node(*model.core).type;
  if (!type.isInteger())
    return std::optional<Computation>();
  std::optional<Folded> found = findZeroPoint(model);
  if (!found)
    return std::optional<Computation>();
  unsigned parallel = base.parallelLoops();
  SmallVector<unsigned> kept, summed;
  SmallVector<AffineExpr> indices;
  for (unsigned loop : loopsOfTerm(model, found->correction))
    if (loop < parallel) {
      kept.push_back(loop);
      indices.push_back(getAffineDimExpr(loop, contextOf(base)));
    }
  for (unsigned loop = parallel; loop < base.nest.loops.size(); ++loop)
    summed.push_back(loop);
  llvm::Expected<ConstantTensor> correction = evaluateTerm(model, found->correction, kept, summed);
  if (!correction)
    return correction.takeError();
  nest::Access access;
  access.operand = addConstant(base, "correction", std::move(*correction));
  access.indices = AffineMap::get(base.nest.loops.size(), 0, indices, contextOf(base));
  model.core = found->core;
  model.init = model.terms.operation(Opcode::AddI, type, {*model.init, model.terms.read(type, access)});
  if (llvm::Error error = foldStart(model, base))
    return std::move(error);
  base.rewrites.push_back("the zero point " + std::to_string(-found->zero) + " is folded into the start");
  return std::optional(withTerms(model, base));
}

} // namespace tenon::match
