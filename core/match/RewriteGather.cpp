// A sum of products of two expressions becomes one of two dense arrays. Before, for a convolution of padded
// bytes with a zero point, and after, for factors u8 and i8 and k in fours:
//   t[y, x, c] += (i32(in[y + r - 1, x + s - 1, d] else -3) + 3) * i32(w[c, r, s, d])         from bias[c]
//   t[m, n] += i32(a[m, k]) * i32(b[n, k])                               from bias[n] - 125 * sum of w[n]
// with a[m, k] = u8(in + 3 + 125) of m = (y, x) and k = (r, s, d), then zeros up to a multiple of 4.
// Integers wrap, so what is added to a factor is taken off the start, whatever the sizes.
#include "core/match/Gather.h"
#include "core/match/JoinedLoops.h"
#include "core/match/Rewrites.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

/// How a factor becomes an element of its array.
struct Fit {
  int64_t shift = 0; ///< added before it is narrowed
  Term element = 0;  ///< the array's element, of its type
};

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

class GatherRewrite {
public:
  GatherRewrite(const Computation &computation, const GatherForm &wanted)
      : base(computation), form(wanted), model(base), context(contextOf(base)) {}

  llvm::Expected<Gathered> run() {
    if (!findFactors())
      return std::move(result);
    for (unsigned factor : {0u, 1u}) {
      auto fit = fitOf(factor);
      if (!fit)
        return fit.takeError();
      if (!*fit)
        return std::move(result);
      fits[factor] = **fit;
    }
    if (llvm::Error error = correctStart())
      return std::move(error);
    const nest::Access &last = base.nest.statements.back().destination;
    joined.emplace(base.nest, ArrayRef(used), *plainLoops(last.indices), form.multiple);
    if (llvm::Error error = build())
      return std::move(error);
    result.computation = std::move(made);
    return std::move(result);
  }

private:
  std::nullopt_t refuse(const llvm::Twine &reason, const llvm::Twine &repair = "") {
    result.reason = reason.str();
    result.repair = repair.str();
    return std::nullopt;
  }

  const isa::ElementType &typeOf(unsigned factor) const { return factor == 0 ? form.first : form.second; }

  bool findFactors() {
    if (!model.core || base.nest.statements[base.core].update != nest::Update::Add) {
      refuse("the model has no sum of products");
      return false;
    }
    if (!model.terms.is(*model.core, Opcode::MulI) && !model.terms.is(*model.core, Opcode::MulF)) {
      refuse("what the model sums is no product of two factors");
      return false;
    }
    ArrayRef<unsigned> arguments = model.terms.node(*model.core).arguments;
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

  /// All values of a factor; those that constants have are known.
  llvm::Expected<nest::Interval> rangeOfFactor(unsigned factor) {
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

  llvm::Expected<std::optional<Fit>> fitOf(unsigned factor) {
    const isa::ElementType &type = typeOf(factor);
    const nest::ScalarType &own = model.terms.node(factors[factor]).type;
    if (own.isInteger() != type.scalar.isInteger())
      return refuse("the model's factors are " + own.str() + ", the intrinsic's " + type.str());
    return own.isInteger() ? fitOfInteger(factor) : fitOfFloat(factor);
  }

  std::optional<Fit> fitOfFloat(unsigned factor) {
    Term term = factors[factor];
    const isa::ElementType &type = typeOf(factor);
    while (!(model.terms.node(term).type == type.scalar) && model.terms.is(term, Opcode::ExtF))
      term = model.terms.node(term).arguments[0];
    if (model.terms.node(term).type == type.scalar)
      return Fit{0, term};
    return refuse("the model has a factor of " + model.terms.node(term).type.str() +
                      ", the intrinsic takes " + type.str(),
                  "an intrinsic whose factors are " + model.terms.node(term).type.str());
  }

  llvm::Expected<std::optional<Fit>> fitOfInteger(unsigned factor) {
    const isa::ElementType &type = typeOf(factor);
    Term term = factors[factor];
    const nest::ScalarType &own = model.terms.node(term).type;
    if (type.scalar.width == own.width)
      return Fit{0, term};
    if (type.scalar.width > own.width)
      return refuse("the model multiplies in " + own.str() + ", the intrinsic's factors are " + type.str());
    auto range = rangeOfFactor(factor);
    if (!range)
      return range.takeError();
    nest::Interval held = rangeOfElement(type);
    if (range->low >= held.low && range->high <= held.high)
      return narrowedTo(term, 0, type);
    std::string values = std::to_string(range->low) + ".." + std::to_string(range->high);
    std::string reason = "a factor has the values " + values + ", " + type.str() + " holds " +
                         std::to_string(held.low) + ".." + std::to_string(held.high);
    bool otherIsConstant = readsOnlyConstants(model, factors[1 - factor]);
    bool isWide = uint64_t(range->high) - uint64_t(range->low) > uint64_t(held.high) - uint64_t(held.low);
    if (isWide)
      return refuse(reason, "an intrinsic with wider factors");
    if (!otherIsConstant || shifted >= 0)
      return refuse(reason + "; a number could be added if the other factor were constant",
                    "an intrinsic whose factor has the sign of the model's, or a wider one");
    shifted = int(factor);
    // Numbers that bring the values into the range: one that undoes an addition leaves less to do.
    int64_t least = held.low - range->low, most = held.high - range->high;
    int64_t shift = least > 0 ? least : most;
    if (model.terms.isWithConstant(term, Opcode::AddI)) {
      int64_t undone = -model.terms.integerOf(model.terms.node(term).arguments[1]);
      if (undone >= least && undone <= most)
        shift = undone;
    }
    return narrowedTo(term, shift, type);
  }

  Fit narrowedTo(Term term, int64_t shift, const isa::ElementType &type) {
    const nest::ScalarType own = model.terms.node(term).type;
    Term moved = model.terms.operation(Opcode::AddI, own, {term, model.terms.integer(own, shift)});
    // An addition of an addition is one.
    if (shift != 0 && model.terms.isWithConstant(term, Opcode::AddI)) {
      int64_t before = model.terms.integerOf(model.terms.node(term).arguments[1]);
      Term added =
          model.terms.integer(own, llvm::SignExtend64(uint64_t(before) + uint64_t(shift), own.width));
      moved = model.terms.operation(Opcode::AddI, own, {model.terms.node(term).arguments[0], added});
    }
    return {shift, model.terms.operation(Opcode::TruncI, type.scalar, {moved})};
  }

  /// sum f1 f2 = sum (f1 + s) f2 - s sum f2.
  llvm::Error correctStart() {
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

  llvm::Error build() {
    made = base;
    made.nest.loops = joined->made();
    made.nest.statements.clear();
    made.init = made.core = made.final = -1;
    planShapes();
    sum = unsigned(model.sum);
    if (base.final < 0) {
      sum = made.nest.operands.size();
      made.nest.operands.push_back({"sum", base.nest.operands[model.sum].type, {}, true});
      made.sources.push_back({TensorSource::Kind::Local, 0, nullptr, nullptr});
    }
    sumAccess = arrayAccess(sum, {JoinedLoops::Group, JoinedLoops::First, JoinedLoops::Second});
    auto start = addInit();
    for (unsigned factor : {0u, 1u})
      if (llvm::Error error = addArray(factor))
        return error;
    addCore(start);
    addFinal();
    removeUnusedOperands(made);
    return nest::verify(made.nest);
  }

  /// Over joined loops, dense: shapes the operand so.
  nest::Access arrayAccess(unsigned operand, ArrayRef<unsigned> classes) {
    nest::Access access;
    access.operand = operand;
    SmallVector<AffineExpr> indices;
    SmallVector<int64_t> shape;
    for (unsigned ofClass : classes) {
      if (joined->numbers[ofClass] < 0)
        continue;
      indices.push_back(getAffineDimExpr(unsigned(joined->numbers[ofClass]), context));
      shape.push_back(ofClass == JoinedLoops::Reduction ? joined->filled : joined->extents[ofClass]);
    }
    access.indices = AffineMap::get(joined->count, 0, indices, context);
    made.nest.operands[operand].shape = shape;
    return access;
  }

  // What start and final read and write: dimensions that stand side by side and are indexed by loops that do
  // become one.

  template <typename Callback> void accessesOutside(Callback callback) const {
    for (Term root : {*model.init, *model.final})
      for (Term term : model.terms.reachable(root))
        if (model.terms.is(term, Opcode::Read))
          callback(model.terms.node(term).access);
    callback(base.nest.statements.back().destination);
  }

  bool joins(const nest::Access &access, unsigned dimension) const {
    auto outer = dyn_cast<AffineDimExpr>(access.indices.getResult(dimension));
    auto inner = dyn_cast<AffineDimExpr>(access.indices.getResult(dimension + 1));
    if (!outer || !inner || access.outside)
      return false;
    auto [outerClass, outerPlace] = joined->places[outer.getPosition()];
    auto [innerClass, innerPlace] = joined->places[inner.getPosition()];
    return outerClass == innerClass && outerPlace + 1 == innerPlace &&
           base.nest.operands[access.operand].shape[dimension + 1] == joined->extentOf(inner.getPosition());
  }

  void planShapes() {
    joinsNext.clear();
    for (const nest::Operand &operand : base.nest.operands)
      joinsNext.emplace_back(std::max<size_t>(operand.shape.size(), 1) - 1, true);
    accessesOutside([&](const nest::Access &access) {
      for (unsigned dimension = 0; dimension < joinsNext[access.operand].size(); ++dimension)
        if (!joins(access, dimension))
          joinsNext[access.operand][dimension] = false;
    });
    llvm::SmallBitVector isAccessed(base.nest.operands.size());
    accessesOutside([&](const nest::Access &access) { isAccessed.set(access.operand); });
    for (unsigned operand : isAccessed.set_bits())
      if (int(operand) != model.sum || base.final < 0)
        flatten(made.nest.operands[operand], made.sources[operand], joinsNext[operand]);
  }

  static void flatten(nest::Operand &operand, TensorSource &source, const std::vector<bool> &joinsOn) {
    SmallVector<int64_t> shape;
    for (auto [dimension, extent] : llvm::enumerate(operand.shape)) {
      if (dimension > 0 && joinsOn[dimension - 1])
        shape.back() *= extent;
      else
        shape.push_back(extent);
    }
    if (shape.size() == operand.shape.size())
      return;
    operand.shape = shape;
    if (source.kind != TensorSource::Kind::Constant)
      return;
    auto flat = std::make_shared<ConstantTensor>(*source.constant);
    flat->shape = shape;
    source.constant = flat;
  }

  nest::Access placed(const nest::Access &old) const {
    SmallVector<AffineExpr> loops, indices;
    for (unsigned loop = 0; loop < base.nest.loops.size(); ++loop)
      loops.push_back(joined->valueOf(loop, context));
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
      auto [ofClass, begin] = joined->places[outer];
      indices.push_back(joined->valueOf(ofClass, begin, begin + (last - dimension) + 1, context));
      dimension = last;
    }
    nest::Access access = old;
    access.indices = AffineMap::get(joined->count, 0, indices, context);
    return access;
  }

  /// A term of the original's start or final, over the joined loops.
  Term import(Terms &into, Term root) const {
    nest::Statement statement;
    statement.body = model.terms.body(root, statement.value);
    return into.import(statement, [&](isa::SemanticNode &term) -> std::optional<Term> {
      nest::Node &node = term.node;
      if (node.op == Opcode::LoopIndex)
        return loopIndex(into, node);
      if (node.op != Opcode::Read)
        return std::nullopt;
      node.access = int(node.access.operand) == model.sum ? sumAccess : placed(node.access);
      return std::nullopt;
    });
  }

  Term loopIndex(Terms &into, const nest::Node &node) const {
    auto [ofClass, place] = joined->places[node.loop];
    if (joined->numbers[ofClass] < 0)
      return into.integer(node.type, 0);
    isa::SemanticNode index;
    index.node.op = Opcode::LoopIndex;
    index.node.type = node.type;
    index.node.loop = unsigned(joined->numbers[ofClass]);
    Term value = into.make(std::move(index));
    int64_t inner = joined->extentFrom(ofClass, place + 1);
    if (inner != 1)
      value = into.operation(Opcode::DivUI, node.type, {value, into.integer(node.type, inner)});
    if (place > 0)
      value = into.operation(Opcode::RemUI, node.type,
                             {value, into.integer(node.type, joined->extentOf(node.loop))});
    return value;
  }

  /// The start, where it is a number.
  std::optional<nest::Constant> addInit() {
    if (model.terms.is(*model.init, Opcode::Constant))
      return model.terms.node(*model.init).constant;
    Terms terms(context);
    Term root = import(terms, *model.init);
    made.init = int(made.nest.statements.size());
    made.nest.statements.push_back(statementOf(terms, root, sumAccess, nest::Update::Assign, std::nullopt));
    return std::nullopt;
  }

  void addCore(std::optional<nest::Constant> start) {
    Terms terms(context);
    Term values[2];
    for (unsigned factor : {0u, 1u}) {
      const isa::ElementType &type = typeOf(factor);
      const nest::ScalarType &wide = model.terms.node(factors[factor]).type;
      values[factor] = terms.read(type.scalar, arrays[factor]);
      if (type.scalar == wide)
        continue;
      Opcode widens = wide.isFloat() ? Opcode::ExtF : type.isSigned ? Opcode::ExtSI : Opcode::ExtUI;
      values[factor] = terms.operation(widens, wide, {values[factor]});
    }
    const nest::Node &product = model.terms.node(*model.core);
    Term root = terms.operation(product.op, product.type, {values[0], values[1]});
    nest::Statement core = statementOf(terms, root, sumAccess, nest::Update::Add, start);
    core.loops.clear();
    for (unsigned loop = 0; loop < joined->count; ++loop)
      core.loops.push_back(loop);
    made.core = int(made.nest.statements.size());
    made.nest.statements.push_back(std::move(core));
  }

  void addFinal() {
    Terms terms(context);
    Term root =
        base.final >= 0 ? import(terms, *model.final) : terms.read(made.nest.operands[sum].type, sumAccess);
    made.final = int(made.nest.statements.size());
    made.nest.statements.push_back(statementOf(terms, root, placed(base.nest.statements.back().destination),
                                               nest::Update::Assign, std::nullopt));
  }

  llvm::Error addArray(unsigned factor) {
    auto gather = std::make_shared<Gather>(gatherOf(factor));
    nest::Operand array = gather->nest.operands.back();
    TensorSource source;
    std::vector<std::string> axes;
    for (unsigned ofClass : JoinedLoops::classesOf(factor))
      if (joined->numbers[ofClass] >= 0)
        axes.push_back(made.nest.loops[unsigned(joined->numbers[ofClass])].name);
    std::string words = describe(*gather, typeOf(factor), axes);
    bool isConstant = llvm::all_of(
        gather->sources, [](const TensorSource &part) { return part.kind == TensorSource::Kind::Constant; });
    if (isConstant) {
      std::vector<const ConstantTensor *> tensors;
      for (const TensorSource &part : gather->sources)
        tensors.push_back(part.constant.get());
      auto value = evaluate(*gather, tensors);
      if (!value)
        return value.takeError();
      source.kind = TensorSource::Kind::Constant;
      source.constant = std::make_shared<ConstantTensor>(std::move(*value));
      made.rewrites.push_back(words + ": laid out when compiling");
    } else {
      bool isInPlace = stridedRead(*gather).has_value();
      source.kind = TensorSource::Kind::Gathered;
      source.gather = std::move(gather);
      made.rewrites.push_back(words + (isInPlace ? ": read where it lies" : ": gathered"));
    }
    unsigned number = made.nest.operands.size();
    made.nest.operands.push_back(std::move(array));
    made.sources.push_back(std::move(source));
    arrays[factor] = arrayAccess(number, JoinedLoops::classesOf(factor));
    return llvm::Error::success();
  }

  Gather gatherOf(unsigned factor) const {
    Gather gather;
    SmallVector<AffineExpr> loops(base.nest.loops.size(), getAffineConstantExpr(0, context));
    SmallVector<AffineExpr> indices;
    nest::Operand array{factor == 0 ? "a" : "b", typeOf(factor).scalar, {}, false};
    unsigned loopCount = 0;
    for (unsigned ofClass : JoinedLoops::classesOf(factor)) {
      if (joined->numbers[ofClass] < 0)
        continue;
      AffineExpr index = getAffineConstantExpr(0, context);
      gather.joined.emplace_back();
      for (unsigned loop : joined->loops[ofClass]) {
        loops[loop] = getAffineDimExpr(loopCount, context);
        gather.nest.loops.push_back(base.nest.loops[loop]);
        gather.joined.back().push_back(loopCount++);
        index = index * joined->extentOf(loop) + loops[loop];
      }
      indices.push_back(index);
      array.shape.push_back(ofClass == JoinedLoops::Reduction ? joined->filled : joined->extents[ofClass]);
    }
    Terms terms(context);
    nest::Statement source;
    source.body = model.terms.body(fits[factor].element, source.value);
    auto numberOf = [&](unsigned operand) {
      for (auto [number, known] : llvm::enumerate(copied))
        if (known == operand)
          return unsigned(number);
      copied.push_back(operand);
      gather.nest.operands.push_back(base.nest.operands[operand]);
      gather.nest.operands.back().local = false;
      gather.sources.push_back(base.sources[operand]);
      return unsigned(copied.size() - 1);
    };
    copied.clear();
    Renaming renaming;
    renaming.loops = loops;
    renaming.loopCount = loopCount;
    Term root = terms.import(source, [&](isa::SemanticNode &term) -> std::optional<Term> {
      nest::Node &node = term.node;
      if (node.op == Opcode::TableRead)
        node.table = numberOf(node.table);
      if (node.op == Opcode::LoopIndex) {
        auto index = dyn_cast<AffineDimExpr>(loops[node.loop]);
        if (!index)
          return terms.integer(node.type, 0);
        node.loop = index.getPosition();
      }
      if (node.op == Opcode::Read) {
        SmallVector<AffineExpr> moved;
        for (AffineExpr index : node.access.indices.getResults())
          moved.push_back(index.replaceDims(loops));
        node.access.operand = numberOf(node.access.operand);
        node.access.indices = AffineMap::get(loopCount, 0, moved, context);
      }
      return std::nullopt;
    });
    nest::Access destination;
    destination.operand = gather.nest.operands.size();
    destination.indices = AffineMap::get(loopCount, 0, indices, context);
    gather.nest.operands.push_back(std::move(array));
    nest::Statement statement = statementOf(terms, root, destination, nest::Update::Assign, std::nullopt);
    gather.nest.statements.push_back(std::move(statement));
    return gather;
  }

  Computation base;
  const GatherForm &form;
  ComputationTerms model;
  MLIRContext *context;
  Gathered result;
  Term factors[2] = {};
  SmallVector<llvm::SmallBitVector> used; ///< loops of each factor
  Fit fits[2];
  int shifted = -1; ///< the factor to which a number is added
  std::optional<JoinedLoops> joined;
  Computation made;
  unsigned sum = 0;
  nest::Access sumAccess, arrays[2];
  std::vector<std::vector<bool>> joinsNext; ///< for each operand and dimension
  mutable SmallVector<unsigned> copied;     ///< operands of the nest that a gather reads
};

} // namespace

llvm::Expected<Gathered> gathered(const Computation &computation, const GatherForm &form) {
  return GatherRewrite(computation, form).run();
}

} // namespace tenon::match
