// Which nodes of a model are one quantised operator: the floats between DequantizeLinear and QuantizeLinear
// that get a meaning in integers. Structure alone decides; what is no such group keeps its floats.
#pragma once

#include "core/import/onnx/TensorData.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <optional>

namespace tenon::import::onnx {

/// real = (quantised - zero point) * scale.
struct Quantisation {
  std::vector<double> scales;      ///< one, or one for each element along the axis
  std::vector<int64_t> zeroPoints; ///< as many
  int64_t axis = 0;                ///< counted from 0, of tensors that the file holds

  bool isPerTensor() const { return scales.size() == 1; }
  double scale() const { return scales.front(); }
  int64_t zeroPoint() const { return zeroPoints.front(); }
};

/// A limit between an operator and its QuantizeLinear, in quantised numbers: a Relu or a Clip.
struct QuantisedRange {
  int64_t lowest = -128, highest = 127;
};

struct QuantisedGroup {
  const Node *core = nullptr;     ///< the operator; null where only scales change
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
  QuantisedGroups(mlir::MLIRContext *mlirContext, const Model &wholeModel, const DataSource &source);

  /// The group whose result this node makes; null if there is none.
  const QuantisedGroup *endingAt(const Node &node) const;
  /// Whether groups have taken all that the node computes.
  bool skips(const Node &node) const { return skipped.contains(node.index); }

private:
  const Node *producerOf(int tensor) const;
  bool isUsedOnce(int tensor) const;
  const schema::TensorProto *constantOf(int tensor) const;
  std::optional<std::vector<double>> numbersOf(int tensor) const;
  std::optional<Quantisation> parametersOf(const Node &node, int wantedType) const;
  std::optional<Quantisation> dequantised(int tensor, int wantedType, int &quantised) const;
  bool limit(const Node &node, const Quantisation &output, QuantisedRange &range) const;
  std::optional<QuantisedGroup> groupEndingAt(const Node &quantise) const;
  bool join(QuantisedGroup &group, int tensor) const;
  bool joinCore(QuantisedGroup &group) const;
  bool joinBias(QuantisedGroup &group, int tensor) const;
  bool joinAddedBias(QuantisedGroup &group) const;
  void findSkipped();

  mlir::MLIRContext *context;
  const Model &model;
  const DataSource &data;
  llvm::DenseMap<int, const Node *> producers;
  llvm::DenseMap<int, unsigned> uses;
  llvm::DenseMap<unsigned, QuantisedGroup> groups; ///< by the number of their last node
  llvm::DenseSet<unsigned> skipped;
};

} // namespace tenon::import::onnx
