// A loop that indexes the result, the data and the constant (a depthwise convolution's channel) becomes one
// for the result and one that is summed over; the constant gets both and is 0 where they differ:
//   y[c] += x[c] * w[c]     y[c] += x[d] * v[d, c],   v[d, c] = if c == d then w[c] else 0
// In blocks, so that the constant grows by the block's size only. Without a constant factor it is one of
// ones.
#include "core/match/Rewrites.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

constexpr int64_t largestConstant = int64_t(1) << 26;

int64_t largestDivisor(int64_t extent, int64_t limit) {
  for (int64_t divisor = std::min(extent, limit); divisor > 1; --divisor)
    if (extent % divisor == 0)
      return divisor;
  return 1;
}

class Embedding {
public:
  Embedding(const Computation &source, unsigned embedded, int64_t blockExtent)
      : computation(source), model(source), loop(embedded), block(blockExtent),
        blocks(source.nest.loops[embedded].extent / blockExtent), context(contextOf(source)) {}

  llvm::Expected<std::optional<Computation>> run() {
    findFactors();
    if (!indexesItsDimensionsAlone() || usesIndex())
      return std::optional<Computation>();
    llvm::Expected<std::optional<ConstantTensor>> expanded = expand();
    if (!expanded)
      return expanded.takeError();
    if (!*expanded)
      return std::optional<Computation>();
    placeLoops();
    made.nest.operands = computation.nest.operands;
    made.sources = computation.sources;
    made.result = computation.result;
    made.steps = computation.steps;
    made.rewrites = computation.rewrites;
    made.rewrites.push_back("the constant is embedded in blocks of " + std::to_string(block) + " x " +
                            std::to_string(block) + " along " + computation.nest.loops[loop].name);
    unsigned embedded = addConstant(made, "diagonal", std::move(**expanded));
    addStatements(embedded);
    removeUnusedOperands(made);
    return std::optional(std::move(made));
  }

private:
  /// core = data * widened(constant), or data alone.
  void findFactors() {
    data = *model.core;
    constantType = nest::ScalarType::integer(8);
    Term core = *model.core;
    if (!model.terms.is(core, Opcode::MulI))
      return;
    for (unsigned side : {1u, 0u}) {
      Term factor = model.terms.node(core).arguments[side];
      Term inner = factor;
      if (model.terms.is(factor, Opcode::ExtSI) || model.terms.is(factor, Opcode::ExtUI))
        inner = model.terms.node(factor).arguments[0];
      if (!model.terms.is(inner, Opcode::Read) || !readsOnlyConstants(model, inner) ||
          model.terms.node(inner).access.outside)
        continue;
      data = model.terms.node(core).arguments[1 - side];
      constant = inner;
      widening = model.terms.node(factor).op;
      constantType = model.terms.node(inner).type;
      return;
    }
  }

  /// The data has the loop as an index by itself; along a window the rewrite would only repeat reads.
  bool indexesItsDimensionsAlone() const {
    bool indexes = false;
    for (Term term : model.terms.reachable(data)) {
      if (!model.terms.is(term, Opcode::Read))
        continue;
      for (AffineExpr index : model.terms.node(term).access.indices.getResults()) {
        if (!index.isFunctionOfDim(loop))
          continue;
        if (!llvm::isa<AffineDimExpr>(index))
          return false;
        indexes = true;
      }
    }
    bool constantHasIt = !constant || llvm::is_contained(loopsOfTerm(model, *constant), loop);
    return indexes && constantHasIt && model.terms.node(data).type.width > constantType.width;
  }

  bool usesIndex() const {
    for (std::optional<Term> root : {model.init, model.core, model.final})
      for (Term term : model.terms.reachable(*root))
        if (model.terms.is(term, Opcode::LoopIndex) && model.terms.node(term).loop == loop)
          return true;
    return false;
  }

  /// The constant over its other loops, the blocks, the places summed over and the result's places.
  llvm::Expected<std::optional<ConstantTensor>> expand() {
    if (constant)
      for (unsigned used : loopsOfTerm(model, *constant))
        if (used != loop)
          others.push_back(used);
    SmallVector<unsigned> kept = others;
    kept.push_back(loop);
    SmallVector<int64_t> shape;
    int64_t count = block;
    for (unsigned used : kept) {
      shape.push_back(computation.nest.loops[used].extent);
      if (llvm::MulOverflow(count, shape.back(), count) || count > largestConstant)
        return std::optional<ConstantTensor>();
    }
    ConstantTensor dense = uniformTensor(constantType, shape, nest::Constant::ofInteger(1));
    if (constant) {
      llvm::Expected<ConstantTensor> evaluated = evaluateTerm(model, *constant, kept, {});
      if (!evaluated)
        return evaluated.takeError();
      dense = std::move(*evaluated);
    }
    shape.pop_back();
    if (blocks > 1)
      shape.push_back(blocks);
    shape.push_back(block);
    shape.push_back(block);
    ConstantTensor result = uniformTensor(constantType, shape, {});
    for (int64_t i = 0; i < elementCount(dense); ++i)
      setElement(result, i * block + i % block, elementAt(dense, i));
    return std::optional(std::move(result));
  }

  /// The loop becomes a loop over blocks and one over places; the one that is summed comes last.
  void placeLoops() {
    for (auto [number, old] : llvm::enumerate(computation.nest.loops)) {
      if (number != loop) {
        renaming.loops.push_back(getAffineDimExpr(made.nest.loops.size(), context));
        made.nest.loops.push_back(old);
        continue;
      }
      AffineExpr start = getAffineConstantExpr(0, context);
      if (blocks > 1) {
        blockLoop = getAffineDimExpr(made.nest.loops.size(), context);
        start = blockLoop * block;
        made.nest.loops.push_back({old.name + "b", blocks, false});
      }
      blockStart = start;
      place = getAffineDimExpr(made.nest.loops.size(), context);
      renaming.loops.push_back(start + place);
      made.nest.loops.push_back({old.name, block, false});
    }
    summedPlace = getAffineDimExpr(made.nest.loops.size(), context);
    made.nest.loops.push_back({computation.nest.loops[loop].name + "k", block, false});
    renaming.loopCount = made.nest.loops.size();
    renaming.operands = Renaming::same(computation.nest, context).operands;
  }

  void addStatements(unsigned embedded) {
    Renaming ofData = renaming;
    ofData.loops[loop] = blockStart + summedPlace;
    Terms terms(context);
    auto moved = [&](Term root, const Renaming &with) {
      unsigned value = 0;
      nest::Statement holder;
      holder.body = model.terms.body(root, value);
      holder.value = value;
      return terms.import(holder, [&](isa::SemanticNode &node) { return with.rename(terms, node); });
    };
    SmallVector<AffineExpr> indices;
    for (unsigned other : others)
      indices.push_back(renaming.loops[other]);
    if (blocks > 1)
      indices.push_back(blockLoop);
    indices.push_back(summedPlace);
    indices.push_back(place);
    nest::Access access{embedded, AffineMap::get(renaming.loopCount, 0, indices, context), std::nullopt};
    nest::ScalarType type = model.terms.node(*model.core).type;
    Term factor = terms.read(constantType, access);
    if (constantType.width < type.width)
      factor = terms.operation(widening, type, {factor});
    Term core = terms.operation(Opcode::MulI, type, {moved(data, ofData), factor});
    const nest::Statement &old = computation.nest.statements[computation.core];
    nest::Access sum = renaming.access(old.destination);
    if (computation.init >= 0) {
      made.init = 0;
      made.nest.statements.push_back(
          statementOf(terms, moved(*model.init, renaming), sum, nest::Update::Assign, std::nullopt));
    }
    made.core = int(made.nest.statements.size());
    nest::Statement statement = statementOf(terms, core, sum, nest::Update::Add, old.start);
    statement.loops.clear();
    for (unsigned number = 0; number < made.nest.loops.size(); ++number)
      statement.loops.push_back(number);
    made.nest.statements.push_back(std::move(statement));
    if (computation.final < 0)
      return;
    made.final = int(made.nest.statements.size());
    made.nest.statements.push_back(statementOf(
        terms, moved(*model.final, renaming), renaming.access(computation.nest.statements.back().destination),
        nest::Update::Assign, std::nullopt));
  }

  const Computation &computation;
  ComputationTerms model;
  unsigned loop;
  int64_t block, blocks;
  MLIRContext *context;
  Term data = 0;
  std::optional<Term> constant;
  nest::ScalarType constantType;
  Opcode widening = Opcode::ExtSI;
  SmallVector<unsigned> others; ///< loops of the constant, without the embedded one
  Renaming renaming;
  AffineExpr blockLoop, blockStart, place, summedPlace;
  Computation made;
};

} // namespace

llvm::Expected<std::vector<Computation>> embedDiagonally(const Computation &computation, int64_t limit) {
  std::vector<Computation> result;
  if (computation.core < 0 || limit < 2)
    return result;
  const nest::Statement &core = computation.nest.statements[computation.core];
  if (core.update != nest::Update::Add ||
      !computation.nest.operands[core.destination.operand].type.isInteger())
    return result;
  for (unsigned loop = 0; loop < computation.parallelLoops(); ++loop) {
    int64_t block = largestDivisor(computation.nest.loops[loop].extent, limit);
    if (block < 2)
      continue;
    llvm::Expected<std::optional<Computation>> made = Embedding(computation, loop, block).run();
    if (!made)
      return made.takeError();
    if (*made)
      result.push_back(std::move(**made));
  }
  return result;
}

} // namespace tenon::match
