// Unification with backtracking: commuted arguments, steps that one side lacks, constants that become values
// or constant tensors.
#include "core/match/Unify.h"

#include "core/match/OperationName.h"
#include "core/match/Renaming.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using isa::SemanticNode;
using nest::Opcode;

namespace {

std::string text(const nest::Constant &constant, const nest::ScalarType &type) {
  return type.isInteger() ? std::to_string(constant.integer) : std::to_string(constant.real);
}

void append(std::vector<Solution> &into, std::vector<Solution> more, unsigned limit) {
  for (Solution &solution : more)
    if (into.size() < limit && !llvm::is_contained(into, solution))
      into.push_back(std::move(solution));
}

} // namespace

bool BoundOperand::operator==(const BoundOperand &other) const {
  return kind == other.kind && tensor == other.tensor && access == other.access &&
         match::same(outside, other.outside) && match::same(element, other.element) &&
         narrow == other.narrow && narrowSigned == other.narrowSigned &&
         match::same(ArrayRef(indices), ArrayRef(other.indices));
}

ComputationTerms::ComputationTerms(const Computation &source)
    : computation(source), terms(contextOf(source)) {
  auto import = [&](int number) -> std::optional<Term> {
    if (number < 0)
      return std::nullopt;
    return terms.import(source.nest.statements[number], [](auto &) { return std::nullopt; });
  };
  init = import(source.init);
  core = import(source.core);
  final = import(source.final);
  if (!core)
    return;
  const nest::Statement &statement = source.nest.statements[source.core];
  sum = int(statement.destination.operand);
  const nest::ScalarType &type = source.nest.operands[sum].type;
  if (statement.start)
    init = terms.constant(type, *statement.start);
  if (!final)
    final = terms.read(type, statement.destination);
}

Solution Unifier::start() const {
  Solution result;
  result.values.resize(pattern.intrinsic.values.size());
  result.operands.resize(pattern.intrinsic.operands.size());
  return result;
}

std::vector<Solution> Unifier::unify(Stage newStage, Term p, Term q, const Solution &from,
                                     bool readSumAsTensor) {
  stage = newStage;
  sumIsTensor = readSumAsTensor;
  steps = 0;
  std::vector<Solution> result = same(p, q, from, 0);
  if (gaveUp()) {
    progress = 99999;
    fail("the comparison with '" + pattern.intrinsic.name + "' took more than " + std::to_string(stepLimit) +
         " steps");
  }
  return result;
}

bool Unifier::isSum(Term p) const {
  return pattern.terms.is(p, Opcode::Read) && pattern.core &&
         int(pattern.terms.node(p).access.operand) == pattern.sum;
}

std::optional<nest::Constant> Unifier::constantOf(Term q) const {
  const nest::Node &node = model.terms.node(q);
  if (node.op == Opcode::Constant)
    return node.constant;
  if (node.op != Opcode::Read)
    return std::nullopt;
  const TensorSource &source = model.computation.sources[node.access.operand];
  if (source.kind != TensorSource::Kind::Constant)
    return std::nullopt;
  std::optional<nest::Constant> element = uniformElement(*source.constant);
  if (element && node.access.outside && !match::same(*element, *node.access.outside))
    return std::nullopt;
  return element;
}

std::vector<Solution> Unifier::same(Term p, Term q, const Solution &from, unsigned depth) {
  if (++steps > stepLimit || depth > depthLimit)
    return {};
  progress = progressAt(depth);
  if (isSum(p)) {
    bool isModelsSum = model.terms.is(q, Opcode::Read) && !sumIsTensor &&
                       int(model.terms.node(q).access.operand) == model.sum;
    if (isModelsSum)
      return {from};
    fail("the model has " + describeModel(q) + " where '" + pattern.intrinsic.name + "' has its sum");
    return {};
  }
  const nest::ScalarType &type = pattern.terms.node(p).type, &needed = model.terms.node(q).type;
  if (!(type == needed)) {
    fail("the model has " + describeModel(q) + " in " + needed.str() + " where '" + pattern.intrinsic.name +
             "' has " + describePattern(p) + " in " + type.str(),
         "compute it in " + needed.str() + " there");
    return {};
  }
  std::vector<Solution> result;
  if (std::optional<nest::Constant> constant = constantOf(q))
    if (std::optional<Solution> solved = solve(p, *constant, from))
      result.push_back(std::move(*solved));
  progress = progressAt(depth);
  if (pattern.terms.isValue(p) || pattern.terms.is(p, Opcode::Constant)) {
    bool isOneForMany = pattern.terms.isValue(p) && model.terms.is(q, Opcode::Read);
    if (result.empty())
      fail("the model has " + describeModel(q) + " where '" + pattern.intrinsic.name + "' has " +
               describePattern(p),
           isOneForMany ? "an operand there, with a number for each element" : "");
    return result;
  }
  if (pattern.terms.is(p, Opcode::Read)) {
    append(result, read(p, q, from), solutionLimit);
    return result;
  }
  append(result, narrowRead(p, q, from), solutionLimit);
  append(result, operation(p, q, from, depth), solutionLimit);
  append(result, withoutStep(p, q, from, depth), solutionLimit);
  return result;
}

bool Unifier::sameDatum(const nest::Node &p, const nest::Node &q) const {
  return p.op == q.op && p.arguments.size() == q.arguments.size() &&
         p.integerPredicate == q.integerPredicate && p.floatPredicate == q.floatPredicate &&
         p.rounding == q.rounding && p.resultSigned == q.resultSigned;
}

std::vector<Solution> Unifier::operation(Term p, Term q, const Solution &from, unsigned depth) {
  const nest::Node &mine = pattern.terms.node(p), &theirs = model.terms.node(q);
  if (mine.op == Opcode::SubI && model.terms.isWithConstant(q, Opcode::AddI)) {
    uint64_t negated = 0 - uint64_t(model.terms.integerOf(theirs.arguments[1]));
    auto constant = nest::Constant::ofInteger(llvm::SignExtend64(negated, mine.type.width));
    if (std::optional<Solution> solved = solve(mine.arguments[1], constant, from))
      return same(mine.arguments[0], theirs.arguments[0], *solved, depth + 1);
    return {};
  }
  if (!sameDatum(mine, theirs) || mine.op == Opcode::LoopIndex) {
    fail("the model has " + describeModel(q) + " where '" + pattern.intrinsic.name + "' has " +
         describePattern(p));
    return {};
  }
  if (mine.op == Opcode::TableRead)
    return table(p, q, from, depth);
  std::vector<Solution> result = argumentsInOrder(mine.arguments, theirs.arguments, from, depth);
  if (isCommutative(mine.op)) {
    Term swapped[] = {theirs.arguments[1], theirs.arguments[0]};
    append(result, argumentsInOrder(mine.arguments, swapped, from, depth), solutionLimit);
  }
  return result;
}

std::vector<Solution> Unifier::argumentsInOrder(ArrayRef<Term> p, ArrayRef<Term> q, const Solution &from,
                                                unsigned depth) {
  std::vector<Solution> solutions = {from};
  for (auto [mine, theirs] : llvm::zip_equal(p, q)) {
    std::vector<Solution> next;
    for (const Solution &solution : solutions)
      append(next, same(mine, theirs, solution, depth + 1), solutionLimit);
    solutions = std::move(next);
  }
  return solutions;
}

/// The intrinsic has a step that the model lacks: it does nothing if its other argument is the operation's
/// identity.
std::vector<Solution> Unifier::withoutStep(Term p, Term q, const Solution &from, unsigned depth) {
  const nest::Node &mine = pattern.terms.node(p);
  if (mine.arguments.size() != 2)
    return {};
  std::optional<nest::Constant> neutral = identity(mine.op, mine.type);
  if (!neutral)
    return {};
  // A limit that the model's values never reach does as well as the type's own.
  SmallVector<nest::Constant, 2> neutrals = {*neutral};
  if (mine.op == Opcode::MaxSI)
    neutrals.push_back(nest::Constant::ofInteger(model.terms.range(q).low));
  if (mine.op == Opcode::MinSI)
    neutrals.push_back(nest::Constant::ofInteger(model.terms.range(q).high));
  std::vector<Solution> result;
  for (unsigned neutralSide : {1u, 0u}) {
    if (neutralSide == 0 && !isCommutative(mine.op))
      break;
    for (const nest::Constant &constant : neutrals) {
      isGuess = true;
      std::optional<Solution> solved = solve(mine.arguments[neutralSide], constant, from);
      isGuess = false;
      if (!solved)
        continue;
      ++skipped;
      append(result, same(mine.arguments[1 - neutralSide], q, *solved, depth + 1), solutionLimit);
      --skipped;
      break;
    }
  }
  return result;
}

std::optional<Solution> Unifier::solve(Term p, const nest::Constant &constant, const Solution &from) {
  const nest::Node &node = pattern.terms.node(p);
  if (pattern.terms.isValue(p)) {
    unsigned number = pattern.terms[p].value;
    const isa::ValueDeclaration &value = pattern.intrinsic.values[number];
    if (!node.type.isInteger())
      return std::nullopt;
    if (constant.integer < value.low || constant.integer > value.high) {
      // Expressions that differ in a number only are closer than others.
      if (!isGuess)
        whyNot.record(stage, progress + int(depthLimit),
                      value.name + " = " + std::to_string(constant.integer) + " is outside " +
                          std::to_string(value.low) + ".." + std::to_string(value.high) + " of '" +
                          pattern.intrinsic.name + "'",
                      "let " + value.name + " be " + std::to_string(std::min(value.low, constant.integer)) +
                          ".." + std::to_string(std::max(value.high, constant.integer)));
      return std::nullopt;
    }
    if (from.values[number] && *from.values[number] != constant.integer) {
      fail(value.name + " of '" + pattern.intrinsic.name + "' would be " +
           std::to_string(*from.values[number]) + " and " + std::to_string(constant.integer));
      return std::nullopt;
    }
    Solution result = from;
    result.values[number] = constant.integer;
    return result;
  }
  switch (node.op) {
  case Opcode::Constant:
    return match::same(node.constant, constant) ? std::optional(from) : std::nullopt;
  case Opcode::Read: {
    if (isSum(p))
      return std::nullopt;
    BoundOperand bound;
    bound.kind = BoundOperand::Kind::Uniform;
    bound.element = constant;
    bound.indices = pattern.terms[p].indices;
    return bind(from, node.access.operand, std::move(bound));
  }
  case Opcode::ExtSI:
  case Opcode::ExtUI: {
    unsigned width = pattern.terms.node(node.arguments[0]).type.width;
    bool fits = node.op == Opcode::ExtSI ? llvm::isIntN(width, constant.integer)
                                         : constant.integer >= 0 && llvm::isUIntN(width, constant.integer);
    if (!fits)
      return std::nullopt;
    // A value stands for its number, whatever its sign in the narrow type.
    int64_t inner = pattern.terms.isValue(node.arguments[0]) ? constant.integer
                                                             : llvm::SignExtend64(constant.integer, width);
    return solve(node.arguments[0], nest::Constant::ofInteger(inner), from);
  }
  default:
    return std::nullopt;
  }
}

std::optional<Solution> Unifier::bind(const Solution &from, unsigned operand, BoundOperand bound) {
  const BoundOperand &known = from.operands[operand];
  if (known.kind != BoundOperand::Kind::Free && !(known == bound)) {
    fail("operand " + pattern.intrinsic.operands[operand].name + " of '" + pattern.intrinsic.name +
         "' would have to be two different reads");
    return std::nullopt;
  }
  Solution result = from;
  result.operands[operand] = std::move(bound);
  return result;
}

std::vector<Solution> Unifier::read(Term p, Term q, const Solution &from) {
  const nest::Node &theirs = model.terms.node(q);
  bool isSumOfWhole = !sumIsTensor && int(theirs.access.operand) == model.sum;
  if (theirs.op != Opcode::Read || isSumOfWhole) {
    fail("the model has " + describeModel(q) + " where '" + pattern.intrinsic.name + "' reads " +
         describePattern(p));
    return {};
  }
  BoundOperand bound;
  bound.kind = BoundOperand::Kind::Read;
  bound.tensor = theirs.access.operand;
  bound.access = theirs.access.indices;
  bound.outside = theirs.access.outside;
  bound.indices = pattern.terms[p].indices;
  std::optional<Solution> result = bind(from, pattern.terms.node(p).access.operand, std::move(bound));
  return result ? std::vector<Solution>{std::move(*result)} : std::vector<Solution>{};
}

/// A constant tensor of a wide type, widened or not, whose elements an operand of a narrow one holds.
std::vector<Solution> Unifier::narrowRead(Term p, Term q, const Solution &from) {
  const nest::Node &mine = pattern.terms.node(p);
  // A number that the model widens too is the same number: what counts is that the narrow operand holds it.
  bool widened = model.terms.is(q, Opcode::ExtSI);
  const nest::Node &theirs = model.terms.node(widened ? model.terms.node(q).arguments[0] : q);
  bool widens = mine.op == Opcode::ExtSI || mine.op == Opcode::ExtUI;
  if (!widens || !pattern.terms.is(mine.arguments[0], Opcode::Read) || isSum(mine.arguments[0]) ||
      theirs.op != Opcode::Read || theirs.access.outside)
    return {};
  const TensorSource &source = model.computation.sources[theirs.access.operand];
  const nest::ScalarType &type = pattern.terms.node(mine.arguments[0]).type;
  bool isSigned = mine.op == Opcode::ExtSI;
  if (source.kind != TensorSource::Kind::Constant || type.width >= theirs.type.width ||
      !narrowed(*source.constant, type, isSigned))
    return {};
  BoundOperand bound;
  bound.kind = BoundOperand::Kind::Read;
  bound.tensor = theirs.access.operand;
  bound.access = theirs.access.indices;
  bound.narrow = type;
  bound.narrowSigned = isSigned;
  bound.indices = pattern.terms[mine.arguments[0]].indices;
  std::optional<Solution> result =
      bind(from, pattern.terms.node(mine.arguments[0]).access.operand, std::move(bound));
  return result ? std::vector<Solution>{std::move(*result)} : std::vector<Solution>{};
}

std::vector<Solution> Unifier::table(Term p, Term q, const Solution &from, unsigned depth) {
  const nest::Node &mine = pattern.terms.node(p), &theirs = model.terms.node(q);
  const isa::OperandDeclaration &operand = pattern.intrinsic.operands[mine.table];
  const nest::Operand &tensor = model.computation.nest.operands[theirs.table];
  std::optional<int64_t> entries;
  if (operand.axes.size() == 1 && operand.axes[0].extent) {
    llvm::Expected<int64_t> extent =
        isa::evaluate(*operand.axes[0].extent, [](llvm::StringRef) { return std::nullopt; });
    if (extent)
      entries = *extent;
    else
      llvm::consumeError(extent.takeError()); // an extent that is not fixed: no table of this length
  }
  if (!(operand.type.scalar == tensor.type) || entries != tensor.shape[0]) {
    fail("the model's table has " + std::to_string(tensor.shape[0]) + " entries of " + tensor.type.str() +
         ", '" + pattern.intrinsic.name + "' has " +
         (entries ? std::to_string(*entries) : "an unknown number") + " of " + operand.type.scalar.str());
    return {};
  }
  BoundOperand bound;
  bound.kind = BoundOperand::Kind::Table;
  bound.tensor = theirs.table;
  std::optional<Solution> result = bind(from, mine.table, std::move(bound));
  return result ? same(mine.arguments[0], theirs.arguments[0], *result, depth + 1) : std::vector<Solution>{};
}

std::string Unifier::describePattern(Term p) const {
  if (pattern.terms.isValue(p))
    return "the value " + pattern.intrinsic.values[pattern.terms[p].value].name;
  const nest::Node &node = pattern.terms.node(p);
  if (node.op == Opcode::Constant)
    return text(node.constant, node.type);
  if (node.op != Opcode::Read)
    return operationName(node);
  return isSum(p) ? "its sum" : "operand " + pattern.intrinsic.operands[node.access.operand].name;
}

std::string Unifier::describeModel(Term q) const {
  const nest::Node &node = model.terms.node(q);
  if (node.op == Opcode::Constant)
    return text(node.constant, node.type);
  if (node.op != Opcode::Read)
    return operationName(node);
  if (int(node.access.operand) == model.sum)
    return "the sum";
  return "a read of " + model.computation.nest.operands[node.access.operand].name;
}

} // namespace tenon::match
