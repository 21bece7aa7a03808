// Which numbers a factor can have, and what has to be added so that a narrower type holds them.
#include "core/match/GatherFactors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

llvm::SmallBitVector loopsUsed(const ComputationTerms &model, Term root) {
  llvm::SmallBitVector used(model.computation.nest.loops.size());
  for (Term term : model.terms.reachable(root)) {
    const nest::Node &node = model.terms.node(term);
    if (node.op == Opcode::Read)
      for (unsigned loop : nest::usedLoops(node.access.indices))
        used.set(loop);
    if (node.op == Opcode::LoopIndex)
      used.set(node.loop);
  }
  return used;
}

nest::Interval rangeOfElement(const isa::ElementType &type) {
  unsigned width = type.scalar.width;
  if (type.isSigned || width >= 63)
    return rangeOf(type.scalar);
  return {0, int64_t(llvm::maxUIntN(width))};
}

} // namespace

llvm::Expected<bool> GatherFactors::find() {
  if (!findFactors())
    return false;
  for (unsigned factor : {0u, 1u}) {
    auto fit = fitOf(factor);
    if (!fit)
      return fit.takeError();
    if (!*fit)
      return false;
    fits[factor] = **fit;
  }
  if (llvm::Error error = correctStart())
    return std::move(error);
  return true;
}

std::nullopt_t GatherFactors::refuse(const llvm::Twine &newReason, const llvm::Twine &newRepair) {
  reason = newReason.str();
  repair = newRepair.str();
  return std::nullopt;
}

bool GatherFactors::findFactors() {
  if (!model.core || base.nest.statements[base.core].update != nest::Update::Add) {
    refuse("the model has no sum of products");
    return false;
  }
  nameSingleConstants();
  if (!model.terms.is(*model.core, Opcode::MulI) && !model.terms.is(*model.core, Opcode::MulF)) {
    refuse("what the model sums is no product of two factors");
    return false;
  }
  SmallVector<unsigned, 3> arguments = model.terms.node(*model.core).arguments;
  factors[0] = arguments[0];
  factors[1] = arguments[1];
  // The second factor is the one along whose loops the result is contiguous, else the constant one.
  SmallVector<unsigned> loops = *plainLoops(base.nest.statements.back().destination.indices);
  auto isAlong = [&](Term factor) { return !loops.empty() && loopsUsed(model, factor)[loops.back()]; };
  bool along[] = {isAlong(factors[0]), isAlong(factors[1])};
  if (along[0] != along[1] ? along[0] : readsOnlyConstants(model, factors[0]))
    std::swap(factors[0], factors[1]);
  for (unsigned factor : {0u, 1u})
    used.push_back(loopsUsed(model, factors[factor]));
  return true;
}

/// A constant tensor that is read at one place is a number: a zero point may come as a tensor.
void GatherFactors::nameSingleConstants() {
  llvm::DenseMap<Term, Term> numbers;
  for (Term term : model.terms.reachable(*model.core)) {
    const nest::Node node = model.terms.node(term);
    if (node.op != Opcode::Read || base.sources[node.access.operand].kind != TensorSource::Kind::Constant)
      continue;
    const ConstantTensor &tensor = *base.sources[node.access.operand].constant;
    if (elementCount(tensor) == 1 && !node.access.outside)
      numbers[term] = model.terms.constant(node.type, elementAt(tensor, 0));
  }
  if (!numbers.empty())
    model.core = model.terms.substitute(*model.core, numbers);
}

/// All values of a factor; those that constants have are known.
llvm::Expected<nest::Interval> GatherFactors::rangeOfFactor(unsigned factor) {
  nest::Interval known = model.terms.range(factors[factor]);
  if (!readsOnlyConstants(model, factors[factor]))
    return known;
  auto tensor = evaluateTerm(model, factors[factor], loopsOfTerm(model, factors[factor]), {});
  if (!tensor)
    return tensor.takeError();
  nest::Interval exact{INT64_MAX, INT64_MIN};
  for (int64_t i = 0; i < elementCount(*tensor); ++i) {
    int64_t value = elementAt(*tensor, i).integer;
    exact = {std::min(exact.low, value), std::max(exact.high, value)};
  }
  return exact;
}

llvm::Expected<std::optional<FactorFit>> GatherFactors::fitOf(unsigned factor) {
  const isa::ElementType &type = typeOf(factor);
  const nest::ScalarType &own = model.terms.node(factors[factor]).type;
  if (own.isInteger() != type.scalar.isInteger())
    return refuse("the model's factors are " + own.str() + ", the intrinsic's " + type.str());
  return own.isInteger() ? fitOfInteger(factor) : fitOfFloat(factor);
}

std::optional<FactorFit> GatherFactors::fitOfFloat(unsigned factor) {
  Term term = factors[factor];
  const isa::ElementType &type = typeOf(factor);
  while (!(model.terms.node(term).type == type.scalar) && model.terms.is(term, Opcode::ExtF))
    term = model.terms.node(term).arguments[0];
  if (model.terms.node(term).type == type.scalar)
    return FactorFit{0, term};
  if (model.terms.is(term, Opcode::Constant) && nest::holds(type.scalar, model.terms.node(term).constant))
    return FactorFit{0, model.terms.constant(type.scalar, model.terms.node(term).constant)};
  return refuse("the model has a factor of " + model.terms.node(term).type.str() + ", the intrinsic takes " +
                    type.str(),
                "an intrinsic whose factors are " + model.terms.node(term).type.str());
}

llvm::Expected<std::optional<FactorFit>> GatherFactors::fitOfInteger(unsigned factor) {
  const isa::ElementType &type = typeOf(factor);
  Term term = factors[factor];
  const nest::ScalarType &own = model.terms.node(term).type;
  if (type.scalar.width == own.width)
    return FactorFit{0, term};
  if (type.scalar.width > own.width)
    return refuse("the model multiplies in " + own.str() + ", the intrinsic's factors are " + type.str());
  auto range = rangeOfFactor(factor);
  if (!range)
    return range.takeError();
  nest::Interval held = rangeOfElement(type);
  if (range->low >= held.low && range->high <= held.high)
    return narrowedTo(term, 0, type);
  return shiftedFit(factor, *range, held);
}

std::optional<FactorFit> GatherFactors::shiftedFit(unsigned factor, nest::Interval range,
                                                   nest::Interval held) {
  Term term = factors[factor];
  std::string values = std::to_string(range.low) + ".." + std::to_string(range.high);
  std::string misfit = "a factor has the values " + values + ", " + typeOf(factor).str() + " holds " +
                       std::to_string(held.low) + ".." + std::to_string(held.high);
  bool otherIsConstant = readsOnlyConstants(model, factors[1 - factor]);
  if (uint64_t(range.high) - uint64_t(range.low) > uint64_t(held.high) - uint64_t(held.low))
    return refuse(misfit, "an intrinsic with wider factors");
  if (!otherIsConstant || shifted >= 0)
    return refuse(misfit + "; a number could be added if the other factor were constant",
                  "an intrinsic whose factor has the sign of the model's, or a wider one");
  shifted = int(factor);
  // Numbers that bring the values into the range: one that undoes an addition leaves less to do.
  int64_t least = held.low - range.low, most = held.high - range.high;
  int64_t shift = least > 0 ? least : most;
  if (model.terms.isWithConstant(term, Opcode::AddI)) {
    int64_t undone = -model.terms.integerOf(model.terms.node(term).arguments[1]);
    if (undone >= least && undone <= most)
      shift = undone;
  }
  return narrowedTo(term, shift, typeOf(factor));
}

FactorFit GatherFactors::narrowedTo(Term term, int64_t shift, const isa::ElementType &type) {
  const nest::ScalarType own = model.terms.node(term).type;
  Term moved = model.terms.operation(Opcode::AddI, own, {term, model.terms.integer(own, shift)});
  // An addition of an addition is one.
  if (shift != 0 && model.terms.isWithConstant(term, Opcode::AddI)) {
    int64_t before = model.terms.integerOf(model.terms.node(term).arguments[1]);
    Term added = model.terms.integer(own, llvm::SignExtend64(uint64_t(before) + uint64_t(shift), own.width));
    moved = model.terms.operation(Opcode::AddI, own, {model.terms.node(term).arguments[0], added});
  }
  return {shift, model.terms.operation(Opcode::TruncI, type.scalar, {moved})};
}

/// sum f1 f2 = sum (f1 + s) f2 - s sum f2.
llvm::Error GatherFactors::correctStart() {
  if (shifted < 0)
    return llvm::Error::success();
  unsigned parallel = base.parallelLoops();
  Term other = factors[1 - unsigned(shifted)];
  const nest::ScalarType type = model.terms.node(other).type;
  Term taken = model.terms.operation(Opcode::MulI, type,
                                     {other, model.terms.integer(type, -fits[unsigned(shifted)].shift)});
  SmallVector<unsigned> kept, summed;
  SmallVector<AffineExpr> indices;
  for (unsigned loop : loopsOfTerm(model, other))
    if (loop < parallel) {
      kept.push_back(loop);
      indices.push_back(getAffineDimExpr(loop, context));
    }
  for (unsigned loop = parallel; loop < base.nest.loops.size(); ++loop)
    summed.push_back(loop);
  auto correction = evaluateTerm(model, taken, kept, summed);
  if (!correction)
    return correction.takeError();
  nest::Access access;
  access.operand = addConstant(base, "correction", std::move(*correction));
  access.indices = AffineMap::get(base.nest.loops.size(), 0, indices, context);
  model.init = model.terms.operation(Opcode::AddI, type, {*model.init, model.terms.read(type, access)});
  return foldStart(model, base);
}

} // namespace tenon::match
