// All that a computation can be rewritten to, and what the single rewrites share.
#include "core/match/Rewrites.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

Computation withTerms(const ComputationTerms &model, Computation base) {
  std::vector<nest::Statement> old = std::move(base.nest.statements);
  base.nest.statements.clear();
  if (model.core) {
    nest::Statement &core = old[base.core];
    bool constantStart = model.init && model.terms.is(*model.init, Opcode::Constant);
    base.init = -1;
    if (model.init && !constantStart) {
      base.init = 0;
      base.nest.statements.push_back(
          statementOf(model.terms, *model.init, core.destination, nest::Update::Assign, std::nullopt));
    }
    std::optional<nest::Constant> start;
    if (constantStart)
      start = model.terms.node(*model.init).constant;
    nest::Statement made = statementOf(model.terms, *model.core, core.destination, core.update, start);
    made.loops.assign(core.loops.begin(), core.loops.end());
    if (base.final >= 0)
      base.final = int(base.nest.statements.size()) + 1;
    base.core = int(base.nest.statements.size());
    base.nest.statements.push_back(std::move(made));
  }
  if (base.final >= 0)
    base.nest.statements.push_back(
        statementOf(model.terms, *model.final, old.back().destination, nest::Update::Assign, std::nullopt));
  removeUnusedOperands(base);
  return base;
}

bool readsOnlyConstants(const ComputationTerms &model, Term root) {
  return llvm::all_of(model.terms.reachable(root), [&](Term term) {
    const nest::Node &node = model.terms.node(term);
    if (node.op == Opcode::LoopIndex || node.op == Opcode::TableRead)
      return false;
    return node.op != Opcode::Read ||
           model.computation.sources[node.access.operand].kind == TensorSource::Kind::Constant;
  });
}

SmallVector<unsigned> loopsOfTerm(const ComputationTerms &model, Term root) {
  llvm::SmallBitVector used(model.computation.nest.loops.size());
  for (Term term : model.terms.reachable(root))
    if (model.terms.is(term, Opcode::Read))
      for (unsigned loop : nest::usedLoops(model.terms.node(term).access.indices))
        used.set(loop);
  SmallVector<unsigned> result;
  for (unsigned loop : used.set_bits())
    result.push_back(loop);
  return result;
}

llvm::Expected<ConstantTensor> evaluateTerm(const ComputationTerms &model, Term root, ArrayRef<unsigned> kept,
                                            ArrayRef<unsigned> summed) {
  const nest::Nest &nest = model.computation.nest;
  MLIRContext *context = contextOf(model.computation);
  nest::Nest made;
  made.loops = nest.loops;
  std::vector<const ConstantTensor *> tensors;
  llvm::DenseMap<unsigned, unsigned> numbers;
  nest::Statement statement;
  statement.body = model.terms.body(root, statement.value);
  for (nest::Node &node : statement.body) {
    if (node.op != Opcode::Read)
      continue;
    auto [known, isNew] = numbers.try_emplace(node.access.operand, made.operands.size());
    if (isNew) {
      made.operands.push_back(nest.operands[node.access.operand]);
      tensors.push_back(model.computation.sources[node.access.operand].constant.get());
    }
    node.access.operand = known->second;
  }
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> indices;
  for (unsigned loop : kept) {
    shape.push_back(nest.loops[loop].extent);
    indices.push_back(getAffineDimExpr(loop, context));
  }
  statement.destination = {unsigned(made.operands.size()),
                           AffineMap::get(nest.loops.size(), 0, indices, context), std::nullopt};
  made.operands.push_back({"result", model.terms.node(root).type, shape, false});
  statement.loops.assign(kept.begin(), kept.end());
  statement.loops.append(summed.begin(), summed.end());
  llvm::sort(statement.loops);
  if (!summed.empty()) {
    statement.update = nest::Update::Add;
    statement.start = nest::Constant();
  }
  made.statements.push_back(std::move(statement));
  return evaluate(made, tensors);
}

llvm::Error foldStart(ComputationTerms &model, Computation &base) {
  Term init = *model.init;
  if (model.terms.is(init, Opcode::Constant) || model.terms.is(init, Opcode::Read) ||
      !readsOnlyConstants(model, init))
    return llvm::Error::success();
  SmallVector<unsigned> loops = loopsOfTerm(model, init);
  llvm::Expected<ConstantTensor> folded = evaluateTerm(model, init, loops, {});
  if (!folded)
    return folded.takeError();
  MLIRContext *context = contextOf(model.computation);
  SmallVector<AffineExpr> indices;
  for (unsigned loop : loops)
    indices.push_back(getAffineDimExpr(loop, context));
  nest::Access access;
  nest::ScalarType type = folded->type;
  access.operand = addConstant(base, "start", std::move(*folded));
  access.indices = AffineMap::get(base.nest.loops.size(), 0, indices, context);
  model.init = model.terms.read(type, access);
  return llvm::Error::success();
}

namespace {

using SingleRewrite = Rewritten (*)(const Computation &);

/// Adds to each computation of the list what the rewrite makes of it.
llvm::Error extend(std::vector<Computation> &list, SingleRewrite rewrite) {
  for (size_t i = 0, end = list.size(); i < end; ++i) {
    Rewritten made = rewrite(list[i]);
    if (!made)
      return made.takeError();
    if (*made)
      list.push_back(std::move(**made));
  }
  return llvm::Error::success();
}

/// The start and the final with what is added in either of them, or all in the start, or all in the final.
llvm::Error moveAddends(std::vector<Computation> &list) {
  for (size_t i = 0, end = list.size(); i < end; ++i) {
    Rewritten inStart = addendToStart(list[i]);
    if (!inStart)
      return inStart.takeError();
    bool hadStart = list[i].init >= 0;
    Computation source = *inStart ? **inStart : list[i];
    if (*inStart)
      list.push_back(std::move(**inStart));
    if (!hadStart)
      continue; // it is in the final already
    Rewritten inFinal = startToFinal(source);
    if (!inFinal)
      return inFinal.takeError();
    if (*inFinal)
      list.push_back(std::move(**inFinal));
  }
  return llvm::Error::success();
}

} // namespace

llvm::Expected<std::vector<Computation>> rewrites(const Computation &computation,
                                                  const RewriteOptions &options) {
  std::vector<Computation> result = {computation};
  if (llvm::Error error = extend(result, divisionToShift))
    return std::move(error);
  // A factor each may have a zero point.
  for (unsigned factor = 0; factor < 2; ++factor) {
    std::vector<Computation> folded(result.begin() + (factor == 0 ? 0 : result.size() / 2), result.end());
    size_t before = folded.size();
    if (llvm::Error error = extend(folded, foldZeroPoint))
      return std::move(error);
    result.insert(result.end(), folded.begin() + before, folded.end());
    if (folded.size() == before)
      break;
  }
  if (llvm::Error error = moveAddends(result))
    return std::move(error);
  for (size_t i = 0, end = result.size(); i < end; ++i) {
    llvm::Expected<std::vector<Computation>> embedded = embedDiagonally(result[i], options.block);
    if (!embedded)
      return embedded.takeError();
    std::move(embedded->begin(), embedded->end(), std::back_inserter(result));
  }
  for (size_t i = 0, end = result.size(); i < end; ++i) {
    std::vector<Computation> fused = fuseLoops(result[i]);
    std::move(fused.begin(), fused.end(), std::back_inserter(result));
  }
  return result;
}

} // namespace tenon::match
