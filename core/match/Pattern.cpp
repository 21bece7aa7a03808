// From statements to the normal form: values of elementwise locals are put where they are read, one update is
// the core, an assignment before it is what it starts from.
#include "core/match/Pattern.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tenon::match {

using isa::SemanticNode;
using nest::Opcode;

std::optional<unsigned> plainSize(const isa::SymbolicIndex &index) {
  if (index.size() != 1 || index[0].factor != 1 || index[0].value >= 0 || index[0].size < 0)
    return std::nullopt;
  return unsigned(index[0].size);
}

namespace {

std::optional<SmallVector<unsigned>> plainSizes(ArrayRef<isa::SymbolicIndex> indices) {
  SmallVector<unsigned> result;
  for (const isa::SymbolicIndex &index : indices) {
    std::optional<unsigned> size = plainSize(index);
    if (!size || llvm::is_contained(result, *size))
      return std::nullopt;
    result.push_back(*size);
  }
  return result;
}

class PatternReader {
public:
  PatternReader(const isa::Intrinsic &described, MLIRContext *context)
      : intrinsic(described), made(described, context) {
    states.resize(intrinsic.operands.size() + intrinsic.semantics.locals.size());
  }

  std::optional<Pattern> read(std::string &reason) {
    if (intrinsic.semantics.statements.empty()) {
      reason = "'" + intrinsic.name + "' computes nothing";
      return std::nullopt;
    }
    for (const isa::SemanticStatement &statement : intrinsic.semantics.statements) {
      if (problem.empty())
        add(statement);
    }
    if (problem.empty())
      finish();
    reason = problem;
    return problem.empty() ? std::optional(std::move(made)) : std::nullopt;
  }

private:
  /// What is known of an operand or a local that earlier statements have written.
  struct State {
    std::optional<Term> value; ///< its element, over the sizes that index it
    SmallVector<unsigned> sizes;
  };

  bool isLocal(unsigned number) const { return number >= intrinsic.operands.size(); }

  void add(const isa::SemanticStatement &statement) {
    std::optional<SmallVector<unsigned>> sizes = plainSizes(statement.indices);
    if (!sizes) {
      problem = "'" + intrinsic.name + "' writes at indices that are not each a size of its own";
      return;
    }
    Term root = made.terms.import(statement.body, statement.result,
                                  [&](SemanticNode &node) { return inlined(node); });
    unsigned target = statement.destination;
    State &state = states[target];
    if (statement.update == nest::Update::Assign) {
      if (statement.loops.size() != sizes->size())
        problem = "'" + intrinsic.name + "' assigns along a size that is no index";
      state.value = root;
      state.sizes = *sizes;
      return;
    }
    if (made.core) {
      problem = "'" + intrinsic.name + "' has more than one reduction";
      return;
    }
    made.core = root;
    made.update = statement.update;
    made.sum = int(target);
    made.sumIsLocal = isLocal(target);
    made.sumSizes = *sizes;
    if (statement.fromZero)
      made.init = zero(typeOf(target));
    else if (state.value)
      made.init = atSum(*state.value, state.sizes);
    state.value.reset();
    for (unsigned size : statement.loops)
      if (!llvm::is_contained(*sizes, size))
        made.reduction.set(size);
  }

  Term zero(const nest::ScalarType &type) { return made.terms.constant(type, {}); }

  nest::ScalarType typeOf(unsigned number) const {
    return isLocal(number) ? intrinsic.semantics.locals[number - intrinsic.operands.size()].type.scalar
                           : intrinsic.operands[number].type.scalar;
  }

  Term atSum(Term value, ArrayRef<unsigned> sizes) {
    if (sizes != ArrayRef(made.sumSizes))
      problem = "'" + intrinsic.name + "' sets its sum at other indices than it adds to";
    return value;
  }

  /// What a read of something written before is: its value; the sum stays a read.
  std::optional<Term> inlined(SemanticNode &node) {
    if (node.kind == SemanticNode::Kind::Value || node.node.op != Opcode::Read)
      return std::nullopt;
    unsigned source = node.node.access.operand;
    // The map is for nests; here `indices` says where it reads.
    node.node.access.indices = AffineMap();
    State &state = states[source];
    bool isSum = int(source) == made.sum;
    if (!isSum && !state.value)
      return std::nullopt;
    std::optional<SmallVector<unsigned>> sizes = plainSizes(node.indices);
    if (!sizes || ArrayRef(*sizes) != ArrayRef(isSum ? made.sumSizes : state.sizes))
      problem = "'" + intrinsic.name + "' reads what it has written at other indices";
    return isSum ? std::nullopt : state.value;
  }

  void finish() {
    for (unsigned operand = 0; operand < intrinsic.operands.size(); ++operand) {
      if (!states[operand].value)
        continue;
      if (made.final) {
        problem = "'" + intrinsic.name + "' has more than one result";
        return;
      }
      made.final = states[operand].value;
      made.result = int(operand);
      made.resultSizes = states[operand].sizes;
    }
    if (!made.final) {
      if (!made.core || made.sumIsLocal) {
        problem = "'" + intrinsic.name + "' writes no operand";
        return;
      }
      made.result = made.sum;
      made.resultSizes = made.sumSizes;
    }
    for (unsigned size : made.resultSizes)
      made.parallel.set(size);
    if (made.core && !llvm::all_of(made.sumSizes, [&](unsigned size) { return made.parallel[size]; }))
      problem = "'" + intrinsic.name + "' has a sum with indices that its result lacks";
    else if (made.core && made.sumSizes.size() != made.resultSizes.size())
      problem = "'" + intrinsic.name + "' has a result with indices that its sum lacks";
    made.unused = made.parallel;
    made.unused |= made.reduction;
    made.unused.flip();
  }

  const isa::Intrinsic &intrinsic;
  Pattern made;
  std::vector<State> states;
  std::string problem;
};

} // namespace

std::optional<Pattern> patternOf(const isa::Intrinsic &intrinsic, MLIRContext *context, std::string &reason) {
  return PatternReader(intrinsic, context).read(reason);
}

} // namespace tenon::match
