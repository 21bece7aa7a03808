// What the conversion of one node sees: its tensors and their values so far, its attributes, and how it
// reports a mistake.
#pragma once

#include "core/import/LinalgBuilder.h"
#include "core/import/onnx/TensorData.h"
#include "core/support/Text.h"

#include <initializer_list>
#include <set>

namespace tenon::import::onnx {

using Type = schema::TensorProto;
using Shape = llvm::SmallVector<int64_t>;

class NodeConversion : public LinalgBuilder {
public:
  NodeConversion(mlir::OpBuilder &opBuilder, mlir::Location location, Model &wholeModel,
                 const Node &convertedNode, const DataSource &source)
      : LinalgBuilder(opBuilder, location), node(convertedNode), model(wholeModel), data(source) {}

  int64_t operatorSet() const { return model.operatorSet; }

  /// Whether input number i is given.
  bool has(unsigned i) const { return i < node.inputs.size() && node.inputs[i] >= 0; }
  const Tensor &input(unsigned i) const { return model.tensors[node.inputs[i]]; }
  Tensor &tensorOfInput(unsigned i) { return model.tensors[node.inputs[i]]; }
  Tensor &tensorOfOutput(unsigned i) { return model.tensors[node.outputs[i]]; }
  mlir::Value value(unsigned i) const { return input(i).value; }
  llvm::ArrayRef<int64_t> shape(unsigned i) const { return shapeOf(value(i)); }
  int64_t rank(unsigned i) const { return static_cast<int64_t>(shape(i).size()); }
  int type(unsigned i) const { return input(i).type; }
  mlir::Type elementOf(int onnxType) const { return elementType(builder.getContext(), onnxType); }

  /// Attributes; one of another kind, or one that no conversion asked for, is a mistake (checkAttributes).
  bool hasAttribute(llvm::StringRef name);
  int64_t integer(llvm::StringRef name, int64_t otherwise);
  double real(llvm::StringRef name, double otherwise);
  std::string text(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<Shape> integers(llvm::StringRef name);
  const schema::TensorProto *tensor(llvm::StringRef name);
  const schema::AttributeProto *attribute(llvm::StringRef name, int kind);
  llvm::Error checkAttributes();

  /// The elements of an input that is a constant, or computed from constants alone.
  llvm::Expected<mlir::DenseElementsAttr> constantInput(unsigned i);
  llvm::Expected<Shape> integersOf(unsigned i); ///< of such an input, of integers
  llvm::Expected<std::vector<double>> realsOf(unsigned i);
  /// Elements that the file holds in an attribute.
  llvm::Expected<mlir::DenseElementsAttr> elements(const schema::TensorProto &source);

  /// An output's value; one that is left out takes none. Refuses what is beyond the limits.
  llvm::Error setOutput(mlir::Value value, int type, unsigned number = 0);
  /// Whether anybody asked for output number i.
  bool wantsOutput(unsigned i) const { return i < node.outputs.size() && node.outputs[i] >= 0; }

  /// Converts another form of this node, with its attributes.
  llvm::Error convertAs(const Node &form, llvm::function_ref<llvm::Error(NodeConversion &)> convert);

  /// A mistake of this node.
  llvm::Error error(const llvm::Twine &message) const;

  /// The number of inputs is in the range (optional ones at the end), that of outputs too.
  llvm::Error requireInputs(unsigned least, unsigned most, unsigned mostOutputs = 1) const;
  llvm::Error requireType(unsigned i, std::initializer_list<int> types) const;
  llvm::Error requireFloat(unsigned i) const;
  /// All inputs that are given have one type.
  llvm::Error requireSameTypes() const;
  /// The axis counted from 0, of a rank.
  llvm::Expected<int64_t> axisOf(int64_t axis, int64_t ofRank) const;
  /// Axes counted from 0, each once, in order.
  llvm::Expected<Shape> axesOf(llvm::ArrayRef<int64_t> axes, int64_t ofRank) const;
  /// No dimension below 1, rank and size within the limits.
  llvm::Error checkShape(llvm::ArrayRef<int64_t> shape, mlir::Type element) const;

  /// Places along an axis that are listed one by one are within the limits.
  llvm::Error checkListed(llvm::ArrayRef<int64_t> extents) const;

  /// Elementwise with broadcasting; operands with one constant element become constants of the body.
  llvm::Expected<mlir::Value> pointwise(llvm::ArrayRef<mlir::Value> operands, mlir::Type element,
                                        ScalarBody body);
  /// The output of an operator of one float, element by element.
  llvm::Error setFloats(llvm::function_ref<mlir::Value(Scalars &, mlir::Value)> body);
  /// The common shape by numpy's rule.
  llvm::Expected<Shape> broadcastShape(llvm::ArrayRef<mlir::Value> operands) const;

  const Node &node;

private:
  Model &model;
  const DataSource &data;
  std::set<std::string> asked;
  std::vector<std::string> wrongAttributes;
};

/// Where a value is of the model, as operations and arguments carry it.
ir::TensorAttr tensorAttribute(mlir::MLIRContext *context, const Tensor &tensor);

} // namespace tenon::import::onnx
