// Which nodes of a model are one quantised operator: the floats between DequantizeLinear and QuantizeLinear
// that get a meaning in integers. Structure alone decides; what is no such group keeps its floats.
#pragma once

#include "core/import/onnx/GraphConstants.h"

#include "llvm/ADT/DenseSet.h"

#include <optional>

namespace tenon::import::onnx {

/// A limit between an operator and its QuantizeLinear, in quantised numbers: a Relu or a Clip.
struct QuantisedRange {
  int64_t lowest = -128, highest = 127;
};

struct QuantisedGroup {
  std::string op;                 ///< the operator in ONNX's own terms; empty where only scales change
  const Node *core = nullptr;     ///< the node that has it, or the first limit; null for neither
  const Node *quantise = nullptr; ///< makes the result
  /// The operator with quantised tensors in the place of its floats, and the result of the QuantizeLinear.
  Node joined;
  /// By input of `joined`; none for an input that is a float or a shape.
  std::vector<std::optional<Quantisation>> inputs;
  Quantisation output;
  QuantisedRange range;
};

/// All groups of a model. They refer to its nodes.
class QuantisedGroups {
public:
  explicit QuantisedGroups(const GraphConstants &constants);

  /// Refuses a model whose groups, which may share their scales in the file, have very many in all.
  llvm::Error check() const;

  /// The group whose result this node makes; null if there is none.
  const QuantisedGroup *endingAt(const Node &node) const;
  /// Whether groups have taken all that the node computes.
  bool skips(const Node &node) const { return skipped.contains(node.index); }

private:
  bool isUsedOnce(int tensor) const;
  bool limit(const Node &node, const Quantisation &output, QuantisedRange &range) const;
  std::optional<QuantisedGroup> groupEndingAt(const Node &quantise) const;
  bool join(QuantisedGroup &group, int tensor) const;
  bool joinCore(QuantisedGroup &group) const;
  bool joinBias(QuantisedGroup &group, int tensor) const;
  bool joinAddedBias(QuantisedGroup &group) const;
  void findSkipped();

  static constexpr size_t mostScales = size_t(1) << 22;
  const GraphConstants &graph;
  size_t scales = 0;
  const Model &model;
  llvm::DenseMap<int, unsigned> uses;
  llvm::DenseMap<unsigned, QuantisedGroup> groups; ///< by the number of their last node
  llvm::DenseSet<unsigned> skipped;
};

} // namespace tenon::import::onnx
