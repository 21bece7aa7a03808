// Bodies in the form in which they are compared: one directed graph of terms, simplified as it is built, in
// which equal terms are one.
//
// Both sides use it: the statements of a computation, and an intrinsic's semantics, whose terms may also be
// its values. Every simplification keeps each bit of the result.
#pragma once

#include "core/ir/nest/AccessAnalysis.h"
#include "core/isa/Description.h"

#include "llvm/ADT/DenseMap.h"

namespace tenon::match {

/// The number of a term.
using Term = unsigned;

class Terms {
public:
  /// `values`: the declared values that Value terms may be.
  explicit Terms(mlir::MLIRContext *context, llvm::ArrayRef<isa::ValueDeclaration> values = {})
      : context(context), values(values) {}

  /// The term of a node whose arguments are terms; simplified, and one that is there already if it is equal.
  Term make(isa::SemanticNode node);
  Term constant(nest::ScalarType type, nest::Constant value);
  Term integer(nest::ScalarType type, int64_t value) {
    return constant(type, nest::Constant::ofInteger(value));
  }
  Term operation(nest::Opcode op, nest::ScalarType type, llvm::ArrayRef<Term> arguments);
  Term read(nest::ScalarType type, nest::Access access);

  /// A body's terms. `replace` sees each node, its arguments already terms; it may change the node, or give
  /// the term that stands for it.
  using Replace = llvm::function_ref<std::optional<Term>(isa::SemanticNode &)>;
  Term import(llvm::ArrayRef<isa::SemanticNode> body, unsigned root, Replace replace);
  Term import(const nest::Statement &statement, Replace replace);
  /// The same term with some terms replaced.
  Term substitute(Term root, const llvm::DenseMap<Term, Term> &replacements);

  /// The body that computes a term; `value` becomes the number of its last node.
  std::vector<nest::Node> body(Term root, unsigned &value) const;

  const isa::SemanticNode &operator[](Term term) const { return nodes[term]; }
  const nest::Node &node(Term term) const { return nodes[term].node; }
  bool isValue(Term term) const { return nodes[term].kind == isa::SemanticNode::Kind::Value; }
  bool is(Term term, nest::Opcode op) const { return !isValue(term) && node(term).op == op; }
  /// Whether it is the operation on a first argument and a constant.
  bool isWithConstant(Term term, nest::Opcode op) const {
    return is(term, op) && is(node(term).arguments[1], nest::Opcode::Constant);
  }
  int64_t integerOf(Term term) const { return node(term).constant.integer; }
  /// Every term that the root uses, itself included, arguments before uses.
  llvm::SmallVector<Term> reachable(Term root) const;
  /// All values that an integer term can have, as signed numbers.
  nest::Interval range(Term term) const { return ranges[term]; }
  size_t size() const { return nodes.size(); }

private:
  std::optional<Term> simplify(isa::SemanticNode &node);
  std::optional<Term> simplifyCast(const nest::Node &node);
  std::optional<Term> simplifyLimit(const nest::Node &node);
  std::optional<Term> fold(const isa::SemanticNode &node);
  nest::Interval rangeOf(const isa::SemanticNode &node) const;

  mlir::MLIRContext *context;
  llvm::ArrayRef<isa::ValueDeclaration> values;
  std::vector<isa::SemanticNode> nodes;
  std::vector<nest::Interval> ranges;
  llvm::DenseMap<size_t, llvm::SmallVector<Term, 1>> byHash;
};

/// All values of an integer type, as signed numbers.
nest::Interval rangeOf(const nest::ScalarType &type);
bool same(const nest::Constant &left, const nest::Constant &right);
bool same(const std::optional<nest::Constant> &left, const std::optional<nest::Constant> &right);
bool same(llvm::ArrayRef<isa::SymbolicIndex> left, llvm::ArrayRef<isa::SymbolicIndex> right);
bool isCommutative(nest::Opcode op);
/// The constant e for which f(x, e) is x, for every x from `range`; nothing if there is none.
std::optional<nest::Constant> identity(nest::Opcode op, const nest::ScalarType &type);

} // namespace tenon::match
