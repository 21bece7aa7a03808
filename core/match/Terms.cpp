// Building terms: equal ones are one, and each is known with the range of its values.
#include "core/match/Terms.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"

#include <bit>

using namespace mlir;

namespace tenon::match {

using isa::SemanticNode;
using nest::Interval;
using nest::Opcode;

bool same(const nest::Constant &left, const nest::Constant &right) {
  return left.integer == right.integer &&
         std::bit_cast<uint64_t>(left.real) == std::bit_cast<uint64_t>(right.real);
}

bool same(const std::optional<nest::Constant> &left, const std::optional<nest::Constant> &right) {
  return left.has_value() == right.has_value() && (!left || same(*left, *right));
}

bool same(ArrayRef<isa::SymbolicIndex> left, ArrayRef<isa::SymbolicIndex> right) {
  return llvm::equal(left, right, [](const isa::SymbolicIndex &l, const isa::SymbolicIndex &r) {
    return llvm::equal(l, r, [](const isa::IndexTerm &a, const isa::IndexTerm &b) {
      return a.factor == b.factor && a.value == b.value && a.size == b.size;
    });
  });
}

namespace {

bool equal(const SemanticNode &left, const SemanticNode &right) {
  const nest::Node &l = left.node, &r = right.node;
  if (left.kind != right.kind || !(l.type == r.type))
    return false;
  if (left.kind == SemanticNode::Kind::Value)
    return left.value == right.value;
  return l.op == r.op && l.arguments == r.arguments && same(l.constant, r.constant) &&
         l.access.operand == r.access.operand && l.access.indices == r.access.indices &&
         same(l.access.outside, r.access.outside) && l.loop == r.loop && l.table == r.table &&
         l.integerPredicate == r.integerPredicate && l.floatPredicate == r.floatPredicate &&
         l.rounding == r.rounding && l.resultSigned == r.resultSigned &&
         same(ArrayRef(left.indices), ArrayRef(right.indices));
}

size_t hashOf(const SemanticNode &node) {
  if (node.kind == SemanticNode::Kind::Value)
    return llvm::hash_combine(1, node.value, node.node.type.width);
  return llvm::hash_combine(unsigned(node.node.op), node.node.type.width,
                            llvm::hash_combine_range(node.node.arguments.begin(), node.node.arguments.end()),
                            node.node.constant.integer, node.node.access.operand);
}

} // namespace

Term Terms::make(SemanticNode node) {
  if (std::optional<Term> simpler = simplify(node))
    return *simpler;
  llvm::SmallVector<Term, 1> &same = byHash[hashOf(node) >> 2];
  for (Term term : same)
    if (equal(nodes[term], node))
      return term;
  same.push_back(nodes.size());
  ranges.push_back(rangeOf(node));
  nodes.push_back(std::move(node));
  return nodes.size() - 1;
}

Term Terms::constant(nest::ScalarType type, nest::Constant value) {
  SemanticNode made;
  made.node.op = Opcode::Constant;
  made.node.type = type;
  made.node.constant = value;
  return make(std::move(made));
}

Term Terms::operation(Opcode op, nest::ScalarType type, ArrayRef<Term> arguments) {
  SemanticNode made;
  made.node.op = op;
  made.node.type = type;
  made.node.arguments.assign(arguments.begin(), arguments.end());
  return make(std::move(made));
}

Term Terms::read(nest::ScalarType type, nest::Access access) {
  SemanticNode made;
  made.node.op = Opcode::Read;
  made.node.type = type;
  made.node.access = access;
  return make(std::move(made));
}

Term Terms::import(ArrayRef<SemanticNode> imported, unsigned root, Replace replace) {
  SmallVector<Term> terms;
  for (const SemanticNode &source : imported.take_front(root + 1)) {
    SemanticNode node = source;
    for (unsigned &argument : node.node.arguments)
      argument = terms[argument];
    std::optional<Term> replacement = replace(node);
    terms.push_back(replacement ? *replacement : make(std::move(node)));
  }
  return terms[root];
}

Term Terms::import(const nest::Statement &statement, Replace replace) {
  std::vector<SemanticNode> imported(statement.body.size());
  for (auto [made, node] : llvm::zip_equal(imported, statement.body))
    made.node = node;
  return import(imported, statement.value, replace);
}

SmallVector<Term> Terms::reachable(Term root) const {
  std::vector<bool> used(root + 1, false);
  used[root] = true;
  SmallVector<Term> result;
  for (Term term = root + 1; term-- > 0;) {
    if (!used[term])
      continue;
    result.push_back(term);
    if (!isValue(term))
      for (Term argument : node(term).arguments)
        used[argument] = true;
  }
  std::reverse(result.begin(), result.end());
  return result;
}

Term Terms::substitute(Term root, const llvm::DenseMap<Term, Term> &replacements) {
  llvm::DenseMap<Term, Term> made;
  for (Term term : reachable(root)) {
    if (auto found = replacements.find(term); found != replacements.end()) {
      made[term] = found->second;
      continue;
    }
    SemanticNode copy = nodes[term];
    for (unsigned &argument : copy.node.arguments)
      argument = made[argument];
    made[term] = make(std::move(copy));
  }
  return made[root];
}

std::vector<nest::Node> Terms::body(Term root, unsigned &value) const {
  llvm::DenseMap<Term, unsigned> numbers;
  std::vector<nest::Node> result;
  for (Term term : reachable(root)) {
    assert(!isValue(term) && "a value stands in an intrinsic only");
    nest::Node copy = node(term);
    for (unsigned &argument : copy.arguments)
      argument = numbers[argument];
    numbers[term] = result.size();
    result.push_back(std::move(copy));
  }
  value = result.size() - 1;
  return result;
}

Interval rangeOf(const nest::ScalarType &type) {
  return {llvm::minIntN(type.width), llvm::maxIntN(type.width)};
}

namespace {

__extension__ typedef __int128 Wide;

/// The smallest range with all of these, if the type holds them; the type's range otherwise.
Interval hull(const nest::ScalarType &type, std::initializer_list<Wide> corners) {
  auto [low, high] = std::minmax(corners);
  Interval all = rangeOf(type);
  return low < all.low || high > all.high ? all : Interval{int64_t(low), int64_t(high)};
}

} // namespace

Interval Terms::rangeOf(const SemanticNode &term) const {
  if (!term.node.type.isInteger())
    return {};
  if (term.kind == SemanticNode::Kind::Value)
    return {values[term.value].low, values[term.value].high};
  const nest::Node &node = term.node;
  Interval all = match::rangeOf(node.type);
  auto argument = [&](unsigned i) { return ranges[node.arguments[i]]; };
  switch (node.op) {
  case Opcode::Constant:
    return {node.constant.integer, node.constant.integer};
  case Opcode::AddI:
    return hull(node.type,
                {Wide(argument(0).low) + argument(1).low, Wide(argument(0).high) + argument(1).high});
  case Opcode::SubI:
    return hull(node.type,
                {Wide(argument(0).low) - argument(1).high, Wide(argument(0).high) - argument(1).low});
  case Opcode::MulI: {
    Interval x = argument(0), y = argument(1);
    return hull(node.type,
                {Wide(x.low) * y.low, Wide(x.low) * y.high, Wide(x.high) * y.low, Wide(x.high) * y.high});
  }
  case Opcode::MaxSI:
    return {std::max(argument(0).low, argument(1).low), std::max(argument(0).high, argument(1).high)};
  case Opcode::MinSI:
    return {std::min(argument(0).low, argument(1).low), std::min(argument(0).high, argument(1).high)};
  case Opcode::RoundingShiftRight: {
    Interval shift = argument(1);
    if (shift.low != shift.high || shift.low < 0 || shift.low >= int64_t(node.type.width))
      return all;
    auto down = [&](int64_t value) { return value >> shift.low; };
    int64_t high = down(argument(0).high); // at most one more, whatever the rounding
    return {down(argument(0).low), std::min(high + (shift.low > 0 ? 1 : 0), all.high)};
  }
  case Opcode::Select:
    return {std::min(argument(1).low, argument(2).low), std::max(argument(1).high, argument(2).high)};
  case Opcode::ExtSI:
    return argument(0);
  case Opcode::ExtUI: {
    if (argument(0).low >= 0)
      return argument(0);
    unsigned width = this->node(node.arguments[0]).type.width;
    return {0, width == 64 ? INT64_MAX : int64_t(llvm::maxUIntN(width))};
  }
  case Opcode::TruncI:
    return argument(0).low >= all.low && argument(0).high <= all.high ? argument(0) : all;
  default:
    return all;
  }
}

} // namespace tenon::match
