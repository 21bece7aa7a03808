// A division of the sum by a constant becomes x * M / 2^s, rounded half up once: M = floor(2^s / divisor) + 1
// with the largest s for which M has 31 bits, or a smaller one. Whether both give the same is not argued but
// tried, for every sum that can occur.
#include "core/match/Rewrites.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

__extension__ typedef __int128 Wide;

/// Most sums that are tried, and most shifts.
constexpr int64_t sumLimit = int64_t(1) << 22;
constexpr unsigned shiftLimit = 8;

/// All values that the sum can have, where it cannot wrap and they are few enough.
std::optional<nest::Interval> sums(const ComputationTerms &model) {
  const nest::Nest &nest = model.computation.nest;
  nest::Interval one = model.terms.range(*model.core), start = model.terms.range(*model.init);
  nest::Interval all = rangeOf(model.terms.node(*model.core).type);
  Wide low = one.low, high = one.high;
  for (unsigned loop = model.computation.parallelLoops(); loop < nest.loops.size(); ++loop) {
    low *= nest.loops[loop].extent;
    high *= nest.loops[loop].extent;
    if (low < all.low || high > all.high)
      return std::nullopt;
  }
  // On the way from the start to the end the sum stays between these.
  low = std::min<Wide>(low, 0) + start.low;
  high = std::max<Wide>(high, 0) + start.high;
  if (low < all.low || high > all.high || high - low >= sumLimit)
    return std::nullopt;
  return nest::Interval{int64_t(low), int64_t(high)};
}

/// A division of something that depends on the sum alone.
std::optional<Term> findDivision(const ComputationTerms &model) {
  for (Term term : model.terms.reachable(*model.final)) {
    bool divides = model.terms.isWithConstant(term, Opcode::DivSI) ||
                   model.terms.isWithConstant(term, Opcode::FloorDivSI) ||
                   model.terms.isWithConstant(term, Opcode::CeilDivSI);
    if (!divides || model.terms.integerOf(model.terms.node(term).arguments[1]) < 2 ||
        model.terms.node(term).type.width >= 64)
      continue;
    bool sumAlone = llvm::all_of(model.terms.reachable(term), [&](Term used) {
      const nest::Node &node = model.terms.node(used);
      return node.op != Opcode::LoopIndex && node.op != Opcode::TableRead &&
             (node.op != Opcode::Read || int(node.access.operand) == model.sum);
    });
    if (sumAlone)
      return term;
  }
  return std::nullopt;
}

/// The term's value for each sum of the range.
llvm::Expected<ConstantTensor> tabulate(const ComputationTerms &model, Term root,
                                        const ConstantTensor &sums) {
  MLIRContext *context = contextOf(model.computation);
  nest::Nest made;
  made.loops.push_back({"i", elementCount(sums), false});
  made.operands.push_back({"sums", sums.type, sums.shape, false});
  made.operands.push_back({"result", model.terms.node(root).type, sums.shape, false});
  AffineMap identity = AffineMap::getMultiDimIdentityMap(1, context);
  nest::Statement statement;
  statement.loops = {0};
  statement.destination = {1, identity, std::nullopt};
  statement.body = model.terms.body(root, statement.value);
  for (nest::Node &node : statement.body)
    if (node.op == Opcode::Read)
      node.access = {0, identity, std::nullopt};
  made.statements.push_back(std::move(statement));
  return evaluate(made, {&sums});
}

} // namespace

Rewritten divisionToShift(const Computation &computation) {
  if (computation.core < 0 || computation.final < 0 ||
      computation.nest.statements[computation.core].update != nest::Update::Add)
    return std::optional<Computation>();
  ComputationTerms model(computation);
  if (!model.terms.node(*model.core).type.isInteger())
    return std::optional<Computation>();
  std::optional<Term> division = findDivision(model);
  std::optional<nest::Interval> range = division ? sums(model) : std::nullopt;
  if (!range)
    return std::optional<Computation>();
  nest::ScalarType type = model.terms.node(*division).type, wide = nest::ScalarType::integer(64);
  nest::ScalarType sumType = computation.nest.operands[model.sum].type;
  if (sumType.width >= 64)
    return std::optional<Computation>();
  ConstantTensor all = uniformTensor(sumType, {range->high - range->low + 1}, {});
  for (int64_t i = 0; i < elementCount(all); ++i)
    setElement(all, i, nest::Constant::ofInteger(range->low + i));
  llvm::Expected<ConstantTensor> wanted = tabulate(model, *division, all);
  if (!wanted)
    return wanted.takeError();
  int64_t divisor = model.terms.integerOf(model.terms.node(*division).arguments[1]);
  int64_t shift = 62;
  auto multiplier = [&] { return (int64_t(1) << shift) / divisor + 1; };
  while (multiplier() > INT32_MAX)
    --shift;
  Term sum = model.terms.read(sumType, computation.nest.statements[computation.core].destination);
  for (unsigned tries = 0; tries < shiftLimit && shift > 0; ++tries, --shift) {
    Term product = model.terms.operation(
        Opcode::MulI, wide,
        {model.terms.operation(Opcode::ExtSI, wide, {sum}), model.terms.integer(wide, multiplier())});
    Term shifted =
        model.terms.operation(Opcode::RoundingShiftRight, wide, {product, model.terms.integer(wide, shift)});
    Term made = model.terms.operation(Opcode::TruncI, type, {shifted});
    llvm::Expected<ConstantTensor> found = tabulate(model, made, all);
    if (!found)
      return found.takeError();
    if (!same(*found, *wanted))
      continue;
    model.final = model.terms.substitute(*model.final, {{*division, made}});
    Computation result = withTerms(model, computation);
    result.rewrites.push_back("the division by " + std::to_string(divisor) + " is a multiplication by " +
                              std::to_string(multiplier()) + " and a shift by " + std::to_string(shift) +
                              ", the same for all sums from " + std::to_string(range->low) + " to " +
                              std::to_string(range->high));
    return std::optional(std::move(result));
  }
  return std::optional<Computation>();
}

} // namespace tenon::match
