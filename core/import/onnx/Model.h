// An ONNX file as tensors, nodes and a graph whose references were checked: everything behind it may trust
// the indices here.
#pragma once

#include "core/import/ModelFile.h"

#include <onnx/onnx_pb.h>

#include <google/protobuf/arena.h>

#include <memory>
#include <string>
#include <vector>

namespace tenon::import::onnx {

namespace schema = ::onnx;

/// A name of the graph.
struct Tensor {
  int index = -1;
  std::string name;                                 ///< fit for a terminal
  int type = schema::TensorProto::UNDEFINED;        ///< known once there is a value
  const schema::TensorProto *initialiser = nullptr; ///< a constant that the file holds
  mlir::Value value;                                ///< null until it is made or used
  /// A UINT8 tensor as INT8, every number less 128: what quantised operators make and use (Recentring.h).
  mlir::Value recentred;
  double scale = 0;      ///< of quantised numbers, where the graph says one; 0: not known
  int64_t zeroPoint = 0; ///< of UINT8 numbers less 128
};

struct Node {
  unsigned index = 0;
  std::string op, name; ///< fit for a terminal
  const schema::NodeProto *source = nullptr;
  std::vector<int> inputs, outputs; ///< tensor numbers; -1: left out

  std::string text() const; ///< "Conv #3 (conv1)"
};

/// A tensor at the graph's edge, as the file declares it.
struct Edge {
  const schema::ValueInfoProto *source = nullptr;
  int tensor = -1;
  int type = schema::TensorProto::UNDEFINED;
  bool hasShape = false;
  llvm::SmallVector<int64_t> shape; ///< symbolic sizes bound; -1: open, at an output
};

struct Model {
  std::unique_ptr<google::protobuf::Arena> arena; ///< where the source lies
  schema::ModelProto *source = nullptr;
  uint64_t foldedPoints = 0; ///< of loops that were computed so far
  int64_t operatorSet = 0;   ///< version of the operator set
  std::vector<Tensor> tensors;
  std::vector<Node> nodes; ///< each behind those whose results it uses
  std::vector<Edge> inputs, outputs;
};

/// Parses and checks: versions, references, order, names, symbolic sizes. Reports all mistakes.
llvm::Expected<Model> readModel(llvm::StringRef bytes, const ImportLimits &limits,
                                const SizeBindings &bindings);

/// "tensor 7 (name)".
std::string describe(const Tensor &tensor);

} // namespace tenon::import::onnx
