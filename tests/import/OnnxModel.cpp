// Building, importing and running small ONNX models.
#include "tests/import/OnnxModel.h"

#include "core/import/onnx/TensorData.h"
#include "core/support/Error.h"

#include <cstring>

namespace tenon::test {

OnnxModel::OnnxModel(int64_t operatorSet) {
  constexpr int irVersion = 8;
  proto.set_ir_version(irVersion);
  proto.add_opset_import()->set_version(operatorSet);
  graph().set_name("graph");
}

OnnxModel &OnnxModel::input(const std::string &name, const std::vector<int64_t> &shape, int type) {
  onnxschema::ValueInfoProto &value = *graph().add_input();
  value.set_name(name);
  auto &tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (int64_t extent : shape)
    if (extent < 0)
      tensor.mutable_shape()->add_dim()->set_dim_param("N");
    else
      tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  return *this;
}

OnnxModel &OnnxModel::output(const std::string &name, int type) {
  onnxschema::ValueInfoProto &value = *graph().add_output();
  value.set_name(name);
  value.mutable_type()->mutable_tensor_type()->set_elem_type(type);
  return *this;
}

OnnxModel &OnnxModel::floats(const std::string &name, const std::vector<int64_t> &shape,
                             const std::vector<float> &values) {
  Proto &tensor = *graph().add_initializer();
  tensor = floatTensor(shape, values);
  tensor.set_name(name);
  return *this;
}

OnnxModel &OnnxModel::integers(const std::string &name, const std::vector<int64_t> &values) {
  Proto &tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(Proto::INT64);
  tensor.add_dims(static_cast<int64_t>(values.size()));
  for (int64_t value : values)
    tensor.add_int64_data(value);
  return *this;
}

onnxschema::NodeProto &OnnxModel::node(const std::string &op, const std::vector<std::string> &inputs,
                                       const std::vector<std::string> &outputs) {
  onnxschema::NodeProto &made = *graph().add_node();
  made.set_op_type(op);
  for (const std::string &input : inputs)
    made.add_input(input);
  for (const std::string &output : outputs)
    made.add_output(output);
  return made;
}

namespace {
onnxschema::AttributeProto &attribute(onnxschema::NodeProto &node, const std::string &name,
                                      onnxschema::AttributeProto::AttributeType type) {
  onnxschema::AttributeProto &made = *node.add_attribute();
  made.set_name(name);
  made.set_type(type);
  return made;
}
} // namespace

void setInteger(onnxschema::NodeProto &node, const std::string &name, int64_t value) {
  attribute(node, name, onnxschema::AttributeProto::INT).set_i(value);
}

void setText(onnxschema::NodeProto &node, const std::string &name, const std::string &value) {
  attribute(node, name, onnxschema::AttributeProto::STRING).set_s(value);
}

void setIntegers(onnxschema::NodeProto &node, const std::string &name, const std::vector<int64_t> &values) {
  onnxschema::AttributeProto &made = attribute(node, name, onnxschema::AttributeProto::INTS);
  for (int64_t value : values)
    made.add_ints(value);
}

namespace {

struct Imported {
  Imported() {
    mlir::DialectRegistry registry;
    import::registerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

std::string textOf(llvm::Error error) {
  std::string text;
  for (const Diagnostic &diagnostic : report(std::move(error)).diagnostics)
    text += (text.empty() ? "" : "\n") + toString(diagnostic);
  return text;
}

} // namespace

std::string importFailure(const std::string &bytes, const import::SizeBindings &bindings,
                          const std::string &folder) {
  Imported imported;
  auto module = import::importModelFromMemory(imported.context, bytes, "model.onnx", {}, bindings, folder);
  return module ? "" : textOf(module.takeError());
}

llvm::Expected<reference::Tensor> referenceTensor(mlir::MLIRContext &context, const Proto &tensor) {
  import::ImportLimits limits;
  auto elements = import::onnx::elementsOf(&context, tensor, {"", &limits});
  if (!elements)
    return elements.takeError();
  reference::Tensor result;
  auto type = nest::scalarType(elements->getElementType());
  if (!type)
    return type.takeError();
  result.type = *type;
  result.shape.assign(elements->getType().getShape().begin(), elements->getType().getShape().end());
  result.bytes.resize(reference::Tensor::byteCount(*type, result.shape));
  reference::writeConstant(*elements, *type, result.bytes.data());
  return result;
}

llvm::Expected<std::vector<reference::Tensor>>
runOnnx(const std::string &bytes, const std::vector<Proto> &inputs, const import::SizeBindings &bindings) {
  Imported imported;
  auto module = import::importModelFromMemory(imported.context, bytes, "model.onnx", {}, bindings);
  if (!module)
    return module.takeError();
  auto program = reference::programOf((*module)->lookupSymbol<mlir::func::FuncOp>("main"));
  if (!program)
    return program.takeError();
  std::vector<reference::Tensor> values;
  for (const Proto &input : inputs) {
    auto value = referenceTensor(imported.context, input);
    if (!value)
      return value.takeError();
    values.push_back(std::move(*value));
  }
  return reference::run(*program, values);
}

Proto floatTensor(const std::vector<int64_t> &shape, const std::vector<float> &values) {
  Proto tensor;
  tensor.set_data_type(Proto::FLOAT);
  for (int64_t extent : shape)
    tensor.add_dims(extent);
  for (float value : values)
    tensor.add_float_data(value);
  return tensor;
}

std::vector<float> floatsOf(const reference::Tensor &tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

} // namespace tenon::test
