// A TFLite model after its file was checked: plain structs whose indices, sizes and quantisation can be
// trusted.
#pragma once

#include "core/import/ModelFile.h"
#include "core/import/tflite/tflite_generated.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tenon::import::tflite {

namespace schema = ::tenon::tflite::schema;

/// q represents scale * (q - zeroPoint). Empty: not quantised. One entry, or one for each index of
/// `dimension`.
struct Quantization {
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints; ///< as many as scales
  unsigned dimension = 0;

  bool isPerTensor() const { return scales.size() == 1; }
};

struct Tensor {
  unsigned index = 0;
  std::string name;
  schema::TensorType type = schema::TensorType::FLOAT32;
  llvm::SmallVector<int64_t> shape;
  Quantization quantization;
  bool isConstant = false;
  llvm::ArrayRef<uint8_t>
      data; ///< of a constant: exactly its bytes, row-major, little end first; points into the file

  int64_t elements() const;
};

struct Node {
  unsigned index = 0;
  schema::BuiltinOperator op = schema::BuiltinOperator::ADD;
  std::string opName;            ///< "CONV_2D", or "CUSTOM:name"
  std::string name;              ///< of the first output
  llvm::SmallVector<int> inputs; ///< tensor numbers; -1 for an optional input that is absent
  llvm::SmallVector<int> outputs;
  const schema::Operator *source = nullptr;

  std::string text() const; ///< "CONV_2D #3 (model/conv2d/Relu)"
};

/// Nodes are in an order in which every input is made before it is used.
struct Model {
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  std::vector<int> inputs;
  std::vector<int> outputs;
};

/// Bytes of one element, 0 for a type without a fixed size.
unsigned elementBytes(schema::TensorType type);
/// "int8", "float32": the name in messages.
std::string typeName(schema::TensorType type);

bool isTfliteFile(llvm::StringRef bytes);

/// Checks the file (of a size that the caller allows) and takes it apart; the model points into `bytes`.
/// Reports every mistake it finds, not the first only, with the tensor's or node's number.
llvm::Expected<Model> readModel(llvm::StringRef bytes, const ImportLimits &limits);

} // namespace tenon::import::tflite
