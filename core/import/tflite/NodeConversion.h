// What the conversion of one node sees: its tensors, their values so far, its options, and how it reports a
// mistake.
#pragma once

#include "core/import/LinalgBuilder.h"
#include "core/import/tflite/Model.h"
#include "core/support/Text.h"

#include <initializer_list>

namespace tenon::import::tflite {

class NodeConversion : public LinalgBuilder {
public:
  NodeConversion(mlir::OpBuilder &opBuilder, mlir::Location location, const Model &wholeModel,
                 const Node &convertedNode, std::vector<mlir::Value> &tensorValues)
      : LinalgBuilder(opBuilder, location), node(convertedNode), model(wholeModel), values(tensorValues) {}

  /// Whether input number i is given.
  bool has(unsigned i) const { return i < node.inputs.size() && node.inputs[i] >= 0; }
  const Tensor &input(unsigned i) const { return model.tensors[node.inputs[i]]; }
  mlir::Value inputValue(unsigned i); ///< constants become operations where they are used first
  const Tensor &output() const { return model.tensors[node.outputs.front()]; }
  /// The result type that the file gives the output.
  mlir::RankedTensorType outputType();

  /// The output's value; its type must be what the file says.
  llvm::Error setOutput(mlir::Value value);

  /// The options' table; an empty message where the node has none or another's.
  template <typename Options> llvm::Expected<const Options *> options() {
    if (const Options *found = node.source->builtin_options_as<Options>())
      return found;
    return error("has no " + llvm::Twine(Options::GetFullyQualifiedName()).str());
  }

  /// A mistake of this node.
  llvm::Error error(const llvm::Twine &message) const;

  /// The number of inputs is in the range (optional ones at the end), and there is one output.
  llvm::Error requireInputs(unsigned least, unsigned most) const;
  /// One input and one output of the same kind (see requireSameKind).
  llvm::Error requireUnary() const;
  llvm::Error requireRank(const Tensor &tensor, unsigned rank) const;
  /// The tensor has one of the types.
  llvm::Error requireType(const Tensor &tensor, std::initializer_list<schema::TensorType> types) const;
  /// All of these are float32, or all are int8 with one scale and zero point each.
  llvm::Error requireSameKind(std::initializer_list<const Tensor *> tensors) const;
  /// A constant of int32 or int64, as integers.
  llvm::Expected<llvm::SmallVector<int64_t>> constantIntegers(const Tensor &tensor) const;

  const Node &node;

private:
  const Model &model;
  std::vector<mlir::Value> &values; ///< by tensor number; null where there is none yet
};

inline bool isFloat(const Tensor &tensor) { return tensor.type == schema::TensorType::FLOAT32; }
inline double scaleOf(const Tensor &tensor) { return tensor.quantization.scales.front(); }
inline int64_t zeroPointOf(const Tensor &tensor) { return tensor.quantization.zeroPoints.front(); }
/// "tensor 7 (name)".
std::string describe(const Tensor &tensor);

/// Null for a type that no conversion knows.
mlir::Type elementType(mlir::MLIRContext *context, schema::TensorType type);
mlir::RankedTensorType tensorType(mlir::MLIRContext *context, const Tensor &tensor);
/// The tensor's place, name and quantisation, as operations and arguments carry them.
ir::TensorAttr tensorAttribute(mlir::MLIRContext *context, const Tensor &tensor);
/// A constant's elements.
mlir::DenseElementsAttr elementsOf(mlir::MLIRContext *context, const Tensor &tensor);

} // namespace tenon::import::tflite
