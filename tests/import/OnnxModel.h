// Small ONNX models for tests, built with ONNX's own classes, and running them on the reference.
#pragma once

#include "core/import/ModelFile.h"
#include "core/import/onnx/Model.h"
#include "core/reference/Program.h"

#include <functional>
#include <string>
#include <vector>

namespace tenon::test {

namespace onnxschema = ::onnx;
using Proto = onnxschema::TensorProto;

/// A model of one operator set whose graph grows by calls.
class OnnxModel {
public:
  explicit OnnxModel(int64_t operatorSet = 17);

  /// Dimensions: a number, or below 0 the symbolic size N.
  OnnxModel &input(const std::string &name, const std::vector<int64_t> &shape, int type = Proto::FLOAT);
  OnnxModel &output(const std::string &name, int type = Proto::FLOAT);
  OnnxModel &floats(const std::string &name, const std::vector<int64_t> &shape,
                    const std::vector<float> &values);
  OnnxModel &integers(const std::string &name, const std::vector<int64_t> &values);
  onnxschema::NodeProto &node(const std::string &op, const std::vector<std::string> &inputs,
                              const std::vector<std::string> &outputs);
  onnxschema::GraphProto &graph() { return *proto.mutable_graph(); }
  std::string bytes() const { return proto.SerializeAsString(); }

  onnxschema::ModelProto proto;
};

void setInteger(onnxschema::NodeProto &node, const std::string &name, int64_t value);
void setText(onnxschema::NodeProto &node, const std::string &name, const std::string &value);
void setIntegers(onnxschema::NodeProto &node, const std::string &name, const std::vector<int64_t> &values);

/// What the import says, "" if it succeeds.
std::string importFailure(const std::string &bytes, const import::SizeBindings &bindings = {},
                          const std::string &folder = "");

/// Imports and runs the model; or tells what failed.
llvm::Expected<std::vector<reference::Tensor>> runOnnx(const std::string &bytes,
                                                       const std::vector<Proto> &inputs,
                                                       const import::SizeBindings &bindings = {});

/// A tensor's elements as the reference holds them.
llvm::Expected<reference::Tensor> referenceTensor(mlir::MLIRContext &context, const Proto &tensor);

Proto floatTensor(const std::vector<int64_t> &shape, const std::vector<float> &values);
std::vector<float> floatsOf(const reference::Tensor &tensor);

} // namespace tenon::test
