// A sum of products of two expressions becomes one of two dense arrays. Before, for a convolution of padded
// bytes with a zero point, and after, for factors u8 and i8 and k in fours:
//   t[y, x, c] += (i32(in[y + r - 1, x + s - 1, d] else -3) + 3) * i32(w[c, r, s, d])         from bias[c]
//   t[m, n] += i32(a[m, k]) * i32(b[n, k])                               from bias[n] - 125 * sum of w[n]
// with a[m, k] = u8(in + 3 + 125) of m = (y, x) and k = (r, s, d), then zeros up to a multiple of 4.
// Integers wrap, so what is added to a factor is taken off the start, whatever the sizes.
#include "core/match/GatherFactors.h"
#include "core/match/JoinedAccess.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

class GatherRewrite {
public:
  explicit GatherRewrite(const GatherFactors &factors)
      : found(factors), base(found.base), model(found.model), context(found.context),
        joined(base.nest, found.used, *plainLoops(base.nest.statements.back().destination.indices),
               found.form.multiple),
        beside(base.nest, joined, accessesBeside()) {}

  llvm::Expected<Computation> run() {
    made = base;
    made.nest.loops = joined.made();
    made.nest.statements.clear();
    made.init = made.core = made.final = -1;
    for (const nest::Access &access : accessesBeside())
      if (int(access.operand) != model.sum || base.final < 0)
        beside.flatten(access.operand,
                       made.nest.operands[access.operand] = base.nest.operands[access.operand],
                       made.sources[access.operand] = base.sources[access.operand]);
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
        return std::move(error);
    addCore(start);
    addFinal();
    removeUnusedOperands(made);
    if (llvm::Error error = nest::verify(made.nest))
      return std::move(error);
    return std::move(made);
  }

private:
  /// What start and final read and write.
  std::vector<nest::Access> accessesBeside() const {
    std::vector<nest::Access> accesses;
    for (Term root : {*model.init, *model.final})
      for (Term term : model.terms.reachable(root))
        if (model.terms.is(term, Opcode::Read))
          accesses.push_back(model.terms.node(term).access);
    accesses.push_back(base.nest.statements.back().destination);
    return accesses;
  }

  /// Over joined loops, dense: shapes the operand so.
  nest::Access arrayAccess(unsigned operand, ArrayRef<unsigned> classes) {
    nest::Access access;
    access.operand = operand;
    SmallVector<AffineExpr> indices;
    SmallVector<int64_t> shape;
    for (unsigned ofClass : classes) {
      if (joined.numbers[ofClass] < 0)
        continue;
      indices.push_back(getAffineDimExpr(unsigned(joined.numbers[ofClass]), context));
      shape.push_back(ofClass == JoinedLoops::Reduction ? joined.filled : joined.extents[ofClass]);
    }
    access.indices = AffineMap::get(joined.count, 0, indices, context);
    made.nest.operands[operand].shape = shape;
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
      node.access = int(node.access.operand) == model.sum ? sumAccess : beside.placed(node.access, context);
      return std::nullopt;
    });
  }

  Term loopIndex(Terms &into, const nest::Node &node) const {
    auto [ofClass, place] = joined.places[node.loop];
    if (joined.numbers[ofClass] < 0)
      return into.integer(node.type, 0);
    isa::SemanticNode index;
    index.node.op = Opcode::LoopIndex;
    index.node.type = node.type;
    index.node.loop = unsigned(joined.numbers[ofClass]);
    Term value = into.make(std::move(index));
    int64_t inner = joined.extentFrom(ofClass, place + 1);
    if (inner != 1)
      value = into.operation(Opcode::DivUI, node.type, {value, into.integer(node.type, inner)});
    if (place > 0)
      value = into.operation(Opcode::RemUI, node.type,
                             {value, into.integer(node.type, joined.extentOf(node.loop))});
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
      const isa::ElementType &type = found.typeOf(factor);
      const nest::ScalarType &wide = model.terms.node(found.factors[factor]).type;
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
    for (unsigned loop = 0; loop < joined.count; ++loop)
      core.loops.push_back(loop);
    made.core = int(made.nest.statements.size());
    made.nest.statements.push_back(std::move(core));
  }

  void addFinal() {
    Terms terms(context);
    Term root =
        base.final >= 0 ? import(terms, *model.final) : terms.read(made.nest.operands[sum].type, sumAccess);
    made.final = int(made.nest.statements.size());
    made.nest.statements.push_back(
        statementOf(terms, root, beside.placed(base.nest.statements.back().destination, context),
                    nest::Update::Assign, std::nullopt));
  }

  llvm::Error addArray(unsigned factor) {
    auto gather = std::make_shared<Gather>(gatherOf(factor));
    nest::Operand array = gather->nest.operands.back();
    TensorSource source;
    std::vector<std::string> axes;
    for (unsigned ofClass : JoinedLoops::classesOf(factor))
      if (joined.numbers[ofClass] >= 0)
        axes.push_back(made.nest.loops[unsigned(joined.numbers[ofClass])].name);
    std::string words = describe(*gather, found.typeOf(factor), axes);
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
    SmallVector<AffineExpr> loops(base.nest.loops.size(), getAffineConstantExpr(0, context)), indices;
    nest::Operand array{factor == 0 ? "a" : "b", found.typeOf(factor).scalar, {}, false};
    unsigned loopCount = 0;
    for (unsigned ofClass : JoinedLoops::classesOf(factor)) {
      if (joined.numbers[ofClass] < 0)
        continue;
      AffineExpr index = getAffineConstantExpr(0, context);
      gather.joined.emplace_back();
      for (unsigned loop : joined.loops[ofClass]) {
        loops[loop] = getAffineDimExpr(loopCount, context);
        gather.nest.loops.push_back(base.nest.loops[loop]);
        gather.joined.back().push_back(loopCount++);
        index = index * joined.extentOf(loop) + loops[loop];
      }
      indices.push_back(index);
      array.shape.push_back(ofClass == JoinedLoops::Reduction ? joined.filled : joined.extents[ofClass]);
    }
    Terms terms(context);
    Term element = elementOf(factor, terms, loops, gather);
    nest::Access destination;
    destination.operand = gather.nest.operands.size();
    destination.indices = AffineMap::get(loopCount, 0, indices, context);
    gather.nest.operands.push_back(std::move(array));
    gather.nest.statements.push_back(
        statementOf(terms, element, destination, nest::Update::Assign, std::nullopt));
    return gather;
  }

  /// A factor's term over the gather's loops; the tensors that it reads become the gather's operands.
  Term elementOf(unsigned factor, Terms &terms, ArrayRef<AffineExpr> loops, Gather &gather) const {
    nest::Statement element;
    element.body = model.terms.body(found.fits[factor].element, element.value);
    SmallVector<unsigned> copied;
    auto numberOf = [&](unsigned operand) {
      auto known = llvm::find(copied, operand);
      if (known != copied.end())
        return unsigned(known - copied.begin());
      copied.push_back(operand);
      gather.nest.operands.push_back(base.nest.operands[operand]);
      gather.nest.operands.back().local = false;
      gather.sources.push_back(base.sources[operand]);
      return unsigned(copied.size() - 1);
    };
    return terms.import(element, [&](isa::SemanticNode &term) -> std::optional<Term> {
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
        node.access.indices = AffineMap::get(gather.nest.loops.size(), 0, moved, context);
      }
      return std::nullopt;
    });
  }

  const GatherFactors &found;
  const Computation &base;
  const ComputationTerms &model;
  MLIRContext *context;
  JoinedLoops joined;
  JoinedAccess beside;
  Computation made;
  unsigned sum = 0;
  nest::Access sumAccess, arrays[2];
};

} // namespace

llvm::Expected<Gathered> gathered(const Computation &computation, const GatherForm &form) {
  GatherFactors factors(computation, form);
  llvm::Expected<bool> areFound = factors.find();
  if (!areFound)
    return areFound.takeError();
  Gathered result;
  if (!*areFound) {
    result.reason = factors.reason;
    result.repair = factors.repair;
    return std::move(result);
  }
  llvm::Expected<Computation> made = GatherRewrite(factors).run();
  if (!made)
    return made.takeError();
  result.computation = std::move(*made);
  return std::move(result);
}

} // namespace tenon::match
