// What is added to a sum can be what it starts from, and the other way round: sums wrap.
#include "core/match/Rewrites.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

bool addsIntegers(const Computation &computation) {
  if (computation.core < 0 || computation.final < 0)
    return false;
  const nest::Statement &core = computation.nest.statements[computation.core];
  return core.update == nest::Update::Add &&
         computation.nest.operands[core.destination.operand].type.isInteger();
}

bool readsSum(const ComputationTerms &model, Term term) {
  return model.terms.is(term, Opcode::Read) && int(model.terms.node(term).access.operand) == model.sum;
}

/// The one term of the final that uses the sum, if that is an addition, and what it adds.
std::optional<std::pair<Term, Term>> addend(const ComputationTerms &model) {
  std::optional<std::pair<Term, Term>> result;
  for (Term term : model.terms.reachable(*model.final))
    for (auto [side, argument] : llvm::enumerate(model.terms.node(term).arguments)) {
      if (!readsSum(model, argument))
        continue;
      if (result || !model.terms.is(term, Opcode::AddI))
        return std::nullopt;
      result = {term, model.terms.node(term).arguments[1 - side]};
    }
  if (!result)
    return std::nullopt;
  for (Term term : model.terms.reachable(result->second))
    if (readsSum(model, term))
      return std::nullopt;
  return result;
}

} // namespace

Rewritten addendToStart(const Computation &computation) {
  if (!addsIntegers(computation))
    return std::optional<Computation>();
  Computation base = computation;
  ComputationTerms model(base);
  std::optional<std::pair<Term, Term>> found = addend(model);
  if (!found)
    return std::optional<Computation>();
  auto [addition, added] = *found;
  nest::ScalarType type = model.terms.node(addition).type;
  Term sum = model.terms.read(type, base.nest.statements[base.core].destination);
  model.init = model.terms.operation(Opcode::AddI, type, {*model.init, added});
  model.final = model.terms.substitute(*model.final, {{addition, sum}});
  if (llvm::Error error = foldStart(model, base))
    return std::move(error);
  base.rewrites.push_back("what is added to the sum is what it starts from");
  return std::optional(withTerms(model, base));
}

Rewritten startToFinal(const Computation &computation) {
  if (!addsIntegers(computation) || computation.init < 0)
    return std::optional<Computation>();
  Computation base = computation;
  ComputationTerms model(base);
  const nest::Access &place = base.nest.statements[base.core].destination;
  nest::ScalarType type = base.nest.operands[place.operand].type;
  Term sum = model.terms.read(type, place);
  Term started = model.terms.operation(Opcode::AddI, type, {sum, *model.init});
  model.final = model.terms.substitute(*model.final, {{sum, started}});
  model.init = model.terms.integer(type, 0);
  base.rewrites.push_back("what the sum starts from is added at the end");
  return std::optional(withTerms(model, base));
}

} // namespace tenon::match
