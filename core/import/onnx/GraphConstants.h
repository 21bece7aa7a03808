// What a graph says before anything of it is converted: attributes, constants, and the scales and zero points
// of its QuantizeLinear and DequantizeLinear nodes.
#pragma once

#include "core/import/onnx/TensorData.h"

#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace tenon::import::onnx {

/// real = (quantised - zero point) * scale. UINT8 is INT8 with every number less 128, zero points too.
struct Quantisation {
  std::vector<double> scales;      ///< one, or one for each element along the axis
  std::vector<int64_t> zeroPoints; ///< as many
  int64_t axis = 0;                ///< counted from 0, of tensors that the file holds
  bool isUnsigned = false;         ///< the file's numbers are UINT8

  bool isPerTensor() const { return scales.size() == 1; }
  double scale() const { return scales.front(); }
  int64_t zeroPoint() const { return zeroPoints.front(); }
};

const schema::AttributeProto *attributeOf(const Node &node, llvm::StringRef name);
int64_t integerOf(const Node &node, llvm::StringRef name, int64_t otherwise);
double realOf(const Node &node, llvm::StringRef name, double otherwise);
int inputOf(const Node &node, unsigned number); ///< -1: left out

class GraphConstants {
public:
  GraphConstants(mlir::MLIRContext *mlirContext, const Model &wholeModel, const DataSource &source);

  const Node *producerOf(int tensor) const;
  const schema::TensorProto *constantOf(int tensor) const;
  std::optional<std::vector<double>> numbersOf(int tensor) const;
  int typeOf(int tensor) const;
  int quantisedTypeOf(const Node &node) const;
  std::optional<Quantisation> parametersOf(const Node &node, bool of16BitsToo = false) const;
  std::optional<Quantisation> dequantised(int tensor, bool isBias, int &quantised) const;

  const Model &model;

private:
  int typeMadeBy(const Node &node) const;

  mlir::MLIRContext *context;
  const DataSource &data;
  llvm::DenseMap<int, const Node *> producers;
  std::vector<int> types; ///< by tensor
};

} // namespace tenon::import::onnx
